"""Who may do what: one table."""

from __future__ import annotations

from records.errors import NotPermitted
from records.model import Act, Actor, Role

_MEASURING = frozenset({Role.CLINICIAN})
_MANAGING = frozenset({Role.CLINICIAN, Role.ADMIN})

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
}


def require(actor: Actor, act: Act) -> None:
    """Return where `actor` may do `act`.

    Raises
    ------
    NotPermitted
    """
    if actor.role not in PERMITTED[act]:
        raise NotPermitted(actor.name, actor.role.value, act.value)
