"""What the database is told, and what its own errors become. Every error here is a real one of SQLite."""

from __future__ import annotations

import gc
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from shelf import CLINICIAN, filed_patient, filed_trial

from records import engine, filing, rows
from records.engine import named_errors, sqlite_url
from records.errors import (
    StoreBusy,
    StoreDamaged,
    StoreDriverMissing,
    StoreFull,
    StoreMissing,
    StoreReadOnly,
    StoreUnreachable,
    StoreUrlUnknown,
)
from records.model import NewPatient
from records.store import RecordStore


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive.db"
    store = RecordStore(sqlite_url(path))
    store.upgrade()
    filed_trial(store)
    store.close()
    return path


def test_a_connection_is_told_what_keeps_records_safe(archive: Path) -> None:
    """With the write-ahead log only where it cannot corrupt; else a truncated journal and the extra sync (3)."""
    with RecordStore(sqlite_url(archive)).reading() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("foreign_keys", "busy_timeout", "recursive_triggers", "trusted_schema", "page_size")
        }
        journal = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert found == {
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "recursive_triggers": 1,
        "trusted_schema": 0,
        "page_size": 16384,
    }
    assert journal == (["wal", 2] if sqlite3.sqlite_version_info >= (3, 51, 3) else ["truncate", 3])


def test_only_its_user_can_read_the_file(archive: Path) -> None:
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600


def test_rows_that_point_nowhere_are_refused(archive: Path) -> None:
    store = RecordStore(sqlite_url(archive))
    with pytest.raises(sa.exc.IntegrityError), store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM visit")
    assert len(store.visits_of(store.search_patients()[0].patient.id)) == 1


def test_a_unit_of_work_that_fails_leaves_nothing(archive: Path) -> None:
    store = RecordStore(sqlite_url(archive))
    halves = "UPDATE patient SET note = 'half'", "UPDATE no_table SET note = 'other half'"
    with pytest.raises(sa.exc.OperationalError, match="no such table"), store.writing() as connection:
        [connection.exec_driver_sql(half) for half in halves]
    assert store.search_patients()[0].patient.note == ""


def test_a_writer_that_waits_too_long_says_who_is_in_the_way(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WAIT_S", 0.05)
    store = RecordStore(sqlite_url(archive))
    with closing(sqlite3.connect(archive, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy):
            filed_patient(store, "P-9")
        assert len(store.search_patients()) == 1
    filed_patient(store, "P-9")


def test_an_archive_that_may_only_be_read_says_so(archive: Path) -> None:
    url = sa.make_url(sqlite_url(archive))
    reader = sqlite3.connect(f"file:{archive}?mode=ro", uri=True)
    with closing(reader) as reading, pytest.raises(StoreReadOnly), named_errors(url):
        reading.execute("DELETE FROM result")


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "small.db")) as small:
        small.execute("PRAGMA max_page_count = 2")
        small.execute("CREATE TABLE t (b)")
        with pytest.raises(StoreFull), named_errors(sa.make_url("sqlite:///small.db")):
            small.execute("INSERT INTO t VALUES (zeroblob(100000))")


def test_the_version_of_the_database_is_logged_at_start(archive: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", logger="records"):
        RecordStore(sqlite_url(archive)).check_schema()
    assert any(f"SQLite {sqlite3.sqlite_version}, journal " in line for line in caplog.messages)


def test_a_store_that_is_dropped_lets_go_of_its_file(archive: Path) -> None:
    """Counted by the system: the descriptors of this process that lead to the archive."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        pytest.skip("only Linux counts open files in /proc")

    def opened() -> int:
        return sum(entry.resolve() == archive.resolve() for entry in descriptors.iterdir())

    store = RecordStore(sqlite_url(archive))
    store.search_patients()
    assert opened() == 1
    del store
    gc.collect()
    assert opened() == 0


def test_no_error_of_the_database_carries_a_name(archive: Path) -> None:
    """A second row with the same id is refused by SQLite; what it says goes into logs."""
    store = RecordStore(sqlite_url(archive))
    (row,) = store.search_patients()
    with pytest.raises(sa.exc.IntegrityError) as refused, store.writing() as connection:
        rows.insert_patient(connection, row.patient)
    assert row.patient.name is not None
    assert row.patient.name not in str(refused.value)


def test_an_error_that_is_not_the_databases_own_passes_unchanged() -> None:
    with pytest.raises(ZeroDivisionError), named_errors(sa.make_url("sqlite:///x.db")):
        1 / 0  # noqa: B018 - raised on purpose


def test_a_file_that_is_no_archive_says_so_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_bytes(b"Dear colleague, " * 2000)
    for use in (RecordStore(sqlite_url(path)).search_patients, RecordStore(sqlite_url(path)).upgrade):
        with pytest.raises(StoreDamaged):
            use()
    assert path.read_bytes() == b"Dear colleague, " * 2000


def test_an_empty_file_is_no_archive_yet(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    with pytest.raises(StoreMissing):
        RecordStore(sqlite_url(path)).search_patients()


def test_a_torn_file_is_found_by_the_check(archive: Path) -> None:
    """Zeros over its second half: pages that tables point to are gone."""
    RecordStore(sqlite_url(archive)).check_integrity()
    content = archive.read_bytes()
    archive.write_bytes(content[: len(content) // 2] + bytes(len(content) - len(content) // 2))
    with pytest.raises(StoreDamaged):
        RecordStore(sqlite_url(archive)).check_integrity()


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnreachable):
        RecordStore(sqlite_url(tmp_path / "file" / "archive.db")).upgrade()


@pytest.mark.parametrize("url", ["", "archive.db", "mysql://host/name", "sqlite://", "sqlite:///:memory:"])
def test_an_address_of_no_archive_is_refused_at_once(url: str) -> None:
    with pytest.raises(StoreUrlUnknown):
        RecordStore(url)


def test_a_path_with_signs_of_a_url_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a #b?c%20d ü.db"
    store = RecordStore(sqlite_url(path))
    store.upgrade()
    filing.add_patient(store, CLINICIAN, NewPatient("P"))
    assert path.is_file()
    assert all(entry.name.startswith(path.name) for entry in tmp_path.iterdir())


def test_a_driver_that_is_not_installed_is_named() -> None:
    with pytest.raises(StoreDriverMissing, match="pg8000"):
        RecordStore("postgresql+pg8000://clinic@127.0.0.1:1/records")


def test_a_password_is_never_shown() -> None:
    """Nothing listens on port 1: the address is in the error."""
    with pytest.raises(StoreUnreachable) as refused:
        RecordStore("postgresql://clinic:sesame@127.0.0.1:1/records").revision()
    shown = f"{refused.value} {refused.value.values}"
    assert "sesame" not in shown
    assert "127.0.0.1" in shown
