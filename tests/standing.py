"""A person on a plate, written down as a course of CoP and load: every moment of the test is known.

Movements are minimum-jerk: s(p) = 10 p^3 - 15 p^4 + 6 p^5. Their speed is 30 p^2 (1 - p)^2 of size over duration, 1.875
at the middle; it has fallen to 15 % of that where p (1 - p) = sqrt(0.15 * 1.875 / 30), at p = 0.8914.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.assess import AssessedTrial, assess_import
from analysis.geometry import Footing, FootPlacement, Side, sign
from analysis.recording import ImportedRecording, MlAxis, SignalKind
from analysis.settings import AnalysisSettings

Float = NDArray[np.float64]
Move = tuple[float, float, float]  # from [s], lasting [s], to [mm or part of body weight]

WEIGHT_N = 700.0
HALF_MM = 90.0
SLOWED = 0.8914
WIDTH_MM = 98.0
FOOTING = Footing(
    FootPlacement(Side.LEFT, (-HALF_MM, -110.0), (-HALF_MM, 135.0), 260.0, WIDTH_MM),
    FootPlacement(Side.RIGHT, (HALF_MM, -110.0), (HALF_MM, 135.0), 260.0, WIDTH_MM),
)


def minimum_jerk(time_s: Float, start_s: float, lasts_s: float) -> Float:
    """From 0 to 1, starting and ending at rest."""
    part = np.clip((time_s - start_s) / lasts_s, 0.0, 1.0)
    return 10 * part**3 - 15 * part**4 + 6 * part**5


def course(time_s: Float, first: float, moves: list[Move]) -> Float:
    """A quantity that rests at `first` and makes these moves, one after the other."""
    value, at = np.full(len(time_s), first), first
    for start_s, lasts_s, to in moves:
        value += (to - at) * minimum_jerk(time_s, start_s, lasts_s)
        at = to
    return value


@dataclass(frozen=True)
class Attempt:
    """One attempt on one leg. Times from the recording's start. [s]

    Both feet from 0 with the CoP at ``both_mm``; a dip of ``apa_mm`` toward the swing leg; the transfer begins at
    ``lift_s`` and lasts 0.6 s; then the CoP lies ``shift_mm`` lateral of the foot's midline. ``after``: where the CoP
    goes at the end, ``load``: how the load changes, as a part of body weight. Sway is the sum of two sines, 0.25 of it
    on both feet.
    """

    side: Side = Side.RIGHT
    seconds: float = 50.0
    lift_s: float = 10.0
    shift_mm: float = 6.0
    both_mm: float = 0.0
    apa_mm: float = 0.0
    drift_mm_s: float = 0.0
    sway: float = 1.0
    after: list[Move] = field(default_factory=lambda: [(45.0, 0.4, 0.0)])
    load: list[Move] = field(default_factory=list)
    first_load: float = 1.0
    half_mm: float = HALF_MM

    @property
    def foot_off_s(self) -> float:
        """Where the transfer has slowed to 15 % of its peak."""
        return self.lift_s + SLOWED * 0.6

    def lateral_mm(self, time_s: Float) -> Float:
        """X from the midline between the feet, + lateral. [mm]"""
        dip = [(self.lift_s - 0.6, 0.3, self.both_mm - self.apa_mm)] if self.apa_mm else []
        onto: Move = (self.lift_s, 0.6, self.half_mm + self.shift_mm)
        placed = course(time_s, self.both_mm, [*dip, onto, *self.after])
        up = course(time_s, 0.25, [(self.lift_s, 0.6, 1.0)]) * self.sway
        wave = 3.0 * np.sin(2 * np.pi * 0.45 * time_s) + 1.5 * np.sin(2 * np.pi * 1.1 * time_s + 1.0)
        return placed + up * wave + self.drift_mm_s * np.clip(time_s - self.lift_s, 0.0, None)

    def recording(self, rate_hz: float = 100.0, ml_axis: MlAxis = MlAxis.PLUS_RIGHT) -> ImportedRecording:
        """What a plate would have measured: CoP and Fz."""
        time_s = np.arange(round(self.seconds * rate_hz) + 1) / rate_hz
        ml_mm = sign(self.side) * self.lateral_mm(time_s)
        up = course(time_s, 0.25, [(self.lift_s, 0.6, 1.0)]) * self.sway
        ap_mm = 10.0 + up * (4.0 * np.sin(2 * np.pi * 0.35 * time_s) + 2.0 * np.sin(2 * np.pi * 0.9 * time_s))
        fz_n = WEIGHT_N * course(time_s, self.first_load, self.load)
        return ImportedRecording(time_s, np.column_stack([ml_mm, ap_mm, fz_n]), SignalKind.COP_FZ, ml_axis)

    def assessed(
        self,
        *,
        rate_hz: float = 100.0,
        settings: AnalysisSettings | None = None,
        footing: Footing | None = FOOTING,
        side: Side | None = None,
        target_hold_s: float | None = 30.0,
    ) -> tuple[AssessedTrial, ...]:
        """The trials that the analysis makes of it."""
        recording, settings = self.recording(rate_hz), settings or AnalysisSettings()
        return assess_import(recording, settings=settings, footing=footing, side=side, target_hold_s=target_hold_s)


def joined(*attempts: Attempt, rate_hz: float = 100.0) -> ImportedRecording:
    """Attempts one after the other in one recording; each must begin and end on both feet at the same place."""
    parts = [attempt.recording(rate_hz).values[:-1] for attempt in attempts]
    values = np.vstack(parts)
    return ImportedRecording(np.arange(len(values)) / rate_hz, values, SignalKind.COP_FZ, MlAxis.PLUS_RIGHT)
