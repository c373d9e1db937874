"""What clinicians entered, signed and handed out, on an open connection: one function for each question.

Lists leave out what is void, unless asked for.
"""

from __future__ import annotations

from typing import Any, TypeVar

import sqlalchemy as sa

from records.clinic_schema import (
    observation,
    patient_merge,
    report,
    signature,
    strength_test,
    study,
    study_visit,
    therapy_event,
)
from records.doubles import PatientMerge
from records.errors import Kind, NotFound, RecordingDamaged
from records.examination import Observation, StrengthTest
from records.queries import built, columns_of
from records.reports import Report
from records.schema import patient, sha256_of, visit
from records.studies import Study, StudyVisit
from records.therapy import TherapyEvent

T = TypeVar("T")


def find(connection: sa.Connection, table: sa.Table, cls: type[T], kind: Kind, id: str) -> T:
    """One row, void or not. Raises NotFound."""
    row = connection.execute(sa.select(*columns_of(table, cls)).where(table.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(kind, id)
    return built(cls, row)


def observations_of(connection: sa.Connection, visit_id: str, *, void: bool = False) -> tuple[Observation, ...]:
    """Of a visit, in the order they were filed."""
    chosen = _chosen(observation, Observation, observation.c.visit_id == visit_id, void=void)
    return _many(connection, chosen.order_by(observation.c.created_at, observation.c.id), Observation)


def strength_tests_of(connection: sa.Connection, visit_id: str, *, void: bool = False) -> tuple[StrengthTest, ...]:
    """Of a visit, in the order they were made."""
    chosen = _chosen(strength_test, StrengthTest, strength_test.c.visit_id == visit_id, void=void)
    return _many(connection, chosen.order_by(strength_test.c.at, strength_test.c.id), StrengthTest)


def strength_tests_of_patient(connection: sa.Connection, patient_id: str) -> tuple[StrengthTest, ...]:
    """Of all visits of a patient that are not void, in the order they were made."""
    theirs = sa.select(visit.c.id).where(visit.c.patient_id == patient_id, visit.c.void_reason.is_(None))
    chosen = _chosen(strength_test, StrengthTest, strength_test.c.visit_id.in_(theirs), void=False)
    return _many(connection, chosen.order_by(strength_test.c.at, strength_test.c.id), StrengthTest)


def therapy_events_of(connection: sa.Connection, patient_id: str, *, void: bool = False) -> tuple[TherapyEvent, ...]:
    """Of a patient, oldest first."""
    chosen = _chosen(therapy_event, TherapyEvent, therapy_event.c.patient_id == patient_id, void=void)
    return _many(connection, chosen.order_by(therapy_event.c.day, therapy_event.c.id), TherapyEvent)


def merges_of(connection: sa.Connection, patient_id: str) -> tuple[PatientMerge, ...]:
    """Merges that a patient was part of, newest first, undone ones too."""
    part = sa.or_(patient_merge.c.kept_id == patient_id, patient_merge.c.merged_id == patient_id)
    chosen = sa.select(*columns_of(patient_merge, PatientMerge)).where(part)
    return _many(connection, chosen.order_by(patient_merge.c.merged_at.desc(), patient_merge.c.id.desc()), PatientMerge)


def find_merge(connection: sa.Connection, id: str) -> PatientMerge:
    """One merge of two patients. Raises NotFound."""
    return find(connection, patient_merge, PatientMerge, Kind.PATIENT_MERGE, id)


def chain_of(connection: sa.Connection, patient_id: str) -> tuple[str, ...]:
    """Ids from a patient on along ``merged_into``; in a circle, up to the first one that comes again."""
    chain = [patient_id]
    while len(set(chain)) == len(chain):
        into = connection.scalar(sa.select(patient.c.merged_into).where(patient.c.id == chain[-1]))
        if into is None:
            break
        chain.append(into)
    return tuple(chain)


def studies(connection: sa.Connection) -> tuple[Study, ...]:
    """Newest first, closed ones too."""
    chosen = sa.select(*columns_of(study, Study)).order_by(study.c.created_at.desc(), study.c.id.desc())
    return _many(connection, chosen, Study)


def find_study(connection: sa.Connection, id: str) -> Study:
    """One study. Raises NotFound."""
    return find(connection, study, Study, Kind.STUDY, id)


def study_visits(connection: sa.Connection, study_id: str, *, void: bool = False) -> tuple[StudyVisit, ...]:
    """Visits in a study, in the order they were put in."""
    chosen = _chosen(study_visit, StudyVisit, study_visit.c.study_id == study_id, void=void)
    return _many(connection, chosen.order_by(study_visit.c.created_at, study_visit.c.id), StudyVisit)


def studies_of_visit(connection: sa.Connection, visit_id: str) -> tuple[StudyVisit, ...]:
    """Studies that a visit is in."""
    chosen = _chosen(study_visit, StudyVisit, study_visit.c.visit_id == visit_id, void=False)
    return _many(connection, chosen.order_by(study_visit.c.created_at, study_visit.c.id), StudyVisit)


def is_signed(connection: sa.Connection, visit_id: str) -> bool:
    """Whether a visit has a signature."""
    of_visit = sa.select(signature.c.id).where(signature.c.visit_id == visit_id).limit(1)
    return connection.scalar(of_visit) is not None


def reports_of(connection: sa.Connection, visit_id: str) -> tuple[Report, ...]:
    """Of a visit, oldest first."""
    chosen = sa.select(*columns_of(report, Report)).where(report.c.visit_id == visit_id)
    return _many(connection, chosen.order_by(report.c.made_at, report.c.id), Report)


def report_pdf(connection: sa.Connection, id: str) -> tuple[Report, bytes]:
    """A report with its PDF, verified; b"" where it was erased. Raises NotFound, RecordingDamaged."""
    row = connection.execute(sa.select(report).where(report.c.id == id)).one_or_none()
    if row is None:
        raise NotFound(Kind.REPORT, id)
    columns = dict(row._mapping)
    content = bytes(columns.pop("content"))
    filed = Report(**columns)
    if not filed.erased and sha256_of(content) != filed.sha256:
        raise RecordingDamaged(f"the report's PDF does not have the SHA-256 {filed.sha256[:12]}...", id)
    return filed, content


def _chosen(table: sa.Table, cls: type[Any], which: sa.ColumnElement[bool], *, void: bool) -> sa.Select[Any]:
    chosen = sa.select(*columns_of(table, cls)).where(which)
    return chosen if void else chosen.where(table.c.void_reason.is_(None))


def _many(connection: sa.Connection, statement: sa.Select[Any], cls: type[T]) -> tuple[T, ...]:
    return tuple(built(cls, row) for row in connection.execute(statement))
