"""Standing on one leg, frontal plane: three links, an ankle that balances, a hip that may be too weak, a lumbar spine.

Muscles act on what was sensed 105 ms ago, through an activation of 40 ms; joints are also stiff at once. The active
moment of the hip never exceeds its strength; stretched tissue carries the rest.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from hardware.simulator.body import (
    GRAVITY,
    LIFTED_MASS,
    Chain,
    Habit,
    Hip,
    Posture,
    Quantity,
    clip,
    compensated,
    compensation,
    hip_moment,
    passive_moment,
    posture,
    size_of,
)
from hardware.simulator.noise import STEP_S, Shape, grid_s, smooth, tremble, wander
from hardware.simulator.upright import ACTIVATION_S, TREMBLE_HZ, TREMBLE_QUALITY, Fall, rows_of

Float = NDArray[np.float64]

DELAY_S = 0.105
AT_ONCE = 0.45  # share of the ankle's stiffness that needs no nerve
FELT_M, FELT_S = 0.0026, 1.5
OWN_M, OWN_HZ, TREMBLE_M = 0.0013, 2.4, 0.0003
UNSETTLED, SETTLES_S = 1.2, 0.9  # more noise just after foot-off
HIP_STIFFNESS, HIP_DAMPING, HIP_LATE_STIFFNESS, HIP_LATE_DAMPING, HIP_PER_METRE = 3.0, 0.30, 1.0, 0.10, 0.6
LUMBAR_STIFFNESS, LUMBAR_DAMPING, LUMBAR_LATE_STIFFNESS, LUMBAR_LATE_DAMPING = 4.0, 0.45, 1.0, 0.15
LUMBAR_NOISE = 0.010  # [Nm/kg]
FORCE_CV, FORCE_TREMOR, TREMOR_HZ = 0.042, 0.004, 9.0  # of the active moment
YOUNG_STRENGTH = 1.63  # weaker muscles are relatively noisier (Hamilton 2004) [Nm/kg]
POSTURE_S, EFFORT_S, TIRES, TIRES_ABOVE, CREEP = 0.3, 0.5, 0.03, 0.35, 0.25
BEYOND_FOOT_M = 0.012  # balance is lost when the capture point is this far outside the foot
MOST_DROP_RAD = 0.35


class Channel(IntEnum):
    """Columns of what a stance gives, step by step. SI units, + lateral from the middle of the stance foot."""

    COP = 0
    COM = 1
    SPEED = 2
    TILT = 3
    DROP = 4
    LEAN = 5
    MOMENT = 6
    ACTIVE = 7
    VERTICAL = 8  # acceleration of the CoM [m/s2]
    MARGIN = 9  # what is left until balance is lost, below 0: lost [m]


@dataclass(frozen=True, slots=True)
class Steadiness:
    """How well this leg balances.

    ``noise``: times that of a healthy adult; ``stiffness``, ``damping_s``: of the ankle.
    """

    noise: Quantity = 1.0
    stiffness: Quantity = 1.0
    damping_s: Quantity = 0.40


class Tremors:
    """What disturbs the joints on one leg."""

    def __init__(self, rng: np.random.Generator, shape: Shape) -> None:
        felt, own, trembling, force, tremor, lumbar = rng.spawn(6)
        self._felt, self._own = wander(FELT_S, felt, shape), smooth(OWN_HZ, own, shape)
        self._tremble = tremble(TREMBLE_HZ, TREMBLE_QUALITY, trembling, shape)
        self._force, self._tremor = smooth(3.0, force, shape), tremble(TREMOR_HZ, 5.0, tremor, shape)
        self._lumbar = smooth(1.5, lumbar, shape)

    def take(
        self, unsettled: Float, noise: Quantity, strength: Quantity, effort: Quantity
    ) -> tuple[Float, Float, Float, Float]:
        """Errors felt and made at the ankle [m], moments at hip and lumbar spine [Nm/kg]; (steps, *shape) each."""
        steps = len(unsettled)
        felt = FELT_M * noise * unsettled * self._felt.take(steps)
        own = noise * (OWN_M * unsettled * self._own.take(steps) + TREMBLE_M * self._tremble.take(steps))
        relative = FORCE_CV * (clip(strength, 0.2, np.inf) / YOUNG_STRENGTH) ** -0.5
        used = clip(effort, 0.1, 1.2)
        trembling = FORCE_TREMOR * (1 + 2 * used**3)
        hip = used * strength * (relative * self._force.take(steps) + trembling * self._tremor.take(steps))
        return felt, own, hip, LUMBAR_NOISE * noise * self._lumbar.take(steps)


class OneLeg:
    """A stance from foot-off on.

    Parameters
    ----------
    body, hip, habit, steady : Chain, Hip, Habit, Steadiness
    fall : Fall
        CoM from the middle of the stance foot, + lateral, and its speed at foot-off. [m, m/s]
    rng : Generator
    shape : tuple
    """

    def __init__(
        self,
        body: Chain,
        hip: Hip,
        habit: Habit,
        steady: Steadiness,
        fall: Fall,
        rng: np.random.Generator,
        shape: Shape = (),
    ) -> None:
        self._body, self._hip, self._habit, self._steady = body, hip, habit, steady
        self._shape, self._tremors = shape, Tremors(rng, shape)
        self.effort = compensation(body, hip, habit)
        self.strength = hip.strength
        self._used: Quantity | None = None
        self._steps = 0
        self._level_m = body.hip_half_m - LIFTED_MASS * habit.lifted_m
        lean, drop = compensated(hip, habit, 0.5 * self.effort)
        held = posture(body, hip, habit, lean, drop)
        self._lean, self._drop = lean, drop
        self._off_m = fall.place_m - held.com_m  # brought home along a planned capture
        tilt = held.tilt_rad + self._off_m / body.leg_lever_m
        self._angle: tuple[Quantity, Quantity, Quantity] = (tilt, drop, lean)
        still = 0.0 * tilt
        self._rate: tuple[Quantity, Quantity, Quantity] = (fall.speed_m_s / body.leg_lever_m, still, still)
        speed = fall.speed_m_s + body.omega * self._off_m
        self._command = (1 - AT_ONCE) * steady.damping_s * speed
        felt = (steady.damping_s * speed, HIP_PER_METRE * speed / body.omega, still)
        self._felt = deque([felt] * round(DELAY_S / STEP_S))

    @property
    def posture(self) -> Posture:
        """Where the segments are meant to be by now."""
        lean, drop = compensated(self._hip, self._habit, self.effort)
        return posture(self._body, self._hip, self._habit, lean, drop)

    def move(self, steps: int, push_m_s2: Quantity = 0.0, *, until_lost: bool = False) -> Float:
        """Move on. `until_lost`: stop with the step in which balance is lost (one person only).

        Returns
        -------
        ndarray (steps or fewer, 10, *shape)
            Columns of `Channel`.
        """
        columns = (*self._planned(steps), *self._disturbed(steps))
        rows = []
        for step in rows_of(*columns):
            rows.append(self._step(step, push_m_s2))
            if until_lost and bool(rows[-1][Channel.MARGIN] < 0):
                break
        moved = np.asarray(rows, dtype=np.float64)
        self._tire(moved)
        return moved

    def _disturbed(self, steps: int) -> tuple[Float, ...]:
        since_s = grid_s(self._steps, steps, self._shape)
        unsettled = np.asarray(1 + UNSETTLED * np.exp(-since_s / SETTLES_S), dtype=np.float64)
        used = self._used if self._used is not None else 0.0 * self.effort + 0.5
        return self._tremors.take(unsettled, self._steady.noise, self.strength, used)

    def _planned(self, steps: int) -> tuple[Float, ...]:
        """Place and speed of the CoM, adduction, drop, lean, and moments of hip and lumbar spine that hold it there."""
        body, hip, habit = self._body, self._hip, self._habit
        lean_goal, drop_goal = compensated(hip, habit, self.effort)
        late = np.asarray(np.exp(-grid_s(1, steps, self._shape) / POSTURE_S), dtype=np.float64)
        lean, drop = lean_goal + (self._lean - lean_goal) * late, drop_goal + (self._drop - drop_goal) * late
        self._lean, self._drop = _last(lean, self._shape), _last(drop, self._shape)
        held = posture(body, hip, habit, lean, drop)
        off = self._off_m * np.exp(-body.omega * grid_s(self._steps, steps, self._shape))
        adduction = held.tilt_rad + off / body.leg_lever_m + drop
        hip_needs = hip_moment(body, habit, lean, drop) - passive_moment(hip, adduction)
        columns = (held.com_m, off, adduction, drop, lean, hip_needs)
        return tuple(np.asarray(column, dtype=np.float64) for column in columns)

    def _step(self, step: tuple[Quantity, ...], push: Quantity) -> tuple[Quantity, ...]:
        com, off, adduction, drop, lean, hip_needs, felt, own, hip_noise, lumbar_noise = step
        body, steady = self._body, self._steady
        (tilt, dropped, leaned), (tilting, dropping, leaning) = self._angle, self._rate
        place = body.leg_lever_m * tilt - body.pelvis_lever_m * dropped + body.trunk_lever_m * leaned - self._level_m
        speed = body.leg_lever_m * tilting - body.pelvis_lever_m * dropping + body.trunk_lever_m * leaning
        error, error_speed = place - com - off, speed + body.omega * off
        balance = (1 + steady.stiffness) * error + steady.damping_s * error_speed
        hip_sense = HIP_LATE_STIFFNESS * (dropped - drop) + HIP_LATE_DAMPING * dropping
        hip_sense = hip_sense + HIP_PER_METRE * (error + error_speed / body.omega)
        lumbar_sense = LUMBAR_LATE_STIFFNESS * (leaned - lean) + LUMBAR_LATE_DAMPING * leaning
        self._felt.append((balance, hip_sense, lumbar_sense))
        late_balance, late_hip, late_lumbar = self._felt.popleft()
        command = (1 - AT_ONCE) * (late_balance + (1 + steady.stiffness) * felt)
        self._command = self._command + STEP_S / ACTIVATION_S * (command - self._command)
        half = body.foot_half_m
        ankle = -GRAVITY * clip(com + AT_ONCE * balance + self._command + own, -half, half)
        stretch = tilt + dropped
        wanted = hip_needs + HIP_STIFFNESS * (stretch - adduction) + HIP_DAMPING * (tilting + dropping)
        active = clip(wanted + late_hip + hip_noise, 0.0, self.strength)
        moment = active + passive_moment(self._hip, stretch)
        bend = leaned + dropped - lean - drop
        lumbar = lumbar_noise - GRAVITY * body.trunk_lever_m * lean - late_lumbar
        lumbar = lumbar - LUMBAR_STIFFNESS * bend - LUMBAR_DAMPING * (leaning + dropping)
        sideways, vertical = self._accelerate(ankle, moment, lumbar, push)
        cop = -(ankle + body.ankle_m * (sideways - push)) / (GRAVITY + vertical)
        margin = clip(half + BEYOND_FOOT_M - size_of(place + speed / body.omega), -1.0, MOST_DROP_RAD - dropped)
        return cop, place, speed, tilt, dropped, leaned, moment, active, vertical, margin

    def _accelerate(
        self, ankle: Quantity, moment: Quantity, lumbar: Quantity, push: Quantity
    ) -> tuple[Quantity, Quantity]:
        """Move the links on by one step; accelerations of the CoM sideways and up. [m/s2]"""
        body = self._body
        leg, pelvis, trunk = body.leg_lever_m, body.pelvis_lever_m, body.trunk_lever_m
        tilt, drop, lean = self._angle
        first = ankle - moment + leg * (GRAVITY * tilt + push)
        second = lumbar - moment + GRAVITY * self._level_m + pelvis * (GRAVITY * drop - push)
        third = lumbar + trunk * (GRAVITY * lean + push)
        a, b, c, d, e, f = body.inverse
        tilts = a * first + b * second + c * third
        drops = b * first + d * second + e * third
        leans = c * first + e * second + f * third
        tilting, dropping, leaning = self._rate
        tilting, dropping, leaning = tilting + STEP_S * tilts, dropping + STEP_S * drops, leaning + STEP_S * leans
        self._rate = (tilting, dropping, leaning)
        self._angle = (tilt + STEP_S * tilting, drop + STEP_S * dropping, lean + STEP_S * leaning)
        return leg * tilts - pelvis * drops + trunk * leans, -body.hip_half_m * drops

    def _tire(self, moved: Float) -> None:
        """Strength fades with use; a hip used beyond its reserve is relieved by more compensation, little by little."""
        passed_s = STEP_S * len(moved)
        self._steps += len(moved)
        used = _plain(moved[:, Channel.ACTIVE].mean(axis=0), self._shape) / self.strength
        before = used if self._used is None else self._used
        self._used = used + (before - used) * float(np.exp(-passed_s / EFFORT_S))
        beyond = clip(self._used - TIRES_ABOVE, 0.0, 2.0)
        lost = passed_s * TIRES * self._hip.strength * beyond * beyond
        self.strength = clip(self.strength - lost, 0.3 * self._hip.strength, self._hip.strength)
        over = clip(self._used - self._hip.reserve - 0.03, 0.0, 0.3)
        self.effort = clip(self.effort + passed_s * CREEP * over, 0.0, 1.0)


def _plain(value: Float, shape: Shape) -> Quantity:
    return value if shape else float(value)


def _last(column: Quantity, shape: Shape) -> Quantity:
    return _plain(np.asarray(column, dtype=np.float64)[-1], shape)
