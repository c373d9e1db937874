"""What a guided test asks for, and the vocabulary of its steps. Values are stamped into every trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from analysis.geometry import Side


class Step(StrEnum):
    """Where the guided test is. Values are keys of the catalogue (`test.step.*`)."""

    READY = "ready"
    ZERO = "zero"
    BOTH_FEET = "both_feet"
    LIFT = "lift"
    HOLD = "hold"
    FOOT_DOWN = "foot_down"
    SETTLE = "settle"
    FILING = "filing"
    VERDICT = "verdict"
    REST = "rest"
    DONE = "done"
    ENDED = "ended"


#: Steps during which the person is being measured: counts are there that must be filed.
MEASURING = frozenset({Step.BOTH_FEET, Step.LIFT, Step.HOLD, Step.FOOT_DOWN, Step.SETTLE})

#: Steps without an attempt: the next one may begin.
IDLE = frozenset({Step.READY, Step.REST, Step.DONE, Step.ENDED})


class Act(StrEnum):
    """What the operator may do. Values are keys of the catalogue (`test.act.*`)."""

    START = "start"
    TOUCHED = "touched"
    HAND_SUPPORT = "hand_support"
    STOP = "stop"
    KEEP = "keep"
    REPEAT = "repeat"
    RETRY = "retry"
    ABORT = "abort"
    LEFT_NEXT = "left_next"
    RIGHT_NEXT = "right_next"
    SAME_PATIENT = "same_patient"
    OTHER_LEG = "other_leg"
    PRACTISE = "practise"
    SKIP_PRACTICE = "skip_practice"


#: Between two attempts.
BETWEEN = (Act.START, Act.LEFT_NEXT, Act.RIGHT_NEXT, Act.PRACTISE, Act.SKIP_PRACTICE)

#: What may be done in each step.
ACTS: dict[Step, tuple[Act, ...]] = {
    Step.READY: (*BETWEEN, Act.ABORT),
    Step.REST: (*BETWEEN, Act.ABORT),
    Step.DONE: BETWEEN,
    Step.ENDED: BETWEEN,
    Step.ZERO: (Act.STOP, Act.ABORT),
    Step.BOTH_FEET: (Act.STOP, Act.ABORT),
    Step.LIFT: (Act.STOP, Act.ABORT),
    Step.HOLD: (Act.TOUCHED, Act.HAND_SUPPORT, Act.STOP, Act.ABORT),
    Step.FOOT_DOWN: (Act.STOP, Act.ABORT),
    Step.SETTLE: (Act.STOP, Act.ABORT),
    Step.FILING: (),
    Step.VERDICT: (Act.KEEP, Act.REPEAT, Act.ABORT),
}

#: Acts of safety count if they were meant for this attempt, whatever step the screen showed when the key went down.
ANY_STEP = frozenset({Act.TOUCHED, Act.HAND_SUPPORT, Act.STOP, Act.ABORT})


class Notice(StrEnum):
    """What has to be said besides the step. Values are keys of the catalogue (`test.notice.*`)."""

    ZERO_RESTLESS = "zero_restless"
    ZERO_LOADED = "zero_loaded"
    ZERO_TIME_OUT = "zero_time_out"
    ZERO_WAS_LOADED = "zero_was_loaded"
    STEP_ON_TIME_OUT = "step_on_time_out"
    LIFT_TIME_OUT = "lift_time_out"
    FALSE_START = "false_start"
    STEPPED_OFF = "stepped_off"
    FOOT_DOWN_TIME_OUT = "foot_down_time_out"
    STOPPED = "stopped"
    NOT_BEGUN = "not_begun"
    LINK_LOST = "link_lost"
    PLATE_REBOOTED = "plate_rebooted"
    PLATE_AWAY = "plate_away"
    NOT_FILED = "not_filed"
    DISK_FULL = "disk_full"
    DISK_READ_ONLY = "disk_read_only"
    ARCHIVE_READ_ONLY = "archive_read_only"
    DISK_FAILED = "disk_failed"
    SUSPENDED = "suspended"
    RATE_TOO_LOW = "rate_too_low"
    TEST_PATTERN = "test_pattern"
    CELL_SATURATED = "cell_saturated"
    CELL_DISCONNECTED = "cell_disconnected"
    CELL_FROZEN = "cell_frozen"
    LOAD_NEGATIVE = "load_negative"
    ZERO_DRIFTED = "zero_drifted"
    ZERO_OLD = "zero_old"
    WEIGHT_IMPLAUSIBLE = "weight_implausible"
    WRONG_LEG = "wrong_leg"
    WRONG_LEG_ENDED = "wrong_leg_ended"
    STILL_ON_BOTH = "still_on_both"
    EYES_OPEN_FIRST = "eyes_open_first"
    VISIT_VOID = "visit_void"
    REPLAY_ENDED = "replay_ended"


#: Nothing can be measured while these last: no attempt begins, one under way ends and is filed.
STOPPING = frozenset({Notice.TEST_PATTERN, Notice.CELL_SATURATED, Notice.CELL_DISCONNECTED, Notice.CELL_FROZEN})

#: What is said in red; everything else in amber.
GRAVE = STOPPING | {
    Notice.LOAD_NEGATIVE,
    Notice.LINK_LOST,
    Notice.PLATE_REBOOTED,
    Notice.NOT_FILED,
    Notice.DISK_FULL,
    Notice.DISK_READ_ONLY,
    Notice.ARCHIVE_READ_ONLY,
    Notice.DISK_FAILED,
    Notice.VISIT_VOID,
}

#: What the operator answers, and may be done besides the acts of the step.
QUESTIONS = {Notice.WEIGHT_IMPLAUSIBLE: Act.SAME_PATIENT, Notice.WRONG_LEG: Act.OTHER_LEG}


@dataclass(frozen=True, slots=True)
class Remark:
    """A notice with the numbers of its sentence, named as the catalogue's placeholders."""

    notice: Notice
    values: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Protocol:
    """One guided test.

    Parameters
    ----------
    name : str
        What it is called in exports ("standard", "demo").
    zero_s, both_feet_s, hold_s, settle_s, rest_s : float
        Empty plate, both feet quiet, hold asked for, both feet again, rest after an attempt. [s]
    attempts_a_side, practice_a_side : int
        Usable trials asked for, and practice trials before them: filed, and counted nowhere.
    first_side : Side
    condition : str
        Code of the conditions, see `conditions`.
    demo : bool
        Stamped into every trial: a demonstration is never compared with a real test.
    zero_limit_s, step_on_limit_s, lift_limit_s, foot_down_limit_s : float
        How long a step waits before the attempt ends, said in words. [s]
    restless_n, loaded_n : float
        An empty plate moves less (SD of a cell) and carries less than this since the zero before. [N]
    minimum_load_n : float
        Nobody stands below it. [N]
    """

    name: str = "standard"
    zero_s: float = 2.0
    both_feet_s: float = 10.0
    hold_s: float = 30.0
    settle_s: float = 3.0
    rest_s: float = 30.0
    attempts_a_side: int = 3
    practice_a_side: int = 1
    first_side: Side = Side.RIGHT
    condition: str = "eyes_open"
    demo: bool = False
    zero_limit_s: float = 30.0
    step_on_limit_s: float = 60.0
    lift_limit_s: float = 20.0
    foot_down_limit_s: float = 10.0
    restless_n: float = 1.0
    loaded_n: float = 20.0
    minimum_load_n: float = 200.0

    def document(self) -> dict[str, object]:
        """As it is stamped into a trial."""
        return asdict(self) | {"first_side": self.first_side.value}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The protocol that was stamped. Raises what a wrong document raises: KeyError, TypeError, ValueError."""
        return cls(**{**document, "first_side": Side(document["first_side"])})


STANDARD = Protocol()
#: A first look: one attempt a side gives no interval.
SHORT = Protocol(name="short", attempts_a_side=1, practice_a_side=0)
#: One attempt a side: both sides within a minute at four times the speed of life.
DEMO = Protocol(name="demo", attempts_a_side=1, practice_a_side=0, demo=True)
#: What can be chosen besides the station's own; names are keys of the catalogue (`test.protocol.*`).
CHOICES = (STANDARD, SHORT)
