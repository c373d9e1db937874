"""What a visit holds already under the conditions of a protocol, a side; and whose turn it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from analysis.geometry import Side
from dashboard.conditions import Conditions, Eyes
from dashboard.orders import Outcome
from dashboard.protocol import Notice, Protocol, Remark

EYES_OPEN_S = 20.0  # held with eyes open before eyes closed are asked for


def _none() -> dict[Side, int]:
    return dict.fromkeys(Side, 0)


@dataclass(slots=True)
class Tally:
    """Counts, a side, under the conditions of a protocol.

    ``kept``: usable trials of the hold that is asked for; ``failed``: holds of it that failed and show no sway;
    ``attempts``: of any kind and hold but practice, for they are numbered through; ``practised``: practice trials;
    ``eyes_open_s``: the longest hold with eyes open, under whatever conditions [s]. ``void``: the visit is.
    """

    kept: dict[Side, int] = field(default_factory=_none)
    failed: dict[Side, int] = field(default_factory=_none)
    attempts: dict[Side, int] = field(default_factory=_none)
    practised: dict[Side, int] = field(default_factory=_none)
    eyes_open_s: dict[Side, float] = field(default_factory=lambda: dict.fromkeys(Side, 0.0))
    void: bool = False


class Turn:
    """Which side the next attempt is of, and whether it is for practice.

    Parameters
    ----------
    protocol : Protocol
    tally : Tally

    Attributes
    ----------
    side : Side
    """

    def __init__(self, protocol: Protocol, tally: Tally) -> None:
        self._protocol, self.tally = protocol, tally
        self._practice: bool | None = None  # as the operator chose; None: as the protocol asks
        self.side = self._behind()

    @property
    def practice(self) -> bool:
        """Whether the next attempt is for practice: only before a side's first attempt that is none."""
        if self._practice is not None:
            return self._practice
        tally, side = self.tally, self.side
        return tally.practised[side] < self._protocol.practice_a_side and not tally.attempts[side]

    @property
    def complete(self) -> bool:
        """Whether nothing more is asked of both sides."""
        return all(map(self._done, Side))

    @property
    def hindrance(self) -> Remark | None:
        """Why no attempt begins: nothing would count, or eyes are to be closed before they held long enough open."""
        if self.tally.void:
            return Remark(Notice.VISIT_VOID)
        if not self._eyes_open and self.tally.eyes_open_s[self.side] < EYES_OPEN_S:
            return Remark(Notice.EYES_OPEN_FIRST, {"limit_s": EYES_OPEN_S})
        return None

    def choose(self, side: Side, practice: bool | None = None) -> None:
        """The operator says who is next. ``practice`` None: as the protocol asks."""
        self.side, self._practice = side, practice

    def began(self, practice: bool, n: int = 1) -> None:
        """An attempt of this side began; -1: it was one of the other side."""
        (self.tally.practised if practice else self.tally.attempts)[self.side] += n

    def number(self, practice: bool) -> int:
        """Number of the side's newest attempt, from 1."""
        return (self.tally.practised if practice else self.tally.attempts)[self.side]

    def held(self, outcome: Outcome) -> None:
        """An attempt is filed."""
        if self._eyes_open:
            longest_s = self.tally.eyes_open_s
            longest_s[self.side] = max(longest_s[self.side], outcome.hold_s)

    def count(self, outcome: Outcome, practice: bool) -> bool:
        """Whether an attempt counts among those asked for: a usable trial, or a failure; practice does not."""
        counted = (outcome.usable or outcome.failed) and not practice
        if counted:
            (self.tally.kept if outcome.usable else self.tally.failed)[self.side] += 1
        return counted

    def taken_out(self, outcome: Outcome, practice: bool) -> bool:
        """Once more the same. Whether the attempt is in no comparison then: a usable one is, a failure counts."""
        self.choose(self.side, True if practice else None)
        if outcome.failed:
            self.count(outcome, practice)
        return outcome.usable and not outcome.failed and not practice

    def go_on(self, forward: bool) -> None:
        """To the side that is behind; where the attempt brought nothing, to the other one if it lacks something."""
        side = self._behind() if forward or self._done(self.side.other) else self.side.other
        self.choose(side)

    @property
    def _eyes_open(self) -> bool:
        return Conditions.of(self._protocol.condition).eyes is Eyes.OPEN

    def _done(self, side: Side) -> bool:
        """Failures are an outcome of a side too: nobody is asked to fall until three holds succeed."""
        return max(self.tally.kept[side], self.tally.failed[side]) >= self._protocol.attempts_a_side

    def _behind(self) -> Side:
        """The side that is behind; the protocol's first one where they are equal."""
        first = self._protocol.first_side
        return min((first, first.other), key=lambda side: (self._done(side), self._made(side)))

    def _made(self, side: Side) -> int:
        tally = self.tally
        return min(tally.practised[side], self._protocol.practice_a_side) + tally.kept[side] + tally.failed[side]
