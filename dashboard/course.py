"""The course of one attempt once its zero is taken: both feet, lift, hold, foot down, both feet again.

What the person on the plate does moves it on. Time is the plate's, handed in with the forces.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from acquisition.plate import Cue
from analysis.cop import ForceSeries
from analysis.geometry import Footing, Side
from analysis.online import BothFeet
from analysis.phases import EndedBy
from analysis.quality import WEIGHT_LIMIT_PCT, weight_deviation_pct
from dashboard.orders import Attempting
from dashboard.protocol import Act, Notice, Protocol, Remark, Step
from dashboard.vigil import Legs

HOLD_MARGIN_S = 0.5  # the foot-off that is filed may be later than the provisional one
OFF_PART, OFF_S = 0.3, 0.5  # less than this part of the weight for so long: stepped off
LONGEST_STANDING_S = 180.0
STILL_ON_BOTH_S = 6.0  # after so long without a foot off it is said


class Course:
    """One attempt under way.

    Parameters
    ----------
    protocol : Protocol
    footing : Footing
    side : Side
        Asked for.
    attempt : Attempting
        What becomes known is written into it.
    now_s : float
        [s]

    Attributes
    ----------
    step : Step
    side : Side
        Asked for; the other one once the operator said that it was meant.
    remark : Remark or None
    cues : list of Cue
        What the person has to be told, for the caller to take.
    ended : bool
    """

    def __init__(self, protocol: Protocol, footing: Footing, side: Side, attempt: Attempting, now_s: float) -> None:
        self._protocol, self._footing, self._attempt = protocol, footing, attempt
        self._now_s = now_s
        self._both = BothFeet(footing, protocol.minimum_load_n)
        self._legs: Legs | None = None
        self._off_s: float | None = None
        self._handlers: dict[Step, Callable[[ForceSeries], None]] = {
            Step.BOTH_FEET: self._stand,
            Step.LIFT: self._lift,
            Step.HOLD: self._hold,
            Step.FOOT_DOWN: self._foot_down,
            Step.SETTLE: self._settle,
        }
        self.side, self.ended = side, False
        self.remark: Remark | None = None
        self.cues: list[Cue] = []
        self._go(Step.BOTH_FEET)
        self._tell("both_feet")

    def feed(self, forces: ForceSeries, now_s: float) -> None:
        """Take the next samples."""
        self._now_s = now_s
        self._handlers[self.step](forces)
        if self._legs is not None:
            seen = self._legs.asked
            self._attempt.foot_off_s = seen.foot_off_s
            self._attempt.end_s = None if seen.end is None else seen.end.at_s

    def failed_by(self, ended_by: EndedBy) -> None:
        """The operator saw how the hold ended."""
        self._attempt.marks.append((self._now_s, ended_by))
        self._settle_after(ended_by)

    def confirm(self, act: Act) -> None:
        """The operator answers the question with yes."""
        self._attempt.confirmed.append(act)
        self.remark = None
        if act is Act.OTHER_LEG and self._legs is not None:
            self.side = self._legs.swap()
            self._attempt.stood = True
            self._go(Step.HOLD)

    @property
    def weight_n(self) -> float:
        """What stands on the plate: of the lift, else of both feet now. [N]"""
        return self._legs.weight_n if self._legs is not None else self._both.weight_n

    @property
    def left_s(self) -> float | None:
        """Countdown of the step, None where it waits for the person or the operator. [s]"""
        foot_off_s = self._legs.asked.foot_off_s if self._legs else None
        asked_s, from_s = {
            Step.BOTH_FEET: (self._protocol.both_feet_s, None if self.remark else self._both.since_s),
            Step.HOLD: (self._protocol.hold_s, foot_off_s),
            Step.SETTLE: (self._protocol.settle_s, self._entered_s),
        }.get(self.step, (0.0, None))
        return None if from_s is None else max(0.0, asked_s - (self._now_s - from_s))

    def _go(self, step: Step, notice: Notice | None = None) -> None:
        self.step, self._entered_s = step, self._now_s
        self.remark = None if notice is None else Remark(notice)
        self._off_s = None

    def _finish(self, remark: Notice | Remark | None) -> None:
        self.remark = Remark(remark) if isinstance(remark, Notice) else remark
        self.ended = True

    def _tell(self, action: Literal["both_feet", "lift", "foot_down"], side: Side | None = None) -> None:
        self.cues.append(Cue(action, side))

    def _waited(self, limit_s: float) -> bool:
        return self._now_s - self._entered_s > limit_s

    def _stepped_off(self, forces: ForceSeries) -> bool:
        """Whether next to nothing has been carried for half a second."""
        if float(forces.fz_n[-1]) >= OFF_PART * self.weight_n:
            self._off_s = None
        elif self._off_s is None:
            self._off_s = self._now_s
        return self._off_s is not None and self._now_s - self._off_s >= OFF_S

    def _stand(self, forces: ForceSeries) -> None:
        both = self._both
        both.feed(forces)
        if both.fz_n < -self._protocol.loaded_n and self._waited(1.0):
            self._finish(Notice.ZERO_WAS_LOADED)
        elif both.since_s is not None and self._now_s - both.since_s >= self._protocol.both_feet_s:
            self.remark = self._doubted(both.weight_n)
            if self.remark is None:
                self._legs = Legs(self._footing, self.side, both.weight_n)
                self._attempt.lift_s = self._now_s
                self._go(Step.LIFT)
                self._tell("lift", self.side)
            elif self._waited(LONGEST_STANDING_S):
                self._finish(Notice.STOPPED)
        elif self._waited(self._protocol.step_on_limit_s if both.since_s is None else LONGEST_STANDING_S):
            self._finish(Notice.STEP_ON_TIME_OUT)

    def _doubted(self, weight_n: float) -> Remark | None:
        """Whether this may be another patient: asked until the operator says that it is not."""
        expected_n = self._attempt.expected_weight_n
        deviation_pct = weight_deviation_pct(weight_n, expected_n)
        if deviation_pct is None or expected_n is None or Act.SAME_PATIENT in self._attempt.confirmed:
            return None
        values = {"weight_n": weight_n, "expected_n": expected_n, "deviation_pct": deviation_pct}
        return Remark(Notice.WEIGHT_IMPLAUSIBLE, values | {"limit_pct": WEIGHT_LIMIT_PCT})

    def _lift(self, forces: ForceSeries) -> None:
        legs = self._standing
        legs.feed(forces)
        if legs.asked.foot_off_s is not None:
            self._attempt.stood = True
            self._go(Step.HOLD)
        elif self._stepped_off(forces):
            self._finish(Notice.STEPPED_OFF)
        elif self._waited(self._protocol.lift_limit_s):
            self._finish(Notice.WRONG_LEG_ENDED if legs.on_the_other(self._now_s) else Notice.LIFT_TIME_OUT)
        else:
            self.remark = self._not_lifted(legs)

    def _not_lifted(self, legs: Legs) -> Remark | None:
        """What is said while the foot that was asked for stays down."""
        if legs.on_the_other(self._now_s):
            return Remark(Notice.WRONG_LEG)
        if legs.other.foot_off_s is None and self._waited(STILL_ON_BOTH_S):
            return Remark(Notice.STILL_ON_BOTH)
        return None if self.remark and self.remark.notice is Notice.WRONG_LEG else self.remark

    def _hold(self, forces: ForceSeries) -> None:
        watch = self._standing.asked
        watch.feed(forces)
        if watch.foot_off_s is None:  # less than a second on one leg
            self._attempt.stood = False
            self._go(Step.LIFT, Notice.FALSE_START)
        elif watch.end is not None:
            self._settle_after(watch.end.ended_by)
        elif self._now_s - watch.foot_off_s >= self._protocol.hold_s + HOLD_MARGIN_S:
            self._go(Step.FOOT_DOWN)
            self._tell("foot_down")

    def _foot_down(self, forces: ForceSeries) -> None:
        watch = self._standing.asked
        watch.feed(forces)
        if watch.end is not None:
            self._settle_after(watch.end.ended_by)
        elif self._waited(self._protocol.foot_down_limit_s):
            self._finish(Notice.FOOT_DOWN_TIME_OUT)

    def _settle_after(self, ended_by: EndedBy) -> None:
        if ended_by is EndedBy.STEP_OFF:
            self._finish(Notice.STEPPED_OFF)
        else:
            self._go(Step.SETTLE)
            self._tell("foot_down")

    def _settle(self, forces: ForceSeries) -> None:
        if self._waited(self._protocol.settle_s) or self._stepped_off(forces):
            self._finish(self.remark)

    @property
    def _standing(self) -> Legs:
        if self._legs is None:
            raise ValueError("no lift was asked for yet")
        return self._legs
