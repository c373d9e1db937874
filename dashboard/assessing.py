"""A stored trial -> its result: what is read of the archive, and what is computed of that alone.

The two halves are apart so that the computing can be done by another process or another computer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from analysis.assess import AssessedTrial, assess_import, assess_recording
from analysis.calibration import Calibration
from analysis.errors import AnalysisError
from analysis.settings import AnalysisSettings
from dashboard.orders import followed_from
from records.model import StoredRecording, Trial
from records.store import RecordStore


class NoTrialFound(AnalysisError):
    """Happens when a recording holds no stance where its trial should be."""

    code = "NO_TRIAL_FOUND"


@dataclass(frozen=True, slots=True)
class StoredTrial:
    """Everything a trial's result is computed of. ``calibration`` is None for a recording of another system."""

    trial: Trial
    recording: StoredRecording
    calibration: Calibration | None


def stored_trial(
    store: RecordStore, trial_id: str, calibration_of: Callable[[str], Calibration] | None = None
) -> StoredTrial:
    """Read a trial with its recording, verified; its calibration from `calibration_of` where that is given.

    Raises
    ------
    NotFound, RecordingDamaged
    """
    trial = store.trial(trial_id)
    recording = store.recording(trial.recording_id)
    used = recording.calibration_id
    return StoredTrial(trial, recording, (calibration_of or store.calibration)(used) if used is not None else None)


def settings_of(trial: Trial, settings: AnalysisSettings) -> AnalysisSettings:
    """The hold asked for is the trial's own, whatever is asked for today."""
    hold_s = (trial.protocol or {}).get("hold_s")
    return replace(settings, target_hold_s=float(hold_s)) if isinstance(hold_s, int | float) else settings


def assess_stored(stored: StoredTrial, settings: AnalysisSettings) -> AssessedTrial:
    """Compute a trial from its stored recording.

    Raises
    ------
    AnalysisError
    """
    return _the_trial(stored.trial, _assess(stored, settings))


def _assess(stored: StoredTrial, settings: AnalysisSettings) -> tuple[AssessedTrial, ...]:
    trial, recording = stored.trial, stored.recording
    if recording.imported is not None:
        return assess_import(recording.imported, settings=settings, footing=recording.footing, side=trial.side)
    if recording.raw is None or recording.zero is None or stored.calibration is None:
        raise NoTrialFound(f"recording {recording.id} holds no counts")
    return assess_recording(
        recording.raw,
        stored.calibration,
        recording.zero,
        settings=settings_of(trial, settings),
        footing=recording.footing,
        side=trial.side,
        marks=trial.marks,
        expected_weight_n=_expected_weight_n(trial),
        followed=followed_from((trial.protocol or {}).get("followed")),
    )


def _expected_weight_n(trial: Trial) -> float | None:
    """What the patient had weighed before this trial. [N]"""
    expected_n = (trial.protocol or {}).get("expected_weight_n")
    return float(expected_n) if isinstance(expected_n, int | float) else None


def _the_trial(trial: Trial, found: Sequence[AssessedTrial]) -> AssessedTrial:
    """The stance that a trial is about: the first one that is not over when the trial begins."""
    for each in found:
        if each.result.phases.end_s > trial.start_s:
            return each
    if not found:
        raise NoTrialFound(f"trial {trial.id} has no stance")
    return found[-1]
