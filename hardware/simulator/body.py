"""The body of a virtual patient: segments, the chain on one leg, and what holding it still asks of the hip abductors.

Frontal plane, seen from the stance foot: + lateral. Moments per kilogram of body mass [Nm/kg], angles [rad], SI units.
A quantity is a number for one person or an array over many.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Quantity = float | Float

GRAVITY = 9.81
DEGREE = math.pi / 180

#: Parts of body mass: leg with foot as one rod, pelvis, trunk with head and arms, lifted leg (Dempster, as in Winter).
LEG_MASS, PELVIS_MASS, TRUNK_MASS, LIFTED_MASS = 0.1465, 0.142, 0.536, 0.161
STIFFEST_STRETCH = 0.6  # beyond this adduction no hip goes: keeps the exponential finite [rad]
MOST_LEAN, MOST_DROP = 25 * DEGREE, 12 * DEGREE

Row = TypeVar("Row")


def clip(value: Quantity, low: Quantity, high: Quantity) -> Quantity:
    """The value, not below `low`, not above `high`."""
    if isinstance(value, float) and isinstance(low, float) and isinstance(high, float):
        return min(max(value, low), high)
    return np.minimum(np.maximum(value, low), high)


def size_of(value: Quantity) -> Quantity:
    """Without its sign."""
    return abs(value) if isinstance(value, float) else np.abs(value)


def exponential(value: Quantity) -> Quantity:
    """Exp of a number or of each of an array."""
    return math.exp(value) if isinstance(value, float) else np.asarray(np.exp(value), dtype=np.float64)


def stacked(rows: list[Row]) -> Row:
    """Many frozen dataclasses of numbers -> one of arrays, in their order."""
    first: Any = rows[0]
    columns = {part.name: np.array([getattr(row, part.name) for row in rows], np.float64) for part in fields(first)}
    return type(first)(**columns)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Build:
    """Size of a person. ``hip_half_m``: half the distance between the hips; ``foot_half_m``: the CoP's way each side.

    Hip spacing after Hara 2016 (8 mm + 0.086 of leg length, each side); the foot's functional half width 0.0205 of
    height is the limit of an ankle strategy (Hof 2010 found less than 20 mm in use).
    """

    height_m: Quantity
    mass_kg: Quantity
    hip_half_m: Quantity
    foot_half_m: Quantity


def build(height_m: float, mass_kg: float) -> Build:
    """A person of this height and mass with average proportions."""
    return Build(height_m, mass_kg, 0.008 + 0.086 * 0.53 * height_m, 0.0205 * height_m)


@dataclass(frozen=True, slots=True)
class Chain:
    """Three links from the stance ankle up: leg, pelvis with the lifted leg, trunk; per kilogram of body mass.

    ``*_lever_m``: how far the whole body's CoM moves with an angle [m]; ``inverse``: of the mass matrix, its six
    elements (00, 01, 02, 11, 12, 22); ``omega``: rate at which the body falls as one rod [1/s]; ``kappa``: share of
    the hip's place in the moment, 1 - leg mass (1 - its height).
    """

    leg_m: Quantity
    ankle_m: Quantity
    leg_lever_m: Quantity
    pelvis_lever_m: Quantity
    trunk_lever_m: Quantity
    hip_half_m: Quantity
    foot_half_m: Quantity
    omega: Quantity
    kappa: Quantity
    inverse: tuple[Quantity, Quantity, Quantity, Quantity, Quantity, Quantity]


def chain(size: Build) -> Chain:
    """The chain of a body: lengths and radii of gyration as parts of height (Winter)."""
    height, half = np.asarray(size.height_m, dtype=np.float64), np.asarray(size.hip_half_m, dtype=np.float64)
    leg, up, out = 0.491 * height, 0.060 * height, 0.162 * height
    nothing = np.zeros_like(height)
    mass = np.zeros((*height.shape, 3, 3))
    for part, sideways, upward in (
        (LEG_MASS, (0.625 * leg, nothing, nothing), (nothing, nothing, nothing)),
        (PELVIS_MASS, (leg, -up / 2, nothing), (nothing, -half, nothing)),
        (TRUNK_MASS, (leg, -up, out), (nothing, -half, nothing)),
        (LIFTED_MASS, (leg, nothing, nothing), (nothing, -2 * half, nothing)),
    ):
        for way in (np.stack(sideways, axis=-1), np.stack(upward, axis=-1)):
            mass += part * way[..., :, None] * way[..., None, :]
    for link, part, radius in (
        (0, LEG_MASS, 0.28 * leg),
        (1, PELVIS_MASS, 0.065 * height),
        (2, TRUNK_MASS, 0.150 * height),
    ):
        mass[..., link, link] += part * radius**2
    inverse = np.linalg.inv(mass)
    leg_lever = LEG_MASS * 0.625 * leg + (PELVIS_MASS + TRUNK_MASS + LIFTED_MASS) * leg
    first, second, third, fourth, fifth, sixth = (
        _plain(inverse[..., row, column]) for row, column in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
    )
    return Chain(
        leg_m=_plain(leg),
        ankle_m=_plain(0.039 * height),
        leg_lever_m=_plain(leg_lever),
        pelvis_lever_m=_plain(PELVIS_MASS * up / 2 + TRUNK_MASS * up),
        trunk_lever_m=_plain(TRUNK_MASS * out),
        hip_half_m=_plain(half),
        foot_half_m=size.foot_half_m,
        omega=_plain(np.sqrt(GRAVITY / (1.10 * 0.56 * height))),
        kappa=_plain(leg_lever / leg),
        inverse=(first, second, third, fourth, fifth, sixth),
    )


def _plain(value: Float) -> Quantity:
    return float(value) if value.ndim == 0 else value


@dataclass(frozen=True, slots=True)
class Hip:
    """The abductors and the tissue around the hip of one leg.

    ``strength``: most active moment [Nm/kg]; ``passive``, ``stretch_rad``: tissue gives A (exp(adduction / scale) - 1);
    ``reserve``: part of the strength a person is willing to use for long; ``lean_share``: compensation by leaning the
    trunk over the stance leg, the rest by letting the pelvis drop; ``visible``: part of the trunk's shift that is not
    balanced by tilting the leg back, and so reaches the CoP.
    """

    strength: Quantity
    reserve: Quantity
    lean_share: Quantity
    visible: Quantity
    passive: Quantity
    stretch_rad: Quantity


@dataclass(frozen=True, slots=True)
class Habit:
    """How this stance is held without any weakness: usual lean and drop [rad], lifted leg's and CoP's places [m]."""

    lean_rad: Quantity
    drop_rad: Quantity
    lifted_m: Quantity
    prefers_m: Quantity


@dataclass(frozen=True, slots=True)
class Posture:
    """Where the segments are held: leg tilt, pelvic drop on the lifted side, trunk lean [rad], place of the CoM [m]."""

    tilt_rad: Quantity
    drop_rad: Quantity
    lean_rad: Quantity
    com_m: Quantity


def posture(body: Chain, hip: Hip, habit: Habit, lean_rad: Quantity, drop_rad: Quantity) -> Posture:
    """The posture of this lean and drop, balanced over the foot."""
    shift = body.trunk_lever_m * lean_rad - body.pelvis_lever_m * drop_rad
    lifted = LIFTED_MASS * habit.lifted_m
    com = habit.prefers_m + hip.visible * (shift + lifted)
    return Posture((com + body.hip_half_m - lifted - shift) / body.leg_lever_m, drop_rad, lean_rad, com)


def hip_moment(body: Chain, habit: Habit, lean_rad: Quantity, drop_rad: Quantity) -> Quantity:
    """Moment the stance hip needs at rest: m g w for a level pelvis, less with the trunk leaning over. [Nm/kg]."""
    level = body.hip_half_m - LIFTED_MASS * habit.lifted_m
    return GRAVITY * (level + body.pelvis_lever_m * drop_rad - body.trunk_lever_m * lean_rad)


def passive_moment(hip: Hip, adduction_rad: Quantity) -> Quantity:
    """Moment of the stretched tissue. [Nm/kg]."""
    stretch = clip(adduction_rad, 0.0, STIFFEST_STRETCH)
    return hip.passive * (exponential(stretch / hip.stretch_rad) - 1.0)


def compensated(hip: Hip, habit: Habit, effort: Quantity) -> tuple[Quantity, Quantity]:
    """Lean and drop of a compensation 0 .. 1. [rad]."""
    return (
        habit.lean_rad + hip.lean_share * MOST_LEAN * effort,
        habit.drop_rad + (1 - hip.lean_share) * MOST_DROP * effort,
    )


def use_of_strength(body: Chain, hip: Hip, habit: Habit, effort: Quantity) -> Quantity:
    """Active moment at rest over strength, with this compensation."""
    lean, drop = compensated(hip, habit, effort)
    held = posture(body, hip, habit, lean, drop)
    active = hip_moment(body, habit, lean, drop) - passive_moment(hip, held.tilt_rad + held.drop_rad)
    return active / hip.strength


def compensation(body: Chain, hip: Hip, habit: Habit) -> Quantity:
    """Smallest compensation, 0 .. 1, with which a person uses no more than their reserve."""
    low = 0.0 * (hip.strength + body.hip_half_m)
    high = low + 1.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        too_much = use_of_strength(body, hip, habit, middle) > hip.reserve
        low, high = _chosen(too_much, middle, low), _chosen(too_much, high, middle)
    enough = use_of_strength(body, hip, habit, 0.0 * low) <= hip.reserve
    return _chosen(enough, 0.0 * low, 0.5 * (low + high))


def _chosen(condition: bool | NDArray[np.bool_], yes: Quantity, no: Quantity) -> Quantity:
    if isinstance(condition, bool):
        return yes if condition else no
    return np.asarray(np.where(condition, yes, no), dtype=np.float64)
