"""Acts on the examiner's fields."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from records import clinic_queries, queries
from records.clinic_schema import observation
from records.errors import Conflict, EntryProblem, InvalidEntry, Kind
from records.examination import NewObservation, Observation
from records.filing.changes import writable_visit
from records.filing.entry import EntryKind
from records.ids import new_id
from records.model import Act, Actor
from records.store import RecordStore


def file_observation(store: RecordStore, actor: Actor, visit_id: str, new: NewObservation) -> Observation:
    """File what the examiner saw in one trial, or of one side in the visit.

    Raises
    ------
    NotPermitted, NotFound
    InvalidEntry
        The trial is of another visit or side.
    Conflict
        There is one of this trial, or of this side as a whole, already: edit that one.
    """
    return KIND.add(store, actor, _filed(actor, visit_id, new))


def edit_observation(store: RecordStore, actor: Actor, edited: Observation, *, reason: str = "") -> Observation:
    """File changed fields of an observation as read, with `dataclasses.replace`; of a signed visit with a reason.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry
    Conflict
        Someone else changed it since; nothing is overwritten.
    """
    return KIND.edit(store, actor, edited, reason)


def void_observation(
    store: RecordStore, actor: Actor, id: str, reason: str, *, version: int | None = None
) -> Observation:
    """Take an observation out, with a reason. It stays in the archive.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry, Conflict
    """
    return KIND.void(store, actor, id, reason, version)


def restore_observation(store: RecordStore, actor: Actor, id: str, *, version: int | None = None) -> Observation:
    """Take a void observation back.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry, Conflict
    """
    return KIND.restore(store, actor, id, version)


def _filed(actor: Actor, visit_id: str, new: NewObservation) -> Observation:
    fields = {name: getattr(new, name) for name in NewObservation.__dataclass_fields__}
    return Observation(
        **fields, id=new_id(), visit_id=visit_id, version=1, created_at=datetime.now(UTC), created_by=actor.name
    )


def _check(archive: sa.Connection, record: Observation) -> None:
    writable_visit(archive, record.visit_id)
    if record.trial_id is not None:
        trial = queries.find_trial(archive, record.trial_id)
        if trial.visit_id != record.visit_id:
            raise InvalidEntry(EntryProblem.TRIAL_OF_OTHER_VISIT, "trial_id")
        if trial.side is not None and trial.side is not record.side:
            raise InvalidEntry(EntryProblem.TRIAL_OF_OTHER_SIDE, "side")
    if record.void_reason is not None:
        return
    same = [
        other
        for other in clinic_queries.observations_of(archive, record.visit_id)
        if (other.trial_id, other.side) == (record.trial_id, record.side)
    ]
    if any(other.id == record.id for other in same):
        return  # it counts already: beside another one where two stations filed one each
    if same:
        raise Conflict(Kind.OBSERVATION, same[0].id, 0, same[0].version)


KIND = EntryKind(
    Kind.OBSERVATION,
    observation,
    Observation,
    NewObservation,
    Act.OBSERVATION_FILED,
    Act.OBSERVATION_EDITED,
    Act.OBSERVATION_VOIDED,
    Act.OBSERVATION_RESTORED,
    _check,
)
