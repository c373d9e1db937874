"""An archive as it is after years: patients, visits, trials with real recordings, results and their audit events.

Rows go in by the thousand; each recording is one of a few that the simulated plate gave, under an id of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import sqlalchemy as sa

from acquisition.plate import Cue, Plate, open_plate
from acquisition.recorder import Recorder
from analysis.assess import ANALYSIS_VERSION, TrialResult, assess_recording
from analysis.calibration import Zero
from analysis.geometry import Side
from analysis.recording import RawRecording, SampleBlock
from analysis.settings import AnalysisSettings
from hardware.plates import load_plate_model
from hardware.simulator.device import simulated_calibration
from records import audit, filing, rows, schema
from records.errors import Kind
from records.ids import new_id
from records.model import Act, Actor, NewTrial, Patient, RawInput, Role, StoredResult, Visit
from records.store import RecordStore

ACTOR = Actor("benchmark", Role.CLINICIAN)
NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
VISITS_EACH = 3
AT_ONCE = 1000
STANCE = NewTrial(Side.LEFT, 0.0, 30.0)
FORENAMES = ("Anna", "Björn", "Chloé", "Dmitri", "Emeka", "Fatima", "Giulia", "Hiroshi", "Iris", "Jürgen")
SURNAMES = ("Weiß", "Okafor", "Nguyễn", "Smith", "García", "Kowalska", "Yılmaz", "Sato", "Dupont", "Lindqvist")


@dataclass(frozen=True, slots=True)
class Measured:
    """A recording and what was computed of it."""

    new: RawInput
    result: TrialResult


def recorded(rate_hz: int, seed: int = 7, side: Side = Side.LEFT) -> tuple[Zero, RawRecording]:
    """Zero of the empty simulated plate, then 6 s on both feet and 30 s on one leg."""
    with open_plate(f"sim:healthy?seed={seed}&speed=0&rate={rate_hz}") as plate:
        plate.start()
        empty = taken(plate, 2 * rate_hz)
        plate.cue(Cue("both_feet"))
        taken(plate, 4 * rate_hz)
        both = taken(plate, 6 * rate_hz)
        plate.cue(Cue("lift", side))
        recorder = Recorder(plate.identity, NOW)
        for block in (*both, *taken(plate, 30 * rate_hz)):
            recorder.add(block)
    counts = np.concatenate([block.counts for block in empty])
    return Zero(counts.mean(axis=0), counts.std(axis=0), NOW), recorder.finish()


def taken(plate: Plate, sets: int) -> list[SampleBlock]:
    """The next blocks of a plate, until they hold `sets`."""
    blocks: list[SampleBlock] = []
    while sum(map(len, blocks)) < sets:
        block = plate.read(0.1)
        if block is not None:
            blocks.append(block)
    return blocks


def measured(seed: int = 7, side: Side = Side.LEFT) -> Measured:
    """One stance with its result, as the archive files it."""
    zero, raw = recorded(80, seed, side)
    footing = load_plate_model(raw.plate.model).template
    calibration = simulated_calibration(raw.plate.serial)
    found = assess_recording(raw, calibration, zero, settings=AnalysisSettings(), footing=footing, side=side)
    return Measured(RawInput(raw, zero, calibration.id, footing), found[0].result)


def people(store: RecordStore, patients: int) -> list[str]:
    """Fill the archive with patients and visits, past the audit; ids of the visits."""
    rng = np.random.default_rng(1)
    visit_ids = []
    for start in range(0, patients, AT_ONCE):
        persons, visits = [], []
        for number in range(start, min(start + AT_ONCE, patients)):
            name = f"{FORENAMES[rng.integers(10)]} {SURNAMES[rng.integers(10)]}"
            note = "left hip replaced 2019, comes with a stick. " * 3
            person = Patient(new_id(), f"P-{number:05d}", name, 1950, None, Side.LEFT, note, False, 1, NOW)
            persons.append(person)
            for _ in range(VISITS_EACH):
                at = NOW - timedelta(minutes=int(rng.integers(1_000_000)))
                visits.append(Visit(new_id(), person.id, at, 60, "room 2", "Ann", "", 1))
        with store.writing() as archive:
            for person in persons:
                rows.insert_patient(archive, person)
            for visit in visits:
                rows.insert_visit(archive, visit)
        visit_ids += [visit.id for visit in visits]
    return visit_ids


def trials(store: RecordStore, visit_ids: list[str], n: int, analysis_version: str = ANALYSIS_VERSION) -> None:
    """Spread `n` trials over the visits in turn, each with recording, result and its two audit events."""
    few = [measured(seed, side) for seed in range(6) for side in Side]
    few = [replace(each, result=replace(each.result, analysis_version=analysis_version)) for each in few]
    filing.add_calibration(store, ACTOR, simulated_calibration(few[0].new.raw.plate.serial))
    packed = [rows.prepared(each.new, [replace(STANCE, side=each.result.side)]) for each in few]
    for start in range(0, n, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, n))
        with store.writing() as archive:
            _insert(archive, [(visit_ids[i % len(visit_ids)], packed[i % 12], few[i % 12].result) for i in numbers])
            for kind, act, id in _events(archive, len(numbers)):
                audit.append(archive, ACTOR, act, store.station, (kind, id), {"sha256": "0" * 64, "trials": [id]})


def _insert(archive: sa.Connection, chosen: list[tuple[str, rows.Prepared, TrialResult]]) -> None:
    recordings, filed, results = [], [], []
    for visit_id, part, result in chosen:
        own = replace(part, id=new_id())
        recordings.append(rows._recording_row(own, visit_id, NOW))
        trial = rows._trial(own, visit_id, part.trials[0], NOW)
        filed.append(_row(trial))
        results.append(_row(StoredResult(new_id(), trial.id, 1, result, result.analysis_version, NOW)))
    archive.execute(schema.recording.insert(), recordings)
    archive.execute(schema.trial.insert(), filed)
    archive.execute(schema.result.insert(), results)


def _events(archive: sa.Connection, n: int) -> Iterator[tuple[Kind, Act, str]]:
    newest = sa.select(schema.trial.c.id, schema.trial.c.visit_id).order_by(schema.trial.c.id.desc()).limit(n)
    for id, visit_id in archive.execute(newest).all():
        yield Kind.VISIT, Act.RECORDING_FILED, visit_id
        yield Kind.TRIAL, Act.RESULT_FILED, id


def _row(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}
