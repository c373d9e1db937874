"""Closed lists that errors and events name things by: what is kept, and why something cannot be filed or merged."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Closed list of what is kept, as errors and events name it. Values are in the hash chain: never rename one."""

    PATIENT = "patient"
    VISIT = "visit"
    TRIAL = "trial"
    RECORDING = "recording"
    SOURCE = "source"
    CALIBRATION = "calibration"
    DRIFT_CHECK = "drift_check"
    ARCHIVE = "archive"
    ACCOUNT = "account"
    SESSION = "session"
    SET_UP_CODE = "set_up_code"
    OBSERVATION = "observation"
    STRENGTH_TEST = "strength_test"
    THERAPY_EVENT = "therapy_event"
    STUDY = "study"
    STUDY_VISIT = "study_visit"
    REPORT = "report"
    PATIENT_MERGE = "patient_merge"


class EntryProblem(StrEnum):
    """Why an entry cannot be filed."""

    PATIENT_CODE_MISSING = "PATIENT_CODE_MISSING"
    BIRTH_YEAR_OUT_OF_RANGE = "BIRTH_YEAR_OUT_OF_RANGE"
    TEXT_TOO_LONG = "TEXT_TOO_LONG"
    TEXT_UNPRINTABLE = "TEXT_UNPRINTABLE"
    VOID_REASON_MISSING = "VOID_REASON_MISSING"
    STATION_MISSING = "STATION_MISSING"
    TIME_WITHOUT_ZONE = "TIME_WITHOUT_ZONE"
    NO_TRIAL = "NO_TRIAL"
    TRIAL_SPAN = "TRIAL_SPAN"
    ACCOUNT_NAME_MISSING = "ACCOUNT_NAME_MISSING"
    PASSWORD_TOO_SHORT = "PASSWORD_TOO_SHORT"  # noqa: S105
    PASSWORD_TOO_LONG = "PASSWORD_TOO_LONG"  # noqa: S105
    PASSWORD_COMMON = "PASSWORD_COMMON"  # noqa: S105
    PIN_NOT_SIX_DIGITS = "PIN_NOT_SIX_DIGITS"
    PIN_TOO_SIMPLE = "PIN_TOO_SIMPLE"
    NUMBER_OUT_OF_RANGE = "NUMBER_OUT_OF_RANGE"
    DAY_OUT_OF_RANGE = "DAY_OUT_OF_RANGE"
    STRENGTH_UNCLEAR = "STRENGTH_UNCLEAR"
    CHECKLIST_INCOMPLETE = "CHECKLIST_INCOMPLETE"
    CHECKLIST_REASON_MISSING = "CHECKLIST_REASON_MISSING"
    AMENDMENT_REASON_MISSING = "AMENDMENT_REASON_MISSING"
    STUDY_NAME_MISSING = "STUDY_NAME_MISSING"
    REPORT_NO_PDF = "REPORT_NO_PDF"
    TRIAL_OF_OTHER_VISIT = "TRIAL_OF_OTHER_VISIT"
    TRIAL_OF_OTHER_SIDE = "TRIAL_OF_OTHER_SIDE"
    MERGE_REASON_MISSING = "MERGE_REASON_MISSING"
    MERGE_WITH_ITSELF = "MERGE_WITH_ITSELF"
    MERGE_TAKEN_FURTHER = "MERGE_TAKEN_FURTHER"
    ERASE_REASON_MISSING = "ERASE_REASON_MISSING"
    STUDY_IS_CLOSED = "STUDY_IS_CLOSED"
    IS_VOID = "IS_VOID"
    DAY_OR_KIND_MISSING = "DAY_OR_KIND_MISSING"
    CODE_NOT_CONFIRMED = "CODE_NOT_CONFIRMED"
    CODE_SHARED = "CODE_SHARED"
    CODE_ONLY = "CODE_ONLY"


class MergeProblem(StrEnum):
    """Why an export can't be merged."""

    NOT_ARCHIVE = "MERGE_NOT_ARCHIVE"
    VERSION = "MERGE_VERSION"
    NAME = "MERGE_NAME"
    TOO_LARGE = "MERGE_TOO_LARGE"
    CHANGED = "MERGE_CHANGED"
    MISSING = "MERGE_MISSING"
    ROW = "MERGE_ROW"
    RECORDING = "MERGE_RECORDING"
    ORPHAN = "MERGE_ORPHAN"
    CONFLICT = "MERGE_CONFLICT"


class SealProblem(StrEnum):
    """Why a file can't be sealed or opened."""

    NO_DRIVER = "SEAL_NO_DRIVER"
    NO_KEY = "SEAL_NO_KEY"
    SHORT = "SEAL_SHORT"
    NEEDS_KEY = "SEAL_NEEDS_KEY"
    ANOTHER_KEY = "SEAL_ANOTHER_KEY"
    CHANGED = "SEAL_CHANGED"
    TOO_LARGE = "SEAL_TOO_LARGE"
