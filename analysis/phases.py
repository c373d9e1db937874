"""Phases of a single-leg stance trial."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from analysis.geometry import Side


class EndedBy(StrEnum):
    """How a stance ended. Values appear in exported files: never rename one."""

    TOUCHDOWN = "TOUCHDOWN"
    OFF_PLATE_TOUCH = "OFF_PLATE_TOUCH"
    HAND_SUPPORT = "HAND_SUPPORT"
    HOP = "HOP"
    STEP_OFF = "STEP_OFF"
    LATERAL_STEP = "LATERAL_STEP"
    OPERATOR_STOP = "OPERATOR_STOP"
    INTERRUPTED = "INTERRUPTED"
    TARGET_REACHED = "TARGET_REACHED"
    END_OF_RECORDING = "END_OF_RECORDING"


@dataclass(frozen=True, slots=True)
class Mark:
    """What the operator saw and the plate may not have: how a stance ended, and when on the recording's clock. [s]"""

    at_s: float
    ended_by: EndedBy


@dataclass(frozen=True, slots=True)
class Followed:
    """What the guided test saw of a stance while it ran, on the recording's clock: provisional. [s]

    ``end_s`` is None where the attempt was over before the stance was.
    """

    foot_off_s: float
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class StancePhases:
    """When things happened in one trial. Times on the recording's clock. [s]

    ``side`` is None where neither the source nor the user could say it. ``foot_off_s`` is None when the recording
    starts on one leg. ``hold_time_s`` is a lower bound when ``censored``. ``short``: the static window is not the full
    foot-off + 5 .. + 25 s. Transition marks are None where there was no both-feet phase to measure from.
    """

    side: Side | None
    start_s: float
    end_s: float
    foot_off_s: float | None
    static_s: tuple[float, float] | None
    touch_down_s: float | None
    ended_by: EndedBy
    hold_time_s: float
    censored: bool
    short: bool = False
    bipedal_s: tuple[float, float] | None = None
    transfer_start_s: float | None = None
    apa_onset_s: float | None = None
    apa_mm: float | None = None
