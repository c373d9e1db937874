"""How far a stable person's numbers differ: published or assumed rows, and a laboratory's own test-retest study."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, fdtri

from analysis.errors import AnalysisError

Float = NDArray[np.float64]
Scale = Literal["ln", "unit"]
Z95 = 1.96
#: People a study needs before its figures take the place of the assumed ones.
ENOUGH_PEOPLE = 20


class StudyRefused(AnalysisError):
    """Happens when a test-retest study has too few people, visits or trials, or a value that is no number."""

    code = "STUDY_REFUSED"


@dataclass(frozen=True, slots=True)
class Reliability:
    """Spread of one metric in people who do not change.

    ``scale`` "ln": SDs of logarithms, for positive metrics; "unit": in the metric's unit. ``within_sd``: trial to
    trial. ``between_sd``: visit to visit, beyond what the trials explain. ``practice``: change expected from a first
    visit without a practice trial to the second. ``verified``: read in the primary source; else it is "assumed".
    """

    scale: Scale
    within_sd: float
    between_sd: float
    practice: float
    source: str
    n: int
    device: str
    verified: bool

    def sem(self, trials: int) -> float:
        """Standard error of measurement of one visit's mean of `trials` trials."""
        return math.sqrt(self.within_sd**2 / trials + self.between_sd**2)


@cache
def known_reliability() -> Mapping[str, Reliability]:
    """The rows of `reliability.toml`, by metric id."""
    text = files("analysis").joinpath("reliability.toml").read_text(encoding="utf-8")
    rows: dict[str, Reliability] = {}
    for row in tomllib.loads(text)["row"]:
        metrics = row.pop("metrics")
        rows |= dict.fromkeys(metrics, Reliability(**row))
    return rows


@dataclass(frozen=True, slots=True)
class RetestStudy:
    """What a test-retest study of one metric and leg found, on the scale its values were given in.

    ``icc_single`` and ``icc_mean``: ICC(2,1) and ICC(2,k) of Shrout & Fleiss, two-way random, absolute agreement, with
    their 95 % intervals. ``sem``: root of the error mean square, ``mdc95`` = 1.96 sqrt(2) sem; intervals by chi square.
    ``visit_shift``: mean of the last visit minus the first (practice). ``within_sd``, ``between_sd``: as `Reliability`;
    None where only one trial a visit was given.
    """

    people: int
    visits: int
    icc_single: float
    icc_single_ci95: tuple[float, float]
    icc_mean: float
    icc_mean_ci95: tuple[float, float]
    sem: float
    sem_ci95: tuple[float, float]
    mdc95: float
    mdc95_ci95: tuple[float, float]
    visit_shift: float
    within_sd: float | None
    between_sd: float | None

    @property
    def is_enough(self) -> bool:
        """Whether its figures may take the place of the assumed ones."""
        return self.people >= ENOUGH_PEOPLE


def retest_study(trials: Float) -> RetestStudy:
    """Reliability from people who were measured again.

    Parameters
    ----------
    trials : ndarray (people, visits, trials)
        Values on the scale to be compared on: logarithms of positive metrics.

    Returns
    -------
    RetestStudy

    Raises
    ------
    StudyRefused
        Fewer than 3 people or 2 visits, or a value that is no number.

    Notes
    -----
    Shrout & Fleiss 1979, Psychol Bull 86:420, doi 10.1037/0033-2909.86.2.420; intervals: their equations for ICC(2,1)
    and Spearman-Brown for ICC(2,k). SEM and its use: Weir 2005, J Strength Cond Res 19:231.
    """
    if trials.ndim != 3 or trials.shape[0] < 3 or trials.shape[1] < 2 or trials.shape[2] < 1:
        raise StudyRefused(f"a study of shape {trials.shape}: needs 3 people, 2 visits and 1 trial or more")
    if not np.isfinite(trials).all():
        raise StudyRefused(f"{int((~np.isfinite(trials)).sum())} values are no numbers: leave those people out")
    means = trials.mean(axis=2)
    n, k = means.shape
    people_ms, visits_ms, error_ms = _mean_squares(means)
    single = (people_ms - error_ms) / (people_ms + (k - 1) * error_ms + k * (visits_ms - error_ms) / n)
    single_ci = _icc_interval(people_ms, visits_ms, error_ms, n, k, single)
    freedom = (n - 1) * (k - 1)
    sem = math.sqrt(error_ms)
    sem_ci = (
        math.sqrt(freedom * error_ms / float(chdtri(freedom, 0.025))),
        math.sqrt(freedom * error_ms / float(chdtri(freedom, 0.975))),
    )
    to_mdc = Z95 * math.sqrt(2)
    within = math.sqrt(float(trials.var(axis=2, ddof=1).mean())) if trials.shape[2] > 1 else None
    return RetestStudy(
        people=n,
        visits=k,
        icc_single=single,
        icc_single_ci95=single_ci,
        icc_mean=_spearman_brown(single, k),
        icc_mean_ci95=(_spearman_brown(single_ci[0], k), _spearman_brown(single_ci[1], k)),
        sem=sem,
        sem_ci95=sem_ci,
        mdc95=to_mdc * sem,
        mdc95_ci95=(to_mdc * sem_ci[0], to_mdc * sem_ci[1]),
        visit_shift=float((means[:, -1] - means[:, 0]).mean()),
        within_sd=within,
        between_sd=None if within is None else math.sqrt(max(error_ms - within**2 / trials.shape[2], 0.0)),
    )


def reliability_of(study: RetestStudy, scale: Scale, source: str, device: str) -> Reliability:
    """A study's figures as the row that progress uses.

    Raises
    ------
    StudyRefused
        Too few people, or one trial a visit: trial-to-trial spread is not known.
    """
    if not study.is_enough or study.within_sd is None or study.between_sd is None:
        raise StudyRefused(
            f"a study of {study.people} people: needs {ENOUGH_PEOPLE} and two trials a visit or more to replace"
            " the assumed figures"
        )
    return Reliability(
        scale, study.within_sd, study.between_sd, study.visit_shift, source, study.people, device, verified=True
    )


def _mean_squares(means: Float) -> tuple[float, float, float]:
    """Two-way analysis of variance without repetition: people, visits, error."""
    n, k = means.shape
    grand = means.mean()
    people = k * float(((means.mean(axis=1) - grand) ** 2).sum()) / (n - 1)
    visits = n * float(((means.mean(axis=0) - grand) ** 2).sum()) / (k - 1)
    residual = means - means.mean(axis=1, keepdims=True) - means.mean(axis=0, keepdims=True) + grand
    return people, visits, float((residual**2).sum()) / ((n - 1) * (k - 1))


def _spearman_brown(single: float, k: int) -> float:
    return k * single / (1 + (k - 1) * single)


def _icc_interval(
    people_ms: float, visits_ms: float, error_ms: float, n: int, k: int, single: float
) -> tuple[float, float]:
    """95 % interval of ICC(2,1)."""
    if error_ms == 0:
        return single, single
    ratio = visits_ms / error_ms
    a = n * (1 + (k - 1) * single) - k * single
    freedom = (k - 1) * (n - 1) * (k * single * ratio + a) ** 2 / ((n - 1) * (k * single * ratio) ** 2 + a**2)
    upper, lower = float(fdtri(n - 1, freedom, 0.975)), float(fdtri(freedom, n - 1, 0.975))
    rest = k * visits_ms + (k * n - k - n) * error_ms
    low = n * (people_ms - upper * error_ms) / (upper * rest + n * people_ms)
    high = n * (lower * people_ms - error_ms) / (rest + n * lower * people_ms)
    return low, high
