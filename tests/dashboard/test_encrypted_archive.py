"""An archive that is encrypted as a whole: filed into, backed up and read with its passphrase, by nobody without it."""

from __future__ import annotations

import io
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from shelf import CLINICIAN, TRIALS, filed_trial, raw_input, result

from dashboard.cli import main
from records import cipher, filing
from records.backup import back_up, backed_up
from records.errors import StoreDamaged, StoreLocked
from records.snapshot import copy_verified, rewritten, verify_file
from records.store import RecordStore, sqlite_url

pytest.importorskip("sqlcipher3", reason="the extra stancelab[encryption]")
Capture = pytest.CaptureFixture[str]
PASSPHRASE = 'it\'s "correct" horse'  # noqa: S105


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a program that has just started, with nobody at its console."""
    for variable in ("STANCELAB_DATA", "STANCELAB_STORE", cipher.VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(cipher, "_known", {})
    monkeypatch.setattr(cipher, "_askers", [])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain archive of one trial of "Jürgen Weiß", and the same encrypted."""
    folder = tmp_path_factory.mktemp("made")
    plain = RecordStore(sqlite_url(folder / "stancelab.db"), station="room 2")
    plain.upgrade()
    trial = filed_trial(plain)
    filing.file_result(plain, CLINICIAN, trial.id, result())
    plain.close()
    rewritten(folder / "stancelab.db", folder / "locked.db", PASSPHRASE)
    return folder


@pytest.fixture
def locked(made: Path, tmp_path: Path) -> Path:
    """The encrypted one, the plain one beside it."""
    for name in ("stancelab.db", "locked.db"):
        shutil.copyfile(made / name, tmp_path / name)
    return tmp_path / "locked.db"


@pytest.fixture
def store(locked: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordStore]:
    """The same, opened by the variable."""
    monkeypatch.setenv(cipher.VARIABLE, PASSPHRASE)
    opened = RecordStore(sqlite_url(locked), station="room 2")
    yield opened
    opened.close()


def test_no_name_can_be_read_in_the_file_and_everything_with_the_passphrase(
    locked: Path, store: RecordStore, tmp_path: Path
) -> None:
    content = locked.read_bytes()
    assert "Weiß".encode() in (tmp_path / "stancelab.db").read_bytes()
    assert [word for word in ("Weiß".encode(), b"patient", b"SQLite") if word in content] == []
    plain = RecordStore(sqlite_url(tmp_path / "stancelab.db"))
    assert [row.patient for row in store.search_patients()] == [row.patient for row in plain.search_patients()]
    assert store.damaged_recordings() == (1, ())
    assert store.verify_audit() == plain.verify_audit()
    store.check_integrity()
    plain.close()


def test_the_command_makes_it_and_leaves_the_plain_one(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSPHRASE}\n"))
    before = (made / "stancelab.db").read_bytes()
    target = tmp_path / "new.db"
    assert main(["store", "encrypt", "--data", str(made), "--to", str(target), "--passphrase-stdin"]) == 0
    assert "is encrypted and verified" in capsys.readouterr().out
    assert cipher.is_encrypted(target)
    assert (made / "stancelab.db").read_bytes() == before


def test_without_the_passphrase_it_is_named_and_not_touched(
    locked: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    before = locked.read_bytes()
    for passphrase in ("", "another one"):
        monkeypatch.setenv(cipher.VARIABLE, passphrase)
        with pytest.raises(StoreLocked):
            RecordStore(sqlite_url(locked)).search_patients()
        assert main(["store", "check", "--store", sqlite_url(locked)]) == 1
        told = capsys.readouterr()
        assert "is encrypted" in told.err
        assert "hmac" not in told.err
    assert locked.read_bytes() == before
    assert list(locked.parent.glob("locked.db-*")) == []


def test_a_wrong_passphrase_is_asked_for_again(locked: Path) -> None:
    typed = iter(["wrong one here", PASSPHRASE])
    cipher.ask_by(lambda file: next(typed))
    with pytest.raises(StoreLocked):
        RecordStore(sqlite_url(locked)).search_patients()
    again = RecordStore(sqlite_url(locked))
    assert len(again.search_patients()) == 1
    again.close()


def test_trials_are_filed_into_it_by_several_at_once(store: RecordStore, locked: Path) -> None:
    visit_id = store.trial(store.trial_ids()[0]).visit_id
    writers = [
        Thread(target=filing.file_recording, args=(store, CLINICIAN, visit_id, raw_input(), TRIALS)) for _ in range(3)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(store.trial_ids()) == 4
    assert store.verify_audit().faults == ()
    store.close()
    assert cipher.is_encrypted(locked)


def test_its_backups_are_encrypted_with_the_same_passphrase(
    store: RecordStore, locked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = back_up(store, CLINICIAN, tmp_path / "backups")
    assert "Weiß".encode() not in made.path.read_bytes()
    assert backed_up(store, store.trial_ids(), tmp_path / "backups") == set(store.trial_ids())
    monkeypatch.delenv(cipher.VARIABLE)
    cipher._known.clear()
    with pytest.raises(StoreLocked):
        verify_file(made.path)
    monkeypatch.setenv(cipher.VARIABLE, PASSPHRASE)
    assert main(["store", "restore", str(made.path), "--to", str(tmp_path / "new.db")]) == 0
    assert cipher.is_encrypted(tmp_path / "new.db")
    assert verify_file(tmp_path / "new.db") == made.inventory


def test_a_changed_byte_is_damage_and_no_backup_is_made_of_it(store: RecordStore, locked: Path, tmp_path: Path) -> None:
    store.search_patients()
    store.close()
    content = bytearray(locked.read_bytes())
    content[len(content) // 2] ^= 1
    locked.write_bytes(content)
    with pytest.raises(StoreDamaged):
        copy_verified(locked, tmp_path / "to" / "x.db")
    assert list((tmp_path / "to").iterdir()) == []


def test_it_becomes_plain_again_by_command_only(store: RecordStore, locked: Path, tmp_path: Path) -> None:
    target = tmp_path / "plain.db"
    assert main(["store", "decrypt", "--store", sqlite_url(locked), "--to", str(target)]) == 0
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("SELECT name FROM patient").fetchall() == [("Jürgen Weiß",)]
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("DELETE FROM audit_event")  # its triggers came along
    assert verify_file(target).heads == store.verify_audit().heads


@pytest.mark.parametrize("there", [True, False])
def test_a_short_passphrase_or_a_file_that_is_there_makes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture, there: bool
) -> None:
    RecordStore(sqlite_url(tmp_path / "stancelab.db")).upgrade()
    target = tmp_path / "new.db"
    if there:
        target.write_bytes(b"mine")
    monkeypatch.setattr("sys.stdin", io.StringIO((PASSPHRASE if there else "short") + "\n"))
    assert main(["store", "encrypt", "--data", str(tmp_path), "--to", str(target), "--passphrase-stdin"]) == 1
    assert ("There is a file already" if there else "too short") in capsys.readouterr().err
    assert target.exists() is there
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []
