"""A person on the plate: the virtual patient, told what to do, and fetched in pieces of any length. No bytes.

The body moves in steps of 5 ms, in stretches of 0.25 s, shorter than any reaction: what is heard during a stretch
cannot change it. CoP and force are drawn through the steps in straight lines at 1 kHz; nothing in the body is quicker
than its 9 Hz tremor.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquisition.plate import Cue
from analysis.geometry import Footing
from hardware.simulator.acts import HEART_RNG, Acts
from hardware.simulator.body import GRAVITY
from hardware.simulator.motion import BODY_HZ
from hardware.simulator.noise import STEP_S, tremble
from hardware.simulator.patient import Traits
from hardware.simulator.scenarios import SCENARIOS
from hardware.simulator.truth import Inside, Motion, PlantedStance

Float = NDArray[np.float64]

STRETCH_STEPS = 50
FINER = round(STEP_S * BODY_HZ)
STRETCH_SAMPLES = STRETCH_STEPS * FINER
COLUMNS = 11
_BETWEEN = np.arange(FINER)[:, None] / FINER
HEART_HZ, HEART_QUALITY, HEART = 4.0, 1.5, 0.0016  # of body weight


@dataclass(frozen=True, slots=True)
class TimedCue:
    """A cue and when it is said, from the person's beginning. [s]"""

    at_s: float
    cue: Cue


class Person:
    """Moves when told to; begins beside the plate.

    The same seed, cues and cue times give the same motion to the last bit, however it is cut into pieces.

    Parameters
    ----------
    traits : Traits
    footing : Footing
        Where the feet stand, plate frame.
    seed : int
    script : iterable of TimedCue
        Cues known beforehand, in the order of their times; may be without an end.

    Attributes
    ----------
    heard : list of TimedCue
        Every cue with the moment it was heard: the script that makes the same motion again.
    """

    def __init__(self, traits: Traits, footing: Footing, seed: int, script: Iterable[TimedCue] = ()) -> None:
        self._traits = traits
        self._acts = Acts(traits, footing, seed)
        self._heart = tremble(HEART_HZ, HEART_QUALITY, np.random.default_rng([seed, HEART_RNG, 0]))
        self._said: deque[Cue] = deque()  # cues of another thread, heard at the next sample
        self._waiting: deque[TimedCue] = deque()  # heard, not yet thought about
        self._given = self._stretches = 0
        self._left: list[Float] = []  # made and not yet given
        self._last = self._acts.move(0, 1)[0]
        self._last[2] = 1.0
        self.heard: list[TimedCue] = []
        self._script = iter(script)
        self._next = next(self._script, None)

    @property
    def stances(self) -> list[PlantedStance]:
        """The truth of every stance begun so far."""
        return self._acts.stances

    @property
    def now_s(self) -> float:
        """Time of the next sample, from the person's beginning. [s]"""
        return self._given / BODY_HZ

    def hear(self, cue: Cue) -> None:
        """Told now; safe to call from any thread."""
        self._said.append(cue)

    def move(self, n: int) -> Motion:
        """The next n samples at 1 kHz."""
        return self.live(n)[0]

    def live(self, n: int) -> tuple[Motion, Inside]:
        """The next n samples at 1 kHz, with what the plate cannot see."""
        while self._said:
            self._hear(TimedCue(self.now_s, self._said.popleft()))
        first = self._given
        self._given += n
        while self._next is not None and self._next.at_s <= (self._given - 1) / BODY_HZ:
            self._hear(self._next)
            self._next = next(self._script, None)
        while self._stretches * STRETCH_SAMPLES < self._given:
            self._left.append(self._stretch())
        samples = self._cut(n) if n else np.empty((0, COLUMNS))
        time_s = np.arange(first, self._given) / BODY_HZ
        motion = Motion(time_s, samples[:, :2], samples[:, 2])
        return motion, Inside(samples[:, 3:5], *samples[:, 5:].T)

    def _hear(self, timed: TimedCue) -> None:
        self.heard.append(timed)
        self._waiting.append(timed)

    def _cut(self, n: int) -> Float:
        """The next n samples of what is made."""
        made = self._left[0] if len(self._left) == 1 else np.concatenate(self._left)
        self._left = [made[n:]]
        return made[:n]

    def _stretch(self) -> Float:
        """The next 0.25 s: CoP x, y [mm], force [N], then the columns of `Inside`."""
        begin = self._stretches * STRETCH_STEPS
        self._stretches += 1
        while self._waiting and self._waiting[0].at_s < begin * STEP_S:
            timed = self._waiting.popleft()
            self._acts.ask(timed.at_s, timed.cue)
        steps = np.empty((STRETCH_STEPS + 1, COLUMNS))
        steps[0] = self._last
        steps[1:] = self._acts.move(begin + 1, begin + STRETCH_STEPS + 1)
        steps[1:, 2] = 1 + steps[1:, 2] / GRAVITY + HEART * self._heart.take(STRETCH_STEPS)
        self._last = steps[-1]
        samples = (steps[:-1, None] + np.diff(steps, axis=0)[:, None] * _BETWEEN).reshape(-1, COLUMNS)
        time_s = np.arange(begin * FINER, (begin + STRETCH_STEPS) * FINER) / BODY_HZ
        samples[:, 0], load = self._acts.contacts.over(time_s, samples[:, 0], samples[:, 2])
        samples[:, 2] = self._traits.mass_kg * GRAVITY * load
        return samples


__all__ = ["GRAVITY", "SCENARIOS", "Inside", "Motion", "Person", "PlantedStance", "TimedCue"]
