"""What the record tests file: one person, one plate, recordings whose numbers are known."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from analysis.assess import TrialResult, Value
from analysis.calibration import Calibration, Zero
from analysis.geometry import Footing, FootPlacement, PlateGeometry, Side
from analysis.metrics import Reason
from analysis.phases import EndedBy, Mark, StancePhases
from analysis.quality import Finding, FindingCode, Severity
from analysis.recording import Gap, ImportedRecording, PlateIdentity, RawRecording, SignalKind, Timing
from analysis.session_check import CheckCode, CheckFinding, SessionCheck
from analysis.settings import AnalysisSettings
from records import filing
from records.model import Actor, ImportInput, NewPatient, NewTrial, Patient, RawInput, Role, Trial
from records.store import RecordStore

CLINICIAN = Actor("Ann Example", Role.CLINICIAN)
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TRIALS = (
    NewTrial(
        Side.LEFT, 0.0, 30.0, marks=(Mark(12.5, EndedBy.HAND_SUPPORT),), protocol={"name": "standard", "hold_s": 30}
    ),
)
CELLS_MM = ((-200.0, -150.0), (200.0, -150.0), (200.0, 150.0), (-200.0, 150.0))
FOOTING = Footing(
    FootPlacement(Side.LEFT, (-60.0, -120.0), (-60.0, 120.0), 260.0, 100.0),
    FootPlacement(Side.RIGHT, (60.0, -120.0), (60.0, 120.0), 260.0, 100.0),
)
ZERO = Zero(np.array([10.5, -3.25, 0.0, 1e-3]), np.array([1.0, 2.0, 3.0, 4.0]), NOON)


def raw(seed: int = 1, sets: int = 400, interrupted: str | None = None) -> RawRecording:
    """Seeded counts of four cells at 80 Hz, each cell 3 us after the one before, one gap."""
    rng = np.random.default_rng(seed)
    device_us = np.arange(sets)[:, None] * 12_500 + np.arange(4) * 3
    return RawRecording(
        plate=PlateIdentity("FP-7", "reference-a", "1.0.0", 1, 80.0, 2**23 - 1, Timing.PER_CHANNEL),
        started_at=NOON,
        time_s=np.asarray(device_us * 1e-6),
        counts=rng.integers(-(2**23), 2**23, (sets, 4)).astype(np.int32),
        flags=rng.integers(0, 64, sets).astype(np.uint8),
        gaps=(Gap(1.0, 1.05, 3),),
        interrupted=interrupted,
    )


def imported(side: Side = Side.LEFT) -> ImportedRecording:
    """Four cells in newtons at 100 Hz with one value missing."""
    values = np.random.default_rng(2).normal(200.0, 5.0, (300, 4))
    values[17, 2] = np.nan
    return ImportedRecording(
        time_s=np.arange(300) / 100,
        values=values,
        kind=SignalKind.CELLS_N,
        geometry=PlateGeometry("wide", CELLS_MM, (500.0, 400.0), 45.0),
        declared_side=side,
        duplicate_rows=2,
        source_label=f"{side.value.upper()}, repetition 1",
        device="a maker's plate",
    )


def calibration(id: str = "FP-7-2026", made_at: datetime = NOON) -> Calibration:
    """Of the plate that `raw` was recorded on; its numbers have no short decimal form."""
    gain = 1 / np.array([3.0, 7.0, 11.0, 13.0])
    xy = np.array(CELLS_MM)
    matrix = np.vstack([np.ones(4), xy[:, 0], xy[:, 1]]) * gain
    return Calibration(id, "FP-7", matrix, gain, 0.4, 0.6, 2000.0, "10 kg, 9 crosses", made_at, "Ann Example")


def session_check(zero_drift_n: NDArray[np.float64] | None = None, weight_error_pct: float = 0.1) -> SessionCheck:
    """A check of that plate with a finding; its numbers have no short decimal form."""
    beyond = abs(weight_error_pct) > 1
    finding = CheckFinding(CheckCode.WEIGHT_OFF, Severity.NOT_USABLE, {"value": weight_error_pct, "limit": 1.0})
    return SessionCheck(
        zero=np.array([1.0, 2.0, 3.0, 1 / 3]),
        zero_drift_n=zero_drift_n,
        rate_hz=np.array([80.1, 79.9, 80.0, 80.2]),
        noise_n=np.array([0.05, 0.06, 0.07, 0.08]),
        weight_n=98.0665,
        weight_error_pct=weight_error_pct,
        centre_error_mm=0.1 + 0.2,
        corner_error_mm=0.7,
        findings=(finding,) if beyond else (),
    )


def raw_input(recording: RawRecording | None = None) -> RawInput:
    """Counts with all that goes with them."""
    return RawInput(recording or raw(), ZERO, "FP-7-2026", FOOTING)


def import_input(content: bytes = b"the file as it was", side: Side = Side.LEFT) -> ImportInput:
    """A recording of another system with its file."""
    return ImportInput(imported(side), "trial.csv", "kinvent", hashlib.sha256(content).hexdigest(), content)


def result(value: float = 0.1 + 0.2) -> TrialResult:
    """A result with a value, a reason, a finding and every optional phase."""
    phases = StancePhases(
        side=Side.LEFT,
        start_s=1 / 3,
        end_s=31.0,
        foot_off_s=1 / 3,
        static_s=(5 + 1 / 3, 25 + 1 / 3),
        touch_down_s=None,
        ended_by=EndedBy.TARGET_REACHED,
        hold_time_s=30.0,
        censored=True,
        bipedal_s=(0.0, 0.2),
    )
    return TrialResult(
        side=Side.LEFT,
        phases=phases,
        values={"velocity_ml": Value(value, 0.25), "lateral_shift": Value(None, reason=Reason.NO_FOOT_PLACEMENT)},
        findings=(Finding(FindingCode.REPEATED_ROWS, Severity.NOTE, {"n": 3}),),
        usable=True,
        settings=AnalysisSettings(window=(2.0, 12.5), lowpass_hz=None),
        analysis_version="1",
        rate_hz=80.0,
        calibration_id="FP-7-2026",
        plate_serial="FP-7",
    )


def filed_patient(store: RecordStore, code: str = "P-001") -> Patient:
    """A patient in the archive."""
    return filing.add_patient(store, CLINICIAN, NewPatient(code, "Jürgen Weiß", 1961))


def filed_trial(store: RecordStore, code: str = "P-001") -> Trial:
    """A patient, a visit, the plate's calibration and one recording with one trial, in the archive."""
    patient = filed_patient(store, code)
    visit = filing.open_visit(store, CLINICIAN, patient.id, station="room 2", at=NOON)
    if store.latest_calibration("FP-7") is None:
        filing.add_calibration(store, CLINICIAN, calibration())
    (trial,) = filing.file_recording(store, CLINICIAN, visit.id, raw_input(), TRIALS)
    return trial
