"""The guided calibration: what to do next, what was measured, what was refused. Screen and command line both run it.

Pure: blocks are passed in, time is the plate's own. Zero, nine crosses, four hold-outs, a person on a good scale where
there is one, zero again; then the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquisition.settling import Live, Settling, Stretch, Wanted
from analysis.calibrating import HoldOutReport, Placement, fit_calibration, force_factor, judged
from analysis.calibration import Calibration
from analysis.calibration_checks import (
    Problem,
    Refusal,
    gain_refusal,
    person_refusal,
    placement_refusal,
    saturation_refusal,
    scale_refusal,
    zero_refusal,
    zero_shift_refusal,
)
from analysis.calibration_grid import GRIDS, STANDARD_GRAVITY, Drawing, Grid, Point
from analysis.errors import NotCalibrated
from analysis.recording import SampleBlock

Float = NDArray[np.float64]

FORMAT = 1
PERSON_S = 10.0
PERSON_MOVED_N = 150.0  # stepping, not swaying
#: Refusals after which the same load is simply measured again.
MEASURED_AGAIN = frozenset(
    {
        Problem.ZERO_RESTLESS,
        Problem.ZERO_DRIFTING,
        Problem.ZERO_LOADED,
        Problem.ZERO_SHIFTED,
        Problem.PLACEMENT_RESTLESS,
        Problem.PERSON_RESTLESS,
    }
)


class Task(StrEnum):
    """What is asked for."""

    ZERO = "zero"
    CROSS = "cross"
    HOLD_OUT = "hold_out"
    SCALE = "scale"
    ZERO_AGAIN = "zero_again"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: number ``number`` of ``of`` of its kind; where the load stands [mm] and what it weighs [N]."""

    task: Task
    number: int = 1
    of: int = 1
    xy_mm: Point | None = None
    load_n: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a calibration is made with.

    ``scale_kg``: a person's mass by a good scale, None: the weight sets the force; ``tolerance_g``: of the weight, as
    stated, None: not stated.
    """

    plate_serial: str
    grid: Grid
    weight_kg: float
    scale_kg: float | None = None
    tolerance_g: float | None = None

    @property
    def weight_n(self) -> float:
        """The weight as it is said to be. [N]"""
        return self.weight_kg * STANDARD_GRAVITY

    @property
    def steps(self) -> tuple[Step, ...]:
        """Everything to do, in order."""
        crosses = GRIDS[self.grid]
        scale = () if self.scale_kg is None else (Step(Task.SCALE, load_n=self.scale_kg * STANDARD_GRAVITY),)
        return (
            Step(Task.ZERO),
            *self._placed(Task.CROSS, crosses.fitted),
            *self._placed(Task.HOLD_OUT, crosses.held_out),
            *scale,
            Step(Task.ZERO_AGAIN),
        )

    def _placed(self, task: Task, places: tuple[Point, ...]) -> tuple[Step, ...]:
        return tuple(Step(task, n, len(places), place, self.weight_n) for n, place in enumerate(places, 1))


@dataclass(frozen=True, slots=True)
class Measured:
    """What a step gave: mean of each cell [counts], load by the drawing and SD of the least quiet cell or sum [N]."""

    step: Step
    counts: Float
    load_n: float
    sd_n: float


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """The outcome. ``factor``: by which the force was scaled; ``zero_shift_n (4,)``: over the run. [N]"""

    plan: Plan
    matrix: Float
    factor: float
    hold_outs: HoldOutReport
    zero_shift_n: Float
    refusals: tuple[Refusal, ...]

    @property
    def passed(self) -> bool:
        """Whether the plate may be measured with."""
        return self.hold_outs.passed and not self.refusals


class CalibrationRun:
    """One run.

    Parameters
    ----------
    plan : Plan
    drawing : Drawing
        Of the plate's model.
    zero_before : ndarray (4,) or None
        An earlier zero of this plate, to see that nothing stands on it. [counts]
    """

    def __init__(self, plan: Plan, drawing: Drawing, zero_before: Float | None = None) -> None:
        self.plan, self._drawing, self._zero_before = plan, drawing, zero_before
        self._steps = plan.steps
        self._measured: list[Measured] = []
        self._settling = self._wait()

    @property
    def step(self) -> Step | None:
        """What to do now; None: everything is measured."""
        return self._steps[len(self._measured)] if len(self._measured) < len(self._steps) else None

    @property
    def measured(self) -> tuple[Measured, ...]:
        """What was taken so far."""
        return tuple(self._measured)

    def live(self) -> Live:
        """What the plate shows now."""
        return self._settling.live()

    def feed(self, block: SampleBlock) -> Measured | Refusal | None:
        """The next block; what was taken of it, or why not. A refused step is asked for again."""
        step = self.step
        stretch = self._settling.add(block) if step is not None else None
        if step is None or stretch is None:
            return None
        refusal = self._refusal(step, stretch)
        if refusal is not None:
            self._settling.again(None if refusal.problem in MEASURED_AGAIN else stretch.counts)
            return refusal
        taken = Measured(step, stretch.counts, self._load_n(stretch.counts), self._sd_n(stretch))
        self._measured.append(taken)
        self._settling = self._wait()
        return taken

    def redo(self) -> None:
        """Forget the step before, and ask for it again; at the first one nothing happens."""
        if self._measured:
            forgotten = self._measured.pop()
            self._settling = self._wait()
            self._settling.again(forgotten.counts)

    def report(self) -> CalibrationReport:
        """The matrix, and what the hold-outs say of it.

        With a person's scale the weight counts as what it then weighs: hold-outs judge how alike the plate reads
        everywhere, the scale how much.

        Raises
        ------
        NotCalibrated
            Steps are missing.
        """
        if self.step is not None:
            raise NotCalibrated(f"{len(self._measured)} of {len(self._steps)} steps are measured")
        zero = self._measured[0].counts
        matrix = fit_calibration(self._placements(Task.CROSS, 1.0), self._drawing)
        factor = 1.0
        for person in self._of(Task.SCALE):
            factor = force_factor(matrix, person.counts - zero, person.step.load_n)
        shift = self._measured[-1].counts - zero
        found = (gain_refusal(matrix, self._drawing), scale_refusal(factor))
        return CalibrationReport(
            plan=self.plan,
            matrix=matrix * factor,
            factor=factor,
            hold_outs=judged(matrix * factor, self._placements(Task.HOLD_OUT, factor)),
            zero_shift_n=shift * self._drawing.newton_per_count,
            refusals=tuple(refusal for refusal in found if refusal is not None),
        )

    def document(self) -> dict[str, Any]:
        """The run as JSON: to go on later, and to file."""
        plan = self.plan
        return {
            "format": FORMAT,
            "plate_serial": plan.plate_serial,
            "grid": plan.grid.value,
            "weight_kg": plan.weight_kg,
            "scale_kg": plan.scale_kg,
            "tolerance_g": plan.tolerance_g,
            "measured": [{"counts": each.counts.tolist(), "sd_n": each.sd_n} for each in self._measured],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], drawing: Drawing) -> CalibrationRun:
        """The run as it was.

        Raises
        ------
        NotCalibrated
            Written by another version, or not a run.
        """
        if document.get("format") != FORMAT:
            raise NotCalibrated(f"a calibration run of format {document.get('format')!r}, this program knows {FORMAT}")
        weight_kg, scale_kg, tolerance_g = (document[name] for name in ("weight_kg", "scale_kg", "tolerance_g"))
        run = cls(Plan(document["plate_serial"], Grid(document["grid"]), weight_kg, scale_kg, tolerance_g), drawing)
        for step, entry in zip(run.plan.steps, document["measured"], strict=False):
            counts = np.array(entry["counts"], dtype=np.float64)
            run._measured.append(Measured(step, counts, run._load_n(counts), float(entry["sd_n"])))
        run._settling = run._wait()
        return run

    # ---- inside

    def _wait(self) -> Settling:
        """For the next step; what the step before measured is not measured again."""
        zero, last = (self._measured[0].counts, self._measured[-1].counts) if self._measured else (None, None)
        drawing = self._drawing
        return Settling(_wanted(self.step), drawing.newton_per_count, drawing.full_scale_counts, zero, last)

    def _load_n(self, counts: Float) -> float:
        zero = self._measured[0].counts if self._measured else counts
        return float((counts - zero).sum() * self._drawing.newton_per_count)

    def _sd_n(self, stretch: Stretch) -> float:
        return max(float(stretch.sd_counts.max()), stretch.sum_sd_counts) * self._drawing.newton_per_count

    def _refusal(self, step: Step, stretch: Stretch) -> Refusal | None:
        drawing, gain = self._drawing, self._drawing.newton_per_count
        if saturated := saturation_refusal(stretch.saturated):
            return saturated
        if step.task is Task.ZERO:
            return zero_refusal(
                stretch.counts, stretch.sd_counts * gain, stretch.slope_counts_s * gain, gain, self._zero_before
            )
        zero = self._measured[0].counts
        if step.task is Task.ZERO_AGAIN:
            restless = zero_refusal(stretch.counts, stretch.sd_counts * gain, np.zeros(4), gain, None)
            return restless or zero_shift_refusal(zero, stretch.counts, gain)
        counts = stretch.counts - zero
        if step.task is Task.SCALE:
            return person_refusal(float(counts.sum() * gain), stretch.sum_sd_counts * gain, step.load_n)
        return placement_refusal(counts, self._sd_n(stretch), step.xy_mm or (0.0, 0.0), step.load_n, drawing)

    def _of(self, task: Task) -> list[Measured]:
        return [each for each in self._measured if each.step.task is task]

    def _placements(self, task: Task, factor: float) -> list[Placement]:
        zero = self._measured[0].counts
        return [
            Placement(each.step.xy_mm or (0.0, 0.0), each.step.load_n * factor, each.counts - zero, each.sd_n)
            for each in self._of(task)
        ]


def _wanted(step: Step | None) -> Wanted:
    match step.task if step else None:
        case Task.SCALE:
            return Wanted(loaded=True, measure_s=PERSON_S, moved_n=PERSON_MOVED_N)
        case Task.CROSS | Task.HOLD_OUT:
            return Wanted(loaded=True)
        case _:
            return Wanted(loaded=False)


def made_calibration(
    report: CalibrationReport,
    drawing: Drawing,
    id: str,
    made_by: str,
    made_at: datetime,
    valid_until: datetime | None,
) -> Calibration:
    """What a run that passed is filed as; its uncertainty is what the hold-outs showed.

    Raises
    ------
    NotCalibrated
        It did not pass: nobody may measure with it.
    """
    if not report.passed:
        raise NotCalibrated("the hold-outs are outside their limits: this calibration may not be used")
    plan = report.plan
    scale = "" if plan.scale_kg is None else "+scale"
    reference = f"{plan.weight_kg:g} kg{scale}, 9 crosses {plan.grid.upper()}"
    return Calibration(
        id=id,
        plate_serial=plan.plate_serial,
        matrix=report.matrix,
        cell_newton_per_count=report.matrix[0],
        residual_n=report.hold_outs.residual_n,
        cop_error_mm=report.hold_outs.cop_max_mm,
        max_load_n=drawing.max_load_n,
        reference=reference,
        made_at=made_at,
        made_by=made_by,
        valid_until=valid_until,
    )
