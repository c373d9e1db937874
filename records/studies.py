"""Studies: which visits of whom belong to which session of a test-retest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from records.entries import NAME_LIMIT, NOTE_LIMIT, checked_number, checked_text
from records.errors import EntryProblem, InvalidEntry

MOST_SESSIONS = 20


class StudyKind(StrEnum):
    """What a study asks. Values are kept: never rename one."""

    TEST_RETEST = "test_retest"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NewStudy:
    """What is entered about a study. ``sessions``: how many visits of each person it plans.

    Raises
    ------
    InvalidEntry
    """

    name: str
    kind: StudyKind = StudyKind.TEST_RETEST
    sessions: int = 2
    note: str = ""

    def __post_init__(self) -> None:
        name = checked_text("name", self.name, NAME_LIMIT)
        if not name:
            raise InvalidEntry(EntryProblem.STUDY_NAME_MISSING, "name")
        checked_number("sessions", self.sessions, 1, MOST_SESSIONS)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "note", checked_text("note", self.note, NOTE_LIMIT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Study(NewStudy):
    """A study as filed; no visit joins it any more from ``closed_at`` on."""

    id: str
    version: int
    created_at: datetime
    created_by: str
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StudyVisit:
    """A visit in a study, as its session number ``session`` (from 1); ``void_reason``: why it was taken out."""

    id: str
    study_id: str
    visit_id: str
    session: int
    version: int
    created_at: datetime
    created_by: str
    void_reason: str | None = None
