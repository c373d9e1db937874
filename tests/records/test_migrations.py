"""An archive is made from nothing, brought forward whole or not at all, and refused where it is not of this program."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from schemas import OLD_ARCHIVES, later_program
from shelf import CLINICIAN, filed_trial, session_check
from staff import ADMIN, PASSWORD, START, logged_in

from records import accounts, filing, migrations
from records.errors import StoreDamaged, StoreMissing, StoreTooNew, StoreTooOld
from records.schema import metadata
from records.store import RecordStore, sqlite_url

NEWEST = migrations.newest()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of this program with a trial in it."""
    path = tmp_path / "archive.db"
    store = RecordStore(sqlite_url(path))
    store.upgrade()
    filed_trial(store)
    store.close()
    return path


def rows(path: Path) -> dict[str, int]:
    connection = sqlite3.connect(path)
    names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    counts = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}  # noqa: S608
    connection.close()
    return counts


def test_from_nothing_to_the_newest_schema(tmp_path: Path) -> None:
    store = RecordStore(sqlite_url(tmp_path / "new folder" / "archive.db"))
    assert store.revision() is None
    store.upgrade()
    assert store.revision() == migrations.newest()
    assert store.search_patients() == ()


def test_upgrading_twice_changes_nothing(archive: Path) -> None:
    before = archive.read_bytes()
    RecordStore(sqlite_url(archive)).upgrade()
    assert archive.read_bytes() == before


def test_where_there_is_no_archive_the_command_that_makes_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with pytest.raises(StoreMissing) as refused:
        RecordStore(sqlite_url(path)).search_patients()
    assert refused.value.values["command"] == f"stancelab store upgrade --store {sqlite_url(path)}"
    assert not path.exists()


def test_an_older_archive_is_refused_with_the_command_to_type(
    archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    later_program(monkeypatch, tmp_path)
    before = archive.read_bytes()
    store = RecordStore(sqlite_url(archive))
    for use in (store.search_patients, store.check_schema):
        with pytest.raises(StoreTooOld) as refused:
            use()
        assert refused.value.values["command"] == f"stancelab store upgrade --store {sqlite_url(archive)}"
        assert (refused.value.values["found"], refused.value.values["wanted"]) == (NEWEST, "later")
    assert archive.read_bytes() == before


def test_an_upgrade_keeps_every_row(archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Rebuilding the table `visit` must not take the trials and recordings with it that point to its rows."""
    before = rows(archive)
    later_program(monkeypatch, tmp_path)
    store = RecordStore(sqlite_url(archive))
    store.upgrade()
    assert store.revision() == "later"
    assert rows(archive) == {**before, "robot": 0}


@pytest.mark.parametrize(
    ("then", "error"),
    [
        ("raise RuntimeError('power cut')", RuntimeError),
        ("op.execute('DELETE FROM patient')", StoreDamaged),
    ],
)
def test_an_upgrade_that_fails_or_orphans_rows_changes_nothing(
    archive: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, then: str, error: type[Exception]
) -> None:
    before = rows(archive)
    later_program(monkeypatch, tmp_path, then)
    store = RecordStore(sqlite_url(archive))
    with pytest.raises(error):
        store.upgrade()
    assert store.revision() == NEWEST
    assert rows(archive) == before


def test_a_newer_archive_is_refused_and_not_touched(archive: Path) -> None:
    connection = sqlite3.connect(archive)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    before = archive.read_bytes()
    store = RecordStore(sqlite_url(archive))
    for use in (store.search_patients, store.upgrade):
        with pytest.raises(StoreTooNew) as refused:
            use()
        assert (refused.value.values["found"], refused.value.values["wanted"]) == ("9999", migrations.newest())
    assert archive.read_bytes() == before


# ---- archives as earlier programs left them: one trial with its result, filed by the program of that schema
# (from 0002 on with a check of the plate, from 0003 on with an administrator who had logged in)


@pytest.mark.parametrize("old", OLD_ARCHIVES, ids=lambda path: path.name)
def test_an_archive_of_every_earlier_program_comes_to_this_schema_with_every_row(old: Path, tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    path.write_bytes(gzip.decompress(old.read_bytes()))
    before = rows(path)
    acts = 5 + before.get("drift_check", 0) + 3 * before.get("account", 0)  # code, set-up, log-in
    assert (before["trial"], before["result"], before["audit_event"]) == (1, 1, acts)
    store = RecordStore(sqlite_url(path))
    with pytest.raises(StoreTooOld):
        store.check_schema()
    store.upgrade()
    after = rows(path)
    assert {name: after[name] for name in before} == before
    store.check_integrity()
    assert store.damaged_recordings() == (1, ())
    assert store.verify_audit().faults == ()
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_drift_log_begins_empty_in_an_archive_that_had_none(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    path.write_bytes(gzip.decompress(OLD_ARCHIVES[0].read_bytes()))
    store = RecordStore(sqlite_url(path))
    store.upgrade()
    assert store.drift_checks("FP-7") == ()
    filing.add_drift_check(store, CLINICIAN, "FP-7-2026", session_check())
    assert len(store.drift_checks("FP-7")) == 1


@pytest.mark.parametrize("old", OLD_ARCHIVES[:2], ids=lambda path: path.name)
def test_an_archive_that_had_no_accounts_is_set_up_like_a_new_one(old: Path, tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    path.write_bytes(gzip.decompress(old.read_bytes()))
    store = RecordStore(sqlite_url(path))
    store.upgrade()
    assert accounts.accounts_of(store) == ()
    code = accounts.make_set_up_code(store, ADMIN, now=START)
    accounts.set_up(store, code, "Ada", PASSWORD, now=START)
    assert store.verify_audit().faults == ()


def test_who_had_an_account_logs_in_after_the_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    path.write_bytes(gzip.decompress(OLD_ARCHIVES[2].read_bytes()))
    store = RecordStore(sqlite_url(path))
    store.upgrade()
    assert logged_in(store, "Ada Admin").account.name == "Ada Admin"
