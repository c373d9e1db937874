"""The guided calibration takes what stands still, refuses what cannot be used, and can be put down and taken up."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
from loads import DRAWING, EMPTY_COUNTS, Bench, shared

from acquisition.calibration_run import CalibrationRun, Measured, Plan, Step, Task, made_calibration
from analysis.calibration_checks import Problem, Refusal
from analysis.calibration_grid import STANDARD_GRAVITY, Grid
from analysis.errors import NotCalibrated

PLAN = Plan("FP-7", Grid.A2, 10.0)
WITH_SCALE = Plan("FP-7", Grid.A3, 10.0, 70.0)
GAIN = np.array([1.02, 0.98, 1.01, 0.97])
WHOLE_STEP_S = 8.5  # 3 s to settle, 5 s measured, and a block


def put(bench: Bench, step: Step) -> None:
    """Do what is asked, as it is asked."""
    x_mm, y_mm = step.xy_mm or (0.0, 0.0)
    bench.put(x_mm, y_mm, step.load_n)


def fed(run: CalibrationRun, bench: Bench, seconds: float = WHOLE_STEP_S) -> list[Measured | Refusal]:
    return [said for block in bench.blocks(seconds) if (said := run.feed(block)) is not None]


def problems(said: list[Measured | Refusal]) -> list[Problem]:
    return [each.problem for each in said if isinstance(each, Refusal)]


def carried_out(run: CalibrationRun, bench: Bench, until: Callable[[Step], bool] = lambda _: False) -> None:
    """Every step in turn, each taken at its first measurement."""
    while (step := run.step) is not None and not until(step):
        put(bench, step)
        (taken,) = fed(run, bench, 14.0 if step.task is Task.SCALE else WHOLE_STEP_S)
        assert isinstance(taken, Measured)
        assert taken.step == step


def at_first_cross(plan: Plan = PLAN) -> tuple[CalibrationRun, Bench]:
    run, bench = CalibrationRun(plan, DRAWING), Bench(GAIN)
    carried_out(run, bench, lambda step: step.task is Task.CROSS)
    return run, bench


# ---- the whole run


@pytest.mark.parametrize("plan", [PLAN, WITH_SCALE])
def test_a_run_from_zero_to_zero_gives_a_calibration_that_passes(plan: Plan) -> None:
    run, bench = CalibrationRun(plan, DRAWING), Bench(GAIN)
    carried_out(run, bench)
    report = run.report()
    assert report.passed
    assert report.hold_outs.cop_max_mm < 0.5
    assert report.factor == pytest.approx(1.0, abs=1e-3)
    assert np.abs(report.zero_shift_n).max() < 0.05
    made_at = datetime(2026, 3, 1, tzinfo=UTC)
    made = made_calibration(report, DRAWING, "an-id", "Ann", made_at, None)
    assert (made.plate_serial, made.made_by) == ("FP-7", "Ann")
    assert made.reference == ("10 kg, 9 crosses A2" if plan is PLAN else "10 kg+scale, 9 crosses A3")
    assert (made.cop_error_mm, made.residual_n) == (report.hold_outs.cop_max_mm, report.hold_outs.residual_n)
    assert made.cell_newton_per_count * GAIN == pytest.approx(DRAWING.newton_per_count, rel=0.03)
    assert made.is_current(made_at)


def test_twenty_measured_steps_are_asked_for_in_this_order() -> None:
    tasks = [step.task for step in WITH_SCALE.steps]
    assert tasks == [Task.ZERO, *[Task.CROSS] * 9, *[Task.HOLD_OUT] * 4, Task.SCALE, Task.ZERO_AGAIN]
    assert [step.number for step in PLAN.steps[1:10]] == list(range(1, 10))
    assert {step.load_n for step in PLAN.steps[1:14]} == {10 * STANDARD_GRAVITY}


def test_a_person_on_a_scale_corrects_a_weight_that_is_not_what_it_says() -> None:
    """The disc says 10 kg and has 9.8: force follows the scale, and the hold-outs still pass."""
    run, bench = CalibrationRun(WITH_SCALE, DRAWING), Bench(GAIN)
    while (step := run.step) is not None:
        x_mm, y_mm = step.xy_mm or (0.0, 0.0)
        bench.put(x_mm, y_mm, step.load_n * (0.98 if step.xy_mm else 1.0))
        fed(run, bench, 14.0 if step.task is Task.SCALE else WHOLE_STEP_S)
    report = run.report()
    assert report.factor == pytest.approx(0.98, abs=1e-3)
    assert report.passed
    counts = shared(60.0, -40.0, 700.0) * GAIN / DRAWING.newton_per_count
    fz_n, px, py = report.matrix @ counts
    assert fz_n == pytest.approx(700.0, rel=2e-3)
    assert (px / fz_n, py / fz_n) == (pytest.approx(60.0, abs=0.3), pytest.approx(-40.0, abs=0.3))


def test_a_weight_beside_its_hold_outs_makes_a_run_that_may_not_be_used() -> None:
    run, bench = CalibrationRun(PLAN, DRAWING), Bench(GAIN)
    while (step := run.step) is not None:
        x_mm, y_mm = step.xy_mm or (0.0, 0.0)
        bench.put(x_mm + (3.0 if step.task is Task.HOLD_OUT else 0.0), y_mm, step.load_n)
        fed(run, bench)
    report = run.report()
    assert not report.passed
    assert report.hold_outs.cop_mean_mm == pytest.approx(3.0, abs=0.1)
    with pytest.raises(NotCalibrated, match="outside their limits"):
        made_calibration(report, DRAWING, "an-id", "Ann", datetime(2026, 3, 1, tzinfo=UTC), None)


def test_there_is_no_report_before_the_end() -> None:
    run, _ = at_first_cross()
    with pytest.raises(NotCalibrated, match="1 of 15 steps"):
        run.report()


# ---- when a load is measured


def test_a_load_is_measured_once_until_it_moves() -> None:
    """The weight left on its cross is not taken for the next one."""
    run, bench = at_first_cross()
    put(bench, PLAN.steps[1])
    assert len(fed(run, bench, 60.0)) == 1
    assert run.live().awaits_move
    put(bench, PLAN.steps[2])
    assert [type(said) for said in fed(run, bench)] == [Measured]


def test_between_crosses_an_empty_plate_is_waited_for_in_silence() -> None:
    """The operator may take the weight off and answer the telephone."""
    run, bench = at_first_cross()
    put(bench, PLAN.steps[1])
    fed(run, bench)
    bench.put(0, 0, 0.0)
    assert fed(run, bench, 60.0) == []
    put(bench, PLAN.steps[2])
    assert [type(said) for said in fed(run, bench)] == [Measured]


def test_at_the_end_the_weight_may_stand_until_it_is_taken_off() -> None:
    """Turned over on its cross before it is carried away: a load is no zero, and no shift of one."""
    run, bench = CalibrationRun(PLAN, DRAWING), Bench(GAIN)
    carried_out(run, bench, lambda step: step.task is Task.ZERO_AGAIN)
    bench.put(-80.0, -80.0, PLAN.weight_n)
    assert fed(run, bench, 30.0) == []
    bench.put(0, 0, 0.0)
    assert [type(said) for said in fed(run, bench)] == [Measured]


def test_a_weight_that_is_moved_while_it_is_measured_starts_over() -> None:
    run, bench = at_first_cross()
    put(bench, PLAN.steps[1])
    assert fed(run, bench, 6.0) == []
    assert 0.5 < run.live().done < 0.9
    bench.put(40, 0, PLAN.weight_n)
    fed(run, bench, 1.0)
    put(bench, PLAN.steps[1])
    assert fed(run, bench, 7.0) == []
    assert len(fed(run, bench, 2.0)) == 1


def test_the_live_view_shows_load_and_restlessness() -> None:
    run, bench = at_first_cross()
    bench.put(0, 0, 50.0)
    bench.rocking_n = 1.0
    fed(run, bench, 2.0)
    live = run.live()
    assert live.present
    assert live.load_n == pytest.approx(50, rel=0.02)
    assert live.sd_n == pytest.approx(1 / np.sqrt(2), rel=0.1)


# ---- what is refused


def test_a_rocking_weight_is_refused_and_then_measured_again_where_it_stands() -> None:
    run, bench = at_first_cross()
    put(bench, PLAN.steps[1])
    bench.rocking_n = 0.6
    assert problems(fed(run, bench)) == [Problem.PLACEMENT_RESTLESS]
    bench.rocking_n = 0.0
    assert [type(said) for said in fed(run, bench, 9.0)] == [Measured]


def test_a_weight_on_the_wrong_cross_is_refused_until_it_moves() -> None:
    run, bench = at_first_cross()
    put(bench, PLAN.steps[2])
    assert problems(fed(run, bench, 30.0)) == [Problem.MISPLACED]
    put(bench, PLAN.steps[1])
    assert [type(said) for said in fed(run, bench)] == [Measured]


def test_a_weight_too_small_for_the_plate_is_refused_with_the_least_there_may_be() -> None:
    run, bench = at_first_cross(Plan("FP-7", Grid.A2, 5.0))
    bench.put(0, 0, 5 * STANDARD_GRAVITY)
    (refusal,) = fed(run, bench)
    assert isinstance(refusal, Refusal)
    assert (refusal.problem, refusal.values["limit_n"]) == (Problem.LOAD_TOO_SMALL, pytest.approx(78.44))


def test_a_cell_at_the_end_of_its_converter_is_named() -> None:
    run, bench = at_first_cross()
    bench.cells_n = np.array([25, 25, 5000, 25])
    (refusal,) = fed(run, bench)
    assert refusal == Refusal(Problem.SATURATED, {"cell": 2})


def test_cells_wired_to_each_others_inputs_are_named_at_the_first_corner() -> None:
    run, bench = at_first_cross()
    put(bench, PLAN.steps[1])
    fed(run, bench)
    put(bench, PLAN.steps[2])  # front left
    bench.cells_n = bench.cells_n[[2, 1, 0, 3]]
    (refusal,) = fed(run, bench)
    assert refusal == Refusal(Problem.CELLS_SWAPPED, {"near": 0, "peak": 2})


def test_a_restless_zero_and_one_with_something_on_it_are_refused() -> None:
    run, bench = CalibrationRun(PLAN, DRAWING, zero_before=EMPTY_COUNTS), Bench()
    bench.rocking_n = 0.5
    bench.put(0, 0, 25.0)
    assert problems(fed(run, bench)) == [Problem.ZERO_RESTLESS]
    bench.rocking_n = 0.0
    assert problems(fed(run, bench, 9.0)) == [Problem.ZERO_LOADED]
    bench.put(0, 0, 0.0)
    assert [type(said) for said in fed(run, bench, 12.0)] == [Measured]


def test_what_never_stands_still_is_refused_after_a_while_and_not_waited_for_in_silence() -> None:
    """A cell that floats moves by more than any weight: nothing ever settles."""
    run, bench = CalibrationRun(PLAN, DRAWING), Bench()
    bench.rocking_n = 40.0
    assert fed(run, bench, 19.0) == []
    assert problems(fed(run, bench, 2.0)) == [Problem.ZERO_RESTLESS]
    assert problems(fed(run, bench, 21.0)) == [Problem.ZERO_RESTLESS]


def test_a_zero_that_moved_during_the_run_is_refused_at_its_end() -> None:
    run, bench = CalibrationRun(PLAN, DRAWING), Bench(GAIN)
    carried_out(run, bench, lambda step: step.task is Task.ZERO_AGAIN)
    bench.put(0, 0, 0.0)
    bench.zero_n = np.array([0, 0, 0, 1.5])
    (refusal,) = fed(run, bench)
    assert isinstance(refusal, Refusal)
    assert (refusal.problem, refusal.values["cell"]) == (Problem.ZERO_SHIFTED, 3)
    assert refusal.values["shift_n"] == pytest.approx(1.5, abs=0.05)
    bench.zero_n = np.zeros(4)
    assert [type(said) for said in fed(run, bench, 12.0)] == [Measured]


def test_a_person_who_does_not_stand_still_is_asked_again() -> None:
    run, bench = CalibrationRun(WITH_SCALE, DRAWING), Bench()
    carried_out(run, bench, lambda step: step.task is Task.SCALE)
    bench.put(0, 0, 70 * STANDARD_GRAVITY)
    bench._noise_n = 15.0
    assert problems(fed(run, bench, 14.0)) == [Problem.PERSON_RESTLESS]
    bench._noise_n = 2.0
    assert [type(said) for said in fed(run, bench, 14.0)] == [Measured]


# ---- put down and taken up


def test_a_step_can_be_done_over() -> None:
    run, bench = at_first_cross()
    put(bench, PLAN.steps[1])
    fed(run, bench)
    run.redo()
    assert run.step == PLAN.steps[1]
    assert fed(run, bench) == []
    put(bench, PLAN.steps[2])
    fed(run, bench, 1.0)
    put(bench, PLAN.steps[1])
    assert [type(said) for said in fed(run, bench)] == [Measured]


def test_a_run_kept_as_json_goes_on_to_the_same_report() -> None:
    run, bench = CalibrationRun(WITH_SCALE, DRAWING), Bench(GAIN)
    carried_out(run, bench, lambda step: step.task is Task.HOLD_OUT)
    kept = json.loads(json.dumps(run.document()))
    taken_up = CalibrationRun.from_document(kept, DRAWING)
    assert taken_up.step == run.step
    carried_out(taken_up, bench)
    assert np.array_equal(taken_up.measured[3].counts, run.measured[3].counts)
    assert taken_up.report().passed


def test_a_run_of_another_program_is_not_taken_up() -> None:
    with pytest.raises(NotCalibrated, match="format 99"):
        CalibrationRun.from_document({"format": 99}, DRAWING)
