"""A plate whose load and CoP are dictated, with a guided test on it: for walking through its steps in virtual time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from shelf import result

from acquisition.plate import Cue
from analysis.calibration import Calibration
from analysis.geometry import sign
from analysis.recording import SampleBlock
from dashboard.guide import Guide
from dashboard.orders import Facts, File, GuideView, Outcome, Tell
from dashboard.protocol import STANDARD, Act, Protocol, Step
from dashboard.tally import Tally
from hardware.plates import load_plate_model

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
MODEL = load_plate_model("reference-a")
NPC = 5e-4
CALIBRATION = Calibration(
    "c", "P", MODEL.geometry.load_matrix() * NPC, np.full(4, NPC), 0.4, 0.6, 2000.0, "dictated", AT, "test"
)
HALF_MM = MODEL.template.half_spacing_mm
RATE_HZ = 80
#: The standard test, its practice trials done.
MEASURED = replace(STANDARD, practice_a_side=0)
WEIGHT_N = 700.0


class DictatedPlate:
    """Gives the guide blocks of 25 ms whose load and CoP are dictated; remembers what the guide ordered."""

    def __init__(self, protocol: Protocol = MEASURED, tally: Tally | None = None) -> None:
        self.guide = Guide("g", protocol, MODEL.template, CALIBRATION, tally)
        self.made = 0
        self.fz_n, self.x_mm = 0.0, 0.0
        self.noise_counts = 40.0
        self.orders: list[object] = []
        self._rng = np.random.default_rng(1)

    @property
    def now_s(self) -> float:
        """Device time. [s]"""
        return self.made / RATE_HZ

    @property
    def view(self) -> GuideView:
        """What a screen would show."""
        return self.guide.view()

    def run(self, seconds: float, fz_n: float | None = None, x_mm: float | None = None) -> None:
        """Go smoothly within 0.4 s to a load and a CoP, then stay."""
        n = round(seconds * RATE_HZ)
        ramp = np.clip(np.arange(1, n + 1) / (0.4 * RATE_HZ), 0, 1)
        ramp = ramp**3 * (10 - 15 * ramp + 6 * ramp**2)
        to_n, to_mm = (self.fz_n if fz_n is None else fz_n), (self.x_mm if x_mm is None else x_mm)
        load_n, at_mm = self.fz_n + ramp * (to_n - self.fz_n), self.x_mm + ramp * (to_mm - self.x_mm)
        self.fz_n, self.x_mm = to_n, to_mm
        right = (0.5 + at_mm / 440)[:, None] * np.array([0, 0.5, 0.5, 0])
        left = (0.5 - at_mm / 440)[:, None] * np.array([0.5, 0, 0, 0.5])
        counts = load_n[:, None] * (right + left) / NPC + 1000 + self._rng.normal(0, self.noise_counts, (n, 4))
        for start in range(0, n, 2):
            rows = counts[start : start + 2]
            device_us = np.repeat(((self.made + np.arange(len(rows))) * 12_500)[:, None], 4, axis=1)
            block = SampleBlock(
                self.made, device_us.astype(np.uint64), rows.astype(np.int32), np.zeros(len(rows), "u1")
            )
            self.made += len(rows)
            self.guide.feed(block, AT)
            self.orders += self.guide.take_orders()

    def until(self, step: Step, limit_s: float, fz_n: float | None = None, x_mm: float | None = None) -> None:
        """Run until a step is reached; it must come within the limit."""
        before_s = self.now_s
        self.run(0.5, fz_n, x_mm)
        while self.view.step is not step:
            assert self.now_s - before_s < limit_s, f"still {self.view.step} after {limit_s} s"
            self.run(0.1)

    def act(self, act: Act, token: str | None = None) -> bool:
        """What the operator does, on a fresh screen unless a token says otherwise."""
        done = self.guide.act(act, token or self.view.token)
        self.orders += self.guide.take_orders()
        return done

    def filed(self, outcome: Outcome) -> None:
        """The archive took the attempt."""
        self.guide.filed(outcome)
        self.orders += self.guide.take_orders()

    @property
    def facts(self) -> Facts:
        """Of the newest order to file."""
        return [order for order in self.orders if isinstance(order, File)][-1].facts

    def cues(self) -> list[Cue]:
        """What the person was told, in order."""
        return [order.cue for order in self.orders if isinstance(order, Tell)]


def both_feet(plate: DictatedPlate) -> None:
    assert plate.act(Act.START)
    plate.until(Step.BOTH_FEET, 4)
    plate.run(1.0, WEIGHT_N, 0.0)


def asked_to_lift(plate: DictatedPlate) -> None:
    both_feet(plate)
    plate.until(Step.LIFT, 12)


def holding(plate: DictatedPlate) -> None:
    asked_to_lift(plate)
    plate.until(Step.HOLD, 2, x_mm=sign(plate.view.side) * (HALF_MM + 4))


def filing(plate: DictatedPlate) -> None:
    holding(plate)
    plate.until(Step.FOOT_DOWN, 32)
    plate.until(Step.SETTLE, 3, x_mm=0.0)
    plate.until(Step.FILING, 4)


def good(trial_id: str = "t1") -> Outcome:
    return Outcome(trial_id, result())


def judged(plate: DictatedPlate) -> None:
    filing(plate)
    plate.filed(good())
