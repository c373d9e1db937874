"""Merges of doubles that meet other stations' work on the server: each holds as a whole there, or is undone as a whole.

A station merges while others edit, open visits of the double, or merge the other way round. Once a parcel is laid down
the server sees to it that an arrived merge has closed its double, or is undone where it cannot hold: the double is
merged already, or into itself along a chain, or one of the two was erased. And that nothing hangs on a closed double:
its visits and therapy dates go on to whom it was merged into, and the merge names them: undoing it brings them back.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise

import sqlalchemy as sa

from records import clinic_queries, patient_rows, queries, rows
from records.audit import append
from records.clinic_schema import patient_merge, therapy_event
from records.doubles import PatientMerge
from records.errors import Kind
from records.filing.amendments import amend
from records.model import Act
from records.refusals import EXCHANGE
from records.schema import patient, visit
from records.shared_rows import Row

APART = "filed while the stations were apart"
_MERGE = patient_merge
_Rows = Mapping[str, Mapping[str, Row]]
_Moved = Mapping[str, list[str]]


def settle_merges(server: sa.Connection, parcel: _Rows, station: str) -> frozenset[str]:
    """Let every merge hold as a whole, in the caller's transaction; ids of arrived merges that were undone here.

    Parameters
    ----------
    parcel
        Rows by table and key, which were just laid down.
    station
        Whose chain of the audit tells of it.
    """
    undone = set()
    arrived = [merge for id in parcel.get(_MERGE.name, {}) if (merge := _merge(server, id)) is not None]
    for merge in sorted(arrived, key=lambda each: (each.merged_at, each.id)):
        if merge.undone_at is not None:  # a visit that was edited meanwhile did not come back by itself
            _take_apart(server, merge)
        elif _may_stand(server, merge):
            _point(server, merge.merged_id, None, merge.kept_id)
        else:
            _undo(server, merge, station)
            undone.add(merge.id)
    for patient_id in sorted(_concerned(parcel, arrived)):
        _carry_on(server, patient_id, station)
    return frozenset(undone)


def _merge(server: sa.Connection, id: str) -> PatientMerge | None:
    there = server.scalar(sa.select(_MERGE.c.id).where(_MERGE.c.id == id))
    return None if there is None else clinic_queries.find_merge(server, id)


def _standing(server: sa.Connection, double_id: str) -> list[PatientMerge]:
    merges = clinic_queries.merges_of(server, double_id)
    return [merge for merge in merges if merge.merged_id == double_id and merge.undone_at is None]


def _may_stand(server: sa.Connection, merge: PatientMerge) -> bool:
    if len(_standing(server, merge.merged_id)) > 1:
        return False
    if merge.merged_id in clinic_queries.chain_of(server, merge.kept_id):
        return False
    double, kept = (queries.find_patient(server, id) for id in (merge.merged_id, merge.kept_id))
    return (double.erased_at is None) is (kept.erased_at is None)


def _undo(server: sa.Connection, merge: PatientMerge, station: str) -> None:
    now = datetime.now(UTC)
    undone = dataclasses.replace(merge, version=merge.version + 1, undone_at=now, undone_by=EXCHANGE.name)
    rows.update(server, _MERGE, Kind.PATIENT_MERGE, undone)
    _note(server, Act.PATIENTS_UNMERGED, merge, _take_apart(server, undone), station)


def _take_apart(server: sa.Connection, merge: PatientMerge) -> _Moved:
    """What a merge that does not stand had moved goes back; not what another merge of the same two moved, too."""
    same = [other for other in _standing(server, merge.merged_id) if other.kept_id == merge.kept_id]
    if not same:
        _point(server, merge.merged_id, merge.kept_id, None)
    others = {id for other in same for ids in other.moved.values() for id in ids}
    own = {name: [id for id in ids if id not in others] for name, ids in merge.moved.items()}
    return _move(server, own, merge, Act.PATIENTS_UNMERGED)


def _carry_on(server: sa.Connection, patient_id: str, station: str) -> None:
    """What hangs on a closed double goes to the end of its chain, link by link; not round in a circle."""
    chain = clinic_queries.chain_of(server, patient_id)
    if len(set(chain)) < len(chain):
        return
    for double_id, kept_id in pairwise(chain):
        strays = patient_rows.ids_of(server, double_id)
        merge = next((each for each in _standing(server, double_id) if each.kept_id == kept_id), None)
        if merge is None or not any(strays.values()):
            continue
        _move(server, strays, merge, Act.PATIENTS_MERGED)
        moved = {name: sorted({*ids, *merge.moved.get(name, [])}) for name, ids in strays.items()}
        more = dataclasses.replace(merge, version=merge.version + 1, moved=moved)
        rows.update(server, _MERGE, Kind.PATIENT_MERGE, more)
        _note(server, Act.PATIENTS_MERGED, merge, strays, station)


def _move(server: sa.Connection, moved: _Moved, merge: PatientMerge, act: Act) -> _Moved:
    """To the kept patient or back; which rows there were. Whose a visit is was signed with it."""
    ends = (merge.merged_id, merge.kept_id)
    from_id, to_id = ends if act is Act.PATIENTS_MERGED else ends[::-1]
    here = patient_rows.ids_of(server, from_id)
    found = {name: [id for id in ids if id in set(moved.get(name, []))] for name, ids in here.items()}
    patient_rows.move(server, found, from_id, to_id)
    was, now = {"patient_id": from_id}, {"patient_id": to_id}
    for visit_id in found[visit.name]:
        amend(server, EXCHANGE, visit_id, act, (Kind.VISIT, visit_id), was, now, APART, explained=True)
    return found


def _note(server: sa.Connection, act: Act, merge: PatientMerge, moved: _Moved, station: str) -> None:
    details = {"kept_id": merge.kept_id, "merged_id": merge.merged_id, "moved": moved, "reason": APART}
    append(server, EXCHANGE, act, station, (Kind.PATIENT_MERGE, merge.id), details)


def _point(server: sa.Connection, double_id: str, before: str | None, after: str | None) -> None:
    """Where a double points to `before`, let it point to `after`."""
    was = patient.c.merged_into.is_(None) if before is None else patient.c.merged_into == before
    server.execute(patient.update().where(patient.c.id == double_id, was).values(merged_into=after))


def _concerned(parcel: _Rows, arrived: list[PatientMerge]) -> set[str]:
    """Patients on whom something may hang now that should not."""
    owners = {row["patient_id"] for name in (visit.name, therapy_event.name) for row in parcel.get(name, {}).values()}
    return {*owners, *parcel.get(patient.name, {}), *(id for each in arrived for id in (each.kept_id, each.merged_id))}
