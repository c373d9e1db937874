"""The guided test: one state machine. Blocks of counts, acts and facts go in; steps and orders come out.

No screen, no thread, no file, and no clock: time is the plate's, handed in with the blocks. `conductor` carries the
orders out. Nothing that was measured after an accepted zero is ever dropped: whatever happens, `File` is ordered.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from acquisition.plate import Cue
from analysis.calibration import Calibration, Zero
from analysis.geometry import Footing, Side
from analysis.online import EmptyPlate, ZeroProblem, live_forces, thinned
from analysis.phases import EndedBy
from analysis.recording import SampleBlock
from dashboard.course import Course
from dashboard.orders import Attempting, Discard, Facts, File, GuideView, Order, Outcome, Record, Tell, Void
from dashboard.protocol import ACTS, ANY_STEP, IDLE, MEASURING, QUESTIONS, STOPPING, Act, Notice, Protocol, Remark, Step
from dashboard.tally import Tally, Turn
from dashboard.vigil import OLD_ZERO_S, Vigil

PIECE_S = 0.05  # no step is noticed later than this, however long the blocks are

_ZERO_NOTICES = {ZeroProblem.RESTLESS: Notice.ZERO_RESTLESS, ZeroProblem.LOADED: Notice.ZERO_LOADED}


class Guide:
    """One guided test of one visit.

    Parameters
    ----------
    name : str
        Tells this guide's tokens from another's.
    tally : Tally or None
        What the visit holds already under this protocol; None: nothing.
    expected_weight_n : float or None
        What this patient weighed before. [N]
    """

    def __init__(
        self,
        name: str,
        protocol: Protocol,
        footing: Footing,
        calibration: Calibration,
        tally: Tally | None = None,
        expected_weight_n: float | None = None,
    ) -> None:
        self._name, self._protocol, self._footing, self._calibration = name, protocol, footing, calibration
        self._turn = Turn(protocol, tally or Tally())
        self._expected_weight_n = expected_weight_n
        self._vigil = Vigil(calibration)
        self._begun = 0
        self._orders: list[Order] = []
        self._now_s = self._entered_s = 0.0
        self._rest_from_s: float | None = None
        self._zero: Zero | None = None
        self._zero_at_s = 0.0
        self._attempt = Attempting(None)
        self._course: Course | None = None
        self._facts: Facts | None = None
        self._outcome: Outcome | None = None
        self._remark: Remark | None = None
        self._ending = self._stuck = False
        self._step = self._idle_step()
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
            Act.SAME_PATIENT: partial(self._confirm, Act.SAME_PATIENT),
            Act.OTHER_LEG: partial(self._confirm, Act.OTHER_LEG),
            Act.PRACTISE: partial(self._choose, None, True),
            Act.SKIP_PRACTICE: partial(self._choose, None, False),
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
        late = same_attempt and (act in ANY_STEP or act is Act.START)  # a start is late where the rest has just ended
        if act not in self._allowed() or not (token == expected or late):
            return False
        self._acts[act]()
        return True

    def set_up(self, protocol: Protocol, tally: Tally) -> bool:
        """Ask for something else from now on; False, and nothing done, while an attempt is under way."""
        if self._step not in IDLE:
            return False
        self._protocol, self._turn = protocol, Turn(protocol, tally)
        self._begun += 1  # what was drawn before is stale
        self._go(self._idle_step())
        return True

    def void_visit(self, void: bool) -> None:
        """Whether the visit is void: nothing begins; what is under way goes on and is filed."""
        self._turn.tally.void = void

    def lost(self, notice: Notice) -> None:
        """The plate is gone or restarted: its clock and its zero are worth nothing any more."""
        self._zero = None
        self._vigil.begin()
        if self._step is Step.ZERO:
            self._not_begun(_unrecorded(notice))
        elif self._step in MEASURING:
            self._finish(notice)
        elif self._remark is None or self._step in IDLE:  # what is said of an attempt stays with its verdict
            self._remark = Remark(_unrecorded(notice))
        self._rest_from_s = None
        self._now_s = self._entered_s = 0.0
        if self._step is Step.REST:
            self._go(Step.READY, _unrecorded(notice))

    def refused(self, notice: Notice) -> None:
        """The recording could not begin."""
        if self._step is Step.ZERO:
            self._go(self._idle_step(), _unrecorded(notice))

    def filed(self, outcome: Outcome) -> None:
        """The attempt is in the archive."""
        self._outcome, self._stuck = outcome, False
        self._turn.held(outcome)
        if outcome.usable and self._expected_weight_n is None and self._course is not None:
            self._expected_weight_n = self._course.weight_n
        if not self._ending:
            self._go(Step.VERDICT, self._remark)
            return
        if not self._attempt.stood:
            self._orders.append(Void(outcome.trial_id, Act.ABORT))
        else:
            self._turn.count(outcome, self._attempt.practice)
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
        return self._facts_now()

    def _facts_now(self) -> Facts:
        turn, attempt = self._turn, self._attempt
        return attempt.facts(turn.side, turn.number(attempt.practice), self._protocol)

    def view(self) -> GuideView:
        """What a screen shows."""
        counted = self._step in MEASURING or self._step in (Step.FILING, Step.VERDICT)
        practice = self._attempt.practice if counted or self._step is Step.ZERO else self._turn.practice
        said = self._said()
        return GuideView(
            token=self._token(),
            step=self._step,
            side=self._turn.side,
            attempt=self._turn.number(practice) + (0 if counted else 1),
            left_s=self._left_s(),
            notice=said.notice if said else None,
            acts=self._allowed(),
            outcome=self._outcome,
            kept=dict(self._turn.tally.kept),
            protocol=self._protocol,
            values=said.values if said else {},
            failed=dict(self._turn.tally.failed),
            practice=practice,
            zero_age_s=None if self._zero is None else self._now_s - self._zero_at_s,
        )

    def _said(self) -> Remark | None:
        """What has to be said now: what stops everything first."""
        if self._stuck:
            return Remark(Notice.NOT_FILED)
        idle = self._step in IDLE
        hindrance = self._turn.hindrance if idle and not self._broken() else None
        fault = self._vigil.fault if idle or self._step in MEASURING else None
        return hindrance or fault or self._remark or (self._vigil.idle if idle else None)

    def _token(self) -> str:
        return f"{self._name}.{self._begun}.{self._step}"

    def _allowed(self) -> tuple[Act, ...]:
        if self._stuck:
            return (Act.RETRY,)
        question = QUESTIONS.get(self._remark.notice) if self._remark and self._step in MEASURING else None
        away = {Act.SKIP_PRACTICE if not self._turn.practice else Act.PRACTISE}
        away |= {Act.START} if self._broken() or self._turn.hindrance else set()
        return tuple(act for act in (*ACTS[self._step], question) if act is not None and act not in away)

    def _broken(self) -> bool:
        """Whether the plate cannot measure."""
        return self._vigil.fault is not None and self._vigil.fault.notice in STOPPING

    def _left_s(self) -> float | None:
        """Countdown of the step, None where it waits for the person. [s]"""
        if self._course is not None and self._step in MEASURING:
            return self._course.left_s
        asked_s, from_s = {
            Step.ZERO: (self._protocol.zero_s, self._entered_s),
            Step.REST: (self._protocol.rest_s, self._rest_from_s),
        }.get(self._step, (0.0, None))
        return None if from_s is None else max(0.0, asked_s - (self._now_s - from_s))

    # ---- time passes

    def _feed_piece(self, piece: SampleBlock, at: datetime, rate_hz: float) -> None:
        now_s = float(piece.device_us[-1].max()) * 1e-6
        if now_s < self._now_s - 1.0:
            self.lost(Notice.PLATE_REBOOTED)
        self._now_s = now_s
        self._vigil.feed(piece, self._zero, self._zero_at_s)
        if self._step is Step.REST and not self._left_s():
            self._go(Step.READY, self._remark)
        if self._broken() or (self._vigil.lasting and self._step in MEASURING):
            self._stop_for(self._vigil.fault)
        if self._step is Step.ZERO:
            self._take_zero(piece, at)
        elif self._course is not None and self._step in MEASURING and self._attempt.zero is not None:
            self._course.feed(thinned(live_forces(piece, self._calibration, self._attempt.zero), rate_hz), now_s)
            self._follow(self._course)

    def _stop_for(self, fault: Remark | None) -> None:
        if self._step is Step.ZERO:
            self._not_begun(None)  # the fault is said for as long as it lasts
        elif fault is not None and self._step in MEASURING:
            self._finish(fault)

    def _go(self, step: Step, remark: Notice | Remark | None = None) -> None:
        self._step, self._entered_s = step, self._now_s
        self._remark = Remark(remark) if isinstance(remark, Notice) else remark

    def _follow(self, course: Course) -> None:
        """Go where the attempt under way has gone."""
        self._orders += [Tell(cue) for cue in course.cues]
        course.cues.clear()
        self._step, self._remark = course.step, course.remark
        if course.side is not self._turn.side:
            self._turn.began(self._attempt.practice, -1)
            self._turn.side = course.side
            self._turn.began(self._attempt.practice)
        if course.ended:
            self._finish(course.remark)

    def _waited(self, limit_s: float) -> bool:
        return self._now_s - self._entered_s > limit_s

    def _take_zero(self, piece: SampleBlock, at: datetime) -> None:
        if self._attempt.origin_s is None:
            self._attempt.origin_s = float(piece.device_us.min()) * 1e-6
            self._entered_s = self._attempt.origin_s
        self._empty.feed(piece, at)
        if self._empty.zero is None:
            self._remark = Remark(_ZERO_NOTICES[self._empty.problem]) if self._empty.problem else None
            if self._waited(self._protocol.zero_limit_s):
                self._not_begun(Notice.ZERO_TIME_OUT)
            return
        if broken := self._vigil.of_zero(self._empty.zero):
            self._not_begun(broken)
            return
        self._zero = self._attempt.zero = self._empty.zero
        self._zero_at_s = self._now_s
        self._turn.began(self._attempt.practice)
        self._course = Course(self._protocol, self._footing, self._turn.side, self._attempt, self._now_s)
        self._follow(self._course)

    # ---- ends of an attempt

    def _not_begun(self, notice: Notice | Remark | None) -> None:
        """Nobody was measured: the recording holds an empty plate, or no zero to make forces of it."""
        self._orders.append(Discard())
        self._go(self._idle_step(), notice)

    def _finish(self, notice: Notice | Remark | None) -> None:
        self._facts = self._facts_now()
        self._orders.append(File(self._facts))
        self._rest_from_s = self._now_s
        self._outcome = None
        self._go(Step.FILING, notice)
        self._orders.append(Tell(Cue("empty")))

    def _idle_step(self) -> Step:
        if self._turn.complete:
            return Step.DONE
        resting = self._rest_from_s is not None and self._now_s - self._rest_from_s < self._protocol.rest_s
        return Step.REST if resting else Step.READY

    # ---- what the operator does

    def _start(self) -> None:
        self._begun += 1
        rest_s = None if self._rest_from_s is None else self._now_s - self._rest_from_s
        self._attempt = Attempting(rest_s, self._expected_weight_n, self._turn.practice)
        self._ending = False
        protocol, recent = self._protocol, self._now_s - self._zero_at_s < OLD_ZERO_S
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
        self._orders.append(Tell(Cue("empty")))

    def _failed_by(self, ended_by: EndedBy) -> None:
        if self._course is not None:
            self._course.failed_by(ended_by)
            self._follow(self._course)

    def _confirm(self, act: Act) -> None:
        if self._course is not None:
            self._course.confirm(act)
            if act is Act.SAME_PATIENT:
                self._expected_weight_n = self._course.weight_n
            self._follow(self._course)

    def _stop(self) -> None:
        if self._step is Step.ZERO:
            self._not_begun(Notice.NOT_BEGUN)
            return
        if self._step is Step.HOLD:
            self._attempt.marks.append((self._now_s, EndedBy.OPERATOR_STOP))
        self._finish(Notice.STOPPED)

    def _keep(self) -> None:
        """Go on. Only a usable trial is kept among those asked for, a failure counts as one, the rest as nothing."""
        counted = self._outcome is not None and self._turn.count(self._outcome, self._attempt.practice)
        self._turn.go_on(counted or self._attempt.practice)
        self._go(self._idle_step())

    def _repeat(self) -> None:
        """Another attempt of this side. A failure stays and counts: it is an outcome; another trial is taken out."""
        if self._outcome is not None and self._turn.taken_out(self._outcome, self._attempt.practice):
            self._orders.append(Void(self._outcome.trial_id, Act.REPEAT))
        self._go(self._idle_step())

    def _retry(self) -> None:
        self._stuck = False
        if self._facts is not None:
            self._orders.append(File(self._facts))

    def _abort(self) -> None:
        if self._step is Step.VERDICT and self._outcome is not None:
            self._turn.count(self._outcome, self._attempt.practice)  # it is in the archive, kept or not
        if self._step in MEASURING:
            self._ending = True
        if self._step in MEASURING or self._step is Step.ZERO:
            self._stop()
        if self._step is not Step.FILING:
            self._end()

    def _end(self) -> None:
        self._ending = False
        self._go(Step.ENDED)

    def _choose(self, side: Side | None, practice: bool | None = None) -> None:
        self._turn.choose(side or self._turn.side, practice)


def _unrecorded(notice: Notice) -> Notice:
    """What is said of a plate that went away where nothing is filed: no attempt was under way."""
    return Notice.PLATE_AWAY if notice in (Notice.LINK_LOST, Notice.PLATE_REBOOTED) else notice
