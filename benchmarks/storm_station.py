"""One station of a storm: files trials as fast as it can until it is told to end or is killed, then starts again."""

from __future__ import annotations

import logging
import os
import traceback
from contextlib import suppress
from multiprocessing.synchronize import Event
from pathlib import Path

from shelf import CLINICIAN, TRIALS, calibration, raw, raw_input, result

from dashboard.sender import Sender
from records import filing
from records.errors import Conflict
from records.exchange import Exchange
from records.ids import new_id
from records.model import NewPatient, NewTrial
from records.outbox import open_station
from records.recording_file import content_sha256
from records.store import RecordStore, sqlite_url

ROUND_S, LONGEST_S = 0.05, 0.5
TRIALS_A_VISIT = 10


def file_of(folder: Path, name: str) -> Path:
    """The station's own archive."""
    return folder / f"{name}.db"


def ledger_of(folder: Path, name: str) -> Path:
    """What the station knows to be filed: trial and SHA-256 of its recording, written after the act has returned."""
    return folder / f"{name}.filed"


def begun_of(folder: Path, name: str) -> Path:
    """Trials the station was about to file, written before the act: no other is its own."""
    return folder / f"{name}.begun"


def errors_of(folder: Path, name: str) -> Path:
    """What a person at the station would have been told."""
    return folder / f"{name}.errors"


def work(folder: Path, name: str, address: str, ended: Event) -> None:
    """Start, file, send; the process is killed at any moment."""
    logging.disable(logging.WARNING)
    store, server = open_station(sqlite_url(file_of(folder, name))), RecordStore(address)
    sender = Sender(Exchange(store, server), ROUND_S, LONGEST_S)
    sender.start()
    try:
        _calibrated(store)
        while not ended.is_set():
            visit_id = _visit(store, name)
            for _ in range(TRIALS_A_VISIT):
                trial_id = new_id()
                _note(begun_of(folder, name), f"{trial_id}\n")
                _note(ledger_of(folder, name), _file(store, visit_id, trial_id))
    except Exception:  # every one is a person's who waits for an answer
        with errors_of(folder, name).open("a", encoding="utf-8") as told:
            told.write(traceback.format_exc())
    sender.close()
    store.close()


def _calibrated(store: RecordStore) -> None:
    """Every station has the plate's calibration; the first to file it is as good as any."""
    with suppress(Conflict):
        filing.add_calibration(store, CLINICIAN, calibration())


def _visit(store: RecordStore, name: str) -> str:
    patient = filing.add_patient(store, CLINICIAN, NewPatient(f"{name}-{new_id()}"))
    return filing.open_visit(store, CLINICIAN, patient.id, station=name).id


def _file(store: RecordStore, visit_id: str, trial_id: str) -> str:
    """One trial as a station files it: the counts, which nobody else has, then the result."""
    recording = raw(int.from_bytes(os.urandom(8), "big"))
    trial = NewTrial(TRIALS[0].side, 0.0, 5.0, id=trial_id)
    filing.file_recording(store, CLINICIAN, visit_id, raw_input(recording), [trial])
    filing.file_result(store, CLINICIAN, trial_id, result())
    return f"{trial_id} {content_sha256(recording)}\n"


def _note(path: Path, line: str) -> None:
    with path.open("ab", buffering=0) as notes:
        notes.write(line.encode())
