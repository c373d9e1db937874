"""Who stands on the plate: size, strength of each hip, ways of coping, and what goes wrong. And populations of them.

Numbers without a source here were tuned so that a population sways as published (docs/virtual-patient.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from analysis.geometry import Side
from hardware.simulator.body import DEGREE, Chain, Habit, Hip, build, chain
from hardware.simulator.one_leg import Steadiness
from hardware.simulator.transfer import Reach

#: Most active abduction moment of a healthy hip [Nm/kg]: standing uses 53-55 % of it in young adults, 72-94 % in older
#: ones (Mirshams 2022), of the 0.84 Nm/kg that a level pelvis needs.
YOUNG_NM_KG, OLDER_NM_KG = 1.63, 1.15

#: Sway of older over young adults: ML 33.2 and AP 30.0 mm/s (43 older women) over the young model's 23.1 and 22.5.
OLDER_NOISE = 1.4

#: ML CoP displacement of women with weak over those with strong abductors: 13.6 over 9.8 mm (Lee & Powers 2014).
WEAK_ANKLE_WORK = 13.6 / 9.8

What = Literal["fall", "touch", "hop", "support", "step_aside", "step_off"]


@dataclass(frozen=True, slots=True)
class Mishap:
    """Something nobody asked for, in each stance on this leg.

    ``times`` moments drawn from ``between_s`` after foot-off [s]; ``share``: of body weight that another support
    carries (touch, support); ``lasts_s``: how long [s].
    """

    what: What
    between_s: tuple[float, float]
    times: int = 1
    share: float = 0.12
    lasts_s: float = 0.25


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg as stance leg.

    ``strength``: part of the person's healthy strength; ``lean_share``: of compensation by leaning the trunk, the rest
    lets the pelvis drop; ``visible``: part of a lean that reaches the CoP; ``ankle_work``: times the usual noise at the
    ankle; ``prefers_mm``: where the CoP is without any lean, + lateral of the middle of the foot [mm].
    """

    strength: float = 1.0
    lean_share: float = 0.65
    visible: float = 0.30
    ankle_work: float = 1.0
    prefers_mm: float = 0.0
    mishaps: tuple[Mishap, ...] = ()


@dataclass(frozen=True, slots=True)
class Traits:
    """A person.

    ``noise``: times the sway of a healthy adult, on both feet too; ``restless``: times that again on both feet;
    ``reserve``: part of the strength they are willing to use; ``stiffness``, ``damping_s``: of the ankle;
    ``passive_nm_kg``: of the tissue around the hip; ``wrong_leg``: lifts the foot they should stand on.
    """

    left: Leg = Leg()
    right: Leg = Leg()
    mass_kg: float = 70.0
    height_m: float = 1.71
    strength_nm_kg: float = YOUNG_NM_KG
    reserve: float = 0.75
    noise: float = 1.0
    restless: float = 1.0
    stiffness: float = 1.0
    damping_s: float = 0.40
    passive_nm_kg: float = 0.065
    wrong_leg: bool = False

    def leg(self, side: Side) -> Leg:
        """The stance leg of a side."""
        return self.left if side is Side.LEFT else self.right

    def chain(self) -> Chain:
        """Their body."""
        return chain(build(self.height_m, self.mass_kg))

    def hip(self, side: Side) -> Hip:
        """The stance hip of a side."""
        leg = self.leg(side)
        strength = leg.strength * self.strength_nm_kg
        return Hip(strength, self.reserve, leg.lean_share, leg.visible, self.passive_nm_kg, 6 * DEGREE)


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt of a person on one leg: what differs from the last one, drawn anew each time."""

    habit: Habit
    steady: Steadiness
    reach: Reach
    capture_error_m: float
    forward_m: float


def drawn_try(traits: Traits, side: Side, rng: np.random.Generator) -> Try:
    """Draw an attempt: posture, noise and transfer vary from trial to trial."""
    leg = traits.leg(side)
    noise = traits.noise * leg.ankle_work * float(np.exp(rng.normal(0, 0.08)))
    dip_s, over_s = np.clip(rng.normal([0.42, 0.36], 0.03), [0.26, 0.2], [0.65, 0.55])
    return Try(
        habit=Habit(
            lean_rad=rng.normal(0.0, 1.0) * DEGREE,
            drop_rad=rng.normal(-1.0, 0.7) * DEGREE,
            lifted_m=rng.normal(0.0, 0.008),
            prefers_m=leg.prefers_mm / 1000 + rng.normal(0.0, 0.002),
        ),
        steady=Steadiness(noise, traits.stiffness, traits.damping_s),
        reach=Reach(float(dip_s), float(over_s)),
        capture_error_m=rng.normal(0.003, 0.007),
        forward_m=rng.normal(0.006, 0.003),
    )


def drawn_person(rng: np.random.Generator, like: Traits = Traits()) -> Traits:
    """Another person of the same kind: sizes, strength, coping and noise vary from person to person."""
    height_m = like.height_m * float(np.clip(rng.normal(1.0, 0.053), 0.88, 1.14))
    index = float(np.clip(rng.normal(like.mass_kg / like.height_m**2, 3.0), 15.0, 40.0))
    share, visible = rng.uniform(0.3, 1.0), float(np.clip(rng.normal(0.30, 0.12), 0.0, 0.8))

    def leg(of: Leg) -> Leg:
        return replace(
            of,
            lean_share=share,
            visible=visible,
            ankle_work=of.ankle_work * float(np.exp(rng.normal(0, 0.08))),
            prefers_mm=of.prefers_mm + rng.normal(0.0, 3.6),
        )

    return replace(
        like,
        left=leg(like.left),
        right=leg(like.right),
        height_m=height_m,
        mass_kg=index * height_m**2,
        strength_nm_kg=like.strength_nm_kg * float(np.clip(rng.normal(1.0, 0.13), 0.65, 1.5)),
        reserve=float(np.clip(rng.normal(like.reserve, 0.07), 0.55, 0.95)),
        noise=like.noise * float(np.exp(rng.normal(0, 0.20))),
        stiffness=like.stiffness * float(np.exp(rng.normal(0, 0.10))),
        damping_s=like.damping_s * float(np.exp(rng.normal(0, 0.08))),
        passive_nm_kg=like.passive_nm_kg * float(np.exp(rng.normal(0, 0.25))),
    )
