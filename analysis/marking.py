"""From a stretch on one leg to the phases of a trial: foot-off, transfer, static window, end, hold time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.geometry import Side, to_lateral
from analysis.phases import EndedBy, StancePhases
from analysis.stances import (
    Candidate,
    Onset,
    Standing,
    Traces,
    baseline_of,
    end_event,
    foot_off_index,
    lifted_index,
    onset_of,
    refined_end,
)

Float = NDArray[np.float64]

FULL_WINDOW_S = (5.0, 25.0)
END_MARGIN_S = 0.4
SHORT_START_S, SHORT_MINIMUM_S = 2.5, 10.0
APA_SEARCH_S, APA_MINIMUM_MM = 0.9, 4.0

#: Ends that are failures of the test: they count as outcomes, never as missing data.
FAILURES = frozenset(
    {
        EndedBy.TOUCHDOWN,
        EndedBy.OFF_PLATE_TOUCH,
        EndedBy.HAND_SUPPORT,
        EndedBy.HOP,
        EndedBy.STEP_OFF,
        EndedBy.LATERAL_STEP,
        EndedBy.OPERATOR_STOP,
    }
)


@dataclass(frozen=True, slots=True)
class MarkingRules:
    """What the phases depend on beside the signals.

    ``lateral_known``: which way is lateral is known even where the recording holds one place only.
    """

    target_hold_s: float | None
    lateral_known: bool


@dataclass(frozen=True, slots=True)
class _Transfer:
    """Both-feet baseline before a stance and the marks of the shift onto it."""

    bipedal_s: tuple[float, float] | None = None
    transfer_start_s: float | None = None
    apa_onset_s: float | None = None
    apa_mm: float | None = None


def static_window(start_s: float, end_s: float) -> tuple[tuple[float, float] | None, bool]:
    """Static window and whether it is SHORT, for a stance from `start_s` (foot-off) to `end_s`. [s].

    + 5 .. + 25 s where the stance lasts 25.4 s; else + 2.5 s .. end - 0.4 s if that is 10 s or more; else None.
    """
    if end_s >= start_s + FULL_WINDOW_S[1] + END_MARGIN_S - 1e-9:
        return (start_s + FULL_WINDOW_S[0], start_s + FULL_WINDOW_S[1]), False
    short = (start_s + SHORT_START_S, end_s - END_MARGIN_S)
    return (short, True) if short[1] - short[0] >= SHORT_MINIMUM_S - 1e-9 else (None, True)


def _transfer(signal: Traces, x_mm: Float, baseline: slice | None, foot_off: int, plateau: float) -> _Transfer:
    """Transfer start: last X below baseline + 10 % of the step. APA: the dip before it, if larger than the noise."""
    if baseline is None:
        return _Transfer()
    rate, quiet = signal.rate_hz, x_mm[baseline]
    level = float(np.median(quiet))
    noise_mm = 1.4826 * float(np.median(np.abs(quiet - level)))
    start = foot_off
    while start > baseline.start and x_mm[start] > level + 0.1 * (plateau - level):
        start -= 1
    bipedal_s = (float(signal.time_s[baseline.start]), float(signal.time_s[baseline.stop - 1]))
    low = max(baseline.start, start - int(APA_SEARCH_S * rate))
    dip = low + int(np.argmin(x_mm[low : start + 1]))
    size_mm = level - float(x_mm[dip])
    if size_mm <= max(3 * noise_mm, APA_MINIMUM_MM):
        return _Transfer(bipedal_s, float(signal.time_s[start]))
    onset = dip
    while onset > low and x_mm[onset] < level - max(0.1 * size_mm, noise_mm):
        onset -= 1
    return _Transfer(bipedal_s, float(signal.time_s[start]), float(signal.time_s[onset]), size_mm)


def _ended(
    end_s: float, from_s: float, seen: EndedBy, foot_off_known: bool, target_s: float | None
) -> tuple[EndedBy, float, bool]:
    """How the trial ended, hold time and whether it is a lower bound."""
    hold_s = end_s - from_s
    if target_s is not None and hold_s >= target_s:
        reached = seen if seen is EndedBy.END_OF_RECORDING else EndedBy.TARGET_REACHED
        return reached, target_s, True
    return seen, hold_s, seen is EndedBy.END_OF_RECORDING or not foot_off_known


def mark_phases(
    signal: Traces,
    standing: Standing,
    candidate: Candidate,
    side: Side | None,
    rules: MarkingRules,
    not_before: int = 0,
) -> StancePhases:
    """Phases of one candidate stance.

    ``not_before``: sample where the stance before this one ended; the baseline is never taken from it.
    """
    x_mm = to_lateral(signal.x_mm, candidate.side, standing.midline_x_mm)
    seen = end_event(signal, x_mm, standing, candidate, rules.lateral_known or standing.half_spacing_mm is not None)
    end = refined_end(signal, x_mm, candidate, seen)
    end_s = float(signal.time_s[min(end, len(signal.time_s) - 1)])
    onset, transfer = onset_of(signal, x_mm, standing, candidate), _Transfer()
    at = candidate.start
    if onset is Onset.TRANSFER:
        at = foot_off_index(x_mm, candidate.start, candidate.end, signal.rate_hz)
        quiet = baseline_of(signal, x_mm, standing, candidate, not_before)
        transfer = _transfer(signal, x_mm, quiet, at, float(np.median(x_mm[candidate.start : candidate.end])))
    elif onset is Onset.LIFTED:
        at = lifted_index(signal, candidate)
    from_s = float(signal.time_s[at])
    foot_off_s = None if onset is Onset.ALONE else from_s
    ended_by, hold_s, censored = _ended(end_s, from_s, seen, foot_off_s is not None, rules.target_hold_s)
    static_s, short = static_window(from_s, end_s)
    return StancePhases(
        side=side,
        start_s=from_s,
        end_s=end_s,
        foot_off_s=foot_off_s,
        static_s=static_s,
        touch_down_s=None if seen is EndedBy.END_OF_RECORDING else end_s,
        ended_by=ended_by,
        hold_time_s=hold_s,
        censored=censored,
        short=short and static_s is not None,
        bipedal_s=transfer.bipedal_s,
        transfer_start_s=transfer.transfer_start_s,
        apa_onset_s=transfer.apa_onset_s,
        apa_mm=transfer.apa_mm,
    )
