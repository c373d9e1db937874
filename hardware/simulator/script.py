"""What the simulated person is told when nobody is there to tell: both sides in turn, again and again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from acquisition.plate import Cue
from analysis.geometry import Side
from hardware.simulator.person import TimedCue

EMPTY_S, BOTH_FEET_S, HOLD_S, BETWEEN_S = 5.0, 13.0, 33.0, 8.0


def both_sides_in_turn() -> Iterator[TimedCue]:
    """Empty plate, both feet, left stance, both feet, right stance, off the plate; without an end."""
    at_s = 0.0
    for _ in count():
        for cue, pause_s in (
            (Cue("empty"), EMPTY_S),
            (Cue("both_feet"), BOTH_FEET_S),
            (Cue("lift", Side.LEFT), HOLD_S),
            (Cue("foot_down"), BETWEEN_S),
            (Cue("lift", Side.RIGHT), HOLD_S),
            (Cue("foot_down"), BETWEEN_S),
        ):
            yield TimedCue(at_s, cue)
            at_s += pause_s
