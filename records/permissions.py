"""Who may do what: one table."""

from __future__ import annotations

from enum import StrEnum

from records.errors import NotPermitted
from records.model import Act, Actor, Role

_MEASURING = frozenset({Role.CLINICIAN})
_MANAGING = frozenset({Role.CLINICIAN, Role.ADMIN})
_ADMIN = frozenset({Role.ADMIN})
_EVERYONE = frozenset(Role)


class Right(StrEnum):
    """What may be looked at. What changes something is an `Act`."""

    OWN = "own"
    READ = "read"
    READ_ACCOUNTS = "read_accounts"
    READ_AUDIT = "read_audit"


#: Everything a screen, a callback or an address may be asked for.
Permission = Act | Right

READING: dict[Right, frozenset[Role]] = {
    Right.OWN: _EVERYONE,
    Right.READ: _EVERYONE,
    Right.READ_ACCOUNTS: _ADMIN,
    Right.READ_AUDIT: _ADMIN,
}

#: Acts of `records.accounts` and `records.sign_in`: on people, not on measurements.
#: What everyone may do here, they do to themselves: it takes their own password, PIN or session.
PEOPLE: dict[Act, frozenset[Role]] = {
    Act.SET_UP_CODE_MADE: _ADMIN,
    Act.SET_UP: _ADMIN,
    Act.ACCOUNT_ADDED: _ADMIN,
    Act.ROLE_CHANGED: _ADMIN,
    Act.ACCOUNT_DISABLED: _ADMIN,
    Act.ACCOUNT_ENABLED: _ADMIN,
    Act.PASSWORD_RESET: _ADMIN,
    Act.SESSION_REVOKED: _ADMIN,
    Act.PASSWORD_CHANGED: _EVERYONE,
    Act.PIN_CHANGED: _EVERYONE,
    Act.LOGGED_IN: _EVERYONE,
    Act.LOGIN_REFUSED: _EVERYONE,
    Act.LOCKED: _EVERYONE,
    Act.UNLOCKED: _EVERYONE,
    Act.LOGGED_OUT: _EVERYONE,
}

#: A measurement is the clinician's: an administrator keeps patients and plates, and never touches what was measured.
PERMITTED: dict[Act, frozenset[Role]] = {
    Act.PATIENT_ADDED: _MANAGING,
    Act.PATIENT_EDITED: _MANAGING,
    Act.CALIBRATION_ADDED: _MANAGING,
    Act.DRIFT_CHECK_ADDED: _MANAGING,
    Act.VISIT_OPENED: _MEASURING,
    Act.RECORDING_FILED: _MEASURING,
    Act.FILE_IMPORTED: _MEASURING,
    Act.RESULT_FILED: _MEASURING,
    Act.TRIAL_VOIDED: _MEASURING,
    Act.BACKUP_MADE: _MANAGING,
    Act.EXPORTED: _MANAGING,
    Act.ARCHIVE_MERGED: _MEASURING,
    Act.VISIT_EDITED: _MEASURING,
    Act.CHECKLIST_ANSWERED: _MEASURING,
    Act.VISIT_VOIDED: _MEASURING,
    Act.VISIT_RESTORED: _MEASURING,
    Act.TRIAL_RESTORED: _MEASURING,
    Act.OBSERVATION_FILED: _MEASURING,
    Act.OBSERVATION_EDITED: _MEASURING,
    Act.OBSERVATION_VOIDED: _MEASURING,
    Act.OBSERVATION_RESTORED: _MEASURING,
    Act.STRENGTH_FILED: _MEASURING,
    Act.STRENGTH_EDITED: _MEASURING,
    Act.STRENGTH_VOIDED: _MEASURING,
    Act.STRENGTH_RESTORED: _MEASURING,
    Act.THERAPY_ADDED: _MANAGING,
    Act.THERAPY_EDITED: _MANAGING,
    Act.THERAPY_VOIDED: _MANAGING,
    Act.THERAPY_RESTORED: _MANAGING,
    Act.STUDY_ADDED: _MEASURING,
    Act.STUDY_EDITED: _MEASURING,
    Act.STUDY_CLOSED: _MEASURING,
    Act.STUDY_VISIT_ADDED: _MEASURING,
    Act.STUDY_VISIT_VOIDED: _MEASURING,
    Act.REPORT_FILED: _MEASURING,
    Act.CHANGE_REFUSED: _MANAGING,
    Act.VISIT_SIGNED: _MEASURING,
    Act.PATIENTS_MERGED: _MANAGING,
    Act.PATIENTS_UNMERGED: _MANAGING,
    Act.PATIENT_ERASED: _ADMIN,
    Act.PATIENT_READ: _EVERYONE,  # the look itself takes Right.READ; this is that it is noted
    Act.IDENTITY_CHOSEN: _ADMIN,
    **PEOPLE,
}


def allows(role: Role, needed: Permission) -> bool:
    """Whether people of this role may do or see something."""
    return role in (READING[needed] if isinstance(needed, Right) else PERMITTED[needed])


def require(actor: Actor, needed: Permission) -> None:
    """Return where `actor` may do or see what is `needed`.

    Raises
    ------
    NotPermitted
    """
    if not allows(actor.role, needed):
        raise NotPermitted(actor.name, actor.role.value, needed.value)
