"""The acts on accounts. One function = one act = one transaction = exactly one audit event, without any secret.

Every function takes the time it acts at; `records.sign_in` has what people do to their own account.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa

from records import passwords, people_rows
from records.audit import append
from records.errors import AlreadySetUp, Conflict, EntryProblem, InvalidEntry, Kind, LastAdministrator
from records.ids import new_id
from records.model import NAME_LIMIT, Act, Actor, Role, checked_text
from records.people import Account, Invited, Session
from records.permissions import require
from records.store import RecordStore

CODE_VALID = timedelta(minutes=15)
PASSWORD_CODE_VALID = timedelta(hours=24)


def accounts_of(store: RecordStore) -> tuple[Account, ...]:
    """Every account by name, disabled ones too."""
    with store.reading() as archive:
        return people_rows.accounts(archive)


def has_administrator(store: RecordStore) -> bool:
    """Whether an administrator may log in: else the archive is still to be set up."""
    with store.reading() as archive:
        return people_rows.has_administrator(archive)


def account_named(store: RecordStore, name: str) -> Account | None:
    """The account with this name, in any case; None where nobody has it."""
    with store.reading() as archive:
        found = people_rows.credentials_named(archive, name)
    return found.account if found else None


def sessions_of(store: RecordStore, account_id: str) -> tuple[Session, ...]:
    """Sessions of an account, newest first, old ones too."""
    with store.reading() as archive:
        return people_rows.sessions(archive, account_id)


def make_set_up_code(store: RecordStore, actor: Actor, *, now: datetime) -> str:
    """A code that makes the first administrator within `CODE_VALID`, once. Codes made before are worth nothing.

    Raises
    ------
    NotPermitted, AlreadySetUp
    """
    require(actor, Act.SET_UP_CODE_MADE)
    code, id = passwords.new_code(), new_id()
    with store.writing() as archive:
        if people_rows.has_administrator(archive):
            raise AlreadySetUp
        people_rows.replace_set_up_code(archive, id, code, now, CODE_VALID)
        append(archive, actor, Act.SET_UP_CODE_MADE, store.station, (Kind.SET_UP_CODE, id), {})
    return code


def set_up(store: RecordStore, code: str, name: str, password: str, *, now: datetime) -> Account:
    """Make the first administrator, with the code that the console printed.

    Raises
    ------
    AlreadySetUp, InvalidEntry, AccountNameTaken
    NotFound
        The code is wrong, used or too old.
    """
    account = _new_account(name, Role.ADMIN, password, now)
    with store.reading() as archive:
        _check_set_up(archive, code, now)  # a stranger without a code does not make us hash
    password_hash = passwords.hashed(password)
    with store.writing() as archive:
        people_rows.use_code(archive, _check_set_up(archive, code, now), now)
        people_rows.insert_account(archive, account, password_hash)
        append(archive, account.actor, Act.SET_UP, store.station, (Kind.ACCOUNT, account.id), {"name": account.name})
    return account


def add_account(store: RecordStore, actor: Actor, name: str, role: Role, password: str, *, now: datetime) -> Account:
    """File a new account.

    Raises
    ------
    NotPermitted, InvalidEntry, AccountNameTaken
    """
    require(actor, Act.ACCOUNT_ADDED)
    account = _new_account(name, role, password, now)
    password_hash = passwords.hashed(password)
    with store.writing() as archive:
        people_rows.insert_account(archive, account, password_hash)
        details = {"name": account.name, "role": role.value}
        append(archive, actor, Act.ACCOUNT_ADDED, store.station, (Kind.ACCOUNT, account.id), details)
    return account


def invite(store: RecordStore, actor: Actor, name: str, role: Role, *, now: datetime) -> Invited:
    """File a new account; its owner chooses the password, with the code, within `PASSWORD_CODE_VALID`.

    Raises
    ------
    NotPermitted, InvalidEntry, AccountNameTaken
    """
    require(actor, Act.ACCOUNT_ADDED)
    nobodys, code = passwords.new_token(), passwords.new_code()
    account = _new_account(name, role, nobodys, now)
    password_hash = passwords.hashed(nobodys)
    with store.writing() as archive:
        people_rows.insert_account(archive, account, password_hash)
        people_rows.keep_password_code(archive, account.id, code, now + PASSWORD_CODE_VALID)
        details = {"name": account.name, "role": role.value, "by": "code"}
        append(archive, actor, Act.ACCOUNT_ADDED, store.station, (Kind.ACCOUNT, account.id), details)
    return Invited(account, code)


def reset_by_code(
    store: RecordStore, actor: Actor, account_id: str, *, now: datetime, version: int | None = None
) -> Invited:
    """Let an account's owner choose a new password, with the code; ends its sessions, forgets password and PIN.

    Raises
    ------
    NotPermitted, NotFound
    Conflict
        Changed since `version`.
    """
    require(actor, Act.PASSWORD_RESET)
    password_hash, code = passwords.hashed(passwords.new_token()), passwords.new_code()
    with store.writing() as archive:
        changed = _reset(archive, account_id, version, password_hash, now)
        people_rows.keep_password_code(archive, account_id, code, now + PASSWORD_CODE_VALID)
        details = {"name": changed.name, "by": "code"}
        append(archive, actor, Act.PASSWORD_RESET, store.station, (Kind.ACCOUNT, account_id), details)
    return Invited(changed, code)


def change_role(
    store: RecordStore, actor: Actor, account_id: str, role: Role, *, version: int | None = None
) -> Account:
    """Give an account another role; its open sessions have it at once.

    Parameters
    ----------
    version : int or None
        Of the account as it was shown; None: as it is now.

    Raises
    ------
    NotPermitted, NotFound, LastAdministrator
    Conflict
        It has this role already, or was changed since `version`.
    """
    require(actor, Act.ROLE_CHANGED)
    with store.writing() as archive:
        stored = _stored(archive, account_id, version, lambda account: account.role is not role)
        _check_last(archive, stored)
        changed = dataclasses.replace(stored, role=role, version=stored.version + 1)
        people_rows.update_account(archive, changed)
        details = {"name": stored.name, "before": stored.role.value, "after": role.value}
        append(archive, actor, Act.ROLE_CHANGED, store.station, (Kind.ACCOUNT, account_id), details)
    return changed


def disable_account(
    store: RecordStore, actor: Actor, account_id: str, *, now: datetime, version: int | None = None
) -> Account:
    """Let an account log in no more, and end its sessions. What it did stays in the archive under its name.

    Raises
    ------
    NotPermitted, NotFound, LastAdministrator
    Conflict
        It is disabled already, or was changed since `version`.
    """
    require(actor, Act.ACCOUNT_DISABLED)
    with store.writing() as archive:
        stored = _stored(archive, account_id, version, lambda account: account.disabled_at is None)
        _check_last(archive, stored)
        changed = dataclasses.replace(stored, disabled_at=now, version=stored.version + 1)
        people_rows.update_account(archive, changed)
        people_rows.revoke_sessions(archive, account_id, now)
        details = {"name": stored.name}
        append(archive, actor, Act.ACCOUNT_DISABLED, store.station, (Kind.ACCOUNT, account_id), details)
    return changed


def enable_account(store: RecordStore, actor: Actor, account_id: str, *, version: int | None = None) -> Account:
    """Let a disabled account log in again.

    Raises
    ------
    NotPermitted, NotFound
    Conflict
        It is not disabled, or was changed since `version`.
    """
    require(actor, Act.ACCOUNT_ENABLED)
    with store.writing() as archive:
        stored = _stored(archive, account_id, version, lambda account: account.disabled_at is not None)
        changed = dataclasses.replace(stored, disabled_at=None, version=stored.version + 1)
        people_rows.update_account(archive, changed)
        details = {"name": stored.name}
        append(archive, actor, Act.ACCOUNT_ENABLED, store.station, (Kind.ACCOUNT, account_id), details)
    return changed


def reset_password(
    store: RecordStore, actor: Actor, account_id: str, password: str, *, now: datetime, version: int | None = None
) -> Account:
    """Give an account a new password without its old one; ends its sessions, forgets its PIN and its failures.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry
    Conflict
        Changed since `version`.
    """
    require(actor, Act.PASSWORD_RESET)
    passwords.check_password(password)
    password_hash = passwords.hashed(password)
    with store.writing() as archive:
        changed = _reset(archive, account_id, version, password_hash, now)
        details = {"name": changed.name}
        append(archive, actor, Act.PASSWORD_RESET, store.station, (Kind.ACCOUNT, account_id), details)
    return changed


def revoke_session(store: RecordStore, actor: Actor, session_id: str, *, now: datetime) -> Session:
    """End someone's session.

    Raises
    ------
    NotPermitted, NotFound
    Conflict
        It was ended already.
    """
    require(actor, Act.SESSION_REVOKED)
    with store.writing() as archive:
        stored = people_rows.find_session(archive, session_id)
        if stored.revoked_at is not None:
            raise Conflict(Kind.SESSION, session_id, 0, 1)
        people_rows.update_session(archive, session_id, revoked_at=now)
        details = {"account_id": stored.account_id}
        append(archive, actor, Act.SESSION_REVOKED, store.station, (Kind.SESSION, session_id), details)
    return dataclasses.replace(stored, revoked_at=now)


def _new_account(name: str, role: Role, password: str, now: datetime) -> Account:
    name = " ".join(checked_text("name", name, NAME_LIMIT).split())
    if not name:
        raise InvalidEntry(EntryProblem.ACCOUNT_NAME_MISSING, "name")
    passwords.check_password(password, name)
    return Account(new_id(), name, role, created_at=now, disabled_at=None, version=1)


def _reset(archive: sa.Connection, account_id: str, version: int | None, password_hash: str, now: datetime) -> Account:
    stored = _stored(archive, account_id, version, lambda _: True)
    changed = dataclasses.replace(stored, version=stored.version + 1)
    people_rows.update_account(archive, changed, password_hash=password_hash, pin_hash=None)
    people_rows.revoke_sessions(archive, account_id, now)
    people_rows.forget_failures(archive, account_id)
    people_rows.forget_password_code(archive, account_id)
    return changed


def _check_set_up(archive: sa.Connection, code: str, now: datetime) -> str:
    if people_rows.has_administrator(archive):
        raise AlreadySetUp
    return people_rows.usable_code(archive, code, now)


def _stored(
    archive: sa.Connection, account_id: str, version: int | None, may_change: Callable[[Account], bool]
) -> Account:
    """The account as it is now. Raises NotFound, Conflict."""
    stored = people_rows.find_account(archive, account_id)
    read = stored.version if version is None else version
    if stored.version != read or not may_change(stored):
        raise Conflict(Kind.ACCOUNT, account_id, read, stored.version)
    return stored


def _check_last(archive: sa.Connection, stored: Account) -> None:
    works = stored.role is Role.ADMIN and stored.disabled_at is None
    if works and people_rows.is_only_administrator(archive, stored.id):
        raise LastAdministrator(stored.name)
