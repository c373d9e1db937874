"""Acts on plates: their calibrations, and the log of their checks."""

from __future__ import annotations

from datetime import UTC, datetime

from analysis.calibration import Calibration
from analysis.session_check import SessionCheck
from records import queries, rows
from records.audit import append
from records.errors import Conflict, EntryProblem, InvalidEntry, Kind
from records.ids import new_id
from records.model import Act, Actor, DriftCheck
from records.permissions import require
from records.store import RecordStore


def add_calibration(store: RecordStore, actor: Actor, calibration: Calibration) -> Calibration:
    """File the calibration of a plate. Calibrations are never changed: a new one has a new id.

    Raises
    ------
    NotPermitted
    Conflict
        Its id is in the archive already.
    """
    require(actor, Act.CALIBRATION_ADDED)
    with store.writing() as archive:
        if queries.has_calibration(archive, calibration.id):
            raise Conflict(Kind.CALIBRATION, calibration.id, 0, 1)
        rows.insert_calibration(archive, calibration)
        details = {
            "plate_serial": calibration.plate_serial,
            "matrix": calibration.matrix.tolist(),
            "cell_newton_per_count": calibration.cell_newton_per_count.tolist(),
            "reference": calibration.reference,
        }
        append(archive, actor, Act.CALIBRATION_ADDED, store.station, (Kind.CALIBRATION, calibration.id), details)
    return calibration


def add_drift_check(
    store: RecordStore, actor: Actor, calibration_id: str, outcome: SessionCheck, *, at: datetime | None = None
) -> DriftCheck:
    """File a check of a plate before a session, made now or at an aware time `at`.

    Parameters
    ----------
    calibration_id : str
        What judged it; it says which plate.

    Raises
    ------
    NotPermitted, NotFound, InvalidEntry
    """
    require(actor, Act.DRIFT_CHECK_ADDED)
    if at is not None and at.tzinfo is None:
        raise InvalidEntry(EntryProblem.TIME_WITHOUT_ZONE, "at")
    with store.writing() as archive:
        check = DriftCheck(
            id=new_id(),
            plate_serial=queries.find_calibration(archive, calibration_id).plate_serial,
            calibration_id=calibration_id,
            made_at=(at or datetime.now(UTC)).astimezone(UTC),
            made_by=actor.name,
            passed=outcome.passed,
            outcome=outcome,
        )
        rows.insert_drift_check(archive, check)
        details = {
            "plate_serial": check.plate_serial,
            "calibration_id": calibration_id,
            "passed": check.passed,
            "weight_error_pct": outcome.weight_error_pct,
            "corner_error_mm": outcome.corner_error_mm,
        }
        append(archive, actor, Act.DRIFT_CHECK_ADDED, store.station, (Kind.DRIFT_CHECK, check.id), details)
    return check
