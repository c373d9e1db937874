"""What the guided test says to the program around it: orders, facts to file, and its view for screens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from acquisition.plate import Cue
from analysis.assess import TrialResult
from analysis.calibration import Zero
from analysis.geometry import Side
from analysis.marking import FAILURES
from analysis.phases import EndedBy, Followed, Mark
from dashboard.protocol import Act, Notice, Protocol, Step


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guide knows about an attempt that is to be filed. Times on the recording's clock [s].

    ``zero`` was taken in the recording's first seconds; ``lift_s``: when the lift was asked for, None where it never
    was; ``rest_s``: rest before the attempt, None before the first. ``expected_weight_n``: what this patient weighed
    before [N]; ``confirmed``: what the operator was asked and answered with yes, by the name of the act;
    ``followed``: foot-off and end as they were seen live, None where no foot left the plate; ``practice``: it counts
    nowhere.
    """

    side: Side
    attempt: int
    zero: Zero
    lift_s: float | None
    marks: tuple[Mark, ...]
    rest_s: float | None
    protocol: Protocol
    expected_weight_n: float | None = None
    confirmed: tuple[Act, ...] = ()
    followed: Followed | None = None
    practice: bool = False


def followed_document(followed: Followed | None) -> dict[str, float | None] | None:
    """As it is kept with the protocol of an attempt."""
    return None if followed is None else {"foot_off_s": followed.foot_off_s, "end_s": followed.end_s}


def followed_from(document: object) -> Followed | None:
    """Back from there; None where nothing was kept, as in attempts of earlier versions."""
    if not isinstance(document, Mapping):
        return None
    end_s = document["end_s"]
    return Followed(float(document["foot_off_s"]), None if end_s is None else float(end_s))


@dataclass(slots=True)
class Attempting:
    """What is known about the attempt under way. Device time. [s]"""

    rest_s: float | None
    expected_weight_n: float | None = None
    practice: bool = False
    origin_s: float | None = None
    zero: Zero | None = None
    lift_s: float | None = None
    stood: bool = False
    foot_off_s: float | None = None
    end_s: float | None = None
    marks: list[tuple[float, EndedBy]] = field(default_factory=list)
    confirmed: list[Act] = field(default_factory=list)

    def facts(self, side: Side, attempt: int, protocol: Protocol) -> Facts:
        """What is filed about it. The recording begins at ``origin_s``."""
        if self.zero is None or self.origin_s is None:
            raise ValueError("an attempt without a zero cannot be filed")
        return Facts(
            side=side,
            attempt=attempt,
            zero=self.zero,
            lift_s=None if self.lift_s is None else self.lift_s - self.origin_s,
            marks=tuple(Mark(at_s - self.origin_s, ended_by) for at_s, ended_by in self.marks),
            rest_s=self.rest_s,
            protocol=protocol,
            expected_weight_n=self.expected_weight_n,
            confirmed=tuple(self.confirmed),
            followed=self._followed(self.origin_s),
            practice=self.practice,
        )

    def _followed(self, origin_s: float) -> Followed | None:
        if self.foot_off_s is None:
            return None
        return Followed(self.foot_off_s - origin_s, None if self.end_s is None else self.end_s - origin_s)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a filed attempt: its result, or the code of the error that left none."""

    trial_id: str
    result: TrialResult | None
    error: str | None = None

    @property
    def usable(self) -> bool:
        """Whether its sway may be compared."""
        return self.result is not None and self.result.usable

    @property
    def failed(self) -> bool:
        """Whether the hold ended in a failure: an outcome that counts and is never taken back."""
        return self.result is not None and self.result.phases.ended_by in FAILURES

    @property
    def hold_s(self) -> float:
        """How long was held. [s]"""
        return 0.0 if self.result is None else self.result.phases.hold_time_s


@dataclass(frozen=True, slots=True)
class Record:
    """Order: begin to record; the next block fed is the recording's first."""


@dataclass(frozen=True, slots=True)
class Discard:
    """Order: end the recording; it holds an empty plate only."""


@dataclass(frozen=True, slots=True)
class Tell:
    """Order: tell the person."""

    cue: Cue


@dataclass(frozen=True, slots=True)
class File:
    """Order: end the recording if it still runs, and file it."""

    facts: Facts


@dataclass(frozen=True, slots=True)
class Void:
    """Order: take a filed trial out of every comparison, with the reason's code."""

    trial_id: str
    reason: str


Order = Record | Discard | Tell | File | Void


@dataclass(frozen=True, slots=True)
class GuideView:
    """The guide at one moment.

    ``token`` names attempt and step: an act carries the token of the screen it was made on. ``left_s``: countdown [s];
    ``acts``: what may be done now; ``kept``, ``failed``: usable attempts kept and failures, a side; ``practice``:
    whether the attempt is one; ``values``: the numbers of the notice; ``zero_age_s``: since the plate was measured
    empty, None where it was not yet [s].
    """

    token: str
    step: Step
    side: Side
    attempt: int
    left_s: float | None
    notice: Notice | None
    acts: tuple[Act, ...]
    outcome: Outcome | None
    kept: Mapping[Side, int]
    protocol: Protocol
    values: Mapping[str, float | int | str] = field(default_factory=dict)
    failed: Mapping[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))
    practice: bool = False
    zero_age_s: float | None = None
