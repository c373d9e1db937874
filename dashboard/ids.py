"""Component ids: one enum a page, so that a mistyped id is an error of the type checker."""

from __future__ import annotations

from enum import StrEnum


class ShellId(StrEnum):
    """The frame around every page."""

    URL = "url"
    TITLE = "title"
    PROVIDER = "provider"
    PAGE = "page"
    SCHEME = "scheme"
    EXCHANGE = "exchange"
    EXCHANGE_NOTICE = "exchange-notice"
    EXCHANGE_TIMER = "exchange-timer"
    EXCHANGE_KEY = "exchange-key"
    EXCHANGE_SEEN = "exchange-seen"


class PatientsId(StrEnum):
    """The list of patients and the form that adds one."""

    SEARCH = "patients-search"
    LIST = "patients-list"
    MORE = "patients-more"
    ADD = "patients-add"
    FORM = "patients-form"
    CODE = "patients-code"
    NAME = "patients-name"
    BIRTH_YEAR = "patients-birth-year"
    SEX = "patients-sex"
    INVOLVED = "patients-involved"
    NOTE = "patients-note"
    SAVE = "patients-save"
    CANCEL = "patients-cancel"
    PROBLEM = "patients-problem"


class PatientId(StrEnum):
    """One patient."""

    NEW_VISIT = "patient-new-visit"
    WHO = "patient-who"
    BODY = "patient-body"
    SAID = "patient-said"


class VisitId(StrEnum):
    """The entries of a visit."""

    BODY = "visit-body"
    SAID = "visit-said"
    SHOWN = "visit-shown"


class TestId(StrEnum):
    """The guided test: what callbacks read and write."""

    VISIT = "test-visit"
    STATE = "test-state"
    SCREEN = "test-screen"
    CONTROLS = "test-controls"
    ACT = "test-act"
    SETUP = "test-setup"
    TAKE_OVER = "test-take-over"
    EXAMINER = "test-examiner"
    EXAMINED = "test-examined"
    SEEN = "test-seen"
    SEEN_PROBLEM = "test-seen-problem"
    TYPED = "test-typed"


class LiveId(StrEnum):
    """The guided test: what the live view writes (`assets/live.js` knows these names)."""

    CANVAS = "test-canvas"
    FORCE = "test-force"
    NEWTON = "test-newton"
    TITLE = "test-title"
    TEXT = "test-text"
    NOTICE = "test-notice"
    COUNT = "test-count"
    BAR = "test-bar"
    SHARE = "test-share"
    PLATE = "test-plate"
    RATE = "test-rate"
    ZERO = "test-zero"
    CALIBRATION = "test-calibration"
    NOW = "test-now"
    LOST = "test-lost"


class ExplainId(StrEnum):
    """How a number is computed."""

    BUTTON = "explain-button"
    DRAWER = "explain-drawer"
    PARAMETERS = "explain-parameters"


class PatientViewId(StrEnum):
    """What the patient reads (`assets/patient.js` knows these names)."""

    VISIT = "patient-view-visit"
    PHASE = "patient-view-phase"
    COUNT = "patient-view-count"
    LOST = "patient-view-lost"
    MOUNTED = "patient-view-mounted"


class ResultId(StrEnum):
    """The result of a visit."""

    VISIT = "result-visit"
    CONDITION = "result-condition"
    BODY = "result-body"
    SHOWN = "result-shown"
    TABLE = "result-table"
    PICTURE = "result-picture"
    PICKED = "result-picked"
    TABS = "result-tabs"
    DETAIL_TRIAL = "result-detail-trial"
    DETAIL = "result-detail"
    FILM = "result-film"
    REPLAY = "result-replay"
    REPLAYED = "result-replayed"
    RESEARCH_TRIAL = "result-research-trial"
    RESEARCH = "result-research"
    REPORTS_CARD = "reports"
    REPORTS = "result-reports"
    REPORT_CLINICIAN = "result-report-clinician"
    REPORT_PATIENT = "result-report-patient"
    REPORT_FILE = "result-report-file"


class ProgressId(StrEnum):
    """Progress of a patient."""

    WHO = "progress-who"
    METRIC = "progress-metric"
    CONDITION = "progress-condition"
    BODY = "progress-body"


class CompareId(StrEnum):
    """Two trials or visits beside each other."""

    WHO = "compare-who"
    FIRST = "compare-first"
    SECOND = "compare-second"
    BODY = "compare-body"


class OwnId(StrEnum):
    """One's own account."""

    OLD = "own-old"
    NEW = "own-new"
    AGAIN = "own-again"
    SAVE_PASSWORD = "own-save-password"  # noqa: S105
    PASSWORD_TOLD = "own-password-told"  # noqa: S105
    PIN = "own-pin"
    PIN_PASSWORD = "own-pin-password"  # noqa: S105
    SAVE_PIN = "own-save-pin"
    PIN_TOLD = "own-pin-told"


class UsersId(StrEnum):
    """The accounts of the archive."""

    LIST = "users-list"
    ADD = "users-add"
    FORM = "users-form"
    NAME = "users-name"
    ROLE = "users-role"
    SAVE = "users-save"
    CANCEL = "users-cancel"
    CODE = "users-code"
    OPEN = "users-open"
    ONE = "users-one"
    ONE_BODY = "users-one-body"
    ACT = "users-act"


class AuditId(StrEnum):
    """The audit log."""

    WHO = "audit-who"
    WHAT = "audit-what"
    LIST = "audit-list"
    MORE = "audit-more"
    VERIFY = "audit-verify"
    VERIFIED = "audit-verified"


class IdentityId(StrEnum):
    """How people are known."""

    CHOICE = "identity-choice"
    SAVE = "identity-save"
    TOLD = "identity-told"


def user_act_id(act: str, account_id: str, version: int) -> dict[str, str | int]:
    """Id of a button that does something to an account as it was shown."""
    return {"type": UsersId.ACT.value, "act": act, "account": account_id, "version": version}


def side_id(kind: ResultId, side: str) -> dict[str, str]:
    """Id of a component that stands once for each side."""
    return {"type": kind.value, "side": side}


def explain_id(about: str, place: str) -> dict[str, str]:
    """Id of a button that explains: once for each metric or topic in each place of a page."""
    return {"type": ExplainId.BUTTON.value, "about": about, "place": place}
