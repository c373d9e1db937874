"""The check before a session: empty plate, weight in the centre, weight on a corner cross; half a minute in all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from acquisition.settling import Live, Settling, Stretch, Wanted
from analysis.calibration_checks import Refusal, placement_refusal, saturation_refusal, zero_refusal
from analysis.calibration_grid import STANDARD_GRAVITY, Drawing, Point
from analysis.errors import NotCalibrated
from analysis.recording import SampleBlock
from analysis.session_check import CORNER_MM, Loads

Float = NDArray[np.float64]

SETTLE_S, MEASURE_S = 2.0, 4.0


class CheckTask(StrEnum):
    """What is asked for."""

    ZERO = "zero"
    CENTRE = "centre"
    CORNER = "corner"


PLACES: dict[CheckTask, Point | None] = {
    CheckTask.ZERO: None,
    CheckTask.CENTRE: (0.0, 0.0),
    CheckTask.CORNER: CORNER_MM,
}


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that was measured; ``load_n``: by the drawing. [N]"""

    task: CheckTask
    load_n: float
    stretch: Stretch


class SessionCheckRun:
    """One check. Pure: blocks are passed in, time is the plate's own.

    Parameters
    ----------
    weight_kg : float
    drawing : Drawing
    zero_before : ndarray (4,) or None
        Of the check or calibration before. [counts]
    """

    def __init__(self, weight_kg: float, drawing: Drawing, zero_before: Float | None = None) -> None:
        self.weight_n = weight_kg * STANDARD_GRAVITY
        self._drawing, self._zero_before = drawing, zero_before
        self._taken: list[Taken] = []
        self._settling = self._wait()

    @property
    def task(self) -> CheckTask | None:
        """What to do now; None: everything is measured."""
        return list(CheckTask)[len(self._taken)] if len(self._taken) < len(CheckTask) else None

    def live(self) -> Live:
        """What the plate shows now."""
        return self._settling.live()

    def feed(self, block: SampleBlock) -> Taken | Refusal | None:
        """The next block; what was taken of it, or why not."""
        task = self.task
        stretch = self._settling.add(block) if task is not None else None
        if task is None or stretch is None:
            return None
        refusal = self._refusal(task, stretch)
        if refusal is not None:
            self._settling.again(None if task is CheckTask.ZERO else stretch.counts)
            return refusal
        zero = self._taken[0].stretch.counts if self._taken else stretch.counts
        load_n = float((stretch.counts - zero).sum() * self._drawing.newton_per_count)
        self._taken.append(Taken(task, load_n, stretch))
        self._settling = self._wait()
        return self._taken[-1]

    def loads(self) -> Loads:
        """Everything that was measured.

        Raises
        ------
        NotCalibrated
            Steps are missing.
        """
        if self.task is not None:
            raise NotCalibrated(f"{len(self._taken)} of {len(CheckTask)} steps are measured")
        zero, centre, corner = (taken.stretch for taken in self._taken)
        return Loads(
            weight_n=self.weight_n,
            zero=zero.counts,
            centre=centre.counts,
            corner=corner.counts,
            rate_hz=zero.rate_hz,
            noise_n=zero.sd_counts * self._drawing.newton_per_count,
            zero_before=self._zero_before,
        )

    def _wait(self) -> Settling:
        wanted = Wanted(loaded=self.task is not CheckTask.ZERO, settle_s=SETTLE_S, measure_s=MEASURE_S)
        zero, last = (self._taken[0].stretch.counts, self._taken[-1].stretch.counts) if self._taken else (None, None)
        drawing = self._drawing
        return Settling(wanted, drawing.newton_per_count, drawing.full_scale_counts, zero, last)

    def _refusal(self, task: CheckTask, stretch: Stretch) -> Refusal | None:
        gain = self._drawing.newton_per_count
        if saturated := saturation_refusal(stretch.saturated):
            return saturated
        place = PLACES[task]
        if place is None:
            return zero_refusal(stretch.counts, stretch.sd_counts * gain, np.zeros(4), gain, self._zero_before)
        counts = stretch.counts - self._taken[0].stretch.counts
        sd_n = max(float(stretch.sd_counts.max()), stretch.sum_sd_counts) * gain
        return placement_refusal(counts, sd_n, place, self.weight_n, self._drawing)
