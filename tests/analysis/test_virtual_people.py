"""Phases of virtual patients through four cells: what was planted is found, nothing else is, live and afterwards.

The same people as in `python -m benchmarks phases`, fewer of those whose trials go wrong; limits by the method.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from analysis.geometry import Side
from analysis.metrics import Reason
from analysis.phases import EndedBy
from benchmarks.people import Seen, beside, one_after_the_other, plain
from benchmarks.phases import ENDS, WATCHED_FROM_S, Tally, assessed, followed, found, from_s

MANY, WATCHED, FEW = 100, 25, 5
FOOT_OFF_S, LATEST_S = 0.15, 0.5


@cache
def undisturbed() -> tuple[Seen, ...]:
    """A hundred healthy people, left and right in turn, nothing goes wrong for 31 s."""
    return tuple(plain("healthy", MANY, seed=1))


@cache
def of_undisturbed() -> Tally:
    return found(undisturbed())


@cache
def watched() -> Tally:
    return followed(undisturbed()[:WATCHED], WATCHED_FROM_S)


@cache
def disturbed(what: str) -> tuple[Seen, ...]:
    return tuple(ENDS[what][1](FEW))


def test_foot_off_is_found_within_150_ms_in_95_of_100() -> None:
    assert len(of_undisturbed().foot_off_s) == MANY
    assert np.percentile(np.abs(of_undisturbed().foot_off_s), 95) <= FOOT_OFF_S


def test_a_hundred_undisturbed_holds_have_no_false_end() -> None:
    assert of_undisturbed().called == {EndedBy.TARGET_REACHED: MANY}
    assert of_undisturbed().early == 0


def test_nothing_is_held_against_an_undisturbed_trial() -> None:
    """No spike, gap, support, misplaced foot: no finding at all."""
    for seen in undisturbed()[:WATCHED]:
        (trial,) = assessed(seen)
        assert trial.result.findings == ()


def test_the_watch_knows_foot_off_and_touch_down_half_a_second_later_at_most() -> None:
    assert len(watched().late_off_s) == len(watched().late_end_s) == WATCHED
    assert 0 < max(watched().late_off_s) <= LATEST_S
    assert 0 < max(watched().late_end_s) <= LATEST_S


def test_the_watch_ends_no_undisturbed_hold() -> None:
    assert watched().early == 0
    assert watched().called == {EndedBy.TOUCHDOWN: WATCHED}


@pytest.mark.parametrize("what", ENDS)
def test_every_kind_of_end_is_found_and_called_what_it_is(what: str) -> None:
    """24 of 25 are asked for; of these few all."""
    tally = found(disturbed(what))
    assert tally.detected == FEW
    assert tally.called == {ENDS[what][0]: FEW}


@pytest.mark.parametrize("what", [what for what in ENDS if "foot comes down" in what])
def test_a_foot_put_down_is_known_while_the_test_runs(what: str) -> None:
    tally = followed(disturbed(what), from_s(what))
    assert tally.called == {ENDS[what][0]: FEW}
    assert max(tally.late_end_s) <= LATEST_S


@pytest.mark.parametrize("what", ["a hop", "off the plate"])
def test_a_hop_and_stepping_off_are_told_apart_while_the_test_runs(what: str) -> None:
    """Who hops stands again: the guide goes on recording, so that what is filed can see the landing."""
    called = followed(disturbed(what), from_s(what)).called
    assert (called[EndedBy.HOP] == FEW) is (what == "a hop")
    assert EndedBy.HOP not in called or what == "a hop"


def test_with_the_swing_foot_beside_the_plate_foot_off_is_found_as_well() -> None:
    tally = found(beside(WATCHED, seed=6, from_the_start=True))
    assert len(tally.foot_off_s) == WATCHED
    assert np.percentile(np.abs(tally.foot_off_s), 95) <= FOOT_OFF_S


def test_beside_the_plate_there_was_no_both_feet_phase_to_measure_from() -> None:
    ((trial,),) = (assessed(seen) for seen in beside(1, seed=6, from_the_start=True))
    assert trial.result.values["shift_from_bipedal"].reason is Reason.NO_BIPEDAL_PHASE
    assert trial.result.side is Side.LEFT


def test_four_stances_in_one_recording_become_four_trials_with_their_sides() -> None:
    tally = found(one_after_the_other(3, seed=3))
    assert len(tally.foot_off_s) == tally.trials == 4 * 3
    assert max(np.abs(tally.foot_off_s)) <= FOOT_OFF_S
    assert max(np.abs(tally.end_s)) <= FOOT_OFF_S
