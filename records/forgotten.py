"""Who was erased stays erased: what another archive, which did not know of it yet, brings about them is emptied."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import sqlalchemy as sa

from records import schema
from records.audit import append, erase_details, telling_of
from records.errors import Kind
from records.model import Act
from records.patient_rows import TELLING, keep_erased
from records.refusals import EXCHANGE
from records.schema import audit_detail
from records.scope import pages, scope_of
from records.shared_rows import Row

Rows = Mapping[str, Mapping[str, Row]]
REASON = "erased before this arrived"


def keep_forgotten(archive: sa.Connection, rows: Rows, sources: Collection[str]) -> list[str]:
    """Empty what these rows, which were just written, say about people who are erased here; who those are.

    Parameters
    ----------
    rows
        By table and key.
    sources
        Imported files that recordings pointed to, and point to no longer.
    """
    return keep_erased(archive, _patients(archive, rows), sorted({*sources, *rows.get(schema.source.name, {})}))


def forget_details(archive: sa.Connection, erased: Sequence[str], station: str) -> None:
    """Empty what the audit, too, came to tell about them; an event of the chain of `station` says which events."""
    scope = scope_of(archive, erased)
    subjects = [id for ids in scope.ids.values() for id in ids]
    of_them = telling_of(archive, subjects, TELLING)
    said = sa.select(audit_detail.c.event_id).where(audit_detail.c.document != "")
    telling = [id for page in pages(of_them) for id in archive.scalars(said.where(audit_detail.c.event_id.in_(page)))]
    if telling:
        erase_details(archive, subjects, TELLING)
        details = {"reason": REASON, "patients": list(erased), "events": telling}
        append(archive, EXCHANGE, Act.PATIENT_ERASED, station, (Kind.PATIENT, erased[0]), details)


def _patients(archive: sa.Connection, rows: Rows) -> set[str]:
    """Everybody whom these rows are about, as far as the archive knows."""
    subjects = set(_named(rows, "subject_id")) if schema.audit_event.name in rows else set()
    trials = {*_named(rows, "trial_id"), *rows.get(schema.trial.name, {}), *subjects}
    visits = {*_named(rows, "visit_id"), *rows.get(schema.visit.name, {}), *subjects}
    visits |= set(_looked_up(archive, schema.trial.c.visit_id, schema.trial.c.id, trials))
    patients = {*_named(rows, "patient_id"), *rows.get(schema.patient.name, {}), *subjects}
    return patients | set(_looked_up(archive, schema.visit.c.patient_id, schema.visit.c.id, visits))


def _named(rows: Rows, column: str) -> Iterator[str]:
    for of_table in rows.values():
        for row in of_table.values():
            if row.get(column) is not None:
                yield row[column]


def _looked_up(archive: sa.Connection, wanted: sa.Column[str], key: sa.Column[str], keys: set[str]) -> Iterator[str]:
    for page in pages(sorted(keys)):
        yield from archive.scalars(sa.select(wanted).where(key.in_(page)))
