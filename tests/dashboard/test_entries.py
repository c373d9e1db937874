"""What examiners entered reaches the abductor findings: a moment only from a tilt, a strength with its pain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from measured import trial

from analysis.abductors import PelvicDrop
from analysis.assess import Value
from analysis.demand import Body, Errors, Reading, demand
from analysis.geometry import Side
from dashboard.abductor_view import AbductorSide, abductor_view
from dashboard.entries import VisitEntries, seen_together, side_entries, visit_entries
from dashboard.made_under import MadeUnder
from dashboard.observation_text import entered_text
from dashboard.station import FiledTrial
from dashboard.visit_groups import ConditionGroup
from dashboard.visit_view import trial_view
from dashboard.words import load_words
from records.examination import Observation, StrengthTest
from records.model import Trial, TrialStatus, Visit

WORDS = load_words()
NOW = datetime(2026, 3, 9, 13, tzinfo=UTC)
#: Leg 0.491 x 1710 mm = 839.6 mm, w = 0.33 x 240 + 7.3 = 86.5 mm.
VISIT = Visit("v", "p", NOW, 60, "Room 1", "x", "", 1, body_mass_kg=70.0, height_mm=1710.0, pelvis_width_mm=240.0)
BODY = Body(70.0, 0.491 * 1710, 0.33 * 240 + 7.3)
LEVEL_DEG = 6.3


def filed(side: Side, shift_mm: float, id: str) -> FiledTrial:
    state = {"demo": False, "status": TrialStatus.FILED, "void_reason": None, "version": 1, "created_at": NOW}
    made = Trial(id, "v", "r", side, 0.0, 30.0, "eyes_open", 1, **state)  # type: ignore[arg-type]
    return FiledTrial(made, trial(side, lateral_shift=shift_mm))


GROUP = ConditionGroup(
    MadeUnder("eyes_open"),
    (
        *(filed(Side.LEFT, shift_mm, f"l{n}") for n, shift_mm in enumerate((1.0, 3.0))),
        *(filed(Side.RIGHT, shift_mm, f"r{n}") for n, shift_mm in enumerate((2.0, 2.0))),
    ),
)


def observed(trial_id: str | None, side: Side = Side.LEFT, **seen: object) -> Observation:
    known = {"id": "o", "visit_id": "v", "version": 1, "created_at": NOW, "created_by": "x"}
    return Observation(side=side, trial_id=trial_id, **seen, **known)  # type: ignore[arg-type]


def pushed(side: Side, moment_nm: float, **more: object) -> StrengthTest:
    known = {"at": NOW, "id": "s", "visit_id": "v", "version": 1, "created_at": NOW, "created_by": "x"}
    return StrengthTest(side=side, moment_nm=moment_nm, **more, **known)  # type: ignore[arg-type]


def left(seen: Sequence[Observation] = (), tests: Sequence[StrengthTest] = (), visit: Visit = VISIT) -> AbductorSide:
    return abductor_view(WORDS, GROUP, visit_entries(visit, seen, tests)).left


def rows(side: AbductorSide) -> dict[str, str]:
    return {row.topic: row.text for row in side.entered}


BOTH_TILTED = (observed("l0", tilt_deg=LEVEL_DEG), observed("l1", tilt_deg=LEVEL_DEG))


def test_the_demand_is_the_one_of_the_analysis_for_the_trials_whose_tilt_was_read() -> None:
    expected = demand([Reading(1.0, LEVEL_DEG), Reading(3.0, LEVEL_DEG)], BODY)
    side = left(BOTH_TILTED)
    assert side.findings.demand == expected
    assert "mean of 2 trials" in rows(side)["demand"]
    assert side.budget.startswith("One standard error")
    assert side.refused == ""


def test_a_level_pelvis_has_a_demand_near_one() -> None:
    """0.93 x 839.6 mm x sin 6.3 deg = 85.7 mm, less 2 mm of shift, over 86.5 mm: 0.97."""
    found = left(BOTH_TILTED).findings.demand
    assert found is not None
    assert found.ratio.value == pytest.approx(0.97, abs=0.005)


def test_the_error_of_a_tilt_that_was_entered_takes_the_place_of_the_assumed_one() -> None:
    seen = [replace(each, tilt_sd_deg=0.5) for each in BOTH_TILTED]
    found = left(seen).findings.demand
    assert found == demand([Reading(1.0, LEVEL_DEG), Reading(3.0, LEVEL_DEG)], BODY, Errors(tilt_deg=0.5))


def test_without_the_measures_of_the_body_a_tilt_gives_no_moment_and_says_what_is_missing() -> None:
    side = left(BOTH_TILTED, visit=replace(VISIT, pelvis_width_mm=None))
    assert side.findings.demand is None
    assert rows(side)["demand"] == WORDS("abductors.demand_no_body")


def test_a_tilt_with_the_wrong_sign_is_refused_and_gives_nothing() -> None:
    side = left([replace(each, tilt_deg=-LEVEL_DEG) for each in BOTH_TILTED])
    assert side.findings.demand is None
    assert side.refused == WORDS("errors.TILT_SIGN_SUSPECT")


def test_a_tilt_of_a_trial_that_is_not_usable_or_has_no_shift_gives_no_reading() -> None:
    trials = list(GROUP.trials)
    assert trials[0].result is not None
    trials[0] = FiledTrial(trials[0].trial, replace(trials[0].result, usable=False))
    assert trials[1].result is not None
    values = {**trials[1].result.values, "lateral_shift": Value(None)}
    trials[1] = FiledTrial(trials[1].trial, replace(trials[1].result, values=values))
    entries = visit_entries(VISIT, BOTH_TILTED, ())
    assert side_entries(entries, replace(GROUP, trials=tuple(trials)), Side.LEFT).readings == ()


def test_a_load_in_the_hand_counts_as_weighed_or_as_the_condition_asks() -> None:
    weighed = side_entries(
        visit_entries(VISIT, [observed("l0", tilt_deg=LEVEL_DEG, hand_load_kg=7.0)], ()), GROUP, Side.LEFT
    )
    assert weighed.readings[0].hand_load == pytest.approx(0.1)
    loaded = replace(GROUP, made=MadeUnder("eyes_open.hand_load_5"))
    asked = side_entries(visit_entries(VISIT, BOTH_TILTED, ()), loaded, Side.LEFT)
    assert [reading.hand_load for reading in asked.readings] == [0.05, 0.05]


def test_strength_is_the_strongest_test_and_its_pain_stands_beside_it() -> None:
    side = left(tests=[pushed(Side.LEFT, 60.0), pushed(Side.LEFT, 84.0, pain=4), pushed(Side.RIGHT, 100.0)])
    text = rows(side)["strength"]
    assert text.startswith("84 N m")
    assert "1.20 N m/kg" in text
    assert "pain 4 of 10" in text
    assert rows(side)["deficit"].startswith("16 % weaker")
    assert rows(side)["reserve"] == WORDS("abductors.not_entered")


def test_strength_over_demand_is_the_reserve() -> None:
    """84 N m over 70 kg x 9.81 m/s2 x 0.0865 m x 0.97 = 57.6 N m: 1.46."""
    assert rows(left(BOTH_TILTED, [pushed(Side.LEFT, 84.0)]))["reserve"].startswith("1.46 ")


def test_what_was_seen_once_was_seen_and_what_nobody_looked_at_is_not_absent() -> None:
    seen = [observed("l0", pelvic_drop=PelvicDrop.NONE), observed("l1", pelvic_drop=PelvicDrop.LATER, drop_at_s=12)]
    together = seen_together([each.seen for each in seen])
    assert together is not None
    assert (together.pelvic_drop, together.drop_at_s, together.trunk_lean) == (PelvicDrop.LATER, 12, None)
    assert seen_together([]) is None


def test_what_was_seen_in_the_visit_as_a_whole_counts_for_its_side_only() -> None:
    entries = visit_entries(VISIT, [observed(None, pelvic_drop=PelvicDrop.FROM_START)], ())
    view = abductor_view(WORDS, GROUP, entries)
    assert "uncompensated Trendelenburg" in view.left.pattern
    assert rows(view.right)["observed"] == WORDS("abductors.not_entered")


def test_what_was_entered_beside_a_trial_stands_beside_it() -> None:
    seen = observed(
        "l0", pelvic_drop=PelvicDrop.NONE, tilt_deg=5.0, tilt_sd_deg=1.0, pain=3, hand_support=False, note="sore"
    )
    told = trial_view(WORDS, GROUP, GROUP.trials[0], visit_entries(VISIT, [seen], ()))
    assert told.entered == (
        "Examiner: pelvis level; stance leg tilted 5.0 ± 1.0° to the stance side; pain 3 of 10; no hand support; sore.",
    )
    assert trial_view(WORDS, GROUP, GROUP.trials[1], visit_entries(VISIT, [seen], ())).entered == ()
    assert entered_text(WORDS, observed("l0")) == ""


def test_nothing_entered_gives_no_number() -> None:
    side = abductor_view(WORDS, GROUP, VisitEntries()).left
    assert not any(character.isdigit() for text in rows(side).values() for character in text)
