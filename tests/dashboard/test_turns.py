"""Whose turn it is: practice first, sides in turn, what counts and what does not, and under which conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from dictated_plate import DictatedPlate, filing, good
from guided_bench import QUICK, GuidedBench
from shelf import result

from analysis.geometry import Side
from analysis.phases import EndedBy
from dashboard.conditions import KINDS, Conditions, Eyes, Sight, Surface, condition_text
from dashboard.expected import tally_of
from dashboard.made_under import is_practice
from dashboard.orders import Outcome, Void
from dashboard.pages.test import view
from dashboard.protocol import STANDARD, Act, Notice, Protocol, Step
from dashboard.tally import Tally, Turn
from dashboard.visit_groups import counts
from dashboard.words import load_words
from records.model import TrialStatus

WORDS = load_words()
USELESS = Outcome("t", None, "TOO_SHORT")
FELL = Outcome("t", replace(result(), usable=False, phases=replace(result().phases, ended_by=EndedBy.TOUCHDOWN)))
CLOSED = replace(STANDARD, condition="eyes_closed")


def taken(protocol: Protocol, *outcomes: Outcome) -> list[tuple[str, bool]]:
    """Side and practice of each attempt, one outcome after the other kept; the last is what would come next."""
    turn, seen = Turn(protocol, Tally()), []
    for outcome in outcomes:
        practice = turn.practice
        seen.append((turn.side.value, practice))
        turn.began(practice)
        turn.go_on(turn.count(outcome, practice) or practice)
    return [*seen, (turn.side.value, turn.practice)]


def test_each_side_practises_once_before_the_sides_take_turns() -> None:
    assert taken(STANDARD, good(), good(), good(), good()) == [
        ("right", True),
        ("left", True),
        ("right", False),
        ("left", False),
        ("right", False),
    ]


def test_after_three_usable_attempts_a_side_nothing_more_is_asked() -> None:
    turn = Turn(STANDARD, Tally(kept=dict.fromkeys(Side, 3)))
    assert turn.complete
    assert not turn.practice


def test_an_attempt_that_brought_nothing_is_not_counted_and_the_other_side_goes_on() -> None:
    tally = Tally()
    turn = Turn(replace(STANDARD, practice_a_side=0), tally)
    assert not turn.count(USELESS, practice=False)
    turn.go_on(forward=False)
    assert (turn.side, sum(tally.kept.values()), sum(tally.failed.values())) == (Side.LEFT, 0, 0)


def test_three_failures_are_an_outcome_and_nobody_is_asked_to_fall_again() -> None:
    """Right fails three times, left holds three times: both are done, and none of the failures is a kept trial."""
    turn = Turn(replace(STANDARD, practice_a_side=0), Tally())
    for _ in range(3):
        for outcome in (FELL, good()):
            turn.go_on(turn.count(outcome, practice=False))
    assert turn.complete
    assert (turn.tally.kept, turn.tally.failed) == ({Side.LEFT: 3, Side.RIGHT: 0}, {Side.LEFT: 0, Side.RIGHT: 3})


def test_keeping_an_unusable_attempt_does_not_bring_the_side_forward() -> None:
    plate = DictatedPlate()
    filing(plate)
    plate.filed(USELESS)
    assert [one.text for one in view.buttons(WORDS, plate.view)][:2] == ["Repeat", "Go on"]
    assert plate.act(Act.KEEP)
    assert plate.view.kept == dict.fromkeys(Side, 0)
    assert plate.view.side is Side.LEFT


def test_a_test_that_is_ended_at_the_verdict_counts_what_the_archive_has() -> None:
    plate = DictatedPlate()
    filing(plate)
    plate.filed(good())
    assert plate.act(Act.ABORT)
    assert (plate.view.step, plate.view.kept[Side.RIGHT]) == (Step.ENDED, 1)


def test_practice_is_shown_filed_as_practice_and_never_taken_for_an_attempt() -> None:
    plate = DictatedPlate(STANDARD)
    assert (plate.view.practice, view.attempt_text(WORDS, plate.view)) == (True, "Practice · not counted")
    filing(plate)
    assert (plate.facts.practice, plate.facts.attempt) == (True, 1)
    plate.filed(good())
    verdict = view.verdict(WORDS, plate.view)
    assert verdict is not None
    assert verdict.title == "Practice done, not counted"
    assert plate.act(Act.REPEAT)  # once more
    assert (plate.view.practice, plate.view.side) == (True, Side.RIGHT)
    assert not any(isinstance(order, Void) for order in plate.orders)
    assert plate.act(Act.SKIP_PRACTICE)
    assert (plate.view.practice, plate.view.attempt, plate.view.kept[Side.RIGHT]) == (False, 1, 0)


def test_eyes_closed_are_asked_of_a_leg_only_after_twenty_seconds_with_eyes_open() -> None:
    """Left has held 21 s with eyes open, right 19 s."""
    plate = DictatedPlate(CLOSED, Tally(eyes_open_s={Side.LEFT: 21.0, Side.RIGHT: 19.0}))
    assert (plate.view.side, plate.view.notice) == (Side.RIGHT, Notice.EYES_OPEN_FIRST)
    assert not plate.act(Act.START)
    assert plate.act(Act.LEFT_NEXT)
    assert plate.view.notice is None
    assert plate.act(Act.START)


def test_another_set_up_makes_drawn_buttons_stale_and_waits_for_the_end_of_an_attempt() -> None:
    plate = DictatedPlate()
    token = plate.view.token
    assert plate.guide.set_up(replace(STANDARD, condition="eyes_open.foam"), Tally())
    assert not plate.act(Act.START, token)
    assert plate.act(Act.START)
    assert not plate.guide.set_up(STANDARD, Tally())


def test_every_conditions_code_reads_back_and_has_words() -> None:
    for values in product(*KINDS.values()):
        made = Conditions(*values)
        assert Conditions.of(made.code) == made
        assert "_" not in condition_text(WORDS, made.code)


def test_the_usual_conditions_are_called_by_the_eyes_alone() -> None:
    assert Conditions().code == "eyes_open"
    seen = Conditions(Eyes.CLOSED, Surface.FOAM, sight=Sight.TRACE_SEEN)
    assert seen.code == "eyes_closed.foam.trace_seen"
    assert condition_text(WORDS, seen.code) == "Eyes closed · Foam · Patient sees the trace"


@pytest.mark.parametrize("code", ["", "foam", "eyes_open.firm", "eyes_open.eyes_closed", "eyes_open.moon"])
def test_a_code_that_is_none_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="no conditions"):
        Conditions.of(code)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[GuidedBench]:
    made = GuidedBench(tmp_path, protocol=replace(QUICK, practice_a_side=1, condition="eyes_open.foam"))
    yield made
    made.close()


def test_a_practice_trial_is_in_the_archive_and_counts_nowhere(bench: GuidedBench) -> None:
    bench.attempt()
    bench.act(Act.KEEP)
    (trial,) = bench.store.trials_of(bench.visit.id)
    assert is_practice(trial)
    assert (trial.status, trial.void_reason) == (TrialStatus.VOID, "practice")
    assert trial.condition == "eyes_open.foam"
    assert bench.store.recording(trial.recording_id).raw is not None
    (filed,) = bench.station.visit_results(bench.visit.id).trials
    assert not counts(filed)
    tally = tally_of(bench.station, bench.visit.id, replace(QUICK, condition="eyes_open.foam"))
    assert (tally.practised[Side.RIGHT], tally.attempts[Side.RIGHT], tally.kept[Side.RIGHT]) == (1, 0, 0)
    assert tally.eyes_open_s[Side.RIGHT] == QUICK.hold_s
    assert tally_of(bench.station, bench.visit.id, QUICK).practised[Side.RIGHT] == 0  # of firm ground
    assert bench.view.step is Step.REST
