"""Acts on the dates of surgery and therapy."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from records.clinic_schema import therapy_event
from records.errors import Kind
from records.filing.changes import open_patient
from records.filing.entry import EntryKind
from records.ids import new_id
from records.model import Act, Actor
from records.store import RecordStore
from records.therapy import NewTherapyEvent, TherapyEvent


def add_therapy_event(store: RecordStore, actor: Actor, patient_id: str, new: NewTherapyEvent) -> TherapyEvent:
    """File what was done to a patient on one day.

    Raises
    ------
    NotPermitted, NotFound, PatientClosed
    """
    return KIND.add(store, actor, _filed(actor, patient_id, new))


def edit_therapy_event(store: RecordStore, actor: Actor, edited: TherapyEvent) -> TherapyEvent:
    """File changed fields of an event as read, with `dataclasses.replace`.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry, PatientClosed
    Conflict
        Someone else changed it since; nothing is overwritten.
    """
    return KIND.edit(store, actor, edited)


def void_therapy_event(
    store: RecordStore, actor: Actor, id: str, reason: str, *, version: int | None = None
) -> TherapyEvent:
    """Take an event out, with a reason. It stays in the archive.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry, PatientClosed, Conflict
    """
    return KIND.void(store, actor, id, reason, version)


def restore_therapy_event(store: RecordStore, actor: Actor, id: str, *, version: int | None = None) -> TherapyEvent:
    """Take a void event back.

    Raises
    ------
    NotPermitted, NotFound, PatientClosed, Conflict
    """
    return KIND.restore(store, actor, id, version)


def _filed(actor: Actor, patient_id: str, new: NewTherapyEvent) -> TherapyEvent:
    fields = {name: getattr(new, name) for name in NewTherapyEvent.__dataclass_fields__}
    return TherapyEvent(
        **fields, id=new_id(), patient_id=patient_id, version=1, created_at=datetime.now(UTC), created_by=actor.name
    )


def _check(archive: sa.Connection, record: TherapyEvent) -> None:
    open_patient(archive, record.patient_id)


KIND = EntryKind(
    Kind.THERAPY_EVENT,
    therapy_event,
    TherapyEvent,
    NewTherapyEvent,
    Act.THERAPY_ADDED,
    Act.THERAPY_EDITED,
    Act.THERAPY_VOIDED,
    Act.THERAPY_RESTORED,
    _check,
)
