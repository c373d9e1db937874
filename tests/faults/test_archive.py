"""The archive itself fails: damaged, read-only, its disk full, its server gone. Nothing that was measured is lost."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from guided_bench import CLINICIAN, GuidedBench

from acquisition.spool_file import recover
from dashboard.archive_notice import archive_notice
from dashboard.cli import main
from dashboard.keeping import Keeper
from dashboard.protocol import Act, Notice, Step
from dashboard.rescue import Fate, rescue
from dashboard.station import Station
from dashboard.words import load_words
from records import filing
from records.backup import back_up
from records.errors import StoreDamaged, StoreReadOnly
from records.model import TrialStatus
from records.snapshot import copy_verified
from records.store import RecordStore, sqlite_url

NOBODY = 65534


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[GuidedBench]:
    made = GuidedBench(tmp_path)
    yield made
    made.close()


def page_of(file: Path, table: str) -> int:
    """Where in the file the first page of a table is. [bytes]"""
    with closing(sqlite3.connect(file)) as archive:
        (page,) = archive.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
        (size,) = archive.execute("PRAGMA page_size").fetchone()
    return int((page - 1) * size)


def overwritten(file: Path, at: int) -> None:
    """What a failing disk may leave: a stretch of other bytes."""
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(b"\xa5" * 512)


@pytest.mark.fault(row=29)
def test_a_damaged_archive_is_read_and_not_written_and_the_recording_kept_for_its_backup(bench: GuidedBench) -> None:
    """Row 29: a page of the archive is overwritten in mid-hold -> said with the restore, only read, filed afterwards.

    The backup is older than the trial: it is restored, the next start files the trial into it.
    """
    file, words = bench.folder / "archive.db", load_words()
    backup = back_up(bench.store, CLINICIAN, now=datetime.now(UTC)).path
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.HOLD)
    bench.store.close()
    overwritten(file, page_of(file, "trial"))
    bench.until(Step.FILING)
    bench.conductor.step(0.0)
    assert bench.view.notice is Notice.NOT_FILED
    (path,) = bench.keeper.waiting()
    assert recover(path).complete
    before = file.read_bytes()
    with pytest.raises(StoreDamaged):
        filing.open_visit(bench.store, CLINICIAN, bench.patient.id, station="room 2")
    assert file.read_bytes() == before
    assert bench.store.patient(bench.patient.id) == bench.patient
    told = str(archive_notice(words, bench.store))
    assert "is damaged" in told
    assert f"stancelab store restore {backup}" in told
    copy_verified(backup, bench.folder / "restored.db")
    restored = RecordStore(sqlite_url(bench.folder / "restored.db"))
    (rescued,) = rescue(Station(restored, CLINICIAN, "room 2"), Keeper(bench.keeper.folder))
    (trial,) = restored.trials_of(bench.visit.id)
    assert (rescued.fate, trial.id, trial.status) == (Fate.FILED, path.stem, TrialStatus.FILED)
    restored.close()


@pytest.mark.fault(row=29)
def test_an_archive_that_cannot_be_opened_is_answered_with_the_commands_that_restore_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Row 29: the first page is overwritten before the start -> refused, with the newest backup and what to type."""
    file = tmp_path / "stancelab.db"
    store = RecordStore(sqlite_url(file))
    store.upgrade()
    backup = back_up(store, CLINICIAN).path
    store.close()
    overwritten(file, 0)
    assert main(["serve", "--data", str(tmp_path), "--plate", "none", "--no-browser"]) == 1
    told = capsys.readouterr().err
    assert f"stancelab store restore {backup} --to {tmp_path / 'stancelab-restored.db'}" in told
    restored = ["store", "restore", str(backup), "--to", str(tmp_path / "stancelab-restored.db")]
    assert main(restored) == 0


@pytest.mark.fault(row=27)
@pytest.mark.skipif(os.name == "nt", reason="Windows folders have no such mode")
def test_a_read_only_archive_is_shown_and_nobody_is_measured_for_it(bench: GuidedBench) -> None:
    """Row 27: file and folder of the archive are read-only for this user -> Start refused, said, everything readable.

    A superuser steps down for it, who may write anywhere.
    """
    bench.until(Step.READY)
    bench.store.close()
    for path in (bench.folder.parent, bench.folder.parent.parent, bench.folder.parent.parent.parent):
        os.chmod(path, 0o755)  # noqa: S103 - whoever steps down must be able to get here
    bench.folder.chmod(0o555)
    (bench.folder / "archive.db").chmod(0o444)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        bench.act(Act.START)
        bench.conductor.step(0.0)
        assert (bench.view.step, bench.view.notice) == (Step.READY, Notice.ARCHIVE_READ_ONLY)
        with pytest.raises(StoreReadOnly):
            filing.open_visit(bench.store, CLINICIAN, bench.patient.id, station="room 2")
        assert bench.store.patient(bench.patient.id) == bench.patient
        assert "can be read, not written" in str(archive_notice(load_words(), bench.store))
    finally:
        if is_root:
            os.seteuid(0)
        bench.folder.chmod(0o755)
        (bench.folder / "archive.db").chmod(0o644)
