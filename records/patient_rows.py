"""All that hangs on a patient, on an open connection: moved to another one, or emptied of what names a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from records import clinic_schema, schema
from records.audit import erase_details
from records.columns import fold
from records.errors import Conflict, Kind
from records.model import Act, Patient
from records.scope import Scope, pages, scope_of

#: Tables whose rows are a patient's own: they move with a merge.
_OWNED = (schema.visit, clinic_schema.therapy_event)
#: What stands where a reason was: the entry stays void.
ERASED = "-"
#: Texts that people typed about a person: table -> column -> what is left.
_EMPTIED: Mapping[str, Mapping[str, Any]] = {
    "visit": {"note": "", "checklist": None},
    "therapy_event": {"note": ""},
    "observation": {"note": "", "instrument": ""},
    "strength_test": {"note": "", "instrument": ""},
    "recording": {"file_name": None, "source_sha256": None},
    "signature": {"content": None},
    "amendment": {"before": None, "after": None, "reason": ERASED},
    "report": {"content": b"", "erased": True},
    "patient_merge": {"reason": ERASED},
}
_WITH_REASON = ("visit", "trial", "therapy_event", "observation", "strength_test", "study_visit")
#: Events whose details say what was typed. The others hold ids and digests.
TELLING = frozenset(
    {
        *(Act.PATIENT_ADDED, Act.PATIENT_EDITED, Act.PATIENTS_MERGED, Act.PATIENTS_UNMERGED),
        *(Act.THERAPY_ADDED, Act.THERAPY_EDITED, Act.THERAPY_VOIDED, Act.THERAPY_RESTORED),
        *(Act.VISIT_EDITED, Act.CHECKLIST_ANSWERED, Act.VISIT_VOIDED, Act.VISIT_RESTORED),
        *(Act.TRIAL_VOIDED, Act.TRIAL_RESTORED, Act.STUDY_VISIT_VOIDED),
        *(Act.OBSERVATION_FILED, Act.OBSERVATION_EDITED, Act.OBSERVATION_VOIDED, Act.OBSERVATION_RESTORED),
        *(Act.STRENGTH_FILED, Act.STRENGTH_EDITED, Act.STRENGTH_VOIDED, Act.STRENGTH_RESTORED),
        Act.CHANGE_REFUSED,
    }
)


def ids_of(connection: sa.Connection, patient_id: str) -> dict[str, list[str]]:
    """Ids of the rows that are a patient's own, by table."""
    chosen = {table.name: sa.select(table.c.id).where(table.c.patient_id == patient_id) for table in _OWNED}
    return {name: list(connection.scalars(query.order_by(sa.text("id")))) for name, query in chosen.items()}


def move(connection: sa.Connection, moved: Mapping[str, Sequence[str]], from_id: str, to_id: str) -> None:
    """Give these rows of one patient to another."""
    for table in _OWNED:
        for page in pages(moved.get(table.name, [])):
            theirs = sa.and_(table.c.id.in_(page), table.c.patient_id == from_id)
            connection.execute(table.update().where(theirs).values(patient_id=to_id))


def close_into(connection: sa.Connection, patient_id: str, kept_id: str) -> None:
    """Mark a double. Raises Conflict."""
    _mark(connection, patient_id, None, kept_id)


def reopen(connection: sa.Connection, patient_id: str, kept_id: str) -> None:
    """Take the mark away. Raises Conflict."""
    _mark(connection, patient_id, kept_id, None)


def _mark(connection: sa.Connection, patient_id: str, before: str | None, after: str | None) -> None:
    patient = schema.patient
    was = patient.c.merged_into.is_(None) if before is None else patient.c.merged_into == before
    done = connection.execute(patient.update().where(patient.c.id == patient_id, was).values(merged_into=after))
    if done.rowcount != 1:
        raise Conflict(Kind.PATIENT, patient_id, 0, 0)


def erase(connection: sa.Connection, patients: Sequence[Patient], at: datetime) -> tuple[str, ...]:
    """Empty what names these people or was typed about them; ids of the events whose details were emptied."""
    for patient in patients:
        _blank(connection, patient.id, at)
    scope = _empty(connection, [patient.id for patient in patients])
    return erase_details(connection, [id for ids in scope.ids.values() for id in ids], TELLING)


def keep_erased(connection: sa.Connection, patient_ids: Iterable[str], sources: Sequence[str] = ()) -> list[str]:
    """Empty what another archive, which does not know of the erasure, brought about those who were erased here.

    A double that it merged into one of them is the same person, and is erased too; ids of all of them.
    `sources`: imported files that it brought; one that nobody here came from goes again.
    """
    erased = _erased_with_doubles(connection, patient_ids)
    named = schema.patient.c.erased_at.is_(None)
    for page in pages(sorted(erased)):
        for id in list(connection.scalars(sa.select(schema.patient.c.id).where(schema.patient.c.id.in_(page), named))):
            _blank(connection, id, erased[id])
    if erased:
        _empty(connection, sorted(erased), sources)
    return sorted(erased)


def _erased_with_doubles(connection: sa.Connection, patient_ids: Iterable[str]) -> dict[str, datetime]:
    """Whoever of these, or of those they were merged into, is erased, and whoever was merged into them; since when."""
    patient = schema.patient
    columns = sa.select(patient.c.id, patient.c.merged_into, patient.c.erased_at)
    seen: set[str] = set()
    erased: dict[str, datetime] = {}
    new = set(patient_ids)
    while new:
        seen |= new
        pointing = [columns.where(patient.c.id.in_(page)) for page in pages(sorted(new))]
        found = [row for query in pointing for row in connection.execute(query)]
        erased |= {row.id: row.erased_at for row in found if row.erased_at is not None}
        new = {row.merged_into for row in found if row.merged_into is not None} - seen
    new = set(erased)
    while new:
        pointing = [columns.where(patient.c.merged_into.in_(page)) for page in pages(sorted(new))]
        found = [row for query in pointing for row in connection.execute(query) if row.id not in erased]
        new = {row.id for row in found}
        erased |= {row.id: row.erased_at or erased[row.merged_into] for row in found}
    return erased


def _empty(connection: sa.Connection, patient_ids: Sequence[str], sources: Sequence[str] = ()) -> Scope:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")  # what was there is overwritten with zeros
    scope = scope_of(connection, patient_ids)
    for name, values in _EMPTIED.items():
        _write(connection, name, scope, values)
    for name in _WITH_REASON:
        _write(connection, name, scope, {"void_reason": ERASED}, only="void_reason")
    _drop_unused(connection, [*scope.ids[schema.source.name], *sources])
    return scope


def _blank(connection: sa.Connection, id: str, at: datetime) -> None:
    code = f"erased-{id[-12:]}"
    values: dict[str, Any] = dict.fromkeys(("name", "birth_year", "birth_date", "record_number", "diagnosis"))
    values |= {"code": code, "note": "", "code_key": fold(code), "search_key": fold(code)}
    values |= {"erased_at": at, "version": schema.patient.c.version + 1}
    connection.execute(schema.patient.update().where(schema.patient.c.id == id).values(values))


def _write(
    connection: sa.Connection, name: str, scope: Scope, values: Mapping[str, Any], only: str | None = None
) -> None:
    table = schema.metadata.tables[name]
    for page in pages(scope.ids[name]):
        chosen = table.update().where(table.c.id.in_(page))
        if only is not None:
            chosen = chosen.where(table.c[only].is_not(None))
        connection.execute(chosen.values(values))


def _drop_unused(connection: sa.Connection, sources: Sequence[str]) -> None:
    """Of these imported files those that no recording came from any more: they may name the person."""
    source, recording = schema.source, schema.recording
    for page in pages(sources):
        used = sa.select(recording.c.source_sha256).where(recording.c.source_sha256.in_(page))
        connection.execute(source.delete().where(source.c.sha256.in_(page), source.c.sha256.not_in(used)))
