"""The parameters of an analysis: one default, stamped into every result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from analysis.errors import InvalidRecording

Window = Literal["static", "whole"] | tuple[float, float]


@dataclass(frozen=True, slots=True)
class AnalysisSettings:
    """How a recording is analysed.

    Parameters
    ----------
    lowpass_hz : float or None
        True -3 dB frequency of the zero-phase low-pass; None: no filter. [Hz]
    lowpass_design_hz : float or None
        Per-pass design frequency instead of ``lowpass_hz``, to compare with others' numbers. [Hz]
    grid_hz : float or None
        Uniform time grid; None: samples stay where they were taken. [Hz]
    window : "static", "whole" or (start_s, end_s)
        Which part the sway metrics see.
    target_hold_s : float or None
        The hold asked for; a longer hold is censored there. None: not known (recordings of other systems); then
        nothing is censored at it, and whether an early end was a failure cannot be said. [s]
    minimum_load_n, minimum_load_fraction : float
        CoP exists only where Fz is at least both: newtons, and fraction of body weight.
    research : bool
        Whether the research metrics are computed. They change no other number.
    """

    lowpass_hz: float | None = 10.0
    lowpass_design_hz: float | None = None
    grid_hz: float | None = 100.0
    window: Window = "static"
    target_hold_s: float | None = 30.0
    minimum_load_n: float = 200.0
    minimum_load_fraction: float = 0.5
    research: bool = False

    def __post_init__(self) -> None:
        for name in ("lowpass_hz", "lowpass_design_hz", "grid_hz", "target_hold_s"):
            value = getattr(self, name)
            if value is not None and not 0 < value < math.inf:
                raise InvalidRecording(f"{name} is {value}, must be above 0")
        if not 0 <= self.minimum_load_n < math.inf or not 0 <= self.minimum_load_fraction < 1:
            raise InvalidRecording(
                f"load gate of {self.minimum_load_n} N and {self.minimum_load_fraction} body weight cannot be:"
                " needs 0 N or more, and a part of body weight from 0 to below 1"
            )
        if isinstance(self.window, tuple) and not -math.inf < self.window[0] < self.window[1] < math.inf:
            raise InvalidRecording(f"window from {self.window[0]} s to {self.window[1]} s has no length")
