"""How people are known in this archive: by a code only, or by name, too. An administrator chooses; the audit holds it.

The newest choice in the audit is the one that holds: it reaches every station with the audit, and its history is kept.
Where nobody chose, names are taken: of an archive older than the choice, of the demonstration.
"""

from __future__ import annotations

import json
from enum import StrEnum

import sqlalchemy as sa

from records.audit import append
from records.errors import EntryProblem, InvalidEntry, Kind
from records.model import Act, Actor, NewPatient, Patient
from records.permissions import require
from records.schema import audit_detail, audit_event
from records.store import RecordStore

_SUBJECT = (Kind.ARCHIVE, "identity")
#: What says who somebody is. Of the birth the year stays.
IDENTIFYING = ("name", "birth_date", "record_number")


class Identity(StrEnum):
    """How people are known."""

    CODE = "code"
    NAMES = "names"


def identity_of(store: RecordStore) -> Identity:
    """What was chosen last."""
    with store.reading() as archive:
        return _chosen(archive)


def choose_identity(store: RecordStore, actor: Actor, identity: Identity) -> None:
    """From now on. What is filed already stays.

    Raises
    ------
    NotPermitted, StoreError
    """
    require(actor, Act.IDENTITY_CHOSEN)
    with store.writing() as archive:
        told = {"before": _chosen(archive).value, "after": identity.value}
        append(archive, actor, Act.IDENTITY_CHOSEN, store.station, _SUBJECT, told)


def check_identity(archive: sa.Connection, stored: Patient | None, new: NewPatient | Patient) -> None:
    """Return where `new` may be filed: with a code only, nothing that says who it is may be added.

    Raises
    ------
    InvalidEntry
    """
    added = [
        field
        for field in IDENTIFYING
        if getattr(new, field) is not None and getattr(new, field) != getattr(stored, field, None)
    ]
    if added and _chosen(archive) is Identity.CODE:
        raise InvalidEntry(EntryProblem.CODE_ONLY, added[0])


def _chosen(archive: sa.Connection) -> Identity:
    newest = (
        sa.select(audit_detail.c.document)
        .join(audit_event)
        .where(audit_event.c.subject_id == _SUBJECT[1], audit_event.c.act == Act.IDENTITY_CHOSEN)
        .order_by(audit_event.c.at.desc(), audit_event.c.number.desc())
        .limit(1)
    )
    document = archive.scalar(newest)
    return Identity(json.loads(document)["after"]) if document else Identity.NAMES
