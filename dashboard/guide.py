"""The guided test: one state machine. Blocks of counts, acts and facts go in; steps and orders come out.

No screen, no thread, no file, and no clock: time is the plate's, handed in with the blocks. `conductor` carries the
orders out. Nothing that was measured after an accepted zero is ever dropped: whatever happens, `File` is ordered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Literal

from acquisition.plate import Cue
from analysis.calibration import Calibration, Zero
from analysis.cop import ForceSeries
from analysis.geometry import Footing, Side
from analysis.online import BothFeet, EmptyPlate, StanceWatch, ZeroProblem, live_forces, thinned
from analysis.phases import EndedBy
from analysis.recording import SampleBlock
from dashboard.orders import Attempting, Discard, Facts, File, GuideView, Order, Outcome, Record, Tell, Void
from dashboard.protocol import ACTS, ANY_STEP, MEASURING, Act, Notice, Protocol, Step

PIECE_S = 0.05  # no step is noticed later than this, however long the blocks are
REFERENCE_ZERO_S = 900.0  # an older zero says nothing about what lies on the plate now
HOLD_MARGIN_S = 0.5  # the foot-off that is filed may be later than the provisional one
OFF_PART, OFF_S = 0.3, 0.5  # less than this part of the weight for so long: stepped off
LONGEST_STANDING_S = 180.0

_ZERO_NOTICES = {ZeroProblem.RESTLESS: Notice.ZERO_RESTLESS, ZeroProblem.LOADED: Notice.ZERO_LOADED}


class Guide:
    """One guided test of one visit.

    Parameters
    ----------
    name : str
        Tells this guide's tokens from another's.
    kept, attempts : mapping of Side to int
        Usable trials the visit holds already, and attempts of any kind.
    """

    def __init__(
        self,
        name: str,
        protocol: Protocol,
        footing: Footing,
        calibration: Calibration,
        kept: Mapping[Side, int] | None = None,
        attempts: Mapping[Side, int] | None = None,
    ) -> None:
        self._name, self._protocol, self._footing, self._calibration = name, protocol, footing, calibration
        self._kept = {side: (kept or {}).get(side, 0) for side in Side}
        self._attempts = {side: (attempts or {}).get(side, 0) for side in Side}
        self._begun = 0
        self._orders: list[Order] = []
        self._now_s = self._entered_s = 0.0
        self._rest_from_s: float | None = None
        self._zero: Zero | None = None
        self._zero_at_s = 0.0
        self._off_s: float | None = None
        self._attempt = Attempting(None)
        self._facts: Facts | None = None
        self._outcome: Outcome | None = None
        self._notice: Notice | None = None
        self._ending = self._stuck = False
        self._side = self._next_side()
        self._step = self._idle_step()
        self._handlers: dict[Step, Callable[[ForceSeries], None]] = {
            Step.BOTH_FEET: self._stand,
            Step.LIFT: self._lift,
            Step.HOLD: self._hold,
            Step.FOOT_DOWN: self._foot_down,
            Step.SETTLE: self._settle,
        }
        self._acts: dict[Act, Callable[[], None]] = {
            Act.START: self._start,
            Act.TOUCHED: partial(self._failed_by, EndedBy.TOUCHDOWN),
            Act.HAND_SUPPORT: partial(self._failed_by, EndedBy.HAND_SUPPORT),
            Act.STOP: self._stop,
            Act.KEEP: self._keep,
            Act.REPEAT: self._repeat,
            Act.RETRY: self._retry,
            Act.ABORT: self._abort,
            Act.LEFT_NEXT: partial(self._choose, Side.LEFT),
            Act.RIGHT_NEXT: partial(self._choose, Side.RIGHT),
        }

    # ---- what goes in

    def feed(self, block: SampleBlock, at: datetime) -> None:
        """Take the next block; ``at`` is the wall time, for the label of the zero only."""
        n = len(block)
        span_s = float(block.device_us[-1, 0] - block.device_us[0, 0]) * 1e-6 if n > 1 else 0.0
        rows = max(1, round(PIECE_S * (n - 1) / span_s)) if span_s > 0 else n
        for start in range(0, n, rows):
            part = slice(start, start + rows)
            piece = SampleBlock(int(block.indices[start]), block.device_us[part], block.counts[part], block.flags[part])
            self._feed_piece(piece, at, (n - 1) / span_s if span_s > 0 else 0.0)

    def act(self, act: Act, token: str) -> bool:
        """Do what the operator asked; False, and nothing done, where the screen it came from is stale."""
        expected = self._token()
        same_attempt = token.rpartition(".")[0] == expected.rpartition(".")[0]
        if act not in self._allowed() or not (token == expected or (act in ANY_STEP and same_attempt)):
            return False
        self._acts[act]()
        return True

    def lost(self, notice: Notice) -> None:
        """The plate is gone or restarted: its clock and its zero are worth nothing any more."""
        self._zero = None
        if self._step is Step.ZERO:
            self._not_begun(notice)
        elif self._step in MEASURING:
            self._finish(notice)
        else:
            self._notice = notice
        self._rest_from_s = None
        self._now_s = self._entered_s = 0.0
        if self._step is Step.REST:
            self._go(Step.READY, notice)

    def refused(self, notice: Notice) -> None:
        """The recording could not begin."""
        if self._step is Step.ZERO:
            self._go(self._idle_step(), notice)

    def filed(self, outcome: Outcome) -> None:
        """The attempt is in the archive."""
        self._outcome, self._stuck = outcome, False
        if not self._ending:
            self._go(Step.VERDICT, self._notice)
            return
        if not self._attempt.stood:
            self._orders.append(Void(outcome.trial_id, Act.ABORT))
        self._end()

    def not_filed(self) -> None:
        """The archive did not take the attempt; it waits in memory until the operator tries again."""
        self._stuck = True

    # ---- what comes out

    def take_orders(self) -> list[Order]:
        """Orders since the last call, in order."""
        orders, self._orders = self._orders, []
        return orders

    @property
    def zero(self) -> Zero | None:
        """The newest accepted zero of this plate since it began to stream."""
        return self._zero

    @property
    def facts(self) -> Facts | None:
        """What would be filed of the attempt under way now; None before its zero, and when it is over."""
        if self._step not in MEASURING:
            return None
        return self._attempt.facts(self._side, self._attempts[self._side], self._protocol)

    def view(self) -> GuideView:
        """What a screen shows."""
        counted = self._step in MEASURING or self._step in (Step.FILING, Step.VERDICT)
        return GuideView(
            token=self._token(),
            step=self._step,
            side=self._side,
            attempt=self._attempts[self._side] + (0 if counted else 1),
            left_s=self._left_s(),
            notice=Notice.NOT_FILED if self._stuck else self._notice,
            acts=self._allowed(),
            outcome=self._outcome,
            kept=dict(self._kept),
            protocol=self._protocol,
        )

    def _token(self) -> str:
        return f"{self._name}.{self._begun}.{self._step}"

    def _allowed(self) -> tuple[Act, ...]:
        return (Act.RETRY,) if self._stuck else ACTS[self._step]

    def _left_s(self) -> float | None:
        """Countdown of the step, None where it waits for the person. [s]"""
        asked_s, from_s = {
            Step.ZERO: (self._protocol.zero_s, self._entered_s),
            Step.BOTH_FEET: (self._protocol.both_feet_s, self._both.since_s if self._attempt.zero else None),
            Step.HOLD: (self._protocol.hold_s, self._watch.foot_off_s if self._attempt.lift_s else None),
            Step.SETTLE: (self._protocol.settle_s, self._entered_s),
            Step.REST: (self._protocol.rest_s, self._rest_from_s),
        }.get(self._step, (0.0, None))
        return None if from_s is None else max(0.0, asked_s - (self._now_s - from_s))

    # ---- time passes

    def _feed_piece(self, piece: SampleBlock, at: datetime, rate_hz: float) -> None:
        now_s = float(piece.device_us[-1].max()) * 1e-6
        if now_s < self._now_s - 1.0:
            self.lost(Notice.PLATE_REBOOTED)
        self._now_s = now_s
        if self._step is Step.REST and not self._left_s():
            self._go(Step.READY, self._notice)
        if self._step is Step.ZERO:
            self._take_zero(piece, at)
        elif self._step in MEASURING and self._attempt.zero is not None:
            forces = thinned(live_forces(piece, self._calibration, self._attempt.zero), rate_hz)
            self._handlers[self._step](forces)

    def _go(self, step: Step, notice: Notice | None = None) -> None:
        self._step, self._entered_s, self._notice = step, self._now_s, notice
        self._off_s = None

    def _tell(self, action: Literal["empty", "both_feet", "lift", "foot_down"], side: Side | None = None) -> None:
        self._orders.append(Tell(Cue(action, side)))

    def _waited(self, limit_s: float) -> bool:
        return self._now_s - self._entered_s > limit_s

    def _stepped_off(self, forces: ForceSeries, weight_n: float) -> bool:
        """Whether next to nothing has been carried for half a second."""
        if float(forces.fz_n[-1]) >= OFF_PART * weight_n:
            self._off_s = None
        elif self._off_s is None:
            self._off_s = self._now_s
        return self._off_s is not None and self._now_s - self._off_s >= OFF_S

    def _take_zero(self, piece: SampleBlock, at: datetime) -> None:
        if self._attempt.origin_s is None:
            self._attempt.origin_s = float(piece.device_us.min()) * 1e-6
            self._entered_s = self._attempt.origin_s
        self._empty.feed(piece, at)
        if self._empty.zero is None:
            self._notice = _ZERO_NOTICES.get(self._empty.problem) if self._empty.problem else None
            if self._waited(self._protocol.zero_limit_s):
                self._not_begun(Notice.ZERO_TIME_OUT)
            return
        self._zero = self._attempt.zero = self._empty.zero
        self._zero_at_s = self._now_s
        self._attempts[self._side] += 1
        self._both = BothFeet(self._footing, self._protocol.minimum_load_n)
        self._go(Step.BOTH_FEET)
        self._tell("both_feet")

    def _stand(self, forces: ForceSeries) -> None:
        both = self._both
        both.feed(forces)
        if both.fz_n < -self._protocol.loaded_n and self._waited(1.0):
            self._finish(Notice.ZERO_WAS_LOADED)
        elif both.since_s is not None and self._now_s - both.since_s >= self._protocol.both_feet_s:
            self._watch = StanceWatch(self._footing, self._side, both.weight_n)
            self._weight_n = both.weight_n
            self._attempt.lift_s = self._now_s
            self._go(Step.LIFT)
            self._tell("lift", self._side)
        elif self._waited(self._protocol.step_on_limit_s if both.since_s is None else LONGEST_STANDING_S):
            self._finish(Notice.STEP_ON_TIME_OUT)

    def _lift(self, forces: ForceSeries) -> None:
        self._watch.feed(forces)
        if self._watch.foot_off_s is not None:
            self._attempt.stood = True
            self._go(Step.HOLD)
        elif self._stepped_off(forces, self._weight_n):
            self._finish(Notice.STEPPED_OFF)
        elif self._waited(self._protocol.lift_limit_s):
            self._finish(Notice.LIFT_TIME_OUT)

    def _hold(self, forces: ForceSeries) -> None:
        self._watch.feed(forces)
        if self._watch.foot_off_s is None:  # less than a second on one leg
            self._attempt.stood = False
            self._go(Step.LIFT, Notice.FALSE_START)
        elif self._watch.end is not None:
            self._settle_after(self._watch.end.ended_by)
        elif self._now_s - self._watch.foot_off_s >= self._protocol.hold_s + HOLD_MARGIN_S:
            self._go(Step.FOOT_DOWN)
            self._tell("foot_down")

    def _foot_down(self, forces: ForceSeries) -> None:
        self._watch.feed(forces)
        if self._watch.end is not None:
            self._settle_after(self._watch.end.ended_by)
        elif self._waited(self._protocol.foot_down_limit_s):
            self._finish(Notice.FOOT_DOWN_TIME_OUT)

    def _settle_after(self, ended_by: EndedBy) -> None:
        if ended_by is EndedBy.STEP_OFF:
            self._finish(Notice.STEPPED_OFF)
        else:
            self._go(Step.SETTLE)
            self._tell("foot_down")

    def _settle(self, forces: ForceSeries) -> None:
        if self._waited(self._protocol.settle_s) or self._stepped_off(forces, self._weight_n):
            self._finish(self._notice)

    # ---- ends of an attempt

    def _not_begun(self, notice: Notice) -> None:
        """Nobody was measured: the recording holds an empty plate, or no zero to make forces of it."""
        self._orders.append(Discard())
        self._go(self._idle_step(), notice)

    def _finish(self, notice: Notice | None) -> None:
        self._facts = self._attempt.facts(self._side, self._attempts[self._side], self._protocol)
        self._orders.append(File(self._facts))
        self._rest_from_s = self._now_s
        self._outcome = None
        self._go(Step.FILING, notice)
        self._tell("empty")

    def _idle_step(self) -> Step:
        if min(self._kept.values()) >= self._protocol.attempts_a_side:
            return Step.DONE
        resting = self._rest_from_s is not None and self._now_s - self._rest_from_s < self._protocol.rest_s
        return Step.REST if resting else Step.READY

    def _next_side(self) -> Side:
        """The side with fewer attempts kept; the protocol's first one where they are equal."""
        first = self._protocol.first_side
        return first if self._kept[first] <= self._kept[first.other] else first.other

    # ---- what the operator does

    def _start(self) -> None:
        self._begun += 1
        rest_s = None if self._rest_from_s is None else self._now_s - self._rest_from_s
        self._attempt, self._ending = Attempting(rest_s), False
        protocol, recent = self._protocol, self._now_s - self._zero_at_s < REFERENCE_ZERO_S
        self._empty = EmptyPlate(
            self._calibration,
            self._zero if recent else None,
            protocol.zero_s,
            protocol.restless_n,
            protocol.loaded_n,
        )
        self._outcome = None
        self._orders.append(Record())
        self._go(Step.ZERO)
        self._tell("empty")

    def _failed_by(self, ended_by: EndedBy) -> None:
        self._attempt.marks.append((self._now_s, ended_by))
        self._settle_after(ended_by)

    def _stop(self) -> None:
        if self._step is Step.ZERO:
            self._not_begun(Notice.NOT_BEGUN)
            return
        if self._step is Step.HOLD:
            self._attempt.marks.append((self._now_s, EndedBy.OPERATOR_STOP))
        self._finish(Notice.STOPPED)

    def _keep(self) -> None:
        self._kept[self._side] += 1
        self._side = self._next_side()
        self._go(self._idle_step())

    def _repeat(self) -> None:
        """Another attempt of this side. A failure stays: it is an outcome; a usable trial is taken out."""
        if self._outcome is not None and self._outcome.usable and not self._outcome.failed:
            self._orders.append(Void(self._outcome.trial_id, Act.REPEAT))
        self._go(self._idle_step())

    def _retry(self) -> None:
        self._stuck = False
        if self._facts is not None:
            self._orders.append(File(self._facts))

    def _abort(self) -> None:
        if self._step in MEASURING:
            self._ending = True
        if self._step in MEASURING or self._step is Step.ZERO:
            self._stop()
        if self._step is not Step.FILING:
            self._end()

    def _end(self) -> None:
        self._ending = False
        self._go(Step.ENDED)

    def _choose(self, side: Side) -> None:
        self._side = side
