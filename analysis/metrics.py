"""The registry of metrics: one decorated function is one metric, everywhere. No formulas here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from analysis.cop import CopSeries
from analysis.errors import AnalysisError
from analysis.geometry import Footing, Side
from analysis.phases import StancePhases

Worse = Literal["higher", "lower", "neither", "signed"]
Group = Literal["primary", "details", "boundary", "quality", "research"]


class Reason(StrEnum):
    """Why a metric has no value. Values appear in exported files and as keys of the catalogue: never rename one."""

    NO_FOOT_PLACEMENT = "NO_FOOT_PLACEMENT"
    NO_FOOT_OFF = "NO_FOOT_OFF"
    NO_BIPEDAL_PHASE = "NO_BIPEDAL_PHASE"
    NO_FORCE = "NO_FORCE"
    NO_STATIC_WINDOW = "NO_STATIC_WINDOW"
    ML_AXIS_UNKNOWN = "ML_AXIS_UNKNOWN"
    SIDE_UNKNOWN = "SIDE_UNKNOWN"
    TOO_SHORT = "TOO_SHORT"
    GAP = "GAP"
    CONSTANT_INPUT = "CONSTANT_INPUT"
    NOT_REACHED = "NOT_REACHED"
    NOT_UNIFORM = "NOT_UNIFORM"
    LOW_RATE = "LOW_RATE"
    TARGET_UNKNOWN = "TARGET_UNKNOWN"
    OUTSIDE_FOOT = "OUTSIDE_FOOT"
    NO_EMPTY_PLATE = "NO_EMPTY_PLATE"


class Unavailable(AnalysisError):
    """Happens when a metric has no value for this trial, for a named reason. Never 0, never NaN instead."""

    code = "UNAVAILABLE"

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Stance:
    """What a metric may look at.

    Parameters
    ----------
    window : CopSeries
        The part the sway metrics see (static window). Limb frame where side and ML axis are known, else as recorded.
    trial : CopSeries
        The whole trial in the same frame, both-feet phases included; its X = 0 is the midline between the feet where
        ``footing`` is known.
    phases : StancePhases
    side : Side or None
    ml_known : bool
        Whether + ML is known to be a body side (sign of drift and position).
    footing : Footing or None
        The template; None for imports.
    weight_n : float or None
        Body weight as the method defines it (median Fz). [N]
    target_hold_s : float or None
        The hold asked for; None where it is not known. [s]
    regular : CopSeries or None
        The window on the 100 Hz grid of the research metrics; None where ``window`` lies on it.
    noise : CopSeries or None
        What the plate's own noise makes of the mean load; None where no empty plate was recorded.
    """

    window: CopSeries
    trial: CopSeries
    phases: StancePhases
    side: Side | None
    ml_known: bool
    footing: Footing | None
    weight_n: float | None
    target_hold_s: float | None = None
    regular: CopSeries | None = None
    noise: CopSeries | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One registered metric. Its formula and limits are the docstring of the function behind ``compute``."""

    id: str
    unit: str
    worse: Worse
    group: Group
    source: str
    compute: Callable[[Stance], float]
    formula: str


def known_footing(stance: Stance) -> tuple[Footing, Side]:
    """Where the feet stood and on which the person stands, for whatever is measured from the foot.

    Raises
    ------
    Unavailable
        A template, the side or the direction of + ML is missing.
    """
    if stance.footing is None:
        raise Unavailable(Reason.NO_FOOT_PLACEMENT)
    if stance.side is None:
        raise Unavailable(Reason.SIDE_UNKNOWN)
    if not stance.ml_known:
        raise Unavailable(Reason.ML_AXIS_UNKNOWN)
    return stance.footing, stance.side


METRICS: dict[str, Metric] = {}


def trial_metric(
    id: str, *, unit: str, worse: Worse, source: str, group: Group = "details"
) -> Callable[[Callable[[Stance], float]], Callable[[Stance], float]]:
    """Register a metric that needs more than the static window (phases, foot placement, force)."""

    def register(compute: Callable[[Stance], float]) -> Callable[[Stance], float]:
        if id in METRICS:
            raise AnalysisError(f"metric {id!r} is registered twice")
        METRICS[id] = Metric(id, unit, worse, group, source, compute, compute.__doc__ or "")
        return compute

    return register


def metric(
    id: str, *, unit: str, worse: Worse, source: str, group: Group = "details"
) -> Callable[[Callable[[CopSeries], float]], Callable[[CopSeries], float]]:
    """Register a metric of the CoP in the static window alone."""

    def register(compute: Callable[[CopSeries], float]) -> Callable[[CopSeries], float]:
        def of_window(stance: Stance) -> float:
            return compute(stance.window)

        of_window.__doc__ = compute.__doc__
        trial_metric(id, unit=unit, worse=worse, source=source, group=group)(of_window)
        return compute

    return register


def research_metric(
    id: str, *, unit: str, source: str, worse: Worse = "neither"
) -> Callable[[Callable[[CopSeries], float]], Callable[[CopSeries], float]]:
    """Register a metric that is computed only where research is asked for, always on the 100 Hz grid."""

    def register(compute: Callable[[CopSeries], float]) -> Callable[[CopSeries], float]:
        def of_grid(stance: Stance) -> float:
            return compute(stance.window if stance.regular is None else stance.regular)

        of_grid.__doc__ = compute.__doc__
        trial_metric(id, unit=unit, worse=worse, source=source, group="research")(of_grid)
        return compute

    return register
