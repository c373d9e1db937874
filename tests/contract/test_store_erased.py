"""Who is erased stays erased: whatever an import brings, and whoever goes on writing about the person."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from acts import observation, report, strength, world
from shelf import CLINICIAN, TRIALS, filed_patient, import_input, raw_input
from staff import ADMIN, PASSWORD, added, after

from records import filing
from records.archive_file import export_archive
from records.columns import metadata
from records.errors import NotFound, PatientClosed
from records.examination import GOOD_ANSWER, ChecklistItem
from records.merge import merge_archive
from records.model import Act, NewPatient
from records.refusals import Refused, note_refusals
from records.signatures import Meaning
from records.signing import sign_visit, signed_state
from records.store import RecordStore, sqlite_url

NAME, NOTE = "Zacharias Quux", "Quux limps since he fell"


def holding(store: RecordStore, text: str) -> list[str]:
    """Names of the tables that hold this text."""
    with store.reading() as archive:
        return [
            table.name
            for table in metadata.sorted_tables
            if any(text in str(tuple(row)) for row in archive.execute(sa.select(table)))
        ]


def test_an_import_does_not_bring_the_double_of_an_erased_person_back(store: RecordStore, tmp_path: Path) -> None:
    """Another archive merged a double, and a double of that double, into somebody who was erased here."""
    patient = filing.add_patient(store, CLINICIAN, NewPatient("P-1", name=NAME))
    export_archive(store, CLINICIAN, tmp_path / "before", None)
    elsewhere = RecordStore(sqlite_url(tmp_path / "elsewhere.db"), station="room 9")
    elsewhere.upgrade()
    merge_archive(elsewhere, CLINICIAN, tmp_path / "before")
    double, further = (
        filing.add_patient(elsewhere, CLINICIAN, NewPatient(code, name=NAME, note=NOTE)) for code in ("P-1b", "P-1c")
    )
    other = filed_patient(elsewhere, "P-2")
    filing.open_visit(elsewhere, CLINICIAN, further.id, station="room 9", note=NOTE)
    filing.merge_patients(elsewhere, CLINICIAN, double.id, further.id, NOTE)
    filing.merge_patients(elsewhere, CLINICIAN, patient.id, double.id, NOTE)
    export_archive(elsewhere, CLINICIAN, tmp_path / "later", None)
    elsewhere.close()
    filing.erase_patient(store, ADMIN, patient.id, "asked")
    merge_archive(store, CLINICIAN, tmp_path / "later")
    assert holding(store, "Quux") == holding(store, "P-1") == []
    erased_at = store.patient(patient.id).erased_at
    assert erased_at is not None
    assert [store.patient(each.id).erased_at for each in (double, further)] == [erased_at, erased_at]
    assert [visit.note for visit in store.visits_of(patient.id)] == [""]
    assert store.patient(other.id).name == other.name


def writing(store: RecordStore) -> dict[str, Callable[[], object]]:
    """Every act that would write about the person of a visit, prepared before the person is erased."""
    at = world(store)
    account = added(store)
    shown = signed_state(store, at.visit.id).content_sha256
    answers = {item: GOOD_ANSWER[item] for item in ChecklistItem}
    visit, seen = at.visit, at.seen
    filing.erase_patient(store, ADMIN, at.patient.id, "asked")
    return {
        "visit": lambda: filing.edit_visit(store, CLINICIAN, dataclasses.replace(store.visit(visit.id), note=NOTE)),
        "checklist": lambda: filing.answer_checklist(store, CLINICIAN, visit.id, answers, NOTE),
        "void visit": lambda: filing.void_visit(store, CLINICIAN, visit.id, NOTE),
        "void trial": lambda: filing.void_trial(store, CLINICIAN, at.trial.id, NOTE),
        "observation": lambda: filing.file_observation(
            store, CLINICIAN, visit.id, dataclasses.replace(observation(), note=NOTE)
        ),
        "edit observation": lambda: filing.edit_observation(store, CLINICIAN, dataclasses.replace(seen, note=NOTE)),
        "void observation": lambda: filing.void_observation(store, CLINICIAN, seen.id, NOTE),
        "strength": lambda: filing.file_strength_test(
            store, CLINICIAN, visit.id, dataclasses.replace(strength(), note=NOTE)
        ),
        "void strength": lambda: filing.void_strength_test(store, CLINICIAN, at.strength.id, NOTE),
        "study": lambda: filing.add_study_visit(store, CLINICIAN, at.study.id, visit.id, 2),
        "void study visit": lambda: filing.void_study_visit(store, CLINICIAN, at.member.id, NOTE),
        "report": lambda: filing.file_report(store, CLINICIAN, visit.id, report()),
        "sign": lambda: sign_visit(store, account.id, PASSWORD, visit.id, Meaning.EXAMINED, shown, now=after(10)),
    }


def test_nobody_writes_about_an_erased_person(store: RecordStore) -> None:
    events = None
    for name, act in writing(store).items():
        events = events or len(store.audit_events())
        with pytest.raises(PatientClosed) as closed:
            act()
        assert closed.value.code == "PATIENT_ERASED", name
    assert holding(store, "Quux") == []


def test_a_recording_that_was_being_made_is_kept_without_the_person(store: RecordStore) -> None:
    at = world(store)
    filing.erase_patient(store, ADMIN, at.patient.id, "asked")
    filed = filing.file_recording(store, CLINICIAN, at.visit.id, raw_input(), TRIALS)
    new = import_input()
    filed += filing.file_recording(store, CLINICIAN, at.visit.id, new, TRIALS)
    assert {trial.id for trial in filed} <= {trial.id for trial in store.trials_of(at.visit.id)}
    assert store.damaged_recordings()[1] == ()
    assert holding(store, new.file_name) == []
    with pytest.raises(NotFound):
        store.source(new.content_sha256)


def test_what_the_exchange_told_of_an_event_that_tells_of_a_person_is_forgotten_too(store: RecordStore) -> None:
    patient = filing.add_patient(store, CLINICIAN, NewPatient("P-1", name=NAME))
    (event,) = store.audit_events(patient.id)
    row = {"event_id": event.id, "document": f'{{"name":"{NAME}"}}'}
    with store.writing() as archive:
        note_refusals(archive, "room 9", [Refused("audit_detail", event.id, row, None)])
    assert "audit_detail" in holding(store, NAME)
    filing.erase_patient(store, ADMIN, patient.id, "asked")
    assert holding(store, NAME) == []
    assert store.verify_audit().faults == ()
    assert store.audit_events()[0].act is Act.PATIENT_ERASED
