"""How a number is computed: formula, parameters, source and limits of each metric and what is made of them. Pure."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass

from analysis.abductors import STRENGTH_SD_PART
from analysis.assess import TrialResult
from analysis.demand import FOOT_SD_MM, HARRINGTON_OFFSET_MM, HARRINGTON_SLOPE, KAPPA, LEG_OF_HEIGHT, TILT_SD_DEG
from analysis.metrics import METRICS
from analysis.progress import PRIOR_FREEDOM, SLOPE_FROM, SLOPE_INTERVAL_FROM
from analysis.settings import AnalysisSettings
from analysis.sides import ASSUMED_MDC, MEDIAN_FROM, RATIO_LIMIT
from dashboard.sentences import metric_label, metric_limits
from dashboard.words import Words

#: What is explained besides the metrics; keys of the catalogue's ``topic``.
TOPICS = (
    "usable",
    "interval",
    "side_ratio",
    "side_difference",
    "hold_difference",
    "pattern",
    "observed",
    "strength",
    "deficit",
    "demand",
    "reserve",
    "change",
    "band",
    "slope",
    "difference",
)
#: Constants that the explanations name.
CONSTANTS: dict[str, float] = {
    "ratio_limit": RATIO_LIMIT,
    "median_from": MEDIAN_FROM,
    "mdc_shift": ASSUMED_MDC["lateral_shift"],
    "mdc_velocity_ml": ASSUMED_MDC["velocity_ml"],
    "mdc_velocity": ASSUMED_MDC["velocity"],
    "strength_sd_pct": 100 * STRENGTH_SD_PART,
    "tilt_sd": TILT_SD_DEG,
    "foot_sd": FOOT_SD_MM,
    "kappa": KAPPA,
    "leg_of_height": LEG_OF_HEIGHT,
    "harrington_slope": HARRINGTON_SLOPE,
    "harrington_offset": HARRINGTON_OFFSET_MM,
    "prior_freedom": PRIOR_FREEDOM,
    "slope_from": SLOPE_FROM,
    "slope_interval_from": SLOPE_INTERVAL_FROM,
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is said about one number, as text."""

    label: str
    formula: Sequence[str]
    parameters: Sequence[str]
    source: str
    limits: str


def explained(words: Words, about: str, parameters: Sequence[str]) -> Explanation:
    """How a metric or a topic is computed; ``parameters``: the settings of the results on the page."""
    if about in TOPICS:
        said = {part: words(f"topic.{about}.{part}", **CONSTANTS) for part in ("formula", "source", "limits")}
        own = words(f"topic.{about}.parameters", **CONSTANTS)
        return Explanation(words(f"topic.{about}.label"), [said["formula"]], [own], said["source"], said["limits"])
    return Explanation(
        label=metric_label(words, about),
        formula=paragraphs(METRICS[about].formula),
        parameters=list(parameters) or [words("explain.not_measured")],
        source=METRICS[about].source,
        limits=metric_limits(words, about),
    )


def parameters_of(words: Words, results: Sequence[TrialResult]) -> list[str]:
    """The settings these results were made with, each way once."""
    ways = {_parameters(words, result.settings, result.analysis_version): None for result in results}
    return [text for way in ways for text in way]


def _parameters(words: Words, settings: AnalysisSettings, version: str) -> tuple[str, ...]:
    if settings.lowpass_design_hz is not None:
        lowpass = words("explain.lowpass_design", hz=settings.lowpass_design_hz)
    elif settings.lowpass_hz is not None:
        lowpass = words("explain.lowpass", hz=settings.lowpass_hz)
    else:
        lowpass = words("explain.lowpass_none")
    grid = words("explain.grid", hz=settings.grid_hz) if settings.grid_hz else words("explain.grid_native")
    percent = 100 * settings.minimum_load_fraction
    load = words("explain.minimum_load", minimum_n=settings.minimum_load_n, percent=percent)
    return lowpass, grid, _window(words, settings), load, words("explain.version", version=version)


def _window(words: Words, settings: AnalysisSettings) -> str:
    if isinstance(settings.window, tuple):
        return words("explain.window_span", start=settings.window[0], end=settings.window[1])
    return words(f"explain.window_{settings.window}")


def paragraphs(docstring: str) -> tuple[str, ...]:
    """A docstring as running text."""
    return tuple(" ".join(part.split()) for part in inspect.cleandoc(docstring).split("\n\n"))
