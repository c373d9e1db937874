"""What every archive does with what clinicians enter, sign and hand out, whatever database it lies in."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from acts import ACTS, PDF, observation, report, strength, therapy, world
from shelf import CLINICIAN, NOON, TRIALS, filed_patient, filed_trial, raw, raw_input
from staff import ADMIN

from analysis.geometry import Side
from records import clinic_schema, filing, rows
from records.errors import Conflict, EntryProblem, InvalidEntry, NotFound
from records.examination import GOOD_ANSWER, ChecklistItem, NewObservation, NewStrengthTest
from records.ids import new_id
from records.model import Act, NewPatient, TrialStatus, VisitEntry
from records.reports import NewReport, ReportKind
from records.store import RecordStore
from records.studies import NewStudy


def test_every_act_is_one_event_in_an_unbroken_chain(store: RecordStore) -> None:
    at = world(store)
    for name, (act, perform) in ACTS.items():
        before = len(store.audit_events(limit=100_000))
        perform(store, ADMIN if act is Act.PATIENT_ERASED else CLINICIAN, at)
        events = store.audit_events(limit=100_000)
        assert (len(events) - before, events[0].act) == (1, act), name
    assert store.verify_audit().faults == ()


# ---- patients and visits


def test_all_that_is_known_of_a_patient_comes_back(store: RecordStore) -> None:
    new = NewPatient(
        "P-9",
        birth_date=date(1961, 7, 31),
        record_number="KH 2026/0815",
        dominant_side=Side.LEFT,
        involved_side=Side.RIGHT,
        diagnosis="gluteal tendinopathy, right",
    )
    patient = filing.add_patient(store, CLINICIAN, new)
    assert store.patient(patient.id) == patient
    assert (patient.birth_year, patient.birth_date, patient.dominant_side) == (1961, date(1961, 7, 31), Side.LEFT)
    assert (patient.record_number, patient.diagnosis) == ("KH 2026/0815", "gluteal tendinopathy, right")


def test_what_is_entered_about_a_visit_comes_back_bit_for_bit(store: RecordStore) -> None:
    visit = filing.open_visit(store, CLINICIAN, filed_patient(store).id, station="s")
    entry = VisitEntry("tired today", "Eva Examiner", 0.1 + 71.2, 1712.5, 880.0, 245.0)
    edited = filing.edit_visit(store, CLINICIAN, dataclasses.replace(visit, **dataclasses.asdict(entry)))
    assert store.visit(visit.id) == edited
    assert {name: getattr(edited, name) for name in dataclasses.asdict(entry)} == dataclasses.asdict(entry)
    assert edited.version == 2


def test_an_edit_of_a_visit_changes_neither_whose_it_is_nor_when_it_was(store: RecordStore) -> None:
    visit = filing.open_visit(store, CLINICIAN, filed_patient(store).id, station="s")
    other = filed_patient(store, "P-2")
    strange = dataclasses.replace(visit, patient_id=other.id, at=NOON, operator="X", note="n", void_reason="v")
    filing.edit_visit(store, CLINICIAN, strange)
    assert store.visit(visit.id) == dataclasses.replace(visit, note="n", version=2)


def test_answers_of_the_checklist_come_back_with_who_and_when(store: RecordStore) -> None:
    visit = filing.open_visit(store, CLINICIAN, filed_patient(store).id, station="s")
    before = datetime.now(UTC)
    answers = {**GOOD_ANSWER, ChecklistItem.DIZZY: True}
    with pytest.raises(InvalidEntry) as refused:
        filing.answer_checklist(store, CLINICIAN, visit.id, answers)
    assert refused.value.code == EntryProblem.CHECKLIST_REASON_MISSING
    filing.answer_checklist(store, CLINICIAN, visit.id, answers, " sat down first ")
    found = store.visit(visit.id).checklist
    assert found is not None
    assert (found.answers, found.reason, found.answered_by) == (answers, "sat down first", CLINICIAN.name)
    assert found.concerns == (ChecklistItem.DIZZY,)
    assert before <= found.answered_at <= datetime.now(UTC)


def test_a_checklist_with_a_question_left_open_is_refused(store: RecordStore) -> None:
    visit = filing.open_visit(store, CLINICIAN, filed_patient(store).id, station="s")
    some = {item: answer for item, answer in GOOD_ANSWER.items() if item is not ChecklistItem.RED_FLAGS}
    with pytest.raises(InvalidEntry) as refused:
        filing.answer_checklist(store, CLINICIAN, visit.id, some)
    assert (refused.value.code, refused.value.field) == (EntryProblem.CHECKLIST_INCOMPLETE, "red_flags")
    assert store.visit(visit.id).checklist is None


# ---- what was seen and measured


def test_what_was_seen_and_measured_comes_back_field_by_field(store: RecordStore) -> None:
    trial = filed_trial(store)
    seen = filing.file_observation(store, CLINICIAN, trial.visit_id, observation(trial_id=trial.id))
    test = filing.file_strength_test(store, CLINICIAN, trial.visit_id, dataclasses.replace(strength(), at=NOON))
    patient_id = store.visit(trial.visit_id).patient_id
    event = filing.add_therapy_event(store, CLINICIAN, patient_id, therapy())
    assert store.observations_of(trial.visit_id) == (seen,)
    assert store.strength_tests_of(trial.visit_id) == store.strength_tests_of_patient(patient_id) == (test,)
    assert store.therapy_events_of(patient_id) == (event,)
    for filed, new in ((seen, observation(trial_id=trial.id)), (event, therapy())):
        assert {field: getattr(filed, field) for field in dataclasses.asdict(new)} == dataclasses.asdict(new)
    assert (test.at, test.strength.moment_nm) == (NOON, 120.5 * 0.4)
    assert (seen.seen.dropped, seen.seen.leaned) == (True, True)


def test_a_trial_has_one_entry_of_the_examiner_and_a_side_of_a_visit_too(store: RecordStore) -> None:
    trial = filed_trial(store)
    first = filing.file_observation(store, CLINICIAN, trial.visit_id, NewObservation(Side.LEFT, trial.id))
    filing.file_observation(store, CLINICIAN, trial.visit_id, NewObservation(Side.LEFT))
    filing.file_observation(store, CLINICIAN, trial.visit_id, NewObservation(Side.RIGHT))
    for again in (NewObservation(Side.LEFT, trial.id), NewObservation(Side.RIGHT)):
        with pytest.raises(Conflict):
            filing.file_observation(store, CLINICIAN, trial.visit_id, again)
    filing.void_observation(store, CLINICIAN, first.id, "wrong trial")
    filing.file_observation(store, CLINICIAN, trial.visit_id, NewObservation(Side.LEFT, trial.id))
    with pytest.raises(Conflict):
        filing.restore_observation(store, CLINICIAN, first.id)
    assert len(store.observations_of(trial.visit_id)) == 3


def test_an_entry_on_the_other_leg_or_of_another_visit_is_refused(store: RecordStore) -> None:
    """The trial was on the left leg."""
    trial, other = filed_trial(store), filed_trial(store, "P-2")
    wrong = [
        (NewObservation(Side.RIGHT, trial.id), EntryProblem.TRIAL_OF_OTHER_SIDE),
        (NewObservation(Side.LEFT, other.id), EntryProblem.TRIAL_OF_OTHER_VISIT),
    ]
    for new, problem in wrong:
        with pytest.raises(InvalidEntry) as refused:
            filing.file_observation(store, CLINICIAN, trial.visit_id, new)
        assert refused.value.code == problem
    assert store.observations_of(trial.visit_id) == ()


@pytest.mark.parametrize(
    "entry",
    [
        lambda: NewStrengthTest(Side.LEFT),
        lambda: NewStrengthTest(Side.LEFT, force_n=100.0),
        lambda: NewStrengthTest(Side.LEFT, 100.0, 0.4, 40.0),
        lambda: NewStrengthTest(Side.LEFT, moment_nm=float("nan")),
        lambda: NewStrengthTest(Side.LEFT, 100.0, 40.0),
        lambda: NewObservation(Side.LEFT, pain=11),
        lambda: NewObservation(Side.LEFT, tilt_deg=-26.0),
        lambda: NewObservation(Side.LEFT, note="x" * 10_001),
        lambda: VisitEntry(body_mass_kg=7.0),
        lambda: NewStudy(" "),
        lambda: NewReport(ReportKind.PATIENT, "en", b"<html>", "", ""),
    ],
)
def test_what_cannot_be_is_refused_before_it_reaches_an_archive(entry: Callable[[], object]) -> None:
    with pytest.raises(InvalidEntry):
        entry()


# ---- stale edits


def test_a_stale_edit_is_refused_with_both_values_and_overwrites_nothing(store: RecordStore) -> None:
    at = world(store)
    edits: list[tuple[Callable[..., object], object, str, object, object]] = [
        (filing.edit_patient, at.patient, "note", "first", "second"),
        (filing.edit_visit, at.visit, "body_mass_kg", 71.0, 72.0),
        (filing.edit_observation, at.seen, "pain", 4, 5),
        (filing.edit_strength_test, at.strength, "force_n", 101.0, 102.0),
        (filing.edit_therapy_event, at.therapy, "note", "first", "second"),
        (filing.edit_study, at.study, "sessions", 3, 4),
    ]
    for edit, read, field, first, second in edits:
        edit(store, CLINICIAN, dataclasses.replace(read, **{field: first}))  # type: ignore[type-var]
        before = store.audit_events(limit=1000)
        with pytest.raises(Conflict) as refused:
            edit(store, CLINICIAN, dataclasses.replace(read, **{field: second}))  # type: ignore[type-var]
        assert refused.value.differences == {field: (second, first)}
        assert (refused.value.read, refused.value.stored) == (1, 2)
        assert store.audit_events(limit=1000) == before
    assert store.visit(at.visit.id).body_mass_kg == 71.0
    assert store.observations_of(at.visit.id)[0].pain == 4


# ---- void and restored


def test_what_is_void_is_shown_only_when_asked_for_and_comes_back_as_it_was(store: RecordStore) -> None:
    at = world(store)
    lists: list[tuple[Callable[..., tuple[object, ...]], str, object, Callable[..., object]]] = [
        (store.observations_of, at.visit.id, at.void_seen, filing.restore_observation),
        (store.strength_tests_of, at.visit.id, at.void_strength, filing.restore_strength_test),
        (store.therapy_events_of, at.patient.id, at.void_therapy, filing.restore_therapy_event),
    ]
    for listed, owner, entry, restore in lists:
        assert entry not in listed(owner)
        assert entry in listed(owner, void=True)
        back = restore(store, CLINICIAN, entry.id)  # type: ignore[attr-defined]
        assert back == dataclasses.replace(entry, void_reason=None, version=3)  # type: ignore[type-var]
        assert back in listed(owner)


def test_a_void_entry_is_not_edited_and_an_entry_is_voided_once(store: RecordStore) -> None:
    at = world(store)
    with pytest.raises(InvalidEntry) as refused:
        filing.edit_strength_test(store, CLINICIAN, dataclasses.replace(at.void_strength, force_n=1.0))
    assert refused.value.code == EntryProblem.IS_VOID
    for act in (filing.void_strength_test, filing.void_visit):
        entry = at.void_strength if act is filing.void_strength_test else at.void_visit
        with pytest.raises(Conflict):
            act(store, CLINICIAN, entry.id, "again")
    with pytest.raises(Conflict):
        filing.restore_strength_test(store, CLINICIAN, at.strength.id)


def test_a_restored_trial_is_what_it_was(store: RecordStore) -> None:
    visit_id = filed_trial(store).visit_id
    broken = raw_input(raw(interrupted="LINK_LOST"))
    for recording, status in ((raw_input(), TrialStatus.FILED), (broken, TrialStatus.INTERRUPTED)):
        (trial,) = filing.file_recording(store, CLINICIAN, visit_id, recording, TRIALS)
        filing.void_trial(store, CLINICIAN, trial.id, "wrong leg")
        restored = filing.restore_trial(store, CLINICIAN, trial.id)
        assert restored == store.trial(trial.id) == dataclasses.replace(trial, status=status, version=3)
        with pytest.raises(Conflict):
            filing.restore_trial(store, CLINICIAN, trial.id)


# ---- studies and reports


def test_a_study_holds_each_visit_once_and_each_session_of_a_person_once(store: RecordStore) -> None:
    patient = filed_patient(store)
    days = [NOON + timedelta(days=day) for day in range(3)]
    first, second, third = [filing.open_visit(store, CLINICIAN, patient.id, station="s", at=day) for day in days]
    study = filing.add_study(store, CLINICIAN, NewStudy("two Mondays"))
    members = [
        filing.add_study_visit(store, CLINICIAN, study.id, visit.id, n) for visit, n in ((first, 1), (second, 2))
    ]
    for visit, session in ((first, 3), (third, 2)):
        with pytest.raises(Conflict):
            filing.add_study_visit(store, CLINICIAN, study.id, visit.id, session)
    filing.void_study_visit(store, CLINICIAN, members[1].id, "other shoes")
    again = filing.add_study_visit(store, CLINICIAN, study.id, third.id, 2)
    assert [member.id for member in store.study_visits(study.id)] == [members[0].id, again.id]
    assert store.studies_of_visit(third.id) == (again,)
    filing.close_study(store, CLINICIAN, study.id)
    with pytest.raises(InvalidEntry):
        filing.add_study_visit(store, CLINICIAN, study.id, second.id, 3)


def test_a_report_comes_back_byte_for_byte_and_counts_its_versions(store: RecordStore) -> None:
    visit_id = filed_trial(store).visit_id
    first = filing.file_report(store, CLINICIAN, visit_id, report())
    second = filing.file_report(store, CLINICIAN, visit_id, dataclasses.replace(report(), pdf=PDF + b"2"))
    german = filing.file_report(store, CLINICIAN, visit_id, dataclasses.replace(report(), language="de"), number=1)
    with pytest.raises(
        Conflict, match="was read at version 2, is at 3"
    ):  # its pages would say a version that is not it
        filing.file_report(store, CLINICIAN, visit_id, report(), number=2)
    assert [each.number for each in (first, second, german)] == [1, 2, 1]
    assert store.reports_of(visit_id) == (first, second, german)
    assert store.report_pdf(second.id) == (second, PDF + b"2")
    with pytest.raises(NotFound):
        store.report_pdf(visit_id)


def test_answers_to_a_visit_that_was_changed_since_are_refused(store: RecordStore) -> None:
    visit = filing.open_visit(store, CLINICIAN, filed_patient(store).id, station="s")
    said = {**GOOD_ANSWER, ChecklistItem.DIZZY: True}
    first = filing.answer_checklist(store, CLINICIAN, visit.id, said, "sat down", version=visit.version)
    with pytest.raises(Conflict):
        filing.answer_checklist(store, CLINICIAN, visit.id, GOOD_ANSWER, version=visit.version)
    assert store.visit(visit.id) == first


def test_of_two_observations_of_one_side_each_can_be_edited_but_only_one_restored(store: RecordStore) -> None:
    """As two stations leave them that file one each while apart."""
    visit = filing.open_visit(store, CLINICIAN, filed_patient(store).id, station="s")
    first = filing.file_observation(store, CLINICIAN, visit.id, observation())
    second = dataclasses.replace(first, id=new_id())
    with store.writing() as archive:
        rows.insert(archive, clinic_schema.observation, second)
    edited = [filing.edit_observation(store, CLINICIAN, dataclasses.replace(one, pain=7)) for one in (first, second)]
    assert set(store.observations_of(visit.id)) == set(edited)
    filing.void_observation(store, CLINICIAN, second.id, "two of one")
    with pytest.raises(Conflict):
        filing.restore_observation(store, CLINICIAN, second.id)
    assert store.observations_of(visit.id) == (edited[0],)
