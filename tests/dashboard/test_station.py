"""A measurement becomes a trial: on a real archive, with the simulated plate in virtual time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from guided_bench import CLINICIAN, QUICK, GuidedBench
from one_leg import one_leg

from acquisition.files import read_file
from analysis.calibration import DATASHEET
from analysis.errors import AnalysisError
from analysis.geometry import Side
from analysis.phases import EndedBy
from analysis.quality import FindingCode
from analysis.recording import PlateIdentity, Timing
from dashboard.conductor import Attendance, Conductor
from dashboard.config import Config
from dashboard.plate_calibration import datasheet_calibration
from dashboard.protocol import STANDARD, Act, Notice, Protocol, Step
from dashboard.serving import protocol_of
from dashboard.visit_groups import condition_groups
from hardware.simulator.device import SimulatedPlate
from records import filing
from records.model import TrialStatus


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[GuidedBench]:
    made = GuidedBench(tmp_path)
    yield made
    made.close()


def test_both_sides_of_a_guided_test_are_filed_with_counts_and_results(bench: GuidedBench) -> None:
    for _ in Side:
        bench.attempt()
        bench.act(Act.KEEP)
    bench.until(Step.DONE)
    shown = bench.station.visit_results(bench.visit.id)
    assert [filed.trial.side for filed in shown.trials] == [Side.RIGHT, Side.LEFT]
    assert [filed.result.usable for filed in shown.trials if filed.result] == [True, True]
    (group,) = condition_groups(shown)
    assert (group.comparison.left.n, group.comparison.right.n) == (1, 1)
    for filed in shown.trials:
        assert filed.trial.demo
        stored = bench.store.recording(filed.trial.recording_id)
        assert stored.raw is not None
        assert stored.zero is not None
        assert stored.raw.rate_hz == pytest.approx(80, rel=0.01)


def test_what_a_simulated_plate_measures_is_stamped_as_a_demonstration(tmp_path: Path) -> None:
    """Also where the full protocol is guided: nobody stood there."""
    bench = GuidedBench(tmp_path, protocol=replace(QUICK, demo=False))
    bench.attempt()
    (trial,) = bench.store.trials_of(bench.visit.id)
    bench.close()
    assert trial.demo


def test_what_is_played_again_is_stamped_as_a_demonstration(tmp_path: Path) -> None:
    """A recording of a real plate carries its serial number: without the stamp it would count as measured anew."""

    def guided(url: str) -> Protocol:
        return protocol_of(Config(tmp_path, "sqlite://", plate_url=url))

    assert guided("serial:COM5") == STANDARD
    assert guided("replay:a.fpr?speed=4") == replace(STANDARD, demo=True)


def test_the_filed_foot_off_and_touch_down_are_the_planted_ones(bench: GuidedBench) -> None:
    """The person's clock runs from the plate's start; the recording's from its first set."""
    bench.attempt()
    assert isinstance(bench.plate, SimulatedPlate)
    (planted,) = bench.plate.firmware.person.stances
    (filed,) = bench.station.visit_results(bench.visit.id).trials
    assert filed.result is not None
    phases = filed.result.phases
    assert phases.foot_off_s is not None
    assert phases.touch_down_s is not None
    assert planted.touch_down_s is not None
    held_s = planted.touch_down_s - planted.foot_off_s
    assert phases.touch_down_s - phases.foot_off_s == pytest.approx(held_s, abs=0.15)
    assert phases.ended_by is EndedBy.TARGET_REACHED


def test_a_trial_carries_the_protocol_it_ran_with(bench: GuidedBench) -> None:
    bench.attempt()
    (trial,) = bench.store.trials_of(bench.visit.id)
    assert trial.protocol is not None
    assert trial.protocol["hold_s"] == 14.0
    assert trial.protocol["name"] == "demo"
    assert trial.protocol["rest_before_s"] is None
    assert bench.station.assessed(trial.id).result.settings.target_hold_s == 14.0


def test_a_hand_seen_by_the_operator_is_filed_and_ends_the_hold(bench: GuidedBench) -> None:
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.HOLD)
    for _ in range(200):  # 4 s of 20 ms
        bench.conductor.step(0.0)
    bench.act(Act.HAND_SUPPORT)
    bench.until(Step.VERDICT)
    (filed,) = bench.station.visit_results(bench.visit.id).trials
    assert filed.result is not None
    assert filed.result.phases.ended_by is EndedBy.HAND_SUPPORT
    assert filed.result.phases.hold_time_s == pytest.approx(4.3, abs=0.5)
    (mark,) = bench.store.trial(filed.trial.id).marks
    assert mark.ended_by is EndedBy.HAND_SUPPORT


def test_an_unplugged_cable_files_an_interrupted_trial_that_is_seen(bench: GuidedBench) -> None:
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.HOLD)
    for _ in range(300):
        bench.conductor.step(0.0)
    bench.plate.close()
    bench.until(Step.VERDICT)
    assert bench.view.notice is Notice.LINK_LOST
    (filed,) = bench.station.visit_results(bench.visit.id).trials
    assert filed.trial.status is TrialStatus.INTERRUPTED
    assert filed.result is not None
    assert not filed.result.usable
    assert FindingCode.INTERRUPTED in [finding.code for finding in filed.result.findings]
    assert filed.result.phases.ended_by is EndedBy.INTERRUPTED


def test_a_plate_that_restarts_files_an_interrupted_trial(bench: GuidedBench) -> None:
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.HOLD)
    assert isinstance(bench.plate, SimulatedPlate)
    bench.plate.firmware.reset(0x04)
    bench.until(Step.VERDICT)
    assert bench.view.notice is Notice.PLATE_REBOOTED
    (trial,) = bench.store.trials_of(bench.visit.id)
    assert trial.status is TrialStatus.INTERRUPTED


def test_an_attempt_under_way_is_filed_as_interrupted_when_the_program_closes(bench: GuidedBench) -> None:
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.HOLD)
    bench.conductor.close()
    (trial,) = bench.store.trials_of(bench.visit.id)
    assert trial.status is TrialStatus.INTERRUPTED


def test_an_attempt_that_nobody_stood_in_is_kept_with_the_reason(bench: GuidedBench) -> None:
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.BOTH_FEET)
    bench.act(Act.STOP)
    bench.until(Step.VERDICT)
    assert bench.view.outcome is not None
    assert bench.view.outcome.error == "NO_LOAD"
    (filed,) = bench.station.visit_results(bench.visit.id).trials
    assert (filed.result, filed.error) == (None, "NO_LOAD")


def test_an_archive_that_takes_nothing_loses_nothing(bench: GuidedBench) -> None:
    """Another program holds the archive when the counts are to be committed, and lets go before the next try."""
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.BOTH_FEET)
    with closing(sqlite3.connect(bench.folder / "archive.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        bench.act(Act.STOP)
        bench.conductor.step(0.0)
    assert bench.view.notice is Notice.NOT_FILED
    assert bench.store.trials_of(bench.visit.id) == ()
    bench.act(Act.RETRY)
    bench.until(Step.VERDICT)
    assert len(bench.store.trials_of(bench.visit.id)) == 1


def test_a_repeated_trial_is_void_and_in_no_comparison(bench: GuidedBench) -> None:
    bench.attempt()
    bench.act(Act.REPEAT)
    bench.attempt()
    bench.act(Act.KEEP)
    bench.conductor.step(0.0)
    shown = bench.station.visit_results(bench.visit.id)
    assert [filed.trial.status for filed in shown.trials] == [TrialStatus.VOID, TrialStatus.FILED]
    assert [filed.trial.attempt for filed in shown.trials] == [1, 2]
    (group,) = condition_groups(shown)
    assert (group.comparison.right.attempts, group.comparison.right.n) == (1, 1)


def test_a_restarted_program_goes_on_where_the_visit_stands(bench: GuidedBench) -> None:
    bench.attempt()
    bench.act(Act.KEEP)
    again = Conductor(bench.station, QUICK)
    again.attend(bench.visit.id, take=True)
    view = again.view()
    assert view is not None
    assert (view.guide.side, view.guide.kept[Side.RIGHT], view.guide.attempt) == (Side.LEFT, 1, 1)


def test_another_visit_waits_until_the_test_under_way_is_over(bench: GuidedBench) -> None:
    other = filing.open_visit(bench.store, CLINICIAN, bench.patient.id, station="room 2")
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.HOLD)
    assert bench.conductor.attend(other.id, take=True) is Attendance.ELSEWHERE
    bench.until(Step.VERDICT)
    bench.act(Act.KEEP)
    assert bench.conductor.attend(other.id, take=True) is Attendance.OPEN


def test_a_plate_nobody_calibrated_measures_with_its_datasheet_and_says_so() -> None:
    identity = PlateIdentity("A1", "reference-a", "1.0.0", 1, 80.0, 2**23 - 1, Timing.PER_CHANNEL)
    calibration = datasheet_calibration(identity)
    assert calibration.reference == DATASHEET
    assert not calibration.is_current(datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.recordings
def test_a_kinvent_file_becomes_a_visit_with_both_sides(bench: GuidedBench, recordings: Path) -> None:
    read = read_file(recordings / "01_kinvent_single_leg" / "kinvent_sls_30s_original_export.csv")
    visit = bench.station.import_file(bench.patient.id, read)
    shown = bench.station.visit_results(visit.id)
    assert {filed.trial.side for filed in shown.trials} == set(Side)
    assert all(filed.result is not None for filed in shown.trials)
    assert bench.store.source(read.sha256) == read.content


def test_a_file_with_one_part_that_cannot_be_analysed_is_not_filed_at_all(bench: GuidedBench, tmp_path: Path) -> None:
    """A good left stance, and a right one of ten samples."""
    recording = one_leg(30.0, Side.LEFT)
    cut = replace(recording, time_s=recording.time_s[:10], values=recording.values[:10], declared_side=Side.RIGHT)
    source = tmp_path / "plain.csv"
    rows = [
        f"{t:.3f},{v[0]:.3f},{v[1]:.3f},{v[2]:.1f}" for t, v in zip(recording.time_s, recording.values, strict=True)
    ]
    source.write_text("\n".join(["time_s,cop_ml_mm,cop_ap_mm,fz_n", *rows]))
    read = replace(read_file(source), recordings=(recording, cut), facts=({}, {}))
    with pytest.raises(AnalysisError):
        bench.station.import_file(bench.patient.id, read)
    assert len(bench.store.visits_of(bench.patient.id)) == 1


def test_what_was_seen_live_is_kept_with_the_trial_and_agrees(bench: GuidedBench) -> None:
    """Half a second at most lies between the two; neither is a finding then, and a re-analysis knows it again."""
    bench.attempt()
    (filed,) = bench.station.visit_results(bench.visit.id).trials
    assert filed.result is not None
    assert filed.trial.protocol is not None
    live, phases = filed.trial.protocol["followed"], filed.result.phases
    assert isinstance(live, dict)
    assert live["foot_off_s"] == pytest.approx(phases.foot_off_s, abs=0.25)
    assert live["end_s"] == pytest.approx(phases.touch_down_s, abs=0.25)
    codes = {finding.code for finding in bench.station.assessed(filed.trial.id).result.findings}
    assert not codes & {FindingCode.LIVE_FOOT_OFF, FindingCode.LIVE_END}


def test_a_hop_is_recorded_to_its_landing_and_filed_as_a_hop(tmp_path: Path) -> None:
    """Ended at the flight, the recording could not tell it from stepping off."""
    bench = GuidedBench(tmp_path, "sim:hops?seed=7&speed=0", replace(QUICK, hold_s=20.0))
    bench.attempt()
    (filed,) = bench.station.visit_results(bench.visit.id).trials
    bench.close()
    assert filed.result is not None
    assert filed.result.phases.ended_by is EndedBy.HOP
