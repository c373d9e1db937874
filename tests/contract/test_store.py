"""What every archive does with recordings, trials and results, whatever database it lies in."""

from __future__ import annotations

import dataclasses
import threading
from datetime import timedelta

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
    session_check,
)

from analysis.geometry import Side
from analysis.session_check import check_document
from records import filing
from records.errors import Conflict, EntryProblem, InvalidEntry, NotFound
from records.model import NewTrial, TrialStatus
from records.recording_file import content_sha256
from records.store import RecordStore

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


# ---- drift log


def test_a_check_of_a_plate_comes_back_bit_for_bit_newest_first(store: RecordStore) -> None:
    filing.add_calibration(store, CLINICIAN, calibration())
    first = filing.add_drift_check(store, CLINICIAN, "FP-7-2026", session_check(), at=NOON)
    drifted = session_check(np.array([0.1, -0.2, 1 / 3, 0.0]), weight_error_pct=-1.5)
    later = filing.add_drift_check(store, CLINICIAN, "FP-7-2026", drifted, at=NOON + timedelta(days=1))
    found = store.drift_checks("FP-7")
    assert [check.id for check in found] == [later.id, first.id]
    assert (found[0].passed, found[1].passed) == (False, True)
    assert found[1].outcome.zero_drift_n is None
    assert np.array_equal(found[0].outcome.zero_drift_n, drifted.zero_drift_n)
    assert check_document(found[0].outcome) == check_document(drifted)
    assert (found[0].made_at, found[0].made_by, found[0].plate_serial) == (
        NOON + timedelta(days=1),
        "Ann Example",
        "FP-7",
    )
    assert [check.id for check in store.drift_checks("FP-7", limit=1)] == [later.id]
    assert store.drift_checks("another plate") == ()


def test_a_check_without_a_time_zone_is_refused(store: RecordStore) -> None:
    filing.add_calibration(store, CLINICIAN, calibration())
    with pytest.raises(InvalidEntry) as refused:
        filing.add_drift_check(store, CLINICIAN, "FP-7-2026", session_check(), at=NOON.replace(tzinfo=None))
    assert refused.value.code == EntryProblem.TIME_WITHOUT_ZONE
