"""Power cuts: what a recording and an archive are after one, at many moments and in three ways each.

python -m benchmarks powercut [--points 150]

The spool's writes and syncs are noted at its disk seam (`SpoolFile`), SQLite's at its own file methods. Nothing is
cut in truth: from the notes, disks are made as a cut would leave them. What the drive itself does is not tested.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from threading import Event
from time import monotonic

from shelf import CLINICIAN, TRIALS, filed_trial, raw, raw_input, result

from acquisition.spool import Spool
from acquisition.spool_disk import SpoolFile
from acquisition.spool_file import SpoolHeader, recover
from analysis.recording import PlateIdentity, Timing
from benchmarks.disk_log import Cut, DiskLog
from benchmarks.disk_log import sqlite_watched as watched
from records import filing
from records.ids import new_id
from records.model import NewTrial
from records.recording_file import content_sha256
from records.store import RecordStore, sqlite_url

PLATE = PlateIdentity("SIM-0000000000000001", "reference-a", "1.0.0", 1, 80.0, 2**23 - 1, Timing.PER_CHANNEL)
READ_S = 0.01
BEFORE_CHUNKS = 2  # writes: the mark of the format, and the header


@dataclass(frozen=True, slots=True)
class SpoolCuts:
    """What cuts left of a recording.

    ``wrong``: cuts after which something else was read than was written; ``beyond``: cuts that took what a sync had
    put on the disk; ``lost_s``: the most that a cut took; ``waited_s``: the longest from one sync to the next;
    ``sync_s``: the longest sync; ``late_s``: how much later than asked for this computer woke a thread. [s]
    """

    points: int
    wrong: int
    beyond: int
    lost_s: float
    waited_s: float
    sync_s: float
    late_s: float

    def __str__(self) -> str:
        times = ((1000 * each) for each in (self.lost_s, self.waited_s, self.sync_s, self.late_s))
        return (
            f"recording: {self.points} cuts; other than written {self.wrong}, on the disk and lost {self.beyond}; most"
            " lost {:.0f} ms (longest from sync to sync {:.0f} ms, longest sync {:.0f} ms, woken late by {:.0f} ms)"
        ).format(*times)


@dataclass(frozen=True, slots=True)
class ArchiveCuts:
    """What cuts left of an archive.

    ``unreadable``: it can't be opened or is not sound; ``lost``: committed trials that are gone or changed; ``half``:
    what no act left.
    """

    points: int
    trials: int
    unreadable: int
    lost: int
    half: int

    def __str__(self) -> str:
        return (
            f"archive: {self.points} cuts while {self.trials} trials were filed; unreadable {self.unreadable},"
            f" committed and lost {self.lost}, half {self.half}"
        )


class NotedFile(SpoolFile):
    """The spool's file, each step noted."""

    def __init__(self, path: Path, log: DiskLog) -> None:
        super().__init__(path)
        self._path, self._log, self._size = path, log, 0
        self.syncs: list[tuple[float, float]] = []
        log.note(path, covers=0)  # its name is on the disk: the folder was synced

    def write(self, content: bytes) -> int:
        """As the spool's file."""
        taken = super().write(content)
        self._log.note(self._path, offset=self._size, content=content[:taken])
        self._size += taken
        return taken

    def sync(self) -> None:
        """As the spool's file; what is promised is what was written before it began."""
        before, began_s = len(self._log.steps), monotonic()
        super().sync()
        self._log.note(self._path, covers=before)
        self.syncs.append((began_s, monotonic()))


class Recorded:
    """A recording in real time, with everything that was written and when."""

    def __init__(self, folder: Path, seconds: float, chance: random.Random) -> None:
        self.path, self.log, self.late_s = folder / "t.fpr", DiskLog(), 0.0
        files: list[NotedFile] = []

        def opened(path: Path) -> NotedFile:
            files.append(NotedFile(path, self.log))
            return files[0]

        spool = Spool(self.path, SpoolHeader("t", PLATE, datetime.now(UTC)), opened)
        pause, began_s = Event(), monotonic()
        while (now_s := monotonic()) - began_s < seconds:
            spool.wire(chance.randbytes(chance.randint(8, 400)))
            pause.wait(READ_S)
            self.late_s = max(self.late_s, monotonic() - now_s - READ_S)
        spool.end()
        self.whole, self.syncs = recover(self.path).chunks, files[0].syncs
        self._writes = [step for step in self.log.steps if step.content is not None]

    def promised(self, count: int) -> int:
        """How many chunks are on the disk after so many steps: those that the last sync covers whole."""
        covered = self.log.covered(self.path, count)
        written = sum(step.content is not None for step in self.log.steps[:covered]) - BEFORE_CHUNKS
        return min(max(0, written), len(self.whole))  # the chunk of the end is read, and is none of these

    def written_s(self, chunk: int) -> float:
        """When a chunk was written."""
        return self._writes[chunk + BEFORE_CHUNKS].at_s


def spool_cuts(folder: Path, points: int, seconds: float, seed: int = 1) -> SpoolCuts:
    """A recording of so many seconds, cut at moments of any kind."""
    chance = random.Random(seed)  # noqa: S311
    made, image = Recorded(folder, seconds, chance), folder / "image.fpr"
    wrong, beyond, lost_s = 0, 0, 0.0
    for count, cut in _moments(len(made.log.steps), points, chance):
        left = made.log.after(count, cut, chance).get(made.path, b"")
        image.write_bytes(left)
        found = recover(image).chunks
        wrong += found != made.whole[: len(found)]
        beyond += len(found) < made.promised(count)
        if len(found) < len(made.whole):
            lost_s = max(lost_s, made.log.steps[count - 1].at_s - made.written_s(len(found)))
    waited_s = max(begun - ended for (_, ended), (begun, _) in pairwise(made.syncs))
    sync_s = max(ended - begun for begun, ended in made.syncs)
    return SpoolCuts(points, wrong, beyond, lost_s, waited_s, sync_s, made.late_s)


def archive_cuts(folder: Path, points: int, trials: int, seed: int = 1) -> ArchiveCuts:
    """Trials are filed into an archive of a file, cut at moments of any kind."""
    log, chance = DiskLog(), random.Random(seed)  # noqa: S311
    at_work = folder / "work"
    at_work.mkdir()
    committed: list[tuple[int, str, str]] = []
    with watched(log, at_work):
        store = RecordStore(sqlite_url(at_work / "archive.db"))
        store.upgrade()
        first = filed_trial(store)
        begin = len(log.steps)
        committed.append((begin, first.id, content_sha256(raw())))
        for number in range(trials):
            recording = raw(number + 2)
            trial = NewTrial(TRIALS[0].side, 0.0, 5.0, id=new_id())
            filing.file_recording(store, CLINICIAN, first.visit_id, raw_input(recording), [trial])
            committed.append((len(log.steps), trial.id or "", content_sha256(recording)))
            filing.file_result(store, CLINICIAN, trial.id or "", result())
        store.close()
    unreadable = lost = half = 0
    for number, (count, cut) in enumerate(_moments(len(log.steps), points, chance, begin)):
        image = folder / f"cut-{number}"
        image.mkdir()
        for path, content in log.after(count, cut, chance).items():
            (image / path.name).write_bytes(content)
        sound, gone, strange = _judged(image / "archive.db", {id: sha for at, id, sha in committed if at <= count})
        unreadable, lost, half = unreadable + (not sound), lost + gone, half + strange
    return ArchiveCuts(points, trials, unreadable, lost, half)


def _judged(file: Path, promised: dict[str, str]) -> tuple[bool, int, int]:
    """Whether the archive is sound; committed trials that are gone or changed; what no act left."""
    store = RecordStore(sqlite_url(file))
    try:
        store.check_schema()
        store.check_integrity()
        there = store.trial_ids()
        recordings, damaged = store.damaged_recordings()
        gone = len(set(promised) - set(there))
        for id, sha256 in promised.items():
            gone += id in there and store.recording(store.trial(id).recording_id).sha256 != sha256
        strange = abs(recordings - len(there)) + len(damaged) + len(store.verify_audit().faults)
    except Exception as error:
        print(f"{file}: {error}")
        return False, len(promised), 0
    finally:
        store.close()
    return True, gone, strange


def _moments(steps: int, points: int, chance: random.Random, begin: int = 1) -> Iterator[tuple[int, Cut]]:
    """So many moments, spread over all steps, each in one of the three ways in turn."""
    cuts = list(Cut)
    for number in range(points):
        yield chance.randint(begin, steps), cuts[number % len(cuts)]


def main(arguments: list[str]) -> int:
    """Print what the cuts left; exit code 1 where anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks powercut", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--points", type=int, default=150, help="cuts of a recording, and as many of an archive")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        of_spool = spool_cuts(Path(folder), args.points, 10.0, args.seed)
        print(of_spool, flush=True)
        of_archive = archive_cuts(Path(folder), args.points, 12, args.seed)
        print(of_archive)
    wrong = of_spool.wrong + of_spool.beyond + of_archive.unreadable + of_archive.lost + of_archive.half
    return 1 if wrong else 0
