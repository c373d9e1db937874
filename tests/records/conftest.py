"""Two archives and an export of the first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from exports import archive, examined
from shelf import CLINICIAN, TRIALS, filed_patient, filed_trial, import_input, result, session_check

from records import filing
from records.archive_file import export_archive
from records.store import RecordStore


@pytest.fixture
def one(tmp_path: Path) -> Iterator[RecordStore]:
    """Two patients, each with a visit; the first with a raw and an imported recording, results and a check."""
    store = archive(tmp_path / "one.db", "room 1")
    trial = filed_trial(store, "P-1")
    filing.file_result(store, CLINICIAN, trial.id, result())
    filing.file_result(store, CLINICIAN, trial.id, result(1 / 3))
    patient_id = store.visit(trial.visit_id).patient_id
    filing.file_import(store, CLINICIAN, patient_id, [(import_input(), TRIALS)], station="room 1")
    filing.add_drift_check(store, CLINICIAN, "FP-7-2026", session_check())
    filing.open_visit(store, CLINICIAN, filed_patient(store, "P-2").id, station="room 1")
    examined(store, trial.visit_id)
    yield store
    store.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[RecordStore]:
    store = archive(tmp_path / "other.db", "room 9")
    yield store
    store.close()


@pytest.fixture
def file(one: RecordStore, tmp_path: Path) -> Path:
    export_archive(one, CLINICIAN, tmp_path / "all.stancelab", None)
    return tmp_path / "all.stancelab"
