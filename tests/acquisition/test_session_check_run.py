"""The check before a session asks for an empty plate, the centre and a corner, and takes what stands still."""

from __future__ import annotations

import pytest
from loads import DRAWING, EMPTY_COUNTS, Bench

from acquisition.session_check import PLACES, CheckTask, SessionCheckRun, Taken
from analysis.calibration_checks import Problem, Refusal
from analysis.errors import NotCalibrated

STEP_S = 6.5  # 2 s to settle, 4 s measured, and a block


def fed(run: SessionCheckRun, bench: Bench, seconds: float = STEP_S) -> list[Taken | Refusal]:
    return [said for block in bench.blocks(seconds) if (said := run.feed(block)) is not None]


def test_three_loads_in_twenty_seconds() -> None:
    bench = Bench()
    run = SessionCheckRun(10.0, DRAWING, EMPTY_COUNTS - 2000)
    for task in CheckTask:
        assert run.task is task
        place = PLACES[task]
        bench.put(*(place or (0.0, 0.0)), load_n=run.weight_n if place else 0.0)
        (taken,) = fed(run, bench)
        assert isinstance(taken, Taken)
    loads = run.loads()
    assert run.task is None
    assert loads.rate_hz == pytest.approx(80, abs=0.1)
    assert (loads.zero - EMPTY_COUNTS) * DRAWING.newton_per_count == pytest.approx(0, abs=0.02)
    assert ((loads.centre - loads.zero) * DRAWING.newton_per_count).sum() == pytest.approx(98.07, abs=0.05)
    assert loads.noise_n == pytest.approx(0.05, rel=0.2)


def test_what_is_not_there_yet_is_not_given() -> None:
    with pytest.raises(NotCalibrated, match="0 of 3"):
        SessionCheckRun(10.0, DRAWING).loads()


def test_a_weight_left_on_the_plate_is_no_empty_plate() -> None:
    """Twenty newtons more than at the check before."""
    bench, run = Bench(), SessionCheckRun(10.0, DRAWING, EMPTY_COUNTS)
    bench.put(0, 0, 98.0)
    (refusal,) = fed(run, bench)
    assert isinstance(refusal, Refusal)
    assert refusal.problem is Problem.ZERO_LOADED


def test_a_weight_on_the_wrong_place_is_refused_until_it_moves() -> None:
    bench, run = Bench(), SessionCheckRun(10.0, DRAWING)
    fed(run, bench)
    bench.put(90, 90, run.weight_n)
    (refusal,) = fed(run, bench, 20.0)
    assert isinstance(refusal, Refusal)
    assert refusal.problem is Problem.MISPLACED
    bench.put(0, 0, run.weight_n)
    (taken,) = fed(run, bench)
    assert isinstance(taken, Taken)
