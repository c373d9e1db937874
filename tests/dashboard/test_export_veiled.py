"""Patients under other names in the archive's own format: no name leaves, all that was measured does."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from acts import observation, strength
from shelf import CLINICIAN, TRIALS, ZERO, calibration, import_input, raw, raw_input, result

from dashboard.cli import main
from records import filing
from records.export_tables import export_csv, export_json
from records.merge import merge_archive
from records.model import Act, NewPatient, Patient, RawInput
from records.pseudonyms import Pseudonyms
from records.store import RecordStore, sqlite_url
from records.veiled_archive import export_veiled_archive

VEIL = Pseudonyms(b"k" * 32)
VISITS = (datetime(2025, 3, 1, 23, 30, tzinfo=UTC), datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
SECRETS = (
    *("=P-1", "Zoë", "Example Street", "her son", "room 2", "Ann Example", "FP-7", "trial.csv", "a maker's plate"),
    *(
        "repetition 1",
        "the file as it was",
        "10 kg",
        "a cough",
        "another man",
        "video, 60 Hz",
        "hand-held",
        "belt",
        "2025-03-01",
        "2026-03-01",
    ),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RecordStore]:
    """Zoë, 95 years old, with two visits a year apart: counts and an import each; and a man of 40."""
    opened = RecordStore(sqlite_url(tmp_path / "stancelab.db"), station="room 2")
    opened.upgrade()
    filing.add_calibration(opened, CLINICIAN, calibration())
    zoe = filing.add_patient(opened, CLINICIAN, NewPatient("=P-1", "Zoë", 1930, note="lives in Example Street"))
    for at in VISITS:
        visit = filing.open_visit(opened, CLINICIAN, zoe.id, station="room 2", at=at, note="with her son")
        (trial,) = filing.file_recording(opened, CLINICIAN, visit.id, raw_input(), TRIALS)
        filing.file_result(opened, CLINICIAN, trial.id, result(-12.3))
    filing.void_trial(opened, CLINICIAN, trial.id, "a cough")
    filing.file_observation(opened, CLINICIAN, visit.id, observation(trial_id=trial.id))
    filing.file_strength_test(opened, CLINICIAN, visit.id, strength())
    filing.file_import(opened, CLINICIAN, zoe.id, [(import_input(), TRIALS)], station="room 2", at=VISITS[1])
    man = filing.add_patient(opened, CLINICIAN, NewPatient("P-2", "Max", 1985))
    filing.open_visit(opened, CLINICIAN, man.id, station="room 2", at=VISITS[0])
    mistaken = filing.open_visit(opened, CLINICIAN, man.id, station="room 2", at=VISITS[1])
    (trial,) = filing.file_recording(opened, CLINICIAN, mistaken.id, raw_input(), TRIALS)
    filing.file_result(opened, CLINICIAN, trial.id, result(7.7))
    filing.void_visit(opened, CLINICIAN, mistaken.id, "another man")
    yield opened
    opened.close()


@pytest.fixture
def other(store: RecordStore, tmp_path: Path) -> Iterator[RecordStore]:
    """What another site's archive holds of it."""
    export_veiled_archive(store, CLINICIAN, tmp_path / "veiled.stancelab", None, VEIL)
    opened = RecordStore(sqlite_url(tmp_path / "other.db"), station="room 9")
    opened.upgrade()
    merge_archive(opened, CLINICIAN, tmp_path / "veiled.stancelab")
    yield opened
    opened.close()


def both(store: RecordStore, other: RecordStore, code: str) -> tuple[Patient, Patient]:
    """A patient here, and under the other name there."""
    (here,) = (row.patient for row in store.search_patients(code))
    (there,) = (row.patient for row in other.search_patients(VEIL.code(here.id)))
    return here, there


def test_nothing_that_names_a_person_or_a_place_is_in_any_byte(store: RecordStore, tmp_path: Path) -> None:
    path = tmp_path / "veiled.stancelab"
    rows = export_veiled_archive(store, CLINICIAN, path, None, VEIL)
    entered = {name: rows.pop(name) for name in ("observation", "strength_test")}
    assert rows == {"recording": 4, "patient": 2, "calibration": 1, "visit": 5, "trial": 4, "result": 3}
    assert entered == {"observation": 1, "strength_test": 1}
    with zipfile.ZipFile(path) as pack:
        manifest = json.loads(pack.read("manifest.json"))
        everything = b"\n".join([*map(pack.read, pack.namelist()), *map(str.encode, pack.namelist())])
    ids = [id for row in store.search_patients() for id in (row.patient.id, *_ids(store, row.patient.id))]
    assert [word for word in (*SECRETS, *ids) if word.encode() in everything] == []
    assert any("recordings go" in line for line in manifest["removed"])
    assert manifest["pseudonymised"] is True
    newest = store.audit_events()[0]
    assert (newest.act, newest.details["pseudonymised"]) == (Act.EXPORTED, True)


def _ids(store: RecordStore, patient_id: str) -> list[str]:
    visits = store.visits_of(patient_id)
    trials = [trial for visit in visits for trial in store.trials_of(visit.id)]
    return [each.id for each in (*visits, *trials)] + [trial.recording_id for trial in trials]


def test_what_was_measured_is_the_same_and_every_recording_is_sound(store: RecordStore, other: RecordStore) -> None:
    here, there = both(store, other, "=P-1")
    assert other.damaged_recordings() == (4, ())
    assert (there.name, there.note) == (None, "")
    pairs = list(zip(store.visits_of(here.id), other.visits_of(there.id), strict=True))
    assert {VEIL.id(visit.id) for visit, _ in pairs} == {veiled.id for _, veiled in pairs}
    for visit in store.visits_of(here.id):
        for trial in store.trials_of(visit.id):
            filed, veiled = store.recording(trial.recording_id), other.recording(VEIL.id(trial.recording_id))
            twin = other.trial(VEIL.id(trial.id))
            assert (twin.side, twin.start_s, twin.end_s, twin.status) == (*_span(trial), trial.status)
            assert (twin.marks, twin.protocol, twin.void_reason) == (
                trial.marks,
                trial.protocol,
                "void" if trial.void_reason else None,
            )
            if filed.raw is not None and veiled.raw is not None and veiled.zero is not None:
                np.testing.assert_array_equal(veiled.raw.counts, filed.raw.counts)
                np.testing.assert_array_equal(veiled.raw.time_s, filed.raw.time_s)
                np.testing.assert_array_equal(veiled.zero.counts, ZERO.counts)
                np.testing.assert_array_equal(
                    other.calibration(str(veiled.calibration_id)).matrix, calibration().matrix
                )
            newest = store.latest_result(trial.id)
            if newest is not None:
                assert other.latest_result(twin.id).result.values == newest.result.values  # type: ignore[union-attr]


def test_what_examiners_measured_goes_and_what_is_void_stays_void(store: RecordStore, other: RecordStore) -> None:
    here, _ = both(store, other, "=P-1")
    for visit in store.visits_of(here.id):
        twin = VEIL.id(visit.id)
        numbers = [(seen.side, seen.pelvic_drop, seen.tilt_deg, seen.pain) for seen in store.observations_of(visit.id)]
        assert numbers == [(s.side, s.pelvic_drop, s.tilt_deg, s.pain) for s in other.observations_of(twin)]
        strengths = [(test.side, test.force_n, test.lever_m) for test in store.strength_tests_of(visit.id)]
        assert strengths == [(t.side, t.force_n, t.lever_m) for t in other.strength_tests_of(twin)]
    man, veiled = both(store, other, "P-2")
    voids = {VEIL.id(visit.id): visit.void_reason is not None for visit in store.visits_of(man.id)}
    assert {visit.id: visit.void_reason == "void" for visit in other.visits_of(veiled.id)} == voids
    assert sorted(voids.values()) == [False, True]


def test_a_void_visit_is_in_no_table(store: RecordStore, tmp_path: Path) -> None:
    for name, veil in (("plain", None), ("veiled", VEIL)):
        export_csv(store, CLINICIAN, tmp_path / f"{name}.csv", None, veil)
        text = (tmp_path / f"{name}.csv").read_text(encoding="utf-8")
        assert "-12.3" in text
        assert "7.7" not in text


def _span(trial: object) -> tuple[object, ...]:
    return tuple(getattr(trial, name) for name in ("side", "start_s", "end_s"))


def test_every_date_of_a_person_moves_by_the_same_days_and_of_another_by_others(
    store: RecordStore, other: RecordStore
) -> None:
    shifts = []
    for code in ("=P-1", "P-2"):
        here, there = both(store, other, code)
        shift = there.created_at - here.created_at
        shifts.append(shift)
        assert timedelta(days=-364) <= shift <= timedelta(0) == timedelta(seconds=shift.seconds)
        for visit in store.visits_of(here.id):
            assert other.visit(VEIL.id(visit.id)).at - visit.at == shift
            for trial in store.trials_of(visit.id):
                filed, veiled = store.recording(trial.recording_id), other.recording(VEIL.id(trial.recording_id))
                assert veiled.created_at - filed.created_at == shift
                if veiled.raw is not None and veiled.zero is not None:
                    assert veiled.raw.started_at - raw().started_at == shift
                    assert veiled.zero.taken_at - ZERO.taken_at == shift
    assert shifts[0] != shifts[1]


def test_ages_stay_and_from_ninety_on_are_ninety(store: RecordStore, other: RecordStore) -> None:
    """Zoë was 95 and 96; the man was 40 at his first visit."""
    ages = {}
    for code in ("=P-1", "P-2"):
        _, there = both(store, other, code)
        ages[code] = [visit.at.year - (there.birth_year or 0) for visit in other.visits_of(there.id)]
    assert max(ages["=P-1"]) == 90
    assert ages["P-2"][-1] == 40


def test_a_simulated_plate_is_still_known_as_one(store: RecordStore, tmp_path: Path) -> None:
    plate = replace(raw().plate, serial="SIM-1")
    filing.add_calibration(store, CLINICIAN, replace(calibration("SIM-cal"), plate_serial="SIM-1"))
    visit = store.visits_of(store.search_patients("P-2")[0].patient.id)[0]
    new = RawInput(replace(raw(), plate=plate), ZERO, "SIM-cal", None)
    (trial,) = filing.file_recording(store, CLINICIAN, visit.id, new, TRIALS)
    export_veiled_archive(store, CLINICIAN, tmp_path / "v", None, VEIL)
    opened = RecordStore(sqlite_url(tmp_path / "new.db"))
    opened.upgrade()
    merge_archive(opened, CLINICIAN, tmp_path / "v")
    stored = opened.recording(VEIL.id(trial.recording_id)).raw
    assert stored is not None
    assert stored.plate.simulated
    assert stored.plate.serial != "SIM-1"
    opened.close()


@pytest.mark.parametrize("asked", ["=P-1", "P-2"])
def test_two_that_are_one_person_leave_as_one(store: RecordStore, tmp_path: Path, asked: str) -> None:
    """Whichever of the two is asked for: one patient with the visits of both, in every form."""
    one, double = (store.search_patients(code)[0].patient for code in ("=P-1", "P-2"))
    filing.merge_patients(store, CLINICIAN, one.id, double.id, "the same man")
    (id,) = (patient.id for patient in (one, double) if patient.code == asked)
    assert export_veiled_archive(store, CLINICIAN, tmp_path / "v", [id], VEIL)["patient"] == 1
    for name, veil in (("plain", None), ("veiled", VEIL)):
        assert export_json(store, CLINICIAN, tmp_path / name, [id], veil) == 1
        (tree,) = json.loads((tmp_path / name).read_text(encoding="utf-8"))["patients"]
        assert (len(tree["visits"]), tree["code"]) == (5, "=P-1" if veil is None else VEIL.code(one.id))
    opened = RecordStore(sqlite_url(tmp_path / "new.db"))
    opened.upgrade()
    merge_archive(opened, CLINICIAN, tmp_path / "v")
    ((row,),) = (opened.search_patients(),)
    assert (row.patient.code, row.visits) == (VEIL.code(one.id), 5)
    opened.close()


def test_the_command_makes_it_of_one_patient(
    store: RecordStore, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STANCELAB_STORE", raising=False)
    arguments = ["export", "--data", str(tmp_path), "--patient", "P-2", "--pseudonym", "--out", str(tmp_path / "x")]
    assert main(arguments) == 0
    told = capsys.readouterr().out
    assert "patients 1, visits 2, trials 1" in told
    assert "site.key" in told
