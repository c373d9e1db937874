"""Lateral position and the way onto one leg: hold time, shift, drift, transfer, settling.

Every metric here needs phases, a foot placement or a known body side; without it the reason is given instead.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter

from analysis.cop import CopSeries
from analysis.marking import FAILURES
from analysis.metrics import Reason, Stance, Unavailable, known_footing, trial_metric
from analysis.stances import smooth
from analysis.sway import OWN, axis_mm, path, per_second, points_mm, steps_mm
from analysis.zero_phase import zero_phase

Float = NDArray[np.float64]

DRIFT_MINIMUM_S = 20.0
SETTLING_MINIMUM_S = 15.4
STABILISED_RATIO, STABILISED_WINDOW_S, STABILISED_LIMIT_S = 1.3, 0.75, 5.0
SPEED_HZ = 6.0  # dX/dt is that of X low-passed here, as for the phases
UNIFORM_PART = 0.01
VERTICAL_BAND_HZ, VERTICAL_MINIMUM_S = (1.0, 10.0), 5.0


def _foot_off_s(stance: Stance) -> float:
    if stance.phases.foot_off_s is None:
        raise Unavailable(Reason.NO_FOOT_OFF)
    return stance.phases.foot_off_s


def _static(stance: Stance) -> CopSeries:
    """The static window whatever window the sway metrics see: transition metrics refer to it."""
    if stance.phases.static_s is None:
        raise Unavailable(Reason.NO_STATIC_WINDOW)
    return stance.trial.between(*stance.phases.static_s)


def _lateral_mm(cop: CopSeries) -> Float:
    points = points_mm(cop)
    return np.asarray(points[:, 0], dtype=np.float64)


@trial_metric("hold_time", unit="s", worse="lower", source=OWN, group="primary")
def hold_time(stance: Stance) -> float:
    """Time on one leg, foot-off to end; a lower bound where the phases say it is censored (target, start, cut)."""
    if stance.phases.hold_time_s <= 0:
        raise Unavailable(Reason.NO_FOOT_OFF)
    return stance.phases.hold_time_s


@trial_metric("failures", unit="count", worse="higher", source=OWN, group="primary")
def failures(stance: Stance) -> float:
    """1 where the stance ended before its time by a touch, hop, step or stop, else 0; over a side they add up.

    Needs the hold that was asked for: a foot put down after 20 s of a 20 s test is no failure.
    """
    if stance.phases.hold_time_s <= 0:
        raise Unavailable(Reason.NO_FOOT_OFF)
    if stance.target_hold_s is None:
        raise Unavailable(Reason.TARGET_UNKNOWN)
    return float(stance.phases.ended_by in FAILURES)


@trial_metric("lateral_shift", unit="mm", worse="signed", source=OWN, group="primary")
def lateral_shift(stance: Stance) -> float:
    """Mean CoP from the midline of the stance foot, + lateral: mean X - s. As exact as the foot's placement.

    In steady stance it equals the mean projection of the centre of mass: it shows a shift of the whole body over the
    foot, whatever pelvis and trunk did to bring it there.
    """
    footing, side = known_footing(stance)
    foot_mm = abs(footing.of(side).midline_x_mm - footing.midline_x_mm)
    return float(_lateral_mm(stance.window).mean()) - foot_mm


@trial_metric("lateral_shift_pct", unit="%", worse="signed", source=OWN, group="primary")
def lateral_shift_pct(stance: Stance) -> float:
    """Lateral shift as a part of half the foot's width: 100 shift / (width / 2)."""
    footing, side = known_footing(stance)
    return 100 * lateral_shift(stance) / (footing.of(side).width_mm / 2)


@trial_metric("drift", unit="mm/30 s", worse="signed", source=OWN)
def drift(stance: Stance) -> float:
    """Slope of X over the window by least squares, + lateral, as mm in 30 s. Needs a window of 20 s."""
    window = stance.window
    x_mm = axis_mm(window, 0)
    if not stance.ml_known:
        raise Unavailable(Reason.ML_AXIS_UNKNOWN)
    time_s = window.time_s[window.valid]
    interval_s = float(np.median(np.diff(window.time_s)))
    if time_s[-1] - time_s[0] < DRIFT_MINIMUM_S - 2 * interval_s:  # the window's ends may fall between samples
        raise Unavailable(Reason.TOO_SHORT)
    centred_s = time_s - time_s.mean()
    return float(30 * (centred_s @ (x_mm - x_mm.mean())) / (centred_s @ centred_s))


def _bipedal_mean_mm(stance: Stance) -> float:
    if stance.phases.bipedal_s is None:
        raise Unavailable(Reason.NO_BIPEDAL_PHASE)
    return float(_lateral_mm(stance.trial.between(*stance.phases.bipedal_s)).mean())


@trial_metric("shift_from_bipedal", unit="%", worse="signed", source=OWN)
def shift_from_bipedal(stance: Stance) -> float:
    """How far the CoP went from its both-feet place, over s: 100 ((mean X one leg - mean X both feet)/s - 1).

    0: onto the foot's midline from an even stance. Uneven loading of both feet enters it.
    """
    footing, _ = known_footing(stance)
    step_mm = float(_lateral_mm(stance.window).mean()) - _bipedal_mean_mm(stance)
    return 100 * (step_mm / footing.half_spacing_mm - 1)


@trial_metric("load_share_bipedal", unit="%", worse="neither", source=OWN)
def load_share_bipedal(stance: Stance) -> float:
    """Part of the load on the later stance leg while both feet stood: 100 (s + mean X) / (2 s)."""
    footing, _ = known_footing(stance)
    half_mm = footing.half_spacing_mm
    return 100 * (half_mm + _bipedal_mean_mm(stance)) / (2 * half_mm)


@trial_metric("apa", unit="mm", worse="neither", source=OWN)
def apa(stance: Stance) -> float:
    """Anticipatory shift toward the swing leg before the transfer; none where it stays within the noise."""
    _foot_off_s(stance)
    if stance.phases.bipedal_s is None:
        raise Unavailable(Reason.NO_BIPEDAL_PHASE)
    if stance.phases.apa_mm is None:
        raise Unavailable(Reason.NOT_REACHED)
    return stance.phases.apa_mm


@trial_metric("transfer_time", unit="s", worse="neither", source=OWN)
def transfer_time(stance: Stance) -> float:
    """Foot-off minus the onset of the anticipatory shift (of the transfer, where there is none)."""
    foot_off_s = _foot_off_s(stance)
    onset_s = stance.phases.apa_onset_s
    if onset_s is None:
        onset_s = stance.phases.transfer_start_s
    if onset_s is None:
        raise Unavailable(Reason.NO_BIPEDAL_PHASE)
    return foot_off_s - onset_s


@trial_metric("overshoot", unit="mm", worse="neither", source=OWN)
def overshoot(stance: Stance) -> float:
    """Furthest lateral X in the 2 s after foot-off, from the median of the static window."""
    foot_off_s = _foot_off_s(stance)
    if not stance.ml_known:
        raise Unavailable(Reason.ML_AXIS_UNKNOWN)
    first = _lateral_mm(stance.trial.between(foot_off_s, foot_off_s + 2.0))
    return float(first.max() - np.median(_lateral_mm(_static(stance))))


def _uniform_rate_hz(cop: CopSeries) -> float:
    steps_s = np.diff(cop.time_s)
    if np.ptp(steps_s) > UNIFORM_PART * steps_s.mean():
        raise Unavailable(Reason.NOT_UNIFORM)
    rate_hz = float(1 / steps_s.mean())
    if rate_hz <= 2 * VERTICAL_BAND_HZ[1]:
        raise Unavailable(Reason.LOW_RATE)
    return rate_hz


def _calm_mm_s(cop: CopSeries, start_s: float, end_s: float, rate_hz: float) -> Float:
    """RMS of dX/dt over the 0.75 s from each sample of a stretch on. [mm/s]."""
    around = cop.between(start_s - 1.0, end_s + 1.0)
    if not cop.between(start_s, end_s).valid.all():
        raise Unavailable(Reason.GAP)
    missing_s = around.time_s[~around.valid]
    near = around.between(
        max(missing_s[missing_s < start_s], default=-np.inf) + 1e-3,
        min(missing_s[missing_s > end_s], default=np.inf) - 1e-3,
    )
    squared = (np.gradient(smooth(near.xy_mm[:, 0], SPEED_HZ, rate_hz)) * rate_hz) ** 2
    inside = (near.time_s >= start_s - 5e-7) & (near.time_s <= end_s + 5e-7)
    summed = np.cumsum(np.r_[0.0, squared[inside]])
    width = round(STABILISED_WINDOW_S * rate_hz)
    return np.asarray(np.sqrt((summed[width:] - summed[:-width]).clip(min=0) / width), dtype=np.float64)


@trial_metric("time_to_stabilisation", unit="s", worse="higher", source=OWN)
def time_to_stabilisation(stance: Stance) -> float:
    """First time after foot-off from which the RMS of dX/dt over 0.75 s is within 1.3 of its static median; <= 5 s.

    Steady sway crosses that limit by chance, too: see its chance floor in docs/method.md.
    """
    foot_off_s = _foot_off_s(stance)
    axis_mm(_static(stance), 0)
    rate_hz = _uniform_rate_hz(stance.trial)
    static_s = stance.phases.static_s or (foot_off_s, foot_off_s)
    limit = STABILISED_RATIO * float(np.median(_calm_mm_s(stance.trial, *static_s, rate_hz)))
    end_s = foot_off_s + STABILISED_LIMIT_S + STABILISED_WINDOW_S
    calm = np.flatnonzero(_calm_mm_s(stance.trial, foot_off_s, end_s, rate_hz) <= limit)
    if not len(calm):
        raise Unavailable(Reason.NOT_REACHED)
    return float(calm[0] / rate_hz)


@trial_metric("settling_ratio", unit="1", worse="higher", source=OWN)
def settling_ratio(stance: Stance) -> float:
    """Velocity in the first 5 s after foot-off over velocity from 5 s to min(25 s, end - 0.4 s)."""
    foot_off_s, end_s = _foot_off_s(stance), stance.phases.end_s
    if end_s - foot_off_s < SETTLING_MINIMUM_S:
        raise Unavailable(Reason.TOO_SHORT)
    early = stance.trial.between(foot_off_s, foot_off_s + 5.0)
    late = stance.trial.between(foot_off_s + 5.0, min(foot_off_s + 25.0, end_s - 0.4))
    return per_second(path(early), early) / per_second(path(late), late)


@lru_cache(maxsize=16)
def _vertical_band(rate_hz: float) -> Float:
    return np.asarray(butter(2, VERTICAL_BAND_HZ, btype="bandpass", fs=rate_hz, output="sos"), dtype=np.float64)


@trial_metric("vertical_unsteadiness", unit="%", worse="neither", source=OWN)
def vertical_unsteadiness(stance: Stance) -> float:
    """SD of Fz between 1 and 10 Hz over body weight. Not a mark of weakness: its sign changed between cohorts."""
    if stance.weight_n is None:
        raise Unavailable(Reason.NO_FORCE)
    window = stance.window
    points_mm(window)
    rate_hz = _uniform_rate_hz(window)
    if not np.isfinite(window.fz_n).all():
        raise Unavailable(Reason.GAP)
    if window.duration_s < VERTICAL_MINIMUM_S:
        raise Unavailable(Reason.TOO_SHORT)
    if np.ptp(window.fz_n) < 1e-6:
        raise Unavailable(Reason.CONSTANT_INPUT)
    band_n = zero_phase(_vertical_band(round(rate_hz, 6)), window.fz_n - window.fz_n.mean())
    return float(100 * np.std(band_n) / stance.weight_n)


def _register_course(part: int) -> None:
    def course_velocity_ml(stance: Stance) -> float:
        from_s = stance.phases.start_s + 10.0 * (part - 1)
        if stance.phases.hold_time_s <= 0 or stance.phases.end_s < from_s + 10.0 - 1e-6:
            raise Unavailable(Reason.TOO_SHORT)
        third = stance.trial.between(from_s, from_s + 10.0)
        axis_mm(third, 0)
        return per_second(float(np.abs(steps_mm(third)[:, 0]).sum()), third)

    course_velocity_ml.__doc__ = f"Mean |dML/dt| in second {10 * part - 10} to {10 * part} of the hold."
    trial_metric(f"course_velocity_ml_{part}", unit="mm/s", worse="higher", source=OWN)(course_velocity_ml)


for _part in (1, 2, 3):
    _register_course(_part)
