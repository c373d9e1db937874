"""What every archive does, whatever database it lies in."""

from __future__ import annotations

import dataclasses
import threading
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from shelf import (
    CLINICIAN,
    FOOTING,
    NOON,
    TRIALS,
    ZERO,
    calibration,
    filed_patient,
    filed_trial,
    import_input,
    imported,
    raw,
    raw_input,
    result,
)

from analysis.geometry import Side
from records import filing
from records.errors import CodeTaken, Conflict, EntryProblem, InvalidEntry, NotFound
from records.model import NewPatient, NewTrial, Sex, TrialStatus
from records.recording_file import content_sha256
from records.store import RecordStore

# ---- patients


def test_a_patient_comes_back_as_filed(store: RecordStore) -> None:
    new = NewPatient("P-001", "Jürgen Weiß", 1961, Sex.MALE, Side.RIGHT, "left hip 2019", simulated=True)
    patient = filing.add_patient(store, CLINICIAN, new)
    assert store.patient(patient.id) == patient
    assert {field.name: getattr(patient, field.name) for field in dataclasses.fields(new)} == dataclasses.asdict(new)


def test_only_the_code_is_needed(store: RecordStore) -> None:
    patient = filing.add_patient(store, CLINICIAN, NewPatient("  P-002 "))
    stored = store.patient(patient.id)
    assert (stored.code, stored.name, stored.birth_year, stored.sex) == ("P-002", None, None, None)


def test_a_code_is_taken_whatever_its_case(store: RecordStore) -> None:
    first = filed_patient(store, "ab-1")
    with pytest.raises(CodeTaken) as refused:
        filed_patient(store, "AB-1")
    assert refused.value.patient_id == first.id
    assert len(store.search_patients()) == 1


def test_an_edit_keeps_its_own_code_and_cannot_take_anothers(store: RecordStore) -> None:
    first, second = filed_patient(store, "A"), filed_patient(store, "B")
    assert filing.edit_patient(store, CLINICIAN, dataclasses.replace(first, code="a")).code == "a"
    with pytest.raises(CodeTaken):
        filing.edit_patient(store, CLINICIAN, dataclasses.replace(second, code="A"))


def test_a_stale_edit_is_refused_and_overwrites_nothing(store: RecordStore) -> None:
    read = filed_patient(store)
    filing.edit_patient(store, CLINICIAN, dataclasses.replace(read, note="first writer"))
    with pytest.raises(Conflict):
        filing.edit_patient(store, CLINICIAN, dataclasses.replace(read, note="second writer"))
    assert store.patient(read.id).note == "first writer"


def test_an_edit_cannot_change_when_a_patient_was_filed(store: RecordStore) -> None:
    read = filed_patient(store)
    filing.edit_patient(store, CLINICIAN, dataclasses.replace(read, created_at=NOON, note="n"))
    assert store.patient(read.id).created_at == read.created_at


def test_nobody_is_born_in_the_future(store: RecordStore) -> None:
    with pytest.raises(InvalidEntry) as refused:
        filing.add_patient(store, CLINICIAN, NewPatient("P", birth_year=datetime.now(UTC).year + 1))
    assert refused.value.code == EntryProblem.BIRTH_YEAR_OUT_OF_RANGE


# ---- search


def found(store: RecordStore, text: str) -> list[str]:
    return [row.patient.code for row in store.search_patients(text)]


@pytest.mark.parametrize(
    "text", ["P-001", "p-00", "JÜRGEN", "jurgen", "weiss", "Weiß", "WEISS", "weiß p-0", "  jür   wei ", ""]
)
def test_search_ignores_case_and_accents_and_takes_words_in_any_order(store: RecordStore, text: str) -> None:
    filed_patient(store, "P-001")
    assert found(store, text) == ["P-001"]


@pytest.mark.parametrize("text", ["%", "_", "\\", "P%1", "' OR 1=1 --", "P-001\\"])
def test_search_takes_every_sign_as_itself(store: RecordStore, text: str) -> None:
    filed_patient(store, "P-001")
    assert found(store, text) == []


def test_a_patient_whose_code_holds_the_signs_of_search_is_found_by_them(store: RecordStore) -> None:
    filing.add_patient(store, CLINICIAN, NewPatient("100%_a\\b"))
    filing.add_patient(store, CLINICIAN, NewPatient("100-xa-b"))
    assert found(store, "0%_a\\b") == ["100%_a\\b"]


def test_an_edited_name_is_found_and_the_old_one_is_not(store: RecordStore) -> None:
    patient = filed_patient(store)
    filing.edit_patient(store, CLINICIAN, dataclasses.replace(patient, name="Ada Grün"))
    assert (found(store, "grun"), found(store, "weiss")) == (["P-001"], [])


def test_who_was_here_last_comes_first_and_an_exact_code_before_all(store: RecordStore) -> None:
    """P-1 came yesterday, P-10 today, P-11 never: listed by visit, a patient without one by when it was filed."""
    ids = {code: filing.add_patient(store, CLINICIAN, NewPatient(code)).id for code in ("P-11", "P-1", "P-10")}
    now = datetime.now(UTC)
    filing.open_visit(store, CLINICIAN, ids["P-10"], station="s", at=now + timedelta(minutes=1))
    filing.open_visit(store, CLINICIAN, ids["P-1"], station="s", at=now - timedelta(days=1))
    assert found(store, "") == ["P-10", "P-11", "P-1"]
    assert found(store, "p-1") == ["P-1", "P-10", "P-11"]


def test_a_row_counts_visits_and_knows_the_last(store: RecordStore) -> None:
    patient, other = filed_patient(store, "A"), filed_patient(store, "B")
    for day in (3, 1, 2):
        filing.open_visit(store, CLINICIAN, patient.id, station="s", at=NOON + timedelta(days=day))
    rows = {row.patient.id: row for row in store.search_patients()}
    assert (rows[patient.id].visits, rows[patient.id].last_visit_at) == (3, NOON + timedelta(days=3))
    assert (rows[other.id].visits, rows[other.id].last_visit_at) == (0, None)


def test_pages_of_the_list_hold_every_patient_once(store: RecordStore) -> None:
    codes = {filing.add_patient(store, CLINICIAN, NewPatient(f"P-{n}")).code for n in range(7)}
    pages = [store.search_patients(limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert {row.patient.code for page in pages for row in page} == codes


# ---- visits


def test_a_visit_comes_back_in_utc_with_what_the_clock_on_the_wall_showed(store: RecordStore) -> None:
    """15:30 in Kathmandu (+05:45) is 09:45 UTC."""
    wall = datetime(2026, 3, 1, 15, 30, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    patient = filed_patient(store)
    visit = store.visit(filing.open_visit(store, CLINICIAN, patient.id, station="room 2", at=wall, note="n").id)
    assert visit.at == datetime(2026, 3, 1, 9, 45, tzinfo=UTC)
    assert visit.at.utcoffset() == timedelta(0)
    assert visit.local_at.isoformat() == "2026-03-01T15:30:00+05:45"
    assert (visit.operator, visit.station, visit.note) == (CLINICIAN.name, "room 2", "n")


def test_visits_are_listed_newest_first(store: RecordStore) -> None:
    patient = filed_patient(store)
    visits = [
        filing.open_visit(store, CLINICIAN, patient.id, station="s", at=NOON + timedelta(days=day)) for day in (2, 3, 1)
    ]
    assert store.visits_of(patient.id) == (visits[1], visits[0], visits[2])


def test_a_time_without_a_zone_is_refused(store: RecordStore) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(InvalidEntry) as refused:
        filing.open_visit(store, CLINICIAN, filed_patient(store).id, station="s", at=naive)
    assert refused.value.code == EntryProblem.TIME_WITHOUT_ZONE


def test_a_visit_of_nobody_is_refused(store: RecordStore) -> None:
    with pytest.raises(NotFound):
        filing.open_visit(store, CLINICIAN, "nobody", station="s")


# ---- recordings and trials


def test_counts_come_back_with_everything_that_makes_newtons_of_them(store: RecordStore) -> None:
    trial = filed_trial(store)
    stored = store.recording(trial.recording_id)
    assert stored.raw is not None
    assert stored.imported is None
    assert content_sha256(stored.raw) == stored.sha256 == content_sha256(raw())
    assert np.array_equal(stored.raw.counts, raw().counts)
    assert stored.zero is not None
    assert np.array_equal(stored.zero.counts, ZERO.counts)
    assert np.array_equal(stored.zero.sd_counts, ZERO.sd_counts)
    assert (stored.zero.taken_at, stored.footing, stored.calibration_id) == (NOON, FOOTING, "FP-7-2026")


def test_an_import_comes_back_with_the_file_it_came_from(store: RecordStore) -> None:
    patient = filed_patient(store)
    visit, (trial,) = filing.file_import(store, CLINICIAN, patient.id, [(import_input(), TRIALS)], station="room 2")
    stored = store.recording(trial.recording_id)
    assert stored.imported is not None
    assert content_sha256(stored.imported) == content_sha256(imported())
    assert (stored.file_name, stored.reader, stored.visit_id) == ("trial.csv", "kinvent", visit.id)
    assert stored.source_sha256 is not None
    assert store.source(stored.source_sha256) == b"the file as it was"
    assert store.visits_with_source(stored.source_sha256) == (visit,)


def test_a_file_with_two_recordings_is_kept_once(store: RecordStore) -> None:
    parts = [(import_input(side=side), [NewTrial(side, 0.0, 2.99)]) for side in Side]
    visit, trials = filing.file_import(store, CLINICIAN, filed_patient(store).id, parts, station="room 2")
    recordings = [store.recording(trial.recording_id) for trial in store.trials_of(visit.id)]
    assert [trial.side for trial in trials] == [Side.LEFT, Side.RIGHT]
    assert len({stored.source_sha256 for stored in recordings}) == 1
    assert len({stored.sha256 for stored in recordings}) == 2


def test_several_trials_may_lie_in_one_recording(store: RecordStore) -> None:
    visit_id = filed_trial(store).visit_id
    new = [NewTrial(Side.RIGHT, 2.0, 32.0, attempt=2), NewTrial(None, 40.0, 70.5, "eyes_closed", 1, demo=True)]
    first, second = filing.file_recording(store, CLINICIAN, visit_id, raw_input(), new)
    assert first.recording_id == second.recording_id
    assert store.trial(second.id) == second
    assert (second.side, second.start_s, second.end_s) == (None, 40.0, 70.5)
    assert (second.condition, second.attempt, second.demo, second.status) == ("eyes_closed", 1, True, TrialStatus.FILED)


def test_what_the_operator_saw_and_the_protocol_stay_with_the_trial(store: RecordStore) -> None:
    trial = store.trial(filed_trial(store).id)
    assert (trial.marks, trial.protocol) == (TRIALS[0].marks, TRIALS[0].protocol)
    assert trial.marks != ()


def test_a_trial_of_an_interrupted_recording_says_so(store: RecordStore) -> None:
    visit_id = filed_trial(store).visit_id
    broken = raw_input(raw(interrupted="LINK_LOST"))
    (trial,) = filing.file_recording(store, CLINICIAN, visit_id, broken, TRIALS)
    assert store.trial(trial.id).status is TrialStatus.INTERRUPTED


def test_a_recording_whose_calibration_is_not_in_the_archive_is_refused(store: RecordStore) -> None:
    visit = filing.open_visit(store, CLINICIAN, filed_patient(store).id, station="s")
    with pytest.raises(NotFound) as refused:
        filing.file_recording(store, CLINICIAN, visit.id, raw_input(), TRIALS)
    assert (refused.value.code, refused.value.values) == ("CALIBRATION_NOT_FOUND", {"id": "FP-7-2026"})
    assert store.trials_of(visit.id) == ()


def test_a_recording_without_a_trial_is_refused(store: RecordStore) -> None:
    visit_id = filed_trial(store).visit_id
    with pytest.raises(InvalidEntry) as refused:
        filing.file_recording(store, CLINICIAN, visit_id, raw_input(), [])
    assert refused.value.code == EntryProblem.NO_TRIAL


def test_half_an_import_is_never_filed(store: RecordStore) -> None:
    """The second recording is refused by the database itself, after the first was written."""
    patient = filed_patient(store)
    unwritable = NewTrial(Side.RIGHT, 0.0, 1.0, condition=None)  # type: ignore[arg-type]
    parts = [(import_input(), list(TRIALS)), (import_input(side=Side.RIGHT), [unwritable])]
    before = store.audit_events()
    with pytest.raises(Exception, match=r"(?i)not.null"):
        filing.file_import(store, CLINICIAN, patient.id, parts, station="room 2")
    assert store.visits_of(patient.id) == ()
    assert store.audit_events() == before
    assert store.visits_with_source(import_input().content_sha256) == ()


# ---- results


def test_a_result_comes_back_bit_for_bit(store: RecordStore) -> None:
    trial = filed_trial(store)
    filed = filing.file_result(store, CLINICIAN, trial.id, result())
    assert store.latest_result(trial.id) == filed
    assert filed.result == result()


def test_the_newest_result_is_shown_and_the_older_stay(store: RecordStore) -> None:
    trial = filed_trial(store)
    numbers = [filing.file_result(store, CLINICIAN, trial.id, result(float(n))).number for n in range(3)]
    latest = store.latest_result(trial.id)
    assert numbers == [1, 2, 3]
    assert latest is not None
    assert latest.result.values["velocity_ml"].value == 2.0


def test_results_of_a_visit_leave_out_trials_without_one(store: RecordStore) -> None:
    trial = filed_trial(store)
    (failed,) = filing.file_recording(store, CLINICIAN, trial.visit_id, raw_input(), TRIALS)
    filing.file_result(store, CLINICIAN, trial.id, result())
    assert set(store.latest_results(trial.visit_id)) == {trial.id}
    assert store.latest_result(failed.id) is None


def test_counts_survive_a_result_that_cannot_be_filed(store: RecordStore) -> None:
    trial = filed_trial(store)
    with pytest.raises(ValueError, match="not JSON compliant"):
        filing.file_result(store, CLINICIAN, trial.id, result(float("nan")))
    stored = store.recording(trial.recording_id)
    assert store.trials_of(trial.visit_id) == (trial,)
    assert stored.raw is not None
    assert content_sha256(stored.raw) == content_sha256(raw())


# ---- void


def test_a_void_trial_stays_with_its_reason_and_its_counts(store: RecordStore) -> None:
    trial = filed_trial(store)
    filing.void_trial(store, CLINICIAN, trial.id, " wrong leg ")
    (stored,) = store.trials_of(trial.visit_id)
    assert (stored.status, stored.void_reason) == (TrialStatus.VOID, "wrong leg")
    assert store.recording(trial.recording_id).raw is not None


def test_a_trial_is_voided_once(store: RecordStore) -> None:
    trial = filed_trial(store)
    filing.void_trial(store, CLINICIAN, trial.id, "wrong leg", version=trial.version)
    with pytest.raises(Conflict):
        filing.void_trial(store, CLINICIAN, trial.id, "again")
    assert store.trial(trial.id).void_reason == "wrong leg"


def test_a_trial_is_not_voided_without_a_reason(store: RecordStore) -> None:
    trial = filed_trial(store)
    with pytest.raises(InvalidEntry):
        filing.void_trial(store, CLINICIAN, trial.id, "  ")
    assert store.trial(trial.id) == trial


# ---- calibrations


def test_a_calibration_comes_back_bit_for_bit(store: RecordStore) -> None:
    filing.add_calibration(store, CLINICIAN, calibration())
    stored = store.calibration("FP-7-2026")
    assert np.array_equal(stored.matrix, calibration().matrix)
    assert np.array_equal(stored.cell_newton_per_count, calibration().cell_newton_per_count)
    assert (stored.made_at, stored.valid_until, stored.reference) == (NOON, None, "10 kg, 9 crosses")


def test_the_newest_calibration_of_a_plate_is_by_when_it_was_made(store: RecordStore) -> None:
    filing.add_calibration(store, CLINICIAN, calibration("new", NOON))
    filing.add_calibration(store, CLINICIAN, calibration("old", NOON - timedelta(days=400)))
    newest = store.latest_calibration("FP-7")
    assert newest is not None
    assert newest.id == "new"
    assert store.latest_calibration("another plate") is None


def test_a_calibration_is_never_replaced(store: RecordStore) -> None:
    filing.add_calibration(store, CLINICIAN, calibration())
    with pytest.raises(Conflict):
        filing.add_calibration(store, CLINICIAN, calibration(made_at=NOON + timedelta(days=1)))


# ---- several writers


def test_writers_at_once_lose_nothing(store: RecordStore) -> None:
    """Four threads file ten recordings each into one visit: forty trials, one event for each, one unbroken chain."""
    visit_id = filed_trial(store).visit_id
    failures: list[BaseException] = []

    def file_ten(first: int) -> None:
        try:
            for seed in range(first, first + 10):
                (trial,) = filing.file_recording(store, CLINICIAN, visit_id, raw_input(raw(seed, 40)), TRIALS)
                filing.file_result(store, CLINICIAN, trial.id, result())
        except BaseException as failure:
            failures.append(failure)

    before = store.verify_audit().events
    threads = [threading.Thread(target=file_ten, args=(100 * n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = store.verify_audit()
    assert failures == []
    assert len(store.trials_of(visit_id)) == 41
    assert len(store.latest_results(visit_id)) == 40
    assert (report.events - before, report.faults) == (80, ())


def test_two_editors_at_once_one_wins_and_one_is_told(store: RecordStore) -> None:
    read = filed_patient(store)
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def edit(note: str) -> None:
        together.wait()
        try:
            outcomes.append(filing.edit_patient(store, CLINICIAN, dataclasses.replace(read, note=note)).note)
        except Conflict:
            outcomes.append("refused")

    threads = [threading.Thread(target=edit, args=(note,)) for note in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "refused" in outcomes
    assert store.patient(read.id).note in outcomes
