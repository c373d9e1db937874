"""Accounts and sessions on an open connection: what is read and what is written. Rules live with the acts."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from records.errors import AccountNameTaken, Conflict, Kind, NotFound
from records.model import Role
from records.passwords import code_sha256, token_sha256
from records.people import Account, Session
from records.people_schema import account, login_failure, login_session, password_code, set_up_code
from records.schema import fold

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account with the hashes of its secrets: never leaves `records`."""

    account: Account
    password_hash: str = field(repr=False)
    pin_hash: str | None = field(repr=False)


# ---- accounts


def accounts(connection: sa.Connection) -> tuple[Account, ...]:
    """Every account by name, disabled ones too."""
    rows = connection.execute(sa.select(*_columns(account, Account)).order_by(account.c.name_key))
    return tuple(Account(**row._mapping) for row in rows)


def find_account(connection: sa.Connection, id: str) -> Account:
    """One account. Raises NotFound."""
    return credentials(connection, id).account


def credentials(connection: sa.Connection, id: str) -> Credentials:
    """One account with its hashes. Raises NotFound."""
    found = _credentials(connection, account.c.id == id)
    if found is None:
        raise NotFound(Kind.ACCOUNT, id)
    return found


def credentials_named(connection: sa.Connection, name: str) -> Credentials | None:
    """The account with this name in any case; None where nobody has it."""
    return _credentials(connection, account.c.name_key == fold(name))


def is_only_administrator(connection: sa.Connection, id: str) -> bool:
    """Whether no other account that may log in is an administrator's."""
    return not _administrators(connection, account.c.id != id)


def has_administrator(connection: sa.Connection) -> bool:
    """Whether an administrator may log in."""
    return _administrators(connection, sa.true())


def insert_account(connection: sa.Connection, new: Account, password_hash: str) -> None:
    """Add an account. Raises AccountNameTaken."""
    if credentials_named(connection, new.name) is not None:
        raise AccountNameTaken(new.name)
    row = {**_row(new), "name_key": fold(new.name), "password_hash": password_hash}
    connection.execute(account.insert().values(row))


def update_account(connection: sa.Connection, changed: Account, **hashes: str | None) -> None:
    """Write an account, and new hashes where they are given, over its version before. Raises Conflict."""
    before = changed.version - 1
    same = sa.and_(account.c.id == changed.id, account.c.version == before)
    if connection.execute(account.update().where(same).values({**_row(changed), **hashes})).rowcount != 1:
        raise Conflict(Kind.ACCOUNT, changed.id, before, changed.version)


def renew_hash(connection: sa.Connection, id: str, password_hash: str) -> None:
    """Keep a password's hash made with more work."""
    connection.execute(account.update().where(account.c.id == id).values(password_hash=password_hash))


def _credentials(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Credentials | None:
    row = connection.execute(sa.select(account).where(which)).one_or_none()
    if row is None:
        return None
    columns = row._mapping
    shown = Account(**{each.name: columns[each.name] for each in fields(Account)})
    return Credentials(shown, columns["password_hash"], columns["pin_hash"])


def _administrators(connection: sa.Connection, which: sa.ColumnElement[bool]) -> bool:
    may = sa.and_(account.c.role == Role.ADMIN, account.c.disabled_at.is_(None), which)
    return connection.scalar(sa.select(account.c.id).where(may).limit(1)) is not None


# ---- sessions


def insert_session(connection: sa.Connection, new: Session, token: str) -> None:
    """Add a session: the hash of its token is kept, not the token."""
    connection.execute(login_session.insert().values({**_row(new), "token_sha256": token_sha256(token)}))


def session_with(connection: sa.Connection, token: str) -> Session | None:
    """The session of a token; None where there is none."""
    return _session(connection, login_session.c.token_sha256 == token_sha256(token))


def find_session(connection: sa.Connection, id: str) -> Session:
    """One session. Raises NotFound."""
    found = _session(connection, login_session.c.id == id)
    if found is None:
        raise NotFound(Kind.SESSION, id)
    return found


def sessions(connection: sa.Connection, account_id: str) -> tuple[Session, ...]:
    """Sessions of an account, newest first, old ones too."""
    of_one = sa.select(*_columns(login_session, Session)).where(login_session.c.account_id == account_id)
    rows = connection.execute(of_one.order_by(login_session.c.created_at.desc(), login_session.c.id.desc()))
    return tuple(Session(**row._mapping) for row in rows)


def update_session(connection: sa.Connection, id: str, **columns: object) -> None:
    """Write some columns of a session that goes on: the others may have been changed meanwhile, by its end too."""
    going_on = sa.and_(login_session.c.id == id, login_session.c.revoked_at.is_(None))
    connection.execute(login_session.update().where(going_on).values(columns))


def revoke_sessions(connection: sa.Connection, account_id: str, now: datetime, keep_id: str = "") -> None:
    """End every session of an account but one."""
    theirs = sa.and_(login_session.c.account_id == account_id, login_session.c.revoked_at.is_(None))
    connection.execute(
        login_session.update().where(theirs, login_session.c.id != keep_id).values(revoked_at=now),
    )


def _session(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Session | None:
    row = connection.execute(sa.select(*_columns(login_session, Session)).where(which)).one_or_none()
    return Session(**row._mapping) if row else None


# ---- failures in a row


def failures(connection: sa.Connection, key: str) -> tuple[int, datetime] | None:
    """How many, and when the last one was; None: none."""
    row = connection.execute(sa.select(login_failure).where(login_failure.c.key == key)).one_or_none()
    return (row.failures, row.last_at) if row else None


def keep_failures(connection: sa.Connection, key: str, number: int, last_at: datetime) -> None:
    """Write how many there were."""
    forget_failures(connection, key)
    connection.execute(login_failure.insert().values(key=key, failures=number, last_at=last_at))


def forget_failures(connection: sa.Connection, key: str) -> None:
    """Begin at none again."""
    connection.execute(login_failure.delete().where(login_failure.c.key == key))


# ---- the code of the first set-up


def replace_set_up_code(connection: sa.Connection, id: str, code: str, now: datetime, valid: timedelta) -> None:
    """Keep the hash of a new code; the ones before are worth nothing any more."""
    connection.execute(set_up_code.delete())
    row = {"id": id, "code_sha256": code_sha256(code), "expires_at": now + valid, "used_at": None}
    connection.execute(set_up_code.insert().values(row))


def usable_code(connection: sa.Connection, code: str, now: datetime) -> str:
    """Id of a code that was neither used nor has expired. Raises NotFound."""
    fits = sa.and_(
        set_up_code.c.code_sha256 == code_sha256(code), set_up_code.c.used_at.is_(None), set_up_code.c.expires_at > now
    )
    found = connection.scalar(sa.select(set_up_code.c.id).where(fits))
    if found is None:
        raise NotFound(Kind.SET_UP_CODE, "")
    return str(found)


def use_code(connection: sa.Connection, id: str, now: datetime) -> None:
    """Take a code: it is worth nothing any more."""
    connection.execute(set_up_code.update().where(set_up_code.c.id == id).values(used_at=now))


# ---- codes with which people choose their own password


def keep_password_code(connection: sa.Connection, account_id: str, code: str, expires_at: datetime) -> None:
    """Keep the hash of a new code; the account's one before is worth nothing any more."""
    forget_password_code(connection, account_id)
    row = {"account_id": account_id, "code_sha256": code_sha256(code), "expires_at": expires_at}
    connection.execute(password_code.insert().values(row))


def fits_password_code(connection: sa.Connection, account_id: str, code: str, now: datetime) -> bool:
    """Whether a code is this account's, and has not expired."""
    fits = sa.and_(
        password_code.c.account_id == account_id,
        password_code.c.code_sha256 == code_sha256(code),
        password_code.c.expires_at > now,
    )
    return connection.scalar(sa.select(password_code.c.account_id).where(fits)) is not None


def forget_password_code(connection: sa.Connection, account_id: str) -> None:
    """A code is worth nothing any more."""
    connection.execute(password_code.delete().where(password_code.c.account_id == account_id))


def _columns(table: sa.Table, cls: type[Any]) -> list[sa.ColumnElement[Any]]:
    return [table.c[each.name] for each in fields(cls)]


def _row(record: Any) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}
