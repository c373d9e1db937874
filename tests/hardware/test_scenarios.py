"""What each scenario says it plants is in the truth, and the analysis finds it in the plate's counts."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from planted import FOOTING, Measured, guided_trial
from tests_root import ROOT

from acquisition.plate import Cue
from analysis.assess import AssessedTrial
from analysis.geometry import Side, to_lateral
from analysis.phases import EndedBy
from hardware.simulator.body import GRAVITY
from hardware.simulator.device import Simulation
from hardware.simulator.patient import OLDER_NM_KG, YOUNG_NM_KG
from hardware.simulator.person import SCENARIOS, Inside, Motion, TimedCue
from hardware.simulator.truth import PlantedStance

SEEDS = (4, 5)
WEAK_SIDE = {"left": Side.LEFT, "right": Side.RIGHT}


@cache
def trial(scenario: str, side: Side, seed: int = 4) -> Measured:
    return guided_trial(Simulation(scenario, seed=seed, speed=0), side)


def pair(scenario: str, side: Side, seed: int = 4) -> tuple[AssessedTrial, PlantedStance]:
    ((assessed, stance),) = trial(scenario, side, seed).pairs()
    return assessed, stance


def value(scenario: str, side: Side, metric: str, seed: int = 4) -> float:
    found = pair(scenario, side, seed)[0].result.values[metric].value
    assert found is not None
    return float(found)


@cache
def lived(scenario: str, side: Side) -> tuple[Motion, Inside, PlantedStance]:
    """The inside of a stance from 5 to 25 s after foot-off."""
    script = (TimedCue(1.0, Cue("both_feet")), TimedCue(6.0, Cue("lift", side)))
    person = Simulation(scenario, seed=4).person(script)
    motion, inside = person.live(34_000)  # type: ignore[union-attr]
    stance = person.stances[0]
    part = (motion.time_s > stance.foot_off_s + 5) & (motion.time_s < stance.foot_off_s + 25)
    cut = Inside(*(getattr(inside, name)[part] for name in Inside.__slots__))
    return Motion(motion.time_s[part], motion.xy_mm[part], motion.fz_n[part]), cut, stance


def test_every_scenario_stands_as_long_as_it_is_told_to_or_says_why_not() -> None:
    early = {"falls", "holds-rail", "hops", "steps-aside", "steps-off"}
    assert early < set(SCENARIOS)
    for scenario in SCENARIOS:
        ((assessed, stance),) = trial(scenario, Side.RIGHT).pairs()
        assert assessed.result.side is stance.side
        assert assessed.result.phases.foot_off_s == pytest.approx(stance.foot_off_s, abs=0.15)
        assert (assessed.result.phases.ended_by is EndedBy.TARGET_REACHED) is (scenario not in early), scenario


def test_the_page_tells_of_every_scenario() -> None:
    page = (ROOT / "docs" / "virtual-patient.md").read_text(encoding="utf-8")
    assert [scenario for scenario in SCENARIOS if f"`{scenario}`" not in page] == []


@pytest.mark.parametrize("kind", ["weak", "lurch"])
@pytest.mark.parametrize("name", WEAK_SIDE)
def test_a_weak_hip_is_leaned_over_and_the_cop_lies_lateral_on_that_side(kind: str, name: str) -> None:
    """The same attempt on the other leg, which is not weak, is its control. Shift by posture, velocity by the ankle."""
    weak = WEAK_SIDE[name]
    shifts = []
    for seed in SEEDS:
        (_, here), (_, other) = (pair(f"{kind}-{name}", side, seed) for side in (weak, weak.other))
        assert here.strength_nm_kg < 0.5 * other.strength_nm_kg == 0.5 * YOUNG_NM_KG
        assert here.lean_deg > other.lean_deg + 7
        assert here.needed_nm_kg < here.level_nm_kg < other.strength_nm_kg
        planted_mm = here.lateral_shift_mm - other.lateral_shift_mm
        found_mm = np.subtract(*(value(f"{kind}-{name}", side, "lateral_shift", seed) for side in (weak, weak.other)))
        shifts.append((planted_mm, found_mm))
    planted, found = np.mean(shifts, axis=0)
    assert planted > 7
    assert found == pytest.approx(planted, abs=2.5)


def test_a_lurch_is_all_trunk_and_a_drop_all_pelvis() -> None:
    for side in Side:
        _, lurch, planted = lived(f"lurch-{side}", side)
        assert lurch.lean_deg.mean() == pytest.approx(planted.lean_deg, abs=2.5)  # it creeps on
        assert planted.lean_deg > 10 > 0 > planted.drop_deg
        _, drop, planted = lived(f"drop-{side}", side)
        assert drop.drop_deg.mean() > planted.drop_deg > 4
        assert abs(planted.lean_deg) < 3


def test_a_trunk_that_leans_left_is_left_of_the_stance_leg() -> None:
    """In the plate frame the CoM lies left of the midline on the left leg, whatever the lean."""
    for side in Side:
        motion, inside, _ = lived(f"lurch-{side}", side)
        lateral_mm = to_lateral(inside.com_mm[:, 0], side, FOOTING.midline_x_mm)
        assert lateral_mm.mean() > FOOTING.half_spacing_mm + 8
        assert inside.com_mm[:, 0].mean() == pytest.approx(motion.xy_mm[:, 0].mean(), abs=1.5)


def test_a_pelvis_that_drops_does_not_show_in_the_cop() -> None:
    """A drop tips the trunk to the lifted side: the CoP goes a little medial, if anywhere."""
    for side in Side:
        apart = value(f"drop-{side}", side, "lateral_shift") - value("healthy", side, "lateral_shift")
        assert -6 < apart < 1
        assert value(f"drop-{side}", side, "velocity_ml") == pytest.approx(
            value("healthy", side, "velocity_ml"), rel=0.2
        )


def test_a_hip_that_tires_lets_the_cop_drift_outward() -> None:
    for side in Side:
        _, inside, _ = lived(f"tires-{side}", side)
        assert inside.strength_nm_kg[-1] < 0.97 * inside.strength_nm_kg[0]
        assert inside.lean_deg[-2000:].mean() > inside.lean_deg[:2000].mean() + 1
        drifts = [value(f"tires-{side}", side, "drift", seed) - value("healthy", side, "drift", seed) for seed in SEEDS]
        assert np.mean(drifts) > 2


@pytest.mark.parametrize("side", Side)
def test_a_fall_ends_a_stance_early_and_inward(side: Side) -> None:
    assessed, stance = pair("falls", side)
    assert stance.fell
    assert assessed.result.phases.ended_by is EndedBy.TOUCHDOWN
    assert assessed.result.phases.touch_down_s == pytest.approx(stance.touch_down_s, abs=0.15)
    assert 8 < value("falls", side, "hold_time") < 16.5


@pytest.mark.parametrize("side", Side)
def test_touches_carry_an_eighth_of_the_weight_for_a_moment(side: Side) -> None:
    """12 % on a foot 180 mm away moves the CoP inward by 22 mm, from where the same sway has it without a touch."""
    found, without = trial("touches", side), trial("healthy", side)
    ((assessed, stance),) = found.pairs()
    window, calm = assessed.stance.window, without.trials[0].stance.window
    assert len(stance.touches_s) == 2
    assert found.began_s == without.began_s
    seen = [at_s for at_s in np.array(stance.touches_s) + 0.2 - found.began_s if at_s < window.time_s[-1]]
    moved = [np.interp(at_s, one.time_s, one.xy_mm[:, 0]) for one in (window, calm) for at_s in seen]
    assert np.subtract(moved[: len(seen)], moved[len(seen) :]) == pytest.approx([-22] * len(seen), abs=4)


@pytest.mark.parametrize("side", Side)
def test_a_hand_on_the_rail_takes_weight_off_the_plate(side: Side) -> None:
    """15 % for 6 s: the force stays at 85 %, and the stance counts as ended when the hand took hold."""
    found = trial("holds-rail", side)
    ((assessed, stance),) = found.pairs()
    ((start_s, end_s),) = stance.supports_s
    held = (found.truth.time_s > start_s + 0.6) & (found.truth.time_s < end_s - 0.2)
    assert np.median(found.truth.fz_n[held]) == pytest.approx(0.85 * 70 * GRAVITY, rel=0.01)
    assert assessed.result.phases.ended_by is EndedBy.OFF_PLATE_TOUCH
    assert assessed.result.phases.end_s == pytest.approx(start_s - found.began_s, abs=0.4)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(
    ("scenario", "ended_by", "moment"),
    [
        ("hops", EndedBy.HOP, lambda stance: stance.hops_s[0]),
        ("steps-aside", EndedBy.LATERAL_STEP, lambda stance: stance.aside_s),
        ("steps-off", EndedBy.STEP_OFF, lambda stance: stance.left_plate_s),
    ],
)
def test_what_ends_a_stance_is_told_apart(scenario: str, ended_by: EndedBy, moment: object, side: Side) -> None:
    found = trial(scenario, side)
    ((assessed, stance),) = found.pairs()
    assert callable(moment)
    assert assessed.result.phases.ended_by is ended_by
    assert assessed.result.phases.end_s == pytest.approx(moment(stance) - found.began_s, abs=0.4)
    assert assessed.result.values["failures"].value == 1


@pytest.mark.parametrize("asked", Side)
def test_the_wrong_leg_is_seen_as_the_leg_it_is(asked: Side) -> None:
    assessed, stance = pair("wrong-leg", asked)
    assert assessed.result.side is stance.side is asked.other


def both_feet_velocity(scenario: str) -> float:
    """Mean CoP speed on both feet over 20 s. [mm/s]"""
    person = Simulation(scenario, seed=4).person((TimedCue(0.0, Cue("both_feet")),))
    cop_mm = person.move(26_000).xy_mm[6000::20]
    return float(np.hypot(*np.diff(cop_mm, axis=0).T).mean() * 50)


def test_the_restless_are_restless_on_both_feet_only() -> None:
    assert both_feet_velocity("restless") > 1.3 * both_feet_velocity("healthy")
    velocities = [value(name, Side.LEFT, "velocity_ml") for name in ("restless", "healthy")]
    assert velocities[0] == pytest.approx(velocities[1], rel=0.1)


@pytest.mark.parametrize(("scenario", "mass_kg"), [("child", 24.0), ("heavy", 135.0), ("older", 72.0)])
def test_people_weigh_what_they_weigh_unless_the_address_says_so(scenario: str, mass_kg: float) -> None:
    for simulation, expected in ((Simulation(scenario), mass_kg), (Simulation(scenario, mass_kg=50.0), 50.0)):
        person = simulation.person((TimedCue(0.0, Cue("both_feet")),))
        assert person.move(8000).fz_n[5000:].mean() == pytest.approx(expected * GRAVITY, rel=5e-3)


def test_a_taller_person_needs_more_of_the_hip() -> None:
    """Half the hip spacing grows with the leg: 8 mm + 0.086 of it."""
    needed = []
    for height_m in (1.5, 1.9):
        simulation = Simulation("healthy", height_m=height_m)
        person = simulation.person((TimedCue(0.0, Cue("lift", Side.LEFT)),))
        person.move(8000)
        needed.append(person.stances[0].level_nm_kg)
    assert needed[1] - needed[0] == pytest.approx(9.81 * 0.086 * 0.53 * 0.4, rel=0.01)


def test_older_people_have_less_strength_to_spare() -> None:
    _, young = pair("healthy", Side.LEFT)
    _, old = pair("older", Side.LEFT)
    assert (young.strength_nm_kg, old.strength_nm_kg) == (YOUNG_NM_KG, OLDER_NM_KG)
    assert value("older", Side.LEFT, "velocity_ml") > 1.2 * value("healthy", Side.LEFT, "velocity_ml")
