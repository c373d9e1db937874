"""What was done to a patient beside the tests: surgery, injections, therapy. Shown on the trend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from analysis.geometry import Side
from records.entries import NOTE_LIMIT, checked_day, checked_text


class TherapyKind(StrEnum):
    """What happened. Values are kept: never rename one."""

    SURGERY = "surgery"
    INJECTION = "injection"
    THERAPY_START = "therapy_start"
    THERAPY_END = "therapy_end"
    INJURY = "injury"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NewTherapyEvent:
    """One event on one day. ``side``: None where it concerns no side, or both.

    Raises
    ------
    InvalidEntry
    """

    kind: TherapyKind
    day: date
    side: Side | None = None
    note: str = ""

    def __post_init__(self) -> None:
        checked_day("day", self.day)
        object.__setattr__(self, "note", checked_text("note", self.note, NOTE_LIMIT))


@dataclass(frozen=True, slots=True, kw_only=True)
class TherapyEvent(NewTherapyEvent):
    """An event as filed. Editing: `filing.edit_therapy_event`."""

    id: str
    patient_id: str
    version: int
    created_at: datetime
    created_by: str
    void_reason: str | None = None
