"""Who acts, and what is done: the closed list of what is audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from records.errors import Kind


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
    CHANGE_REFUSED = "change_refused"
    VISIT_EDITED = "visit_edited"
    CHECKLIST_ANSWERED = "checklist_answered"
    VISIT_VOIDED = "visit_voided"
    VISIT_RESTORED = "visit_restored"
    VISIT_SIGNED = "visit_signed"
    TRIAL_RESTORED = "trial_restored"
    OBSERVATION_FILED = "observation_filed"
    OBSERVATION_EDITED = "observation_edited"
    OBSERVATION_VOIDED = "observation_voided"
    OBSERVATION_RESTORED = "observation_restored"
    STRENGTH_FILED = "strength_filed"
    STRENGTH_EDITED = "strength_edited"
    STRENGTH_VOIDED = "strength_voided"
    STRENGTH_RESTORED = "strength_restored"
    THERAPY_ADDED = "therapy_added"
    THERAPY_EDITED = "therapy_edited"
    THERAPY_VOIDED = "therapy_voided"
    THERAPY_RESTORED = "therapy_restored"
    STUDY_ADDED = "study_added"
    STUDY_EDITED = "study_edited"
    STUDY_CLOSED = "study_closed"
    STUDY_VISIT_ADDED = "study_visit_added"
    STUDY_VISIT_VOIDED = "study_visit_voided"
    REPORT_FILED = "report_filed"
    PATIENTS_MERGED = "patients_merged"
    PATIENTS_UNMERGED = "patients_unmerged"
    PATIENT_ERASED = "patient_erased"
    PATIENT_READ = "patient_read"
    IDENTITY_CHOSEN = "identity_chosen"


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
