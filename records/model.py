"""What is kept: patients, visits, trials, recordings, results. Frozen; times are aware (UTC); ids are UUIDv7.

What else belongs to them: `records.examination`, `therapy`, `signatures`, `studies`, `reports`, `doubles`, `acts`.

Field names are the column names of `records.schema`: a row and its dataclass are one to one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

from analysis.assess import TrialResult
from analysis.calibration import Zero
from analysis.geometry import Footing, Side
from analysis.phases import Mark
from analysis.recording import ImportedRecording, RawRecording
from analysis.session_check import SessionCheck
from records.acts import Act as Act
from records.acts import Actor as Actor
from records.acts import AuditEvent as AuditEvent
from records.acts import Role as Role
from records.entries import CODE_LIMIT as CODE_LIMIT
from records.entries import FIRST_BIRTH_YEAR as FIRST_BIRTH_YEAR
from records.entries import LAST_BIRTH_YEAR as LAST_BIRTH_YEAR
from records.entries import NAME_LIMIT as NAME_LIMIT
from records.entries import NOTE_LIMIT as NOTE_LIMIT
from records.entries import checked_day, checked_number
from records.entries import checked_text as checked_text
from records.errors import EntryProblem, InvalidEntry
from records.examination import Checklist


class Sex(StrEnum):
    """As recorded by the site."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NewPatient:
    """What is entered about a patient. The study code always; everything else may stay empty.

    A date of birth brings its year. ``record_number``: in the site's own files. ``dominant_side``: of the legs.

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
    birth_date: date | None = None
    record_number: str | None = None
    dominant_side: Side | None = None
    diagnosis: str | None = None

    def __post_init__(self) -> None:
        if self.birth_date is not None:
            object.__setattr__(self, "birth_year", checked_day("birth_date", self.birth_date).year)
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
        number = checked_text("record_number", self.record_number or "", CODE_LIMIT) or None
        object.__setattr__(self, "record_number", number)
        object.__setattr__(self, "diagnosis", checked_text("diagnosis", self.diagnosis or "", NOTE_LIMIT) or None)


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as filed. To edit one, hand `dataclasses.replace(patient, ...)` to `filing.edit_patient`.

    ``merged_into``: the patient this double was merged into; ``erased_at``: what named the person is gone.
    """

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
    birth_date: date | None = None
    record_number: str | None = None
    dominant_side: Side | None = None
    diagnosis: str | None = None
    merged_into: str | None = None
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One line of the list of patients."""

    patient: Patient
    visits: int
    last_visit_at: datetime | None


@dataclass(frozen=True, slots=True)
class VisitEntry:
    """What is entered about a visit beside its trials; None: not measured.

    ``leg_tape_mm``: front spine of the pelvis to the inner ankle; ``pelvis_width_mm``: between the front spines. [mm]

    Raises
    ------
    InvalidEntry
    """

    note: str = ""
    examiner: str | None = None
    body_mass_kg: float | None = None
    height_mm: float | None = None
    leg_tape_mm: float | None = None
    pelvis_width_mm: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "note", checked_text("note", self.note, NOTE_LIMIT))
        object.__setattr__(self, "examiner", checked_text("examiner", self.examiner or "", NAME_LIMIT) or None)
        checked_number("body_mass_kg", self.body_mass_kg, 10, 300)
        checked_number("height_mm", self.height_mm, 500, 2500)
        checked_number("leg_tape_mm", self.leg_tape_mm, 300, 1300)
        checked_number("pelvis_width_mm", self.pelvis_width_mm, 70, 430)


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit. ``at`` is UTC; ``utc_offset_min`` is what the station's clock showed then. [min]

    The other fields are those of `VisitEntry`, the checklist before its first test, and why it is void, if it is.
    """

    id: str
    patient_id: str
    at: datetime
    utc_offset_min: int
    station: str
    operator: str
    note: str
    version: int
    examiner: str | None = None
    body_mass_kg: float | None = None
    height_mm: float | None = None
    leg_tape_mm: float | None = None
    pelvis_width_mm: float | None = None
    checklist: Checklist | None = None
    void_reason: str | None = None

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
    with, None for imports; ``id``: made when its recording began, so that it can be filed once only; None: a new one;
    ``void_reason``: why it is void from the beginning, None: it counts.
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
    void_reason: str | None = None

    def __post_init__(self) -> None:
        if not self.start_s <= self.end_s:
            raise InvalidEntry(EntryProblem.TRIAL_SPAN, "end_s", start_s=self.start_s, end_s=self.end_s)
        if self.void_reason is not None:
            object.__setattr__(self, "void_reason", checked_text("reason", self.void_reason, NOTE_LIMIT))
            if not self.void_reason:
                raise InvalidEntry(EntryProblem.VOID_REASON_MISSING, "reason")


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
