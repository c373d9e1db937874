"""One person filed twice is merged and taken apart again; a person who asks for it is forgotten."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from acts import PDF, World, observation, report, strength, therapy, world
from shelf import CLINICIAN, TRIALS, filed_patient, filed_trial, import_input
from staff import ADMIN, added, after

from records import filing
from records.archive_file import export_archive
from records.audit import AuditProblem
from records.columns import metadata
from records.copies import copies_of
from records.errors import Conflict, EntryProblem, InvalidEntry, Kind, NotFound, PatientClosed
from records.examination import GOOD_ANSWER, ChecklistItem
from records.export_tables import export_json
from records.merge import merge_archive
from records.model import Act, NewPatient, VisitEntry
from records.pseudonyms import Pseudonyms
from records.row_text import row_document, stored_form
from records.signatures import Meaning
from records.signing import sign_visit, signed_state
from records.store import RecordStore, sqlite_url

PEOPLE = ("patient", "visit", "therapy_event", "trial", "recording", "observation", "strength_test", "signature")


def rows(store: RecordStore, names: tuple[str, ...] = PEOPLE) -> dict[str, list[Any]]:
    found = {}
    with store.reading() as connection:
        for name in names:
            table = metadata.tables[name]
            chosen = sa.select(stored_form(table)).order_by(sa.text("id"))
            found[name] = [row_document(table, dict(row._mapping)) for row in connection.execute(chosen)]
    return found


def codes(store: RecordStore, text: str = "") -> list[str]:
    return [row.patient.code for row in store.search_patients(text)]


def test_all_that_a_double_has_moves_and_goes_back_as_it_was(store: RecordStore) -> None:
    kept, double = world(store, "P-1"), world(store, "P-2")
    before = rows(store)
    merge = filing.merge_patients(store, CLINICIAN, kept.patient.id, double.patient.id, "same birthday")
    moved = {visit.id for visit in store.visits_of(kept.patient.id)}
    assert moved >= {kept.visit.id, double.visit.id, double.void_visit.id}
    assert store.visits_of(double.patient.id) == store.therapy_events_of(double.patient.id) == ()
    assert len(store.therapy_events_of(kept.patient.id)) == 2
    assert store.patient(double.patient.id).merged_into == kept.patient.id
    assert store.merges_of(kept.patient.id)[0] == store.merges_of(double.patient.id)[0] == merge
    undone = filing.unmerge_patients(store, CLINICIAN, merge.id)
    assert rows(store) == before
    assert store.merges_of(kept.patient.id)[0] == undone
    assert (undone.undone_by, undone.merged_by, undone.reason) == (CLINICIAN.name, CLINICIAN.name, "same birthday")
    with pytest.raises(Conflict):
        filing.unmerge_patients(store, CLINICIAN, merge.id)


def test_a_double_is_listed_no_more_and_found_by_its_own_code_only(store: RecordStore) -> None:
    kept, double = filed_patient(store, "P-1"), filed_patient(store, "P-17")
    filing.merge_patients(store, CLINICIAN, kept.id, double.id, "r")
    assert (codes(store), codes(store, "P-1"), codes(store, "p-17"), codes(store, "Weiß")) == (
        ["P-1"],
        ["P-1"],
        ["P-17"],
        ["P-1"],
    )


def test_nothing_more_is_filed_on_a_double(store: RecordStore) -> None:
    kept, double = filed_patient(store, "P-1"), filed_patient(store, "P-2")
    filing.merge_patients(store, CLINICIAN, kept.id, double.id, "r")
    before = store.audit_events(limit=1000)
    refused = [
        lambda: filing.open_visit(store, CLINICIAN, double.id, station="s"),
        lambda: filing.edit_patient(store, CLINICIAN, dataclasses.replace(double, note="n")),
        lambda: filing.add_therapy_event(store, CLINICIAN, double.id, therapy()),
        lambda: filing.file_import(store, CLINICIAN, double.id, [(import_input(), TRIALS)], station="s"),
        lambda: filing.merge_patients(store, CLINICIAN, double.id, filed_patient(store, "P-3").id, "r"),
        lambda: filing.erase_patient(store, ADMIN, double.id, "r"),
    ]
    for act in refused:
        with pytest.raises(PatientClosed) as closed:
            act()
        assert (closed.value.code, closed.value.merged_into) == ("PATIENT_MERGED", kept.id)
    assert len(store.audit_events(limit=1000)) == len(before) + 1  # P-3 was filed


def test_a_merge_needs_two_people_and_a_reason(store: RecordStore) -> None:
    one, two = filed_patient(store, "P-1"), filed_patient(store, "P-2")
    for kept, double, reason, problem in (
        (one.id, one.id, "r", EntryProblem.MERGE_WITH_ITSELF),
        (one.id, two.id, " ", EntryProblem.MERGE_REASON_MISSING),
    ):
        with pytest.raises(InvalidEntry) as refused:
            filing.merge_patients(store, CLINICIAN, kept, double, reason)
        assert refused.value.code == problem
    with pytest.raises(NotFound):
        filing.merge_patients(store, CLINICIAN, one.id, "nobody", "r")


def test_merges_on_merges_are_undone_from_the_last_one_on(store: RecordStore) -> None:
    """Three codes, one person: the third into the second, the second into the first."""
    visits = [store.visit(filed_trial(store, f"P-{n}").visit_id) for n in (1, 2, 3)]
    first, second, third = (visit.patient_id for visit in visits)
    before = rows(store)
    inner = filing.merge_patients(store, CLINICIAN, second, third, "r")
    outer = filing.merge_patients(store, CLINICIAN, first, second, "r")
    assert len(store.visits_of(first)) == 3
    with pytest.raises(InvalidEntry) as refused:
        filing.unmerge_patients(store, CLINICIAN, inner.id)
    assert refused.value.code == EntryProblem.MERGE_TAKEN_FURTHER
    new = filing.open_visit(store, CLINICIAN, first, station="s")
    filing.unmerge_patients(store, CLINICIAN, outer.id)
    filing.unmerge_patients(store, CLINICIAN, inner.id)
    assert [visit.id for visit in store.visits_of(first)] == [new.id, visits[0].id]
    with store.writing() as connection:
        connection.execute(metadata.tables["visit"].delete().where(metadata.tables["visit"].c.id == new.id))
    assert rows(store) == before


# ---- forgotten

NAME, SECRET = "Jürgen Weiß", "Schultheiß-Geheim"


def telling(store: RecordStore) -> World:
    """A patient and everything that may tell of one: each text holds the secret."""
    at = world(store)
    patient = store.patient(at.patient.id)
    named = dataclasses.replace(
        patient, note=SECRET, diagnosis=SECRET, record_number=SECRET[:20], name=f"{NAME} {SECRET}"
    )
    filing.edit_patient(store, CLINICIAN, named)
    entry = dataclasses.asdict(VisitEntry(note=SECRET, body_mass_kg=70.0))
    filing.edit_visit(store, CLINICIAN, dataclasses.replace(at.visit, **entry))
    filing.answer_checklist(store, CLINICIAN, at.visit.id, {**GOOD_ANSWER, ChecklistItem.PAIN: True}, SECRET)
    filing.file_observation(store, CLINICIAN, at.visit.id, dataclasses.replace(observation(), note=SECRET))
    filing.file_strength_test(store, CLINICIAN, at.visit.id, dataclasses.replace(strength(), instrument=SECRET))
    filing.void_therapy_event(store, CLINICIAN, at.therapy.id, SECRET)
    filing.void_trial(store, CLINICIAN, at.trial.id, SECRET)
    parts = [(dataclasses.replace(import_input(SECRET.encode()), file_name=f"{SECRET}.csv"), TRIALS)]
    filing.file_import(store, CLINICIAN, at.patient.id, parts, station="s", note=SECRET)
    double = filing.add_patient(store, CLINICIAN, NewPatient(SECRET, SECRET))
    filing.merge_patients(store, CLINICIAN, at.patient.id, double.id, SECRET)
    who = added(store)
    shown = signed_state(store, at.visit.id).content_sha256
    sign_visit(store, who.id, "four words of plenty", at.visit.id, Meaning.EXAMINED, shown, now=after(0))
    filing.void_observation(store, CLINICIAN, at.seen.id, SECRET)
    report_pdf = PDF + SECRET.encode()
    new = dataclasses.replace(report(), pdf=report_pdf)
    filing.file_report(store, CLINICIAN, at.visit.id, new)
    return at


def everything(store: RecordStore) -> str:
    """Every value of every row, bytes as they are."""
    with store.reading() as connection:
        found = [
            tuple(row)
            for table in metadata.tables.values()
            for row in connection.execute(sa.text(f'SELECT * FROM "{table.name}"'))  # noqa: S608
        ]
    values = [value for row in found for value in row]
    return "\n".join(bytes(v).decode("latin-1") if isinstance(v, bytes | memoryview) else str(v) for v in values)


def test_nothing_of_a_person_is_left_and_everything_measured_is(store: RecordStore) -> None:
    at = telling(store)
    other = filed_patient(store, "P-9")
    escaped = SECRET.encode("unicode_escape").decode().replace("\\x", "\\u00")
    assert SECRET in everything(store)
    measured = rows(store, ("result", "calibration"))
    counts = {trial.id: store.recording(trial.recording_id).sha256 for trial in store.trials_of(at.visit.id)}
    erased = filing.erase_patient(store, ADMIN, at.patient.id, "asked for on paper")
    if store.file is not None:
        assert SECRET.encode() not in store.file.read_bytes()
    left = everything(store).replace(other.name or "", "").replace("jurgen weiss", "", 1)
    for text in (SECRET, escaped, SECRET.casefold(), "schultheiss", NAME, "jurgen"):
        assert text not in left, text
    assert (erased.name, erased.birth_year, erased.note, erased.diagnosis) == (None, None, "", None)
    assert erased.erased_at is not None
    assert rows(store, ("result", "calibration")) == measured
    assert {trial.id: store.recording(trial.recording_id).sha256 for trial in store.trials_of(at.visit.id)} == counts
    assert store.damaged_recordings()[1] == ()
    assert store.visit(at.visit.id).body_mass_kg == 70.0
    assert store.patient(other.id) == other


def test_the_audit_still_verifies_and_says_who_forgot_whom(store: RecordStore) -> None:
    at = telling(store)
    filing.erase_patient(store, ADMIN, at.patient.id, "asked for on paper")
    report = store.verify_audit()
    assert report.faults == ()
    newest = store.audit_events()[0]
    assert (newest.act, newest.subject_id, newest.details["reason"]) == (
        Act.PATIENT_ERASED,
        at.patient.id,
        "asked for on paper",
    )
    (filed,) = [each for each in store.audit_events(at.patient.id) if each.act is Act.PATIENT_ADDED]
    assert filed.details == {}


def test_details_emptied_by_anyone_else_are_a_fault(store: RecordStore) -> None:
    filed_patient(store)
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE audit_detail SET document = ''"))
    assert [fault.problem for fault in store.verify_audit().faults] == [AuditProblem.DETAILS_REMOVED]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_detail SET document = '{}'", "UPDATE audit_detail SET event_id = 'x'", "DELETE FROM audit_detail"],
)
def test_details_are_still_neither_changed_nor_removed(store: RecordStore, statement: str) -> None:
    filed_patient(store)
    with pytest.raises(Exception, match="append-only"), store.writing() as connection:
        connection.execute(sa.text(statement))


def test_a_forgotten_person_is_not_listed_edited_or_forgotten_again(store: RecordStore) -> None:
    patient = filed_patient(store)
    with pytest.raises(InvalidEntry):
        filing.erase_patient(store, ADMIN, patient.id, " ")
    erased = filing.erase_patient(store, ADMIN, patient.id, "r")
    assert codes(store) == codes(store, "P-001") == codes(store, "erased") == []
    for act in (
        lambda: filing.edit_patient(store, CLINICIAN, erased),
        lambda: filing.open_visit(store, CLINICIAN, patient.id, station="s"),
        lambda: filing.erase_patient(store, ADMIN, patient.id, "r"),
    ):
        with pytest.raises(PatientClosed) as closed:
            act()
        assert closed.value.code == "PATIENT_ERASED"
    assert filed_patient(store, "P-001").id != patient.id


def test_a_file_that_another_patient_came_from_too_stays(store: RecordStore) -> None:
    one, two = filed_patient(store, "P-1"), filed_patient(store, "P-2")
    for patient in (one, two):
        filing.file_import(store, CLINICIAN, patient.id, [(import_input(), TRIALS)], station="s")
    filing.erase_patient(store, ADMIN, one.id, "r")
    assert store.source(import_input().content_sha256) == b"the file as it was"
    filing.erase_patient(store, ADMIN, two.id, "r")
    with pytest.raises(NotFound) as gone:
        store.source(import_input().content_sha256)
    assert gone.value.code == f"{Kind.SOURCE.name}_NOT_FOUND"


def test_an_erased_visit_shows_as_changed_after_its_signature(store: RecordStore) -> None:
    at = telling(store)
    filing.erase_patient(store, ADMIN, at.patient.id, "r")
    state = signed_state(store, at.visit.id)
    assert (state.amended, state.signatures[0].content, state.broken) == (True, None, ())
    assert [each.after for each in state.amendments] == [None]


def test_exports_made_before_are_named(store: RecordStore, tmp_path: Path) -> None:
    export_archive(store, CLINICIAN, tmp_path / "empty", None)
    one, two = filed_patient(store, "P-1"), filed_patient(store, "P-2")
    export_archive(store, CLINICIAN, tmp_path / "one", [one.id])
    export_archive(store, CLINICIAN, tmp_path / "two", [two.id])
    export_json(store, CLINICIAN, tmp_path / "veiled", None, Pseudonyms(bytes(32)))
    export_json(store, CLINICIAN, tmp_path / "all", None)
    filing.erase_patient(store, ADMIN, one.id, "r")
    export_archive(store, CLINICIAN, tmp_path / "after", None)
    found = copies_of(store, one.id)
    assert [(each.subject_id, each.details["what"]) for each in found.exports] == [(one.id, "archive"), ("all", "json")]
    assert found.server is (store.file is None)


def test_a_merge_of_an_older_export_does_not_bring_a_forgotten_person_back(store: RecordStore, tmp_path: Path) -> None:
    at = telling(store)
    """Also where another station went on writing about the person, not knowing of it."""
    elsewhere = RecordStore(sqlite_url(tmp_path / "elsewhere.db"), station="room 9")
    elsewhere.upgrade()
    export_archive(store, CLINICIAN, tmp_path / "before", None)
    merge_archive(elsewhere, CLINICIAN, tmp_path / "before")
    filing.open_visit(elsewhere, CLINICIAN, at.patient.id, station="room 9", note=SECRET)
    export_archive(elsewhere, CLINICIAN, tmp_path / "later", None)
    elsewhere.close()
    filing.erase_patient(store, ADMIN, at.patient.id, "r")
    merged = merge_archive(store, CLINICIAN, tmp_path / "later")
    assert ("patient", at.patient.id) in {(each.table, each.id) for each in merged.differences}
    assert SECRET not in everything(store)
    assert store.verify_audit().faults == ()
