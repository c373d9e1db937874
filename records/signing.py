"""A visit is signed with the password again: who, when, what it means, and the digest of what was signed."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from records import clinic_schema, rows, sign_in
from records.audit import append
from records.errors import Conflict, EntryProblem, InvalidEntry, Kind, LoginRefused
from records.filing.changes import writable_visit
from records.ids import new_id
from records.model import Act
from records.permissions import require
from records.queries import built, columns_of
from records.signatures import Amendment, Change, Meaning, Signature, SignedState
from records.store import RecordStore
from records.visit_content import changes_between, content_digest, visit_content


def sign_visit(
    store: RecordStore,
    account_id: str,
    password: str,
    visit_id: str,
    meaning: Meaning,
    content_sha256: str,
    *,
    now: datetime,
) -> Signature:
    """Sign a visit as it was read.

    Parameters
    ----------
    account_id : str
        Who signs; `password` is theirs, typed again.
    content_sha256 : str
        `SignedState.content_sha256` of what they were shown: nothing else is signed.

    Raises
    ------
    LoginRefused, LoginDelayed, NotPermitted, NotFound, PatientClosed
    InvalidEntry
        The visit is void.
    Conflict
        The visit was changed since it was shown.
    """
    known = sign_in.checked_password(store, account_id, password, now=now)
    require(known.account.actor, Act.VISIT_SIGNED)
    with store.writing() as archive:
        if not sign_in.is_unchanged(archive, known):
            raise LoginRefused
        writable_visit(archive, visit_id)
        content = visit_content(archive, visit_id)
        before = _signatures(archive, visit_id)
        if content["visit"]["void_reason"] is not None:
            raise InvalidEntry(EntryProblem.IS_VOID, "visit_id")
        if content_digest(content) != content_sha256:
            raise Conflict(Kind.VISIT, visit_id, len(before), len(before) + 1)
        offset = now.astimezone().utcoffset()
        signature = Signature(
            id=new_id(),
            visit_id=visit_id,
            number=len(before) + 1,
            account_id=account_id,
            name=known.account.name,
            role=known.account.role.value,
            meaning=meaning,
            at=now,
            utc_offset_min=round(offset.total_seconds() / 60) if offset else 0,
            content_sha256=content_sha256,
            content=content,
        )
        rows.insert(archive, clinic_schema.signature, signature)
        details = {"number": signature.number, "meaning": meaning.value, "content_sha256": content_sha256}
        append(archive, known.account.actor, Act.VISIT_SIGNED, store.station, (Kind.VISIT, visit_id), details)
    return signature


def signed_state(store: RecordStore, visit_id: str) -> SignedState:
    """A visit's signatures, what they were for, and what was changed since.

    Raises
    ------
    NotFound
    """
    with store.reading() as archive:
        now = visit_content(archive, visit_id)
        signatures = _signatures(archive, visit_id)
        amendments = _amendments(archive, visit_id)
    last = signatures[-1].content if signatures else None
    changes: tuple[Change, ...] = () if last is None else changes_between(last, now)
    broken = tuple(
        each.number
        for each in signatures
        if each.content is not None and content_digest(each.content) != each.content_sha256
    )
    return SignedState(signatures, content_digest(now), changes, amendments, broken)


def _signatures(archive: sa.Connection, visit_id: str) -> tuple[Signature, ...]:
    table = clinic_schema.signature
    chosen = sa.select(*columns_of(table, Signature)).where(table.c.visit_id == visit_id)
    return tuple(built(Signature, row) for row in archive.execute(chosen.order_by(table.c.at, table.c.id)))


def _amendments(archive: sa.Connection, visit_id: str) -> tuple[Amendment, ...]:
    table = clinic_schema.amendment
    chosen = sa.select(*columns_of(table, Amendment)).where(table.c.visit_id == visit_id)
    return tuple(built(Amendment, row) for row in archive.execute(chosen.order_by(table.c.at, table.c.id)))
