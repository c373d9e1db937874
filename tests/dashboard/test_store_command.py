"""`stancelab store`: the commands that errors of the archive name."""

from __future__ import annotations

import gzip
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from shelf import CLINICIAN, filed_patient, filed_trial
from tests_root import ROOT

from dashboard.cli import main
from records import filing, migrations
from records.model import NewPatient
from records.store import RecordStore, sqlite_url


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with an archive of one trial, and no settings of whoever runs the tests."""
    for variable in ("STANCELAB_DATA", "STANCELAB_STORE"):
        monkeypatch.delenv(variable, raising=False)
    store = RecordStore(sqlite_url(tmp_path / "stancelab.db"), station="room 2")
    store.upgrade()
    filed_trial(store)
    store.close()
    return tmp_path


def changed(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / "stancelab.db")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_check_says_what_it_found_sound(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One recording; the patient, the visit, the calibration and the recording are four events."""
    assert main(["store", "check", "--data", str(folder)]) == 0
    head = RecordStore(sqlite_url(folder / "stancelab.db")).verify_audit().heads["room 2"]
    told = capsys.readouterr().out
    assert "is sound" in told
    assert "filed: 1." in told
    assert "unbroken: 4." in told
    assert head in told


def test_check_names_every_damaged_recording_and_broken_event(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed(
        folder,
        "DROP TRIGGER audit_event_no_update",
        "UPDATE audit_event SET actor = 'Someone Else' WHERE number = 3",
        "UPDATE recording SET content = zeroblob(100)",
    )
    assert main(["store", "check", "--data", str(folder)]) == 1
    told = capsys.readouterr().err
    with closing(sqlite3.connect(folder / "stancelab.db")) as connection:
        (recording_id,) = connection.execute("SELECT id FROM recording").fetchone()
    assert recording_id in told
    assert "event 3 of room 2" in told


def test_where_nothing_is_the_error_names_the_command_and_the_command_helps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = sqlite_url(tmp_path / "new folder" / "stancelab.db")
    assert main(["store", "check", "--store", url]) == 1
    command = capsys.readouterr().err.strip().split("stancelab ")[-1]
    assert shlex.split(command) == ["store", "upgrade", "--store", url]
    assert main(shlex.split(command)) == 0
    assert main(["store", "check", "--store", url]) == 0
    filing.add_patient(RecordStore(url), CLINICIAN, NewPatient("P"))


def test_upgrading_what_is_current_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["store", "upgrade", "--data", str(folder)]) == 0
    assert "already" in capsys.readouterr().out
    filed_patient(RecordStore(sqlite_url(folder / "stancelab.db")), "P-2")


@pytest.mark.parametrize("action", ["check", "upgrade"])
def test_a_newer_archive_is_refused_with_both_versions(
    folder: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    changed(folder, "UPDATE alembic_version SET version_num = '9999'")
    assert main(["store", action, "--data", str(folder)]) == 1
    told = capsys.readouterr().err
    assert "9999" in told
    assert migrations.newest() in told


def test_a_backup_is_made_and_restored_to_a_new_archive(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["store", "backup", "--data", str(folder), "--to", str(folder / "disk 2")]) == 0
    told = capsys.readouterr().out
    (made,) = (folder / "disk 2").iterdir()
    assert str(made) in told
    assert "patients: 1, visits: 1, trials: 1, recordings: 1, audit events: 4." in told
    new = folder / "new.db"
    assert main(["store", "restore", str(made), "--to", str(new)]) == 0
    told = capsys.readouterr().out
    assert "is sound" in told
    assert main(["store", "restore", str(made), "--to", str(new)]) == 1
    assert "Nothing was overwritten" in capsys.readouterr().err
    filed_patient(RecordStore(sqlite_url(new)), "P-2")


def test_a_backup_of_an_earlier_program_is_restored_and_the_next_command_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = folder / "old.db"
    old.write_bytes(gzip.decompress((ROOT / "tests/data/archive-0001.db.gz").read_bytes()))
    assert main(["store", "restore", str(old), "--to", str(folder / "new.db")]) == 0
    command = shlex.split(capsys.readouterr().out.strip().split("stancelab ")[-1])
    assert main(command) == 0
    assert "As it was before" in capsys.readouterr().out


def test_an_address_of_no_archive_says_what_one_looks_like(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["store", "check", "--store", "archive.db"]) == 1
    assert "sqlite:///" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["store"], ["store", "burn"], ["store", "check", "--colour"]])
def test_an_action_that_is_none_is_a_usage_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: stancelab" in capsys.readouterr().err
