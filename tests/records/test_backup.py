"""Backups: whole while others write, verified, never over another file; which of them are kept."""

from __future__ import annotations

import gzip
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf import CLINICIAN, NOON, TRIALS, filed_patient, filed_trial, raw, raw_input
from staff import START, added, logged_in
from tests_root import ROOT

from records import filing, rows, sign_in
from records.backup import back_up, backed_up, backups_in, copies_in, kept, restore, sweep
from records.errors import (
    NotPermitted,
    RestoreRefused,
    SessionOver,
    StoreBusy,
    StoreDamaged,
    StoreMissing,
    StoreNotAFile,
)
from records.model import Act, Actor, Role
from records.snapshot import copy_verified, folder_of, verify_file
from records.store import RecordStore, sqlite_url


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RecordStore]:
    """An archive of one trial: five events with its result's, four without."""
    opened = RecordStore(sqlite_url(tmp_path / "stancelab.db"), station="room 2")
    opened.upgrade()
    filed_trial(opened)
    yield opened
    opened.close()


def test_a_backup_is_an_archive_of_its_own_with_everything_in_it(store: RecordStore, tmp_path: Path) -> None:
    head = store.verify_audit().heads["room 2"]
    made = back_up(store, CLINICIAN, tmp_path / "disk 2", now=NOON)
    assert made.path == tmp_path / "disk 2" / "stancelab-20260301T120000Z.db"
    copy = RecordStore(sqlite_url(made.path))
    assert copy.damaged_recordings() == (1, ())
    assert copy.verify_audit().heads == {"room 2": head}
    assert made.inventory.heads == {"room 2": head}
    assert [row.patient for row in copy.search_patients()] == [row.patient for row in store.search_patients()]


def test_a_backup_is_one_event_that_says_what_it_holds(store: RecordStore) -> None:
    before = store.audit_events()
    made = back_up(store, CLINICIAN, now=NOON)
    newest, *rest = store.audit_events()
    assert tuple(rest) == before
    assert (newest.act, newest.subject_id) == (Act.BACKUP_MADE, made.path.name)
    assert newest.details["rows"] == dict(made.inventory.rows)
    assert store.verify_audit(made.inventory.heads).faults == ()


def test_a_viewer_makes_no_backup(store: RecordStore, tmp_path: Path) -> None:
    with pytest.raises(NotPermitted):
        back_up(store, Actor("V", Role.VIEWER), tmp_path / "to")
    assert not (tmp_path / "to").exists()


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_only_this_user_can_read_a_backup(store: RecordStore) -> None:
    assert back_up(store, CLINICIAN).path.stat().st_mode & 0o077 == 0


def test_backups_made_while_trials_are_filed_are_each_one_moment_of_the_archive(
    store: RecordStore, tmp_path: Path
) -> None:
    """Each trial brings its recording and an event in one transaction: no copy may hold one without the others."""
    visit_id = store.trial(store.trial_ids()[0]).visit_id
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
        made = [copy_verified(tmp_path / "stancelab.db", tmp_path / f"{number}.db").inventory for number in range(8)]
    finally:
        ended.set()
        writer.join()
    assert failed == []
    assert all(each.rows["recording"] == each.rows["trial"] == each.rows["audit_event"] - 3 for each in made)
    assert made[-1].rows["trial"] > made[0].rows["trial"]
    assert verify_file(tmp_path / "7.db") == made[-1]


def test_an_archive_that_is_locked_for_good_is_named_and_leaves_nothing(store: RecordStore, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "stancelab.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreBusy):
            copy_verified(tmp_path / "stancelab.db", tmp_path / "to" / "a.db")
    assert list((tmp_path / "to").iterdir()) == []


def test_nothing_is_ever_overwritten(store: RecordStore, tmp_path: Path) -> None:
    made = back_up(store, CLINICIAN)
    there = tmp_path / "there.db"
    there.write_bytes(b"mine")
    with pytest.raises(RestoreRefused):
        copy_verified(made.path, there)
    assert there.read_bytes() == b"mine"


@pytest.mark.parametrize("ending", ["-journal", "-wal"])
def test_the_journal_of_another_archive_is_not_taken_over(store: RecordStore, tmp_path: Path, ending: str) -> None:
    (tmp_path / f"new.db{ending}").write_bytes(b"of a deleted archive")
    with pytest.raises(RestoreRefused):
        copy_verified(back_up(store, CLINICIAN).path, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("where", ["page", "cut", "text", "other"])
def test_a_damaged_backup_is_not_restored(store: RecordStore, tmp_path: Path, where: str) -> None:
    made = back_up(store, CLINICIAN).path
    content = bytearray(made.read_bytes())
    if where == "page":
        content[16384 : 2 * 16384] = bytes(16384)
    elif where == "cut":
        del content[-16384:]
    elif where == "text":
        content[:] = b"not a database at all" * 1000
    made.write_bytes(content)
    if where == "other":
        made.unlink()
        with closing(sqlite3.connect(made)) as connection:
            connection.execute("CREATE TABLE song (title TEXT)")
    with pytest.raises(StoreDamaged):
        copy_verified(made, tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()
    assert [path for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing):
        copy_verified(tmp_path / "no.db", tmp_path / "new.db")


def test_an_archive_on_a_server_is_left_to_its_tools() -> None:
    with pytest.raises(StoreNotAFile):
        back_up(RecordStore("postgresql://lab@localhost/stancelab"), CLINICIAN)


def test_an_upgrade_first_keeps_a_verified_copy_of_what_there_was(tmp_path: Path) -> None:
    archive = tmp_path / "stancelab.db"
    archive.write_bytes(gzip.decompress((ROOT / "tests/data/archive-0001.db.gz").read_bytes()))
    before = verify_file(archive)
    copy = RecordStore(sqlite_url(archive)).upgrade()
    assert copy is not None
    assert copy.name.endswith("-schema-0001.db")
    assert verify_file(copy) == before
    assert RecordStore(sqlite_url(copy)).revision() == "0001"
    assert backups_in(folder_of(archive), "stancelab") == ()  # so no rotation ever removes it


def test_an_upgrade_that_cannot_be_backed_up_does_not_begin(tmp_path: Path) -> None:
    archive = tmp_path / "stancelab.db"
    archive.write_bytes(gzip.decompress((ROOT / "tests/data/archive-0001.db.gz").read_bytes()))
    (tmp_path / "backups").write_bytes(b"a file where the folder should be")
    store = RecordStore(sqlite_url(archive))
    with pytest.raises(Exception, match="backups"):
        store.upgrade()
    assert store.revision() == "0001"


def test_only_what_the_newest_backup_gives_back_bit_for_bit_may_leave_the_stations_disk(store: RecordStore) -> None:
    """Not what was filed after it, not an id that the archive does not know, not a recording whose bytes differ."""
    (first,) = store.trial_ids()
    assert backed_up(store, [first]) == frozenset()
    made = back_up(store, CLINICIAN)
    (later,) = filing.file_recording(store, CLINICIAN, store.trial(first).visit_id, raw_input(raw(2)), TRIALS)
    assert backed_up(store, [first, later.id, "another archive's"]) == {first}
    content = rows.prepared(raw_input(raw(3)), TRIALS).content
    with closing(sqlite3.connect(made.path)) as copy, copy:
        copy.execute("UPDATE recording SET content = ?", (content,))
    assert backed_up(store, [first]) == frozenset()
    with closing(sqlite3.connect(made.path)) as copy, copy:
        copy.execute("UPDATE recording SET content = zeroblob(500)")
    assert backed_up(store, [first]) == frozenset()


class Forgetful(sqlite3.Connection):
    """A copy of which the disk loses a row: it is a sound file all the same."""

    def backup(self, target: sqlite3.Connection, **how: Any) -> None:
        """Copy, and lose."""
        super().backup(target, **how)
        target.execute("DELETE FROM trial")


def test_a_copy_that_holds_less_than_the_archive_is_no_backup(
    store: RecordStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Forgetful))
    with pytest.raises(StoreDamaged, match="does not hold what was copied"):
        copy_verified(tmp_path / "stancelab.db", tmp_path / "to" / "a.db")
    assert list((tmp_path / "to").iterdir()) == []


# ---- which are kept

MOMENTS = st.lists(
    st.integers(0, 10 * 366 * 24).map(lambda hours: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    max_size=60,
)


@given(MOMENTS)
def test_the_newest_is_kept_never_more_than_23_and_thinning_twice_changes_nothing(made_at: list[datetime]) -> None:
    keep = kept(made_at)
    assert keep <= set(made_at)
    assert len(keep) <= 7 + 4 + 12
    assert kept(keep) == keep
    assert not made_at or max(made_at) in keep


def test_after_three_years_of_daily_backups_there_is_one_of_each_day_week_and_month_promised() -> None:
    """Thinned every day, as it is done: the last 7 days, the last day of 4 weeks and of 12 months are there."""
    there: frozenset[datetime] = frozenset()
    start = datetime(2023, 1, 1, 3, tzinfo=UTC)
    for day in range(3 * 365 + 1):
        there = kept({*there, start + timedelta(days=day)})
    days = {at.date() for at in there}
    assert days == {
        *(date(2025, 12, day) for day in range(25, 32)),
        *(date(2025, 12, sunday) for sunday in (28, 21, 14)),  # and the week that runs: Wednesday 31
        *(date(2025, month, last) for month, last in zip(range(1, 12), MONTH_ENDS, strict=True)),
    }


MONTH_ENDS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30)


def test_thinning_removes_only_what_this_program_named(store: RecordStore, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    strangers = ("stancelab-copy.db", "other-20200101T000000Z.db", "stancelab-20200101T000000Z-schema-0001.db")
    for name in strangers:
        (folder / name).write_bytes(b"keep me")
    for day in range(9):
        back_up(store, CLINICIAN, now=datetime(2026, 3, 2 + day, 12, tzinfo=UTC))  # 2 March is a Monday
    names = {path.name for path in folder.iterdir()}
    assert names - set(strangers) == {
        *(f"stancelab-202603{day:02}T120000Z.db" for day in range(4, 11)),  # 7 days; Sunday 8 is one of them
    }
    assert names >= set(strangers)


def test_a_patient_added_after_the_backup_is_not_in_it(store: RecordStore, tmp_path: Path) -> None:
    made = back_up(store, CLINICIAN)
    filed_patient(store, "LATER")
    restored = copy_verified(made.path, tmp_path / "new.db")
    assert not RecordStore(sqlite_url(restored.path)).search_patients("LATER")


def test_what_a_killed_backup_left_is_removed_a_day_later_and_nothing_else(store: RecordStore, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    back_up(store, CLINICIAN, now=NOON)
    left = [folder / f".stancelab-20260301T1200{second}Z.db.0a1b2c3d.part" for second in ("00", "01")]
    others = [folder / ".mine.part", folder / ".other-20260301T120000Z.db.0a1b2c3d.part"]
    for path in (*left, *others, folder / f"{left[0].name}-journal"):
        path.write_bytes(b"half")
    for path in (left[0], *others, folder / f"{left[0].name}-journal"):
        os.utime(path, (NOON.timestamp(), NOON.timestamp()))
    os.utime(left[1], (NOON.timestamp() + 60, NOON.timestamp() + 60))
    gone = sweep(folder, "stancelab", NOON + timedelta(days=1, seconds=30))
    assert set(gone) == {left[0], folder / f"{left[0].name}-journal"}
    assert {path for path in folder.iterdir() if ".part" in path.name} == {left[1], *others}


def test_every_copy_that_may_still_name_a_person_is_found(tmp_path: Path) -> None:
    """After an erasure: sealed ones, a server's, and those made before an upgrade, which no rotation removes."""
    mine = [
        "stancelab-20200101T000000Z-schema-0001.db",
        "stancelab-20260301T120000Z.db",
        "stancelab-20260302T120000Z.db.age",
        "stancelab-20260303T120000Z.stancelab",
        "stancelab-20260304T120000Z.stancelab.age",
    ]
    for name in (*mine, "stancelab.db", "other-20260301T120000Z.db", "stancelab-99999999T000000Z.db"):
        (tmp_path / name).write_bytes(b"")
    assert [copy.path.name for copy in copies_in(tmp_path, "stancelab")] == mine
    assert copies_in(tmp_path / "no folder", "stancelab") == ()


def test_a_session_that_was_ended_since_the_backup_is_not_open_in_what_is_restored(
    store: RecordStore, tmp_path: Path
) -> None:
    added(store)
    opened = logged_in(store)
    made = back_up(store, CLINICIAN).path
    restored = restore(made, tmp_path / "restored.db")
    again = RecordStore(sqlite_url(restored.path))
    with pytest.raises(SessionOver):
        sign_in.signed_in(again, opened.token, now=START, active=False)
    assert logged_in(again).account.name == "Cora Clinic"
    assert sign_in.signed_in(store, opened.token, now=START, active=False).account.name == "Cora Clinic"
    assert restored.inventory.rows["login_session"] == 0
    assert restored.inventory.rows["trial"] == 1
