"""What is kept: patients, visits, trials, recordings, results, events. Frozen; times are aware (UTC); ids are UUIDv7.

Field names are the column names of `records.schema`: a row and its dataclass are one to one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum

from analysis.assess import TrialResult
from analysis.calibration import Zero
from analysis.geometry import Footing, Side
from analysis.phases import Mark
from analysis.recording import ImportedRecording, RawRecording
from analysis.session_check import SessionCheck
from records.errors import EntryProblem, InvalidEntry, Kind

CODE_LIMIT, NAME_LIMIT, NOTE_LIMIT = 64, 200, 10_000
FIRST_BIRTH_YEAR, LAST_BIRTH_YEAR = 1890, 2100


class Role(StrEnum):
    """What a person may do: one table, `records.permissions`."""

    VIEWER = "viewer"
    CLINICIAN = "clinician"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something."""

    name: str
    role: Role


class Sex(StrEnum):
    """As recorded by the site."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


def checked_text(field: str, text: str, limit: int) -> str:
    """`text` without blanks at its ends.

    Raises
    ------
    InvalidEntry
        Longer than `limit`, or characters that are no text (control characters other than line breaks and tabs).
    """
    text = text.strip()
    if len(text) > limit:
        raise InvalidEntry(EntryProblem.TEXT_TOO_LONG, field, length=len(text), limit=limit)
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\r\t" for character in text):
        raise InvalidEntry(EntryProblem.TEXT_UNPRINTABLE, field)
    return text


@dataclass(frozen=True, slots=True)
class NewPatient:
    """What is entered about a patient. The study code always; everything else may stay empty.

    Raises
    ------
    InvalidEntry
        No code, a text that is too long or unprintable, a year of birth that cannot be.
    """

    code: str
    name: str | None = None
    birth_year: int | None = None
    sex: Sex | None = None
    involved_side: Side | None = None
    note: str = ""
    simulated: bool = False

    def __post_init__(self) -> None:
        code = checked_text("code", self.code, CODE_LIMIT)
        if not code:
            raise InvalidEntry(EntryProblem.PATIENT_CODE_MISSING, "code")
        year = self.birth_year
        if year is not None and not FIRST_BIRTH_YEAR <= year <= LAST_BIRTH_YEAR:
            raise InvalidEntry(
                EntryProblem.BIRTH_YEAR_OUT_OF_RANGE,
                "birth_year",
                value=year,
                minimum=FIRST_BIRTH_YEAR,
                maximum=LAST_BIRTH_YEAR,
            )
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "name", checked_text("name", self.name or "", NAME_LIMIT) or None)
        object.__setattr__(self, "note", checked_text("note", self.note, NOTE_LIMIT))


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as filed. To edit one, hand `dataclasses.replace(patient, ...)` to `filing.edit_patient`."""

    id: str
    code: str
    name: str | None
    birth_year: int | None
    sex: Sex | None
    involved_side: Side | None
    note: str
    simulated: bool
    version: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One line of the list of patients."""

    patient: Patient
    visits: int
    last_visit_at: datetime | None


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit. ``at`` is UTC; ``utc_offset_min`` is what the station's clock showed then. [min]"""

    id: str
    patient_id: str
    at: datetime
    utc_offset_min: int
    station: str
    operator: str
    note: str
    version: int

    @property
    def local_at(self) -> datetime:
        """Time of the visit as the station's clock showed it."""
        return self.at.astimezone(timezone(timedelta(minutes=self.utc_offset_min)))


class TrialStatus(StrEnum):
    """What became of a trial. A void trial stays in the archive, and counts nowhere."""

    FILED = "filed"
    INTERRUPTED = "interrupted"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class NewTrial:
    """One trial inside a recording, ``start_s`` to ``end_s`` on the recording's clock. [s]

    ``side`` is the stance limb as asked for or declared; ``attempt`` counts from 1 per side and condition; ``demo``: a
    demonstration that is never compared. ``marks``: what the operator saw; ``protocol``: the values the guided test ran
    with, None for imports; ``id``: made when its recording began, so that it can be filed once only; None: a new one.
    """

    side: Side | None
    start_s: float
    end_s: float
    condition: str = "eyes_open"
    attempt: int = 1
    demo: bool = False
    marks: tuple[Mark, ...] = ()
    protocol: Mapping[str, object] | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        if not self.start_s <= self.end_s:
            raise InvalidEntry(EntryProblem.TRIAL_SPAN, "end_s", start_s=self.start_s, end_s=self.end_s)


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial as filed."""

    id: str
    visit_id: str
    recording_id: str
    side: Side | None
    start_s: float
    end_s: float
    condition: str
    attempt: int
    demo: bool
    status: TrialStatus
    void_reason: str | None
    version: int
    created_at: datetime
    marks: tuple[Mark, ...] = ()
    protocol: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class RawInput:
    """Counts of our own plate with what makes newtons of them. The calibration must be in the archive already."""

    raw: RawRecording
    zero: Zero
    calibration_id: str
    footing: Footing | None = None


@dataclass(frozen=True, slots=True)
class ImportInput:
    """A recording of another system and the file it came from; equal files are kept once."""

    imported: ImportedRecording
    file_name: str
    reader: str
    content_sha256: str
    source: bytes
    footing: Footing | None = None


NewRecording = RawInput | ImportInput


class RecordingKind(StrEnum):
    """Whose recording it is."""

    RAW = "raw"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class StoredRecording:
    """A recording read back and verified. Exactly one of ``raw`` and ``imported`` is there, as ``kind`` says."""

    id: str
    visit_id: str
    kind: RecordingKind
    raw: RawRecording | None
    imported: ImportedRecording | None
    sha256: str
    zero: Zero | None
    calibration_id: str | None
    footing: Footing | None
    file_name: str | None
    reader: str | None
    source_sha256: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result of a trial. ``number`` counts the results of its trial from 1; older ones are kept."""

    id: str
    trial_id: str
    number: int
    result: TrialResult
    analysis_version: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class DriftCheck:
    """One check of a plate before a session: an entry of its drift log. ``outcome``: as `calibration_id` judged it."""

    id: str
    plate_serial: str
    calibration_id: str
    made_at: datetime
    made_by: str
    passed: bool
    outcome: SessionCheck


class Act(StrEnum):
    """Closed list of what is audited. Values are in the hash chain: never rename one."""

    PATIENT_ADDED = "patient_added"
    PATIENT_EDITED = "patient_edited"
    VISIT_OPENED = "visit_opened"
    RECORDING_FILED = "recording_filed"
    FILE_IMPORTED = "file_imported"
    RESULT_FILED = "result_filed"
    TRIAL_VOIDED = "trial_voided"
    CALIBRATION_ADDED = "calibration_added"
    DRIFT_CHECK_ADDED = "drift_check_added"
    BACKUP_MADE = "backup_made"
    EXPORTED = "exported"
    SET_UP_CODE_MADE = "set_up_code_made"
    SET_UP = "set_up"
    ACCOUNT_ADDED = "account_added"
    ROLE_CHANGED = "role_changed"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    PASSWORD_RESET = "password_reset"  # noqa: S105 - by an administrator
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - by its owner
    PIN_CHANGED = "pin_changed"
    LOGGED_IN = "logged_in"
    LOGIN_REFUSED = "login_refused"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    LOGGED_OUT = "logged_out"
    SESSION_REVOKED = "session_revoked"
    ARCHIVE_MERGED = "archive_merged"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One act. ``number`` counts the acts of a station from 1; ``previous_hash`` chains them."""

    id: str
    station: str
    number: int
    at: datetime
    actor: str
    role: Role
    act: Act
    subject_kind: Kind
    subject_id: str
    details_sha256: str
    previous_hash: str
    hash: str
    details: Mapping[str, object]
