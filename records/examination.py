"""What people see, measure and ask beside the plate: the examiner's fields, strength, the checklist before a test.

None is "not looked at", which is never "not there".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from analysis import abductors
from analysis.abductors import PelvicDrop
from analysis.demand import LARGEST_TILT_DEG
from analysis.geometry import Side
from records.entries import NAME_LIMIT, NOTE_LIMIT, checked_number, checked_text, reason_of
from records.errors import EntryProblem, InvalidEntry

LONGEST_TRIAL_S, LARGEST_LEAN_DEG, LARGEST_DROP_DEG, WORST_PAIN = 600.0, 60.0, 45.0, 10


@dataclass(frozen=True, slots=True)
class NewObservation:
    """What the examiner saw of one side: in one trial, or (``trial_id`` None) in the visit as a whole.

    Parameters
    ----------
    side : Side
        Stance limb.
    trial_id : str or None
    pelvic_drop : PelvicDrop or None
        Of the lifted side; ``drop_at_s`` after foot-off where it came later. [s]
    drop_deg, drop_sd_deg : float or None
        The pelvis against the horizontal, + lifted side down, and one standard deviation of that reading. [deg]
    tilt_deg, tilt_sd_deg : float or None
        Stance leg in the frontal plane, + top toward the stance side, and one standard deviation. [deg]
    instrument : str
        What the angles were read with.
    trunk_lean : bool or None
        Toward the stance side; ``trunk_lean_deg``: by how much. [deg]
    pain : int or None
        0 (none) to 10.
    hand_support : bool or None
    hand_load_kg : float or None
        Held in the hand of the other side. [kg]
    note : str

    Raises
    ------
    InvalidEntry
    """

    side: Side
    trial_id: str | None = None
    pelvic_drop: PelvicDrop | None = None
    drop_at_s: float | None = None
    drop_deg: float | None = None
    drop_sd_deg: float | None = None
    tilt_deg: float | None = None
    tilt_sd_deg: float | None = None
    instrument: str = ""
    trunk_lean: bool | None = None
    trunk_lean_deg: float | None = None
    pain: int | None = None
    hand_support: bool | None = None
    hand_load_kg: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        checked_number("drop_at_s", self.drop_at_s, 0, LONGEST_TRIAL_S)
        checked_number("drop_deg", self.drop_deg, -LARGEST_DROP_DEG, LARGEST_DROP_DEG)
        checked_number("tilt_deg", self.tilt_deg, -LARGEST_TILT_DEG, LARGEST_TILT_DEG)
        for field in ("drop_sd_deg", "tilt_sd_deg"):
            checked_number(field, getattr(self, field), 0, LARGEST_TILT_DEG)
        checked_number("trunk_lean_deg", self.trunk_lean_deg, -LARGEST_LEAN_DEG, LARGEST_LEAN_DEG)
        checked_number("pain", self.pain, 0, WORST_PAIN)
        checked_number("hand_load_kg", self.hand_load_kg, 0, 100)
        object.__setattr__(self, "instrument", checked_text("instrument", self.instrument, NAME_LIMIT))
        object.__setattr__(self, "note", checked_text("note", self.note, NOTE_LIMIT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation(NewObservation):
    """What the examiner saw, as filed. To edit one, hand `dataclasses.replace(...)` to `filing.edit_observation`."""

    id: str
    visit_id: str
    version: int
    created_at: datetime
    created_by: str
    void_reason: str | None = None

    @property
    def seen(self) -> abductors.Observation:
        """As the abductor panel reads it."""
        return abductors.Observation(self.pelvic_drop, self.drop_at_s, self.trunk_lean, self.trunk_lean_deg)


class StrengthPosition(StrEnum):
    """How the person lay or stood. Values are kept: never rename one."""

    SIDE_LYING = "side_lying"
    SUPINE = "supine"
    STANDING = "standing"
    SEATED = "seated"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NewStrengthTest:
    """Greatest abduction of one leg: a force at a lever arm, or a moment.

    Parameters
    ----------
    force_n, lever_m : float or None
        Force and the distance of the pad from the hip's centre. [N], [m]
    moment_nm : float or None
        Of an instrument that shows a moment. [N m]
    position : StrengthPosition or None
    pain : int or None
        While pushing, 0 to 10: a force that pain limits is not strength.
    at : datetime or None
        None: now.

    Raises
    ------
    InvalidEntry
        Neither a moment nor a force with its lever arm, or both.
    """

    side: Side
    force_n: float | None = None
    lever_m: float | None = None
    moment_nm: float | None = None
    instrument: str = ""
    position: StrengthPosition | None = None
    pain: int | None = None
    note: str = ""
    at: datetime | None = None

    def __post_init__(self) -> None:
        given = (self.force_n is not None, self.lever_m is not None, self.moment_nm is not None)
        if given not in ((True, True, False), (False, False, True)):
            raise InvalidEntry(EntryProblem.STRENGTH_UNCLEAR, "moment_nm" if given[2] else "force_n")
        checked_number("force_n", self.force_n, 1, 2000)
        checked_number("lever_m", self.lever_m, 0.1, 1.2)
        checked_number("moment_nm", self.moment_nm, 0.5, 500)
        checked_number("pain", self.pain, 0, WORST_PAIN)
        if self.at is not None and self.at.tzinfo is None:
            raise InvalidEntry(EntryProblem.TIME_WITHOUT_ZONE, "at")
        object.__setattr__(self, "instrument", checked_text("instrument", self.instrument, NAME_LIMIT))
        object.__setattr__(self, "note", checked_text("note", self.note, NOTE_LIMIT))


@dataclass(frozen=True, slots=True, kw_only=True)
class StrengthTest(NewStrengthTest):
    """A strength test as filed; ``at`` is there always. Editing: `filing.edit_strength_test`."""

    at: datetime
    id: str
    visit_id: str
    version: int
    created_at: datetime
    created_by: str
    void_reason: str | None = None

    @property
    def strength(self) -> abductors.Strength:
        """As the abductor panel reads it. Raises EntryRefused."""
        if self.moment_nm is not None:
            return abductors.Strength(self.moment_nm)
        return abductors.Strength.of_force(self.force_n or 0.0, self.lever_m or 0.0)


class ChecklistItem(StrEnum):
    """What is asked before the first test of a visit. Values are kept: never rename one."""

    WEIGHT_BEARING = "weight_bearing"
    STANDS_ALONE = "stands_alone"
    HANDHOLD = "handhold"
    TOLD_TO_STOP = "told_to_stop"
    PAIN = "pain"
    DIZZY = "dizzy"
    RED_FLAGS = "red_flags"
    RECENT_SURGERY = "recent_surgery"
    FOOT = "foot"


#: The answer that speaks for testing.
GOOD_ANSWER: Mapping[ChecklistItem, bool] = {
    ChecklistItem.WEIGHT_BEARING: True,
    ChecklistItem.STANDS_ALONE: True,
    ChecklistItem.HANDHOLD: True,
    ChecklistItem.TOLD_TO_STOP: True,
    ChecklistItem.PAIN: False,
    ChecklistItem.DIZZY: False,
    ChecklistItem.RED_FLAGS: False,
    ChecklistItem.RECENT_SURGERY: False,
    ChecklistItem.FOOT: False,
}


@dataclass(frozen=True, slots=True)
class Checklist:
    """The checklist of a visit as answered, and why the test goes on where an answer speaks against it."""

    answers: Mapping[ChecklistItem, bool]
    reason: str
    answered_at: datetime
    answered_by: str

    @property
    def concerns(self) -> tuple[ChecklistItem, ...]:
        """Questions whose answer speaks against testing."""
        return concerns_of(self.answers)


def concerns_of(answers: Mapping[ChecklistItem, bool]) -> tuple[ChecklistItem, ...]:
    """Questions whose answer speaks against testing."""
    return tuple(item for item in ChecklistItem if item in answers and answers[item] is not GOOD_ANSWER[item])


def checked_checklist(answers: Mapping[ChecklistItem, bool], reason: str) -> str:
    """The reason as it is filed.

    Raises
    ------
    InvalidEntry
        A question has no answer, or a concern no reason.
    """
    missing = [item.value for item in ChecklistItem if item not in answers]
    if missing:
        raise InvalidEntry(EntryProblem.CHECKLIST_INCOMPLETE, missing[0], missing=len(missing))
    if concerns_of(answers):
        return reason_of("reason", reason, EntryProblem.CHECKLIST_REASON_MISSING)
    return checked_text("reason", reason, NOTE_LIMIT)


def checklist_document(checklist: Checklist) -> dict[str, object]:
    """As it is kept."""
    return {
        "answers": {item.value: answer for item, answer in checklist.answers.items()},
        "reason": checklist.reason,
        "answered_at": checklist.answered_at.isoformat(),
        "answered_by": checklist.answered_by,
    }


def checklist_from(document: Mapping[str, object]) -> Checklist:
    """As it was kept. Raises LookupError, TypeError, ValueError."""
    answers = document["answers"]
    if not isinstance(answers, Mapping) or not all(isinstance(answer, bool) for answer in answers.values()):
        raise TypeError("answers")
    return Checklist(
        {ChecklistItem(item): answer for item, answer in answers.items()},
        str(document["reason"]),
        datetime.fromisoformat(str(document["answered_at"])),
        str(document["answered_by"]),
    )
