"""On every database: out of one archive and into another of either kind, byte for byte; backups that bring all back."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from shelf import CLINICIAN, NOON, TRIALS, calibration, filed_trial, import_input, raw_input, result, session_check

from dashboard.cli import main
from records import filing
from records.archive_file import export_archive
from records.archive_reading import LARGE
from records.backup import back_up
from records.engine import make_engine, parsed
from records.errors import MergeProblem, MergeRefused, NotPermitted, RecordingDamaged, StoreDamaged
from records.export_tables import export_csv, export_json
from records.merge import merge_archive
from records.model import Act, Actor, Role
from records.server_backup import back_up_server
from records.snapshot import Snapshot
from records.store import RecordStore, sqlite_url


@pytest.fixture
def full(store: RecordStore) -> RecordStore:
    """Two patients; one with a raw and an imported recording, results and a check of the plate. Names with accents."""
    trial = filed_trial(store, "=1+1")
    filing.file_result(store, CLINICIAN, trial.id, result())
    filing.file_result(store, CLINICIAN, trial.id, result(1 / 3))
    patient_id = store.visit(trial.visit_id).patient_id
    filing.file_import(store, CLINICIAN, patient_id, [(import_input(), TRIALS)], station="room 1", at=NOON)
    filing.add_drift_check(store, CLINICIAN, "FP-7-2026", session_check())
    filing.void_trial(store, CLINICIAN, filed_trial(store, "P-2").id, "a cough")
    return store


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RecordStore]:
    """An empty archive of another station."""
    addresses: dict[str, Callable[[], str]] = {
        "sqlite": lambda: sqlite_url(tmp_path / "other.db"),
        "postgresql": lambda: request.getfixturevalue("databases").empty(),
    }
    opened = RecordStore(addresses[request.param](), station="room 9")
    opened.upgrade()
    yield opened
    opened.close()


def content(store: RecordStore, path: Path) -> dict[str, bytes]:
    """What an archive exports: every row, recording and imported file, as bytes."""
    export_archive(store, CLINICIAN, path, None)
    with zipfile.ZipFile(path) as pack:
        return {name: pack.read(name) for name in pack.namelist() if name not in ("manifest.json", "audit.jsonl")}


def test_the_way_into_another_archive_and_out_again_changes_no_byte(
    full: RecordStore, other: RecordStore, tmp_path: Path
) -> None:
    before = content(full, tmp_path / "1.stancelab")
    merged = merge_archive(other, CLINICIAN, tmp_path / "1.stancelab")
    assert content(other, tmp_path / "2.stancelab") == before
    assert merged.added["recording"] == 3
    assert other.damaged_recordings() == (3, ())
    assert sum(merge_archive(other, CLINICIAN, tmp_path / "1.stancelab").added.values()) == 0
    assert sum(merge_archive(full, CLINICIAN, tmp_path / "2.stancelab").added.values()) == 0
    assert content(full, tmp_path / "3.stancelab") == before


def test_a_calibration_that_differs_stops_the_whole_merge(
    store: RecordStore, other: RecordStore, tmp_path: Path
) -> None:
    filed_trial(store)
    export_archive(store, CLINICIAN, tmp_path / "x", None)
    filing.add_calibration(other, CLINICIAN, calibration(made_at=NOON.replace(hour=13)))
    with pytest.raises(MergeRefused) as refused:
        merge_archive(other, CLINICIAN, tmp_path / "x")
    assert refused.value.code == MergeProblem.CONFLICT
    assert other.search_patients() == ()
    assert [event.act for event in other.audit_events()] == [Act.CALIBRATION_ADDED]


def test_a_row_that_points_to_nothing_is_refused(store: RecordStore, tmp_path: Path) -> None:
    members = content(store, tmp_path / "x")
    with zipfile.ZipFile(tmp_path / "x") as pack:
        manifest = json.loads(pack.read("manifest.json"))
    visit = {"id": "0" * 36, "patient_id": "1" * 36, "at": NOON.isoformat(), "utc_offset_min": 0}
    visit |= {"station": "s", "operator": "o", "note": "", "version": 1}
    members["rows/visit.jsonl"] = json.dumps(visit).encode() + b"\n"
    manifest["members"] = {name: {"sha256": sha256(each).hexdigest()} for name, each in members.items()}
    with zipfile.ZipFile(tmp_path / "y", "w") as pack:
        for name, each in {**members, "manifest.json": json.dumps(manifest).encode()}.items():
            pack.writestr(name, each)
    with pytest.raises(MergeRefused):
        merge_archive(store, CLINICIAN, tmp_path / "y")
    assert store.audit_events()[0].act is Act.EXPORTED


def test_tables_say_the_same_out_of_every_database(full: RecordStore, tmp_path: Path) -> None:
    """Both trials of "=1+1" have a line for each metric of the raw one's newest result; a formula is a text."""
    n = export_csv(full, CLINICIAN, tmp_path / "t.csv", None)
    lines = (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()
    assert n == len(lines) - 1 == len(result().values)
    assert all(line.startswith("'=1+1,2026-03-01T") for line in lines[1:])
    assert export_json(full, CLINICIAN, tmp_path / "t.json", None) == 2
    trees = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))["patients"]
    assert [len(visit["trials"]) for tree in trees for visit in tree["visits"]] == [1, 1, 1]


# ---- backups


def backed_up(store: RecordStore, folder: Path) -> Snapshot:
    return back_up(store, CLINICIAN, folder) if store.file else back_up_server(store, CLINICIAN, folder)


def brought_back(made: Snapshot, target: RecordStore) -> None:
    """A file is its own archive; the format of an archive is merged into an empty one."""
    if made.path.suffix == ".db":
        there = RecordStore(sqlite_url(made.path))
        export_archive(there, CLINICIAN, made.path.with_suffix(".stancelab"), None)
        there.close()
    merge_archive(target, CLINICIAN, made.path.with_suffix(".stancelab"), LARGE)


def test_a_backup_brings_everything_back(full: RecordStore, other: RecordStore, tmp_path: Path) -> None:
    before = content(full, tmp_path / "before")
    heads = full.verify_audit().heads
    made = backed_up(full, tmp_path / "backups")
    assert made.inventory.heads == heads
    assert (made.inventory.rows["trial"], made.inventory.rows["recording"]) == (3, 3)
    assert made.inventory.rows["audit_event"] == full.verify_audit().events - 1  # its own event comes after it
    brought_back(made, other)
    assert content(other, tmp_path / "after") == before


def test_a_backup_is_one_moment_while_trials_are_filed(store: RecordStore, tmp_path: Path) -> None:
    """Each trial comes with its recording and an event in one transaction; the first one has three events before."""
    visit_id = filed_trial(store).visit_id
    ended, failed = Event(), []

    def file() -> None:
        try:
            while not ended.is_set():
                filing.file_recording(store, CLINICIAN, visit_id, raw_input(), TRIALS)
        except Exception as error:  # told by the assertion below
            failed.append(error)

    writer = Thread(target=file)
    writer.start()
    try:
        rows = [backed_up(store, tmp_path / str(number)).inventory.rows for number in range(3)]
    finally:
        ended.set()
        writer.join()
    assert failed == []
    assert all(each["recording"] == each["trial"] for each in rows)
    assert rows[0]["trial"] < rows[-1]["trial"]


def test_no_backup_is_made_of_a_damaged_recording_of_a_server(databases: Any, tmp_path: Path) -> None:
    """A file's backup is its copy, damaged recordings and all: `store check` names them."""
    address = databases.archive()
    store = RecordStore(address)
    filed_trial(store)
    engine = make_engine(parsed(address))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE recording SET content = '\\x00'::bytea")
    engine.dispose()
    before = store.audit_events()
    with pytest.raises(RecordingDamaged):
        back_up_server(store, CLINICIAN, tmp_path / "to")
    assert list((tmp_path / "to").iterdir()) == []
    assert store.audit_events() == before
    store.close()


def test_a_servers_backup_that_does_not_read_back_gets_no_name(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What the disk gives back differs from what was written in one digit of a checksum."""
    filed_trial(store)
    as_told = zipfile.ZipFile.writestr

    def changed(pack: zipfile.ZipFile, name: str, text: str) -> None:
        as_told(pack, name, text.replace('"sha256": "', '"sha256": "0', 1))

    monkeypatch.setattr(zipfile.ZipFile, "writestr", changed)
    with pytest.raises(StoreDamaged):
        back_up_server(store, CLINICIAN, tmp_path / "to")
    assert list((tmp_path / "to").iterdir()) == []


def test_a_viewer_backs_nothing_up(store: RecordStore, tmp_path: Path) -> None:
    with pytest.raises(NotPermitted):
        back_up_server(store, Actor("V", Role.VIEWER), tmp_path / "to")
    assert not (tmp_path / "to").exists()


def test_the_command_backs_a_servers_archive_up_and_says_what_it_is(
    databases: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = databases.archive()
    store = RecordStore(address)
    filed_trial(store)
    store.close()
    assert main(["store", "backup", "--store", address, "--data", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    (made,) = (tmp_path / "backups").iterdir()
    assert made.suffix == ".stancelab"
    assert "patients: 1, visits: 1, trials: 1, recordings: 1, audit events: 4" in told
    assert "no accounts" in told
    new = sqlite_url(tmp_path / "new.db")
    assert main(["store", "upgrade", "--store", new]) == 0
    assert main(["store", "merge", str(made), "--store", new, "--large"]) == 0
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
        assert connection.execute("SELECT count(*) FROM trial").fetchone() == (1,)
