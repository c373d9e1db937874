"""Which rows belong together: all of an archive, or all about some patients, followed along the tables' references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from records import clinic_schema, people_schema, schema
from records.errors import Kind, NotFound

#: What an export carries, in the order in which rows can be filed again.
CARRIED: tuple[sa.Table, ...] = (
    schema.patient,
    schema.calibration,
    schema.source,
    schema.visit,
    schema.drift_check,
    schema.recording,
    schema.trial,
    schema.result,
    clinic_schema.therapy_event,
    clinic_schema.patient_merge,
    clinic_schema.observation,
    clinic_schema.strength_test,
    clinic_schema.study,
    clinic_schema.study_visit,
    clinic_schema.signature,
    clinic_schema.amendment,
    clinic_schema.report,
)
#: What it never carries: secrets of this archive; and the audit, whose chains belong to it (a copy is for reading).
#: A new table is named in one of the two lists; a test asks for it.
NOT_CARRIED = frozenset(
    {
        *("audit_event", "audit_detail", "account", "login_session", "login_failure", "set_up_code", "password_code"),
        *("row_change", "agreed_row", "exchange_state"),
    }
)
#: What the stations of one server share: all that, who may work, and what was done. Sessions stay where they are.
SHARED: tuple[sa.Table, ...] = (people_schema.account, *CARRIED, schema.audit_event, schema.audit_detail)
#: Rows that are never changed: where one of the same id differs, something is wrong. (An erasure changes others.)
NEVER_CHANGED = frozenset(
    {
        *("calibration", "source", "drift_check", "result", "audit_event"),
    }
)
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Scope:
    """Ids of the rows of each table, at one moment. ``patients`` is None for the whole archive."""

    patients: tuple[str, ...] | None
    ids: dict[str, tuple[str, ...]]


def scope_of(connection: sa.Connection, patients: Sequence[str] | None) -> Scope:
    """What belongs to `patients`; None: everything."""
    chosen = None if patients is None else with_doubles(connection, patients)
    ids = {}
    for table in CARRIED:
        key = key_of(table)
        condition = sa.true() if chosen is None else _condition(table, chosen)
        ids[table.name] = tuple(connection.scalars(sa.select(key).where(condition).order_by(key)))
    return Scope(None if patients is None else tuple(patients), ids)


def with_doubles(connection: sa.Connection, patients: Sequence[str]) -> tuple[str, ...]:
    """And whoever was merged into them: one person, and nobody who points to someone who is not there."""
    patient = schema.patient
    found, new = set(patients), set(patients)
    while new:
        into = sa.select(patient.c.id).where(patient.c.merged_into.in_(new))
        onto = sa.select(patient.c.merged_into).where(patient.c.id.in_(new), patient.c.merged_into.is_not(None))
        new = {id for query in (into, onto) for id in connection.scalars(query)} - found
        found |= new
    return (*patients, *sorted(found - set(patients)))


def people_in(connection: sa.Connection, patients: Sequence[str] | None) -> tuple[str, ...]:
    """Ids of these patients (None: of all), each person once: a double stands for the one it was merged into."""
    key = schema.patient.c.id
    people = sa.select(key).where(schema.patient.c.merged_into.is_(None)).order_by(key)
    if patients is not None:
        people = people.where(key.in_(with_doubles(connection, patients)))
    return tuple(connection.scalars(people))


def patients_with_code(connection: sa.Connection, code: str) -> tuple[str, ...]:
    """Ids of the patients with this code in any case: more than one where two stations gave it.

    Raises
    ------
    NotFound
    """
    key = schema.patient.c.id
    ids = tuple(connection.scalars(sa.select(key).where(schema.patient.c.code_key == schema.fold(code)).order_by(key)))
    if not ids:
        raise NotFound(Kind.PATIENT, code)
    return ids


def key_of(table: sa.Table) -> sa.Column[str]:
    """The one column that names a row."""
    (key,) = table.primary_key.columns
    return key


def pages(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ids in portions that fit one question."""
    for start in range(0, len(ids), _PAGE):
        yield ids[start : start + _PAGE]


def _condition(table: sa.Table, patients: tuple[str, ...]) -> sa.ColumnElement[bool]:
    """Rows that point to a patient's, and rows that a patient's point to."""
    owned = _owned(table, patients)
    if owned is not None:
        return owned
    pointing = [
        sa.select(reference.parent).where(condition, reference.parent.is_not(None))
        for other in CARRIED
        for reference in other.foreign_keys
        if reference.column.table is table and (condition := _owned(other, patients)) is not None
    ]
    return sa.or_(sa.false(), *(key_of(table).in_(ids) for ids in pointing))


def _owned(table: sa.Table, patients: tuple[str, ...]) -> sa.ColumnElement[bool] | None:
    if table is schema.patient:
        return table.c.id.in_(patients)
    for reference in sorted(table.foreign_keys, key=_always_there_first):
        above = _owned(reference.column.table, patients)
        if above is not None:
            return reference.parent.in_(sa.select(reference.column).where(above))
    return None


def _always_there_first(reference: sa.ForeignKey) -> tuple[bool, str]:
    """A row is a patient's by a reference that each row has: one that may be empty would lose those without it."""
    return bool(reference.parent.nullable), reference.parent.name
