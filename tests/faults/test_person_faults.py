"""What a person on the plate, or the zero under them, may do wrong: said in time, asked, filed as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dictated_plate import WEIGHT_N, DictatedPlate, holding
from guided_bench import QUICK, GuidedBench

from acquisition.plate import Cue
from analysis.geometry import Side
from analysis.phases import EndedBy
from analysis.quality import FindingCode, Severity
from dashboard.protocol import Act, Notice, Step

FILED = Step.VERDICT


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[GuidedBench]:
    made = GuidedBench(tmp_path)
    yield made
    made.close()


def gain(bench: GuidedBench) -> np.ndarray:
    """True gains of the plate's cells. (4,) [N/count]"""
    return bench.plate.firmware.electronics.plant.newton_per_count


def zeros(bench: GuidedBench) -> list[np.ndarray]:
    """Zeros of the filed trials in order. (4,) [counts] each"""
    trials = bench.store.trials_of(bench.visit.id)
    return [bench.store.recording(trial.recording_id).zero.counts for trial in trials]


def begin(bench: GuidedBench) -> None:
    bench.until(Step.READY, Step.REST)
    bench.act(Act.START)


# ---- row 20: the zero


@pytest.mark.fault(row=20)
def test_a_drifted_zero_is_said_on_the_empty_plate_and_taken_anew(bench: GuidedBench) -> None:
    """Row 20: cell 2 creeps by 8 N and stays there -> said on the empty plate, the next attempt has a new zero."""
    bench.attempt()
    bench.act(Act.KEEP)
    bench.plant("drift-2:480@0..1")
    bench.until_notice(Notice.ZERO_DRIFTED, limit_s=5.0)  # the person steps off first
    assert bench.view.values["value"] == pytest.approx(8, abs=1)
    begin(bench)
    bench.until(FILED)
    before, after = zeros(bench)
    assert (after - before) * gain(bench) == pytest.approx([0, 0, 8, 0], abs=1)
    assert bench.view.outcome.usable


@pytest.mark.fault(row=20)
def test_a_zero_is_old_after_a_quarter_of_an_hour(bench: GuidedBench) -> None:
    """Row 20: 16 minutes pass after an attempt -> said, and the next attempt measures the empty plate again."""
    bench.attempt()
    bench.act(Act.KEEP)
    firmware = bench.plate.firmware
    firmware.board = replace(firmware.board, clock_us=firmware.board.clock_us + 16 * 60_000_000)
    bench.until_notice(Notice.ZERO_OLD, limit_s=16 * 60 + 1)
    assert bench.view.values["age_min"] == pytest.approx(16.3, abs=0.6)
    begin(bench)
    bench.until(Step.BOTH_FEET)
    assert bench.view.notice is None
    bench.until(FILED)
    before, after = zeros(bench)
    assert not np.array_equal(before, after)


# ---- row 21: the weight


@pytest.mark.fault(row=21)
def test_another_weight_than_at_the_last_visit_is_asked_about_before_the_lift(tmp_path: Path) -> None:
    """Row 21: 85 kg step on where 70 kg stood at the last visit -> "right patient?" before the lift; kept with it."""
    before = GuidedBench(tmp_path)
    before.attempt()
    before.close()
    bench = GuidedBench(tmp_path, "sim:healthy?seed=8&speed=0&mass=85")
    begin(bench)
    bench.until(Step.BOTH_FEET)
    bench.until_notice(Notice.WEIGHT_IMPLAUSIBLE, limit_s=20.0)
    assert bench.view.values["deviation_pct"] == pytest.approx(100 * (85 / 70 - 1), abs=1)
    bench.run(5.0)
    assert bench.view.step is Step.BOTH_FEET, "nobody is asked to lift a foot before the answer"
    bench.act(Act.SAME_PATIENT)
    bench.until(FILED)
    (trial,) = bench.store.trials_of(bench.visit.id)
    findings = {found.code: found for found in bench.view.outcome.result.findings}
    assert findings[FindingCode.WEIGHT_IMPLAUSIBLE].severity is Severity.CAUTION
    assert bench.view.outcome.usable
    assert trial.protocol["confirmed"] == ["same_patient"]
    bench.act(Act.KEEP)
    begin(bench)
    bench.until(Step.LIFT)  # asked once, not at every attempt
    bench.close()


@pytest.mark.fault(row=21)
def test_the_wrong_patient_is_stopped_before_anything_is_measured(tmp_path: Path) -> None:
    """Row 21: 55 kg where 70 kg stood, the operator says no -> stopped; what was recorded is kept, without a stance."""
    before = GuidedBench(tmp_path)
    before.attempt()
    before.close()
    bench = GuidedBench(tmp_path, "sim:healthy?seed=8&speed=0&mass=55")
    begin(bench)
    bench.until(Step.BOTH_FEET)
    bench.until_notice(Notice.WEIGHT_IMPLAUSIBLE, limit_s=20.0)
    bench.act(Act.STOP)
    bench.until(FILED)
    assert len(bench.store.trials_of(bench.visit.id)) == 1
    assert not bench.view.outcome.usable
    bench.close()


def test_a_weight_within_a_tenth_is_not_asked_about(tmp_path: Path) -> None:
    """75 kg after 70: 7 %, what clothes and months do."""
    before = GuidedBench(tmp_path)
    before.attempt()
    before.close()
    bench = GuidedBench(tmp_path, "sim:healthy?seed=8&speed=0&mass=75")
    begin(bench)
    bench.until(Step.LIFT)
    bench.close()


# ---- row 22: the leg


def mishearing(bench: GuidedBench) -> None:
    """The person lifts the foot that was not asked for."""
    person = bench.plate.firmware.person

    def cue(cue: Cue) -> None:
        person.hear(replace(cue, side=cue.side.other) if cue.side else cue)

    bench.plate.cue = cue


@pytest.mark.fault(row=22)
def test_the_wrong_leg_is_said_and_never_relabelled_on_its_own(bench: GuidedBench) -> None:
    """Row 22: the left leg stands, the right one was asked for -> said; filed as asked, a mismatch, not usable."""
    mishearing(bench)
    begin(bench)
    bench.until(Step.LIFT)
    bench.until_notice(Notice.WRONG_LEG, limit_s=4.0)
    assert (bench.view.step, bench.view.side) == (Step.LIFT, Side.RIGHT)
    bench.until(FILED)
    (trial,) = bench.store.trials_of(bench.visit.id)
    mismatch = {found.code: found for found in bench.view.outcome.result.findings}[FindingCode.SIDE_MISMATCH]
    assert (trial.side, mismatch.severity) == (Side.RIGHT, Severity.NOT_USABLE)
    assert mismatch.values == {"declared": "right", "found": "left"}
    assert bench.view.notice is Notice.WRONG_LEG_ENDED


@pytest.mark.fault(row=22)
def test_the_operator_may_say_that_the_other_leg_is_meant(bench: GuidedBench) -> None:
    """Row 22: the same, and the operator confirms the left leg -> the hold is filed as left, with the answer."""
    mishearing(bench)
    begin(bench)
    bench.until(Step.LIFT)
    bench.until_notice(Notice.WRONG_LEG, limit_s=4.0)
    bench.act(Act.OTHER_LEG)
    assert (bench.view.step, bench.view.side, bench.view.attempt) == (Step.HOLD, Side.LEFT, 1)
    bench.until(FILED)
    (trial,) = bench.store.trials_of(bench.visit.id)
    assert (trial.side, trial.attempt, trial.protocol["confirmed"]) == (Side.LEFT, 1, ["other_leg"])
    assert bench.view.outcome.usable
    assert bench.view.outcome.result.side is Side.LEFT
    bench.act(Act.KEEP)
    assert (bench.view.side, bench.view.attempt) == (Side.RIGHT, 1), "the right leg is still to come"


@pytest.mark.fault(row=22)
def test_the_question_goes_when_the_person_corrects_the_leg(bench: GuidedBench) -> None:
    """Row 22: first the wrong leg, then the one asked for -> the notice goes, the hold is of the leg asked for."""
    mishearing(bench)
    begin(bench)
    bench.until(Step.LIFT)
    bench.until_notice(Notice.WRONG_LEG, limit_s=4.0)
    bench.plate.firmware.person.hear(Cue("lift", Side.RIGHT))
    bench.until(Step.HOLD)
    assert (bench.view.side, bench.view.notice) == (Side.RIGHT, None)
    bench.until(FILED)
    (trial,) = bench.store.trials_of(bench.visit.id)
    assert trial.side is Side.RIGHT


@pytest.mark.fault(row=22)
def test_who_stays_on_both_feet_is_told_and_filed_without_a_stance(bench: GuidedBench) -> None:
    """Row 22: nobody lifts a foot -> said after 6 s, ended after 20 s, kept without a stance."""
    person = bench.plate.firmware.person
    bench.plate.cue = lambda cue: person.hear(cue) if cue.action != "lift" else None
    begin(bench)
    bench.until(Step.LIFT)
    assert bench.until_notice(Notice.STILL_ON_BOTH, limit_s=6.5) >= 5.5
    bench.until(FILED)
    assert bench.view.notice is Notice.LIFT_TIME_OUT
    codes = {found.code for found in bench.view.outcome.result.findings}
    assert FindingCode.NO_STANCE in codes


# ---- row 23: step off, touch-down


@pytest.mark.fault(row=23)
def test_a_foot_that_comes_down_early_ends_the_hold_at_its_planted_time(tmp_path: Path) -> None:
    """Row 23: balance is lost 8 to 16 s after foot-off -> TOUCHDOWN; the hold time is the planted one within 0.1 s."""
    bench = GuidedBench(tmp_path, "sim:falls?seed=7&speed=0", replace(QUICK, hold_s=30.0))
    begin(bench)
    bench.until(FILED)
    (planted,) = bench.plate.firmware.person.stances
    phases = bench.view.outcome.result.phases
    assert phases.ended_by is EndedBy.TOUCHDOWN
    assert phases.hold_time_s == pytest.approx(planted.touch_down_s - planted.foot_off_s, abs=0.1)
    assert bench.view.outcome.failed, "a failure is an outcome: it counts"
    bench.close()


@pytest.mark.fault(row=23)
def test_who_steps_off_is_seen_and_filed_so(tmp_path: Path) -> None:
    """Row 23: the person leaves the plate 8 to 15 s into the hold -> said and filed at once, as STEP_OFF."""
    bench = GuidedBench(tmp_path, "sim:steps-off?seed=7&speed=0", replace(QUICK, hold_s=30.0))
    begin(bench)
    bench.until(FILED)
    assert bench.view.notice is Notice.STEPPED_OFF
    phases = bench.view.outcome.result.phases
    assert phases.ended_by is EndedBy.STEP_OFF
    assert 7.5 < phases.hold_time_s < 15.5
    bench.close()


@pytest.mark.fault(row=23)
def test_a_plate_left_in_the_hold_ends_the_attempt_within_a_second() -> None:
    """Row 23: the load goes to nothing 5 s into the hold -> STEPPED_OFF within 1 s, filed at once."""
    plate = DictatedPlate()
    holding(plate)
    plate.run(5.0)
    plate.until(Step.FILING, 1.0, 0.0)
    assert plate.view.notice is Notice.STEPPED_OFF


@pytest.mark.fault(row=23)
def test_less_than_the_persons_weight_on_the_plate_ends_the_hold() -> None:
    """Row 23: a fifth of the weight goes onto something beside the plate -> the hold ends within 1 s."""
    plate = DictatedPlate()
    holding(plate)
    plate.run(5.0)
    plate.until(Step.SETTLE, 1.0, 0.79 * WEIGHT_N)
    plate.until(Step.FILING, 4.0)
