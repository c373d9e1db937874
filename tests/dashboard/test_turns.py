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
from staff import ADMIN

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
from records import filing as acts
from records.model import Act as Filing
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
    turn = Turn(STANDARD, Tally(kept=dict.fromkeys(Side, 3), attempts=dict.fromkeys(Side, 3)))
    assert turn.complete
    assert not turn.practice


def test_a_side_whose_practice_was_skipped_is_never_asked_to_practise_after_a_counted_attempt() -> None:
    """Right skips its practice and holds, left practises; whatever comes then is no practice."""
    turn = Turn(STANDARD, Tally())
    turn.choose(Side.RIGHT, practice=False)
    seen = []
    for _ in range(4):
        practice = turn.practice
        seen.append((turn.side, practice))
        turn.began(practice)
        turn.go_on(turn.count(good(), practice) or practice)
    right, left = Side.RIGHT, Side.LEFT
    assert seen == [(right, False), (left, True), (right, False), (left, False)]


def test_a_skipped_practice_does_not_come_back_after_an_attempt_that_brought_nothing() -> None:
    plate = DictatedPlate(STANDARD)
    assert plate.act(Act.SKIP_PRACTICE)
    filing(plate)
    plate.filed(USELESS)
    assert plate.act(Act.REPEAT)
    assert (plate.view.side, plate.view.practice) == (Side.RIGHT, False)


def test_a_repeated_failure_counts_as_a_failure_and_stays() -> None:
    plate = DictatedPlate()
    filing(plate)
    plate.filed(FELL)
    assert plate.act(Act.REPEAT)
    assert (plate.view.failed[Side.RIGHT], plate.view.kept[Side.RIGHT], plate.view.side) == (1, 0, Side.RIGHT)
    assert not any(isinstance(order, Void) for order in plate.orders)


def test_a_repeated_failure_that_shows_sway_is_kept_as_it_stays_in_the_comparison() -> None:
    """It ended early and is usable: what is averaged is counted among those asked for."""
    plate = DictatedPlate()
    filing(plate)
    plate.filed(replace(FELL, result=replace(result(), phases=replace(result().phases, ended_by=EndedBy.TOUCHDOWN))))
    assert plate.act(Act.REPEAT)
    assert (plate.view.failed[Side.RIGHT], plate.view.kept[Side.RIGHT]) == (0, 1)
    assert not any(isinstance(order, Void) for order in plate.orders)


def test_a_repeated_usable_hold_is_taken_out_and_not_counted() -> None:
    plate = DictatedPlate()
    filing(plate)
    plate.filed(good())
    assert plate.act(Act.REPEAT)
    assert (plate.view.failed[Side.RIGHT], plate.view.kept[Side.RIGHT]) == (0, 0)
    assert Void("t1", Act.REPEAT) in plate.orders


def test_the_third_failure_ends_the_side_when_it_is_to_be_repeated_too() -> None:
    turn = Turn(replace(STANDARD, practice_a_side=0), Tally(failed={Side.LEFT: 3, Side.RIGHT: 2}))
    turn.choose(Side.RIGHT)
    assert not turn.taken_out(FELL, practice=False)
    assert turn.complete


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


def test_why_nothing_may_begin_is_said_before_a_load_that_is_only_odd() -> None:
    """The empty plate reads 60 N below its zero; eyes are to be closed before they were long enough open."""
    plate = DictatedPlate()
    filing(plate)
    plate.filed(good())
    assert plate.act(Act.KEEP)
    plate.run(8.0, -60.0)
    assert plate.view.notice is Notice.LOAD_NEGATIVE
    assert plate.guide.set_up(CLOSED, Tally())
    plate.run(1.0)
    assert (plate.view.notice, Act.START in plate.view.acts) == (Notice.EYES_OPEN_FIRST, False)


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


def test_a_practice_attempt_is_void_from_the_act_that_files_it(bench: GuidedBench) -> None:
    """One event says both: no moment, and no program that ends, leaves it where exports count it."""
    bench.attempt()
    (trial,) = bench.store.trials_of(bench.visit.id)
    (event,) = bench.store.audit_events(acts=(Filing.RECORDING_FILED, Filing.TRIAL_VOIDED))
    assert (event.act, event.details["void"]) == (Filing.RECORDING_FILED, {trial.id: "practice"})
    assert (trial.status, trial.version) == (TrialStatus.VOID, 1)


def test_practice_of_a_person_erased_meanwhile_is_filed_and_the_station_goes_on(bench: GuidedBench) -> None:
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.HOLD)
    acts.erase_patient(bench.store, ADMIN, bench.patient.id, "asked")
    bench.until(Step.VERDICT, Step.FILING)
    bench.run(1.0)
    assert (bench.view.step, bench.view.notice) == (Step.VERDICT, None)
    (trial,) = bench.store.trials_of(bench.visit.id)
    assert trial.status is TrialStatus.VOID


def test_a_trial_of_another_hold_is_numbered_and_not_counted_among_those_asked_for(bench: GuidedBench) -> None:
    """Twelve seconds are asked for now, and QUICK's were held: they are never averaged, so none of them is kept yet."""
    bench.act(Act.SKIP_PRACTICE)
    bench.attempt()
    bench.act(Act.KEEP)
    foam = replace(QUICK, condition="eyes_open.foam")
    same, shorter = (tally_of(bench.station, bench.visit.id, one) for one in (foam, replace(foam, hold_s=12.0)))
    assert (same.kept[Side.RIGHT], same.attempts[Side.RIGHT]) == (1, 1)
    assert (shorter.kept[Side.RIGHT], shorter.attempts[Side.RIGHT]) == (0, 1)
