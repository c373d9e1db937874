"""The disk is full, slow or read-only, the archive is locked. The disk's faults are the operating system's own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic

import numpy as np
import pytest
from guided_bench import SCREEN, GuidedBench
from spools import header, kept, run, tapped
from tests_root import ROOT
from visitors import client_of

from acquisition import spool as spool_module
from acquisition.errors import SpoolFull, SpoolReadOnly
from acquisition.replay import recording_of
from acquisition.spool import Spool, begin_spool
from acquisition.spool_disk import SpoolFile, check_room, free_bytes
from acquisition.spool_file import recover, recover_bytes
from dashboard.app import make_app
from dashboard.config import Config
from dashboard.copies import PATH
from dashboard.keeping import Keeper
from dashboard.pages.test.callbacks import controls
from dashboard.protocol import Act, Notice, Step
from dashboard.rescue import Fate, rescue
from dashboard.services import Services
from dashboard.words import load_words
from records.model import TrialStatus


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[GuidedBench]:
    made = GuidedBench(tmp_path)
    yield made
    made.close()


FULL = """
import json, resource, sys
from pathlib import Path
from tempfile import TemporaryDirectory
from guided_bench import GuidedBench
from acquisition.spool_file import recover, recover_bytes
from dashboard.protocol import Act, Step
bench = GuidedBench(Path(sys.argv[1]))
bench.until(Step.READY)
bench.act(Act.START)
bench.until(Step.HOLD)
(path,) = bench.keeper.folder.glob("*.fpr")
spool = bench.conductor._spool
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
room = path.stat().st_size + 5003  # the operating system takes part of a chunk, then nothing more
resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
bench.until(Step.FILING)
for _ in range(20):
    bench.conductor.step(0.0)
stuck = {"notice": bench.view.notice, "acts": bench.view.acts, "size": path.stat().st_size - room,
         "trials": len(bench.store.trials_of(bench.visit.id)),
         "chunks": len(recover(path).chunks), "whole": len(recover_bytes(spool.content()).chunks)}
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))  # somebody made room
bench.act(Act.RETRY)
bench.until(Step.VERDICT)
(trial,) = bench.store.trials_of(bench.visit.id)
raw = bench.store.recording(trial.recording_id).raw
print(json.dumps({"stuck": stuck, "status": trial.status, "interrupted": raw.interrupted, "sets": len(raw.counts)}))
"""


@pytest.mark.process
@pytest.mark.fault(row=25)
@pytest.mark.skipif(os.name == "nt", reason="Windows cannot limit the size of a process's files")
def test_a_full_disk_ends_the_attempt_and_loses_nothing(tmp_path: Path) -> None:
    """Row 25: the disk takes no more in mid-hold -> ended and said, kept in memory, filed once there is room.

    The limit on the size of files (RLIMIT_FSIZE) makes the same short write and error as a full disk; archive and
    spool are both refused by it.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    command = [sys.executable, "-c", FULL, str(tmp_path)]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout)
    stuck = said["stuck"]
    assert (stuck["notice"], stuck["acts"], stuck["trials"]) == (Notice.NOT_FILED, [Act.RETRY], 0)
    assert stuck["size"] == 0  # everything that fitted was written
    assert stuck["whole"] > stuck["chunks"] > 100  # and the rest is in memory
    assert (said["status"], said["interrupted"]) == (TrialStatus.INTERRUPTED, "SPOOL_FULL")
    assert said["sets"] > 80 * 8  # 2 s empty, 6 s on both feet, then one leg


@pytest.mark.fault(row=25)
def test_a_disk_that_takes_bytes_in_pieces_gets_all_of_them(tmp_path: Path) -> None:
    """Row 25: every write takes seven bytes at most -> the file is the same."""

    class Reluctant(SpoolFile):
        def write(self, content: bytes) -> int:
            return super().write(content[:7])

    hub, _ = tapped()
    identity = hub.snapshot().identity
    assert identity is not None
    spool = Spool(tmp_path / "t.fpr", header(identity), Reluctant)
    hub.begin_recording(spool)
    run(hub, 0.5)
    live = hub.end_recording()
    hub.close()
    assert spool.path.read_bytes() == spool.content()
    assert np.array_equal(recording_of(recover(spool.path)).counts, live.counts)


@pytest.mark.fault(row=25)
def test_without_room_no_recording_begins(tmp_path: Path) -> None:
    """Row 25: less room than a recording may need -> refused before anybody stands on the plate."""
    free = free_bytes(tmp_path)
    check_room(tmp_path, 1)
    with pytest.raises(SpoolFull, match=r"MB free, .* MB wanted"):
        check_room(tmp_path, free // 20 + (1 << 20))


@pytest.mark.fault(row=26)
def test_a_slow_disk_is_said_and_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 26: a sync that takes longer than allowed -> amber, an event in the spool, every byte written meanwhile."""
    monkeypatch.setattr(spool_module, "SLOW_S", 0.05)
    waits, goes_on = Event(), Event()

    class Slow(SpoolFile):
        def sync(self) -> None:
            waits.set()
            assert goes_on.wait(20)

    hub, _ = tapped()
    identity = hub.snapshot().identity
    assert identity is not None
    spool = Spool(tmp_path / "t.fpr", header(identity), Slow)
    hub.begin_recording(spool)
    assert waits.wait(20)
    before_s = monotonic()
    while monotonic() - before_s < 0.1 or hub.snapshot().newest_s < 1.0:
        hub.blocks_after(-1)
    assert spool.path.read_bytes() == spool.content()
    goes_on.set()
    while not hub.snapshot().slow_disk:
        hub.blocks_after(-1)
    live = hub.end_recording()
    hub.close()
    found = recover(spool.path)
    assert found.complete
    assert live.interrupted is None
    assert found.events("slow_disk")[0]["seconds"] >= 0.05


@pytest.mark.fault(row=27)
def test_where_nothing_can_be_written_nothing_is_measured(bench: GuidedBench) -> None:
    """Row 27: the folder of recordings cannot be written -> no attempt begins, it is said, the archive can be read.

    The folder lies below a file, which refuses a superuser too (a superuser may write into read-only folders).
    """
    (bench.folder / "file").write_text("", encoding="utf-8")
    bench.keeper.folder = bench.folder / "file" / "spool"
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.conductor.step(0.0)
    assert (bench.view.step, bench.view.notice) == (Step.READY, Notice.DISK_READ_ONLY)
    assert not bench.hub.snapshot().recording
    assert bench.station.visit_results(bench.visit.id).trials == ()
    assert rescue(bench.station, bench.keeper) == ()


NOBODY = 65534


@contextmanager
def forbidden_folder() -> Iterator[Path]:
    """A folder that may be read and not written, by whoever runs the tests: a superuser steps down for it."""
    is_root = os.geteuid() == 0
    with TemporaryDirectory() as made:  # not below a folder of the superuser alone
        os.chmod(made, 0o555)  # noqa: S103 - nobody may write, which is the fault
        try:
            if is_root:
                os.seteuid(NOBODY)
            yield Path(made)
        finally:
            if is_root:
                os.seteuid(0)
            os.chmod(made, 0o700)


@pytest.mark.fault(row=27)
@pytest.mark.skipif(os.name == "nt", reason="Windows folders have no such mode")
def test_a_read_only_folder_refuses_a_recording() -> None:
    """Row 27: the folder is read-only for this user -> refused before the recording begins."""
    hub, _ = tapped()
    identity = hub.snapshot().identity
    assert identity is not None
    with forbidden_folder() as folder, pytest.raises(SpoolReadOnly):
        begin_spool(folder, header(identity))
    hub.close()


@contextmanager
def archive_locked(bench: GuidedBench) -> Iterator[None]:
    """Another program holds the archive for itself."""
    with closing(sqlite3.connect(bench.folder / "archive.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.fault(row=28)
def test_a_locked_archive_leaves_the_recording_on_the_disk(bench: GuidedBench) -> None:
    """Row 28: another program locks the archive -> said, kept, filed when it is tried again; nothing twice."""
    bench.until(Step.READY)
    bench.act(Act.START)
    with archive_locked(bench):
        bench.until(Step.FILING)
        bench.conductor.step(0.0)
        assert bench.view.notice is Notice.NOT_FILED
        (path,) = bench.keeper.waiting()
        assert recover(path).complete
    bench.act(Act.RETRY)
    bench.until(Step.VERDICT)
    (trial,) = bench.store.trials_of(bench.visit.id)
    assert (trial.id, trial.status) == (path.stem, TrialStatus.FILED)
    assert bench.keeper.waiting() == ()


@pytest.mark.fault(row=25)
def test_what_neither_disk_nor_archive_took_can_be_saved_on_another_drive(bench: GuidedBench) -> None:
    """Row 25: the recording waits in memory -> the page offers it as a file, whole and readable."""
    services = Services(bench.station, load_words(), Config(bench.folder, "sqlite://"), bench.conductor)
    web = client_of(make_app(services.config, services))
    assert web.get(PATH).status_code == 404
    bench.until(Step.READY)
    bench.act(Act.START)
    with archive_locked(bench):
        bench.until(Step.FILING)
        bench.conductor.step(0.0)
        (path,) = bench.keeper.waiting()
        answer = web.get(PATH)
    assert answer.status_code == 200
    assert path.name in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert recover_bytes(answer.data).complete
    assert PATH in str(controls(services, bench.visit.id, SCREEN))
    bench.act(Act.RETRY)
    bench.until(Step.VERDICT)
    assert web.get(PATH).status_code == 404
    assert PATH not in str(controls(services, bench.visit.id, SCREEN))


@pytest.mark.fault(row=28)
def test_what_the_archive_refused_is_filed_at_the_next_start(bench: GuidedBench) -> None:
    """Row 28: the archive is locked until the program is closed -> the next start files the whole attempt."""
    bench.until(Step.READY)
    bench.act(Act.START)
    with archive_locked(bench):
        bench.until(Step.FILING)
        bench.conductor.step(0.0)
        bench.conductor.close()
    (rescued,) = rescue(bench.station, Keeper(bench.keeper.folder))
    assert (rescued.fate, rescued.interrupted) == (Fate.FILED, False)
    (filed,) = bench.station.visit_results(bench.visit.id).trials
    assert filed.trial.status is TrialStatus.FILED
    assert filed.result is not None
    assert filed.result.usable


def test_a_spool_on_a_good_disk_has_nothing_to_say(tmp_path: Path) -> None:
    found = recover(kept(tmp_path).path)
    assert [event for name in ("slow_disk", "behind", "lost") for event in found.events(name)] == []
