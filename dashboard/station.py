"""One station: its archive, its plate, and how a measurement becomes a trial. Pages and commands alike call this."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

import numpy as np

from acquisition.files import ReadFile
from acquisition.hub import Hub
from analysis.assess import AssessedTrial, TrialResult, assess_import
from analysis.calibration import Calibration
from analysis.errors import AnalysisError
from analysis.geometry import Footing, Side
from analysis.recording import ImportedRecording, PlateIdentity, RawRecording
from analysis.settings import AnalysisSettings
from dashboard.assessing import assess_stored, stored_trial
from dashboard.orders import Facts, followed_document
from dashboard.plate_calibration import calibration_without_archive
from hardware.plates import load_plate_model
from records import filing
from records.errors import Conflict, NotFound, RecordingDamaged, RecordsError
from records.model import (
    Actor,
    ImportInput,
    NewTrial,
    Patient,
    RawInput,
    Trial,
    TrialStatus,
    Visit,
)
from records.store import RecordStore

log = logging.getLogger(__name__)
#: Why a practice trial is void from the beginning.
PRACTICE = "practice"
KEPT_SIGNALS = 64  # trials whose signals stay at hand for pictures


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt of the guided test, ready to be filed.

    ``trial_id``: what it is filed under, once only; ``calibration``: the one it ran with, None: the newest. ``actor``:
    who measured; None: the station, which files what a program that was killed left behind.
    """

    visit_id: str
    raw: RawRecording
    footing: Footing | None
    facts: Facts
    trial_id: str | None = None
    calibration: Calibration | None = None
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class FiledTrial:
    """A trial in the archive with its newest result, or the code of the error that left none."""

    trial: Trial
    result: TrialResult | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class VisitResults:
    """Everything a visit showed, void trials too. What may be compared: `dashboard.visit_groups`."""

    visit: Visit
    patient: Patient
    trials: tuple[FiledTrial, ...]


class Station:
    """Composes archive, plate and analysis. Safe to share between threads.

    Parameters
    ----------
    store : RecordStore
    actor : Actor
        Who files what comes without a person: at the console, and of a recording found after a crash.
    name : str
        Of the station, filed with each visit.
    hub : Hub or None
        Reads the plate; None where this station measures nothing.
    settings : AnalysisSettings
    """

    def __init__(
        self,
        store: RecordStore,
        actor: Actor,
        name: str,
        hub: Hub | None = None,
        settings: AnalysisSettings | None = None,
    ) -> None:
        self.store, self.actor, self.name, self.hub = store, actor, name, hub
        self.settings = settings or AnalysisSettings()
        self._signals: OrderedDict[str, AssessedTrial] = OrderedDict()
        self._lock = Lock()

    # ---- the plate

    def calibration_for(self, identity: PlateIdentity) -> Calibration:
        """The archive's newest calibration of a plate; a simulated plate's own; else what drawing and datasheet say.

        Raises
        ------
        InvalidRecording
            The plate's model is not known: nothing can be computed of its counts.
        """
        newest = self.store.latest_calibration(identity.serial)
        if newest is not None:
            return newest
        return calibration_without_archive(identity)

    def footing_for(self, identity: PlateIdentity) -> Footing:
        """The foot template of a plate. Raises InvalidRecording for an unknown model."""
        return load_plate_model(identity.model).template

    # ---- filing

    def file_attempt(self, attempt: Attempt) -> FiledTrial:
        """File the counts, then what they show: two commits, so that a failed analysis never loses a trial.

        An attempt that has its id is filed once, however often it is handed in. One for practice is void from the
        beginning: it is in no comparison.

        Raises
        ------
        RecordsError
            The archive did not take the counts.
        """
        facts, raw, actor = attempt.facts, attempt.raw, attempt.actor or self.actor
        calibration = self.filed_calibration(attempt.calibration or self.calibration_for(raw.plate))
        new = RawInput(raw, facts.zero, calibration.id, attempt.footing)
        end_s = float(raw.time_s.max()) if len(raw.time_s) else 0.0
        trial = NewTrial(
            side=facts.side,
            start_s=min(facts.lift_s or 0.0, end_s),
            end_s=end_s,
            condition=facts.protocol.condition,
            attempt=facts.attempt,
            demo=facts.protocol.demo or raw.plate.simulated,
            marks=facts.marks,
            protocol=facts.protocol.document() | _stamped(facts),
            id=attempt.trial_id,
            void_reason=PRACTICE if facts.practice else None,
        )
        try:
            (filed,) = filing.file_recording(self.store, actor, attempt.visit_id, new, [trial])
        except Conflict:
            return self._filed_before(attempt)
        return self._assess_and_file(filed, actor)

    def _filed_before(self, attempt: Attempt) -> FiledTrial:
        """An attempt whose counts are in the archive already: what may be missing is its result."""
        filed = self.store.trial(attempt.trial_id or "")
        stored = self.store.latest_result(filed.id)
        if stored is None:
            return self._assess_and_file(filed, attempt.actor or self.actor)
        return FiledTrial(filed, stored.result)

    def holds(self, trial_id: str, raw: RawRecording) -> bool:
        """Whether the archive gives back every set of this recording for a trial, bit for bit.

        Raises
        ------
        NotFound
            It does not have the trial.
        RecordsError
        """
        stored = self.store.recording(self.store.trial(trial_id).recording_id).raw
        n = len(raw.counts)
        return stored is not None and all(
            np.array_equal(getattr(stored, name)[:n], getattr(raw, name)) for name in ("time_s", "counts", "flags")
        )

    def import_file(
        self,
        patient_id: str,
        read: ReadFile,
        *,
        at: datetime | None = None,
        side: Side | None = None,
        footing: Footing | None = None,
    ) -> Visit:
        """File a recording of another system as a new visit: all of it, or nothing where a part cannot be analysed.

        Raises
        ------
        AnalysisError, RecordsError
        """
        assessed = [self._assess_import(recording, footing, side) for recording in read.recordings]
        parts = [
            (
                ImportInput(recording, read.name, read.reader, read.sha256, read.content, footing),
                _trials_of(found),
            )
            for recording, found in zip(read.recordings, assessed, strict=True)
        ]
        visit, trials = filing.file_import(self.store, self.actor, patient_id, parts, station=self.name, at=at)
        for trial, found in zip(trials, (each for part in assessed for each in part), strict=True):
            filing.file_result(self.store, self.actor, trial.id, found.result)
        return visit

    def void(self, trial_id: str, reason: str, actor: Actor | None = None) -> None:
        """Take a trial out of every comparison; twice is once."""
        try:
            filing.void_trial(self.store, actor or self.actor, trial_id, reason)
        except Conflict:
            if self.store.trial(trial_id).status is not TrialStatus.VOID:
                raise

    # ---- reading

    def visit_results(self, visit_id: str) -> VisitResults:
        """A visit with every trial and the newest results.

        Raises
        ------
        NotFound
        """
        visit = self.store.visit(visit_id)
        results = self.store.latest_results(visit_id)
        trials = tuple(
            FiledTrial(trial, results[trial.id].result)
            if trial.id in results
            else FiledTrial(trial, None, self._why_without(trial.id))
            for trial in self.store.trials_of(visit_id)
        )
        return VisitResults(visit, self.store.patient(visit.patient_id), trials)

    def assessed(self, trial_id: str) -> AssessedTrial:
        """A trial with its signals, recomputed from the stored recording with this station's settings.

        Raises
        ------
        NotFound, RecordingDamaged, AnalysisError
        """
        with self._lock:
            if trial_id in self._signals:
                self._signals.move_to_end(trial_id)
                return self._signals[trial_id]
        assessed = assess_stored(stored_trial(self.store, trial_id), self.settings)
        self._remember(trial_id, assessed)
        return assessed

    def researched(self, trial_id: str) -> AssessedTrial:
        """A trial with the research metrics, too: computed for whoever asks, filed nowhere.

        Raises
        ------
        NotFound, RecordingDamaged, AnalysisError
        """
        return assess_stored(stored_trial(self.store, trial_id), replace(self.settings, research=True))

    def _remember(self, trial_id: str, assessed: AssessedTrial) -> None:
        with self._lock:
            self._signals[trial_id] = assessed
            while len(self._signals) > KEPT_SIGNALS:
                self._signals.popitem(last=False)

    def _why_without(self, trial_id: str) -> str | None:
        """Why a trial has no result: the analysis is tried; None where it would succeed now."""
        try:
            self.assessed(trial_id)
        except (AnalysisError, RecordingDamaged) as error:
            return error.code
        return None

    def filed_calibration(self, calibration: Calibration) -> Calibration:
        """A calibration as the archive has it; filed where it is not there yet. Raises RecordsError."""
        try:
            return self.store.calibration(calibration.id)
        except NotFound:
            return filing.add_calibration(self.store, self.actor, calibration)

    def _assess_and_file(self, trial: Trial, actor: Actor) -> FiledTrial:
        """Commit 2. The counts are safe: whatever fails from here on is said, and can be done again."""
        try:
            assessed = self.assessed(trial.id)
            filing.file_result(self.store, actor, trial.id, assessed.result)
        except (AnalysisError, RecordsError) as error:
            return FiledTrial(trial, None, error.code)
        except Exception:
            log.exception("trial %s could not be analysed", trial.id)
            return FiledTrial(trial, None, AnalysisError.code)
        return FiledTrial(trial, assessed.result)

    def _assess_import(
        self, recording: ImportedRecording, footing: Footing | None, side: Side | None
    ) -> tuple[AssessedTrial, ...]:
        return assess_import(recording, settings=self.settings, footing=footing, side=side)


def _stamped(facts: Facts) -> dict[str, object]:
    """What is filed with the protocol of an attempt."""
    return {
        "rest_before_s": facts.rest_s,
        "expected_weight_n": facts.expected_weight_n,
        "confirmed": [act.value for act in facts.confirmed],
        "followed": followed_document(facts.followed),
        "practice": facts.practice,
    }


def _trials_of(found: Sequence[AssessedTrial]) -> list[NewTrial]:
    """A trial for each stance of a recording; attempts count within it, side by side."""
    made: list[NewTrial] = []
    for each in found:
        phases = each.result.phases
        attempt = 1 + sum(trial.side is each.result.side for trial in made)
        made.append(NewTrial(each.result.side, phases.start_s, phases.end_s, attempt=attempt))
    return made
