"""Storms: stations that file as fast as they can while everything around them is killed. Nothing may be missing.

python -m benchmarks storm [--seconds 60] [--stations 3]     stations and their server are killed (-9) at random
python -m benchmarks storm --stations 8 --kills 0            stations file at once, nobody is killed
python -m benchmarks storm --threads 4                       threads of one program, one archive in a file
"""

from __future__ import annotations

import argparse
import logging
import random
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import monotonic

from postgres_server import Databases, PostgresServer, running_server
from shelf import CLINICIAN, TRIALS, filed_trial, raw, raw_input, result

from benchmarks.storm_station import begun_of, errors_of, file_of, ledger_of, work
from records import filing
from records.exchange import Exchange
from records.ids import new_id
from records.model import NewTrial
from records.outbox import open_station, waiting
from records.recording_file import content_sha256
from records.store import RecordStore, sqlite_url

CALM_S, DOWN_S = (0.3, 1.2), (0.1, 0.8)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a storm left.

    ``filed``: trials whose act had returned at a station; ``there``: trials in the archive; ``waiting``: rows not sent
    at the end, or refused.
    """

    seconds: float
    filed: int
    there: int
    missing: int
    corrupt: int
    duplicate: int
    broken_chains: int
    waiting: int
    errors: tuple[str, ...]
    stations_killed: int = 0
    server_killed: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing is missing, damaged, doubled or left, and nobody was told of an error."""
        found = (self.missing, self.corrupt, self.duplicate, self.broken_chains, self.waiting, len(self.errors))
        return not any(found)

    def __str__(self) -> str:
        killed = f"{self.stations_killed} stations and {self.server_killed} times the server killed (-9)"
        lines = [
            f"{self.seconds:.0f} s, {killed}: {self.filed} trials filed, {self.there} there",
            f"missing {self.missing}, corrupt {self.corrupt}, duplicate {self.duplicate}, broken audit chains"
            f" {self.broken_chains}, still waiting {self.waiting}, errors told to a person {len(self.errors)}",
        ]
        return "\n".join([*lines, *self.errors])


class Storm:
    """Stations as processes of their own, and a server that can be killed."""

    def __init__(self, folder: Path, postgres: PostgresServer, stations: int, seed: int | None = None) -> None:
        self._folder, self._postgres = folder, postgres
        self._address = Databases(postgres.url).archive()
        self._names = [f"room-{number}" for number in range(stations)]
        empty = RecordStore(sqlite_url(folder / "empty.db"))
        empty.upgrade()
        empty.close()
        for name in self._names:
            shutil.copy(folder / "empty.db", file_of(folder, name))
        self._context = get_context("forkserver")
        self._context.set_forkserver_preload(["benchmarks.storm_station"])
        self._ended = self._context.Event()
        self._running: dict[str, BaseProcess] = {}
        self._random = random.Random(seed)  # noqa: S311 - any moment will do
        self._killed = {"station": 0, "server": 0}

    def rage(self, seconds: float, kills: bool = True) -> Outcome:
        """So long from every station's first trial on; then it ends in peace, and is counted."""
        pause = threading.Event()
        for name in self._names:
            self._start(name)
        while not all(ledger_of(self._folder, name).exists() for name in self._names):
            pause.wait(0.02)
        began_s = monotonic()
        while (left_s := began_s + seconds - monotonic()) > 0:
            pause.wait(min(left_s, self._random.uniform(*CALM_S)))
            if kills:
                self._kill_one(pause)
        raged_s = monotonic() - began_s
        self._ended.set()
        for process in self._running.values():
            process.join()
        return self._counted(raged_s)

    def _start(self, name: str) -> None:
        process = self._context.Process(target=work, args=(self._folder, name, self._address, self._ended), daemon=True)
        process.start()
        self._running[name] = process

    def _kill_one(self, pause: threading.Event) -> None:
        killed = self._killed  # each of the two once, then whichever chance picks
        first = next((name for name, times in killed.items() if not times), None)
        if first == "server" or (first is None and self._random.random() < 0.4):
            self._postgres.kill()
            self._killed["server"] += 1
            pause.wait(self._random.uniform(*DOWN_S))
            self._postgres.start()
            return
        name = self._random.choice(self._names)
        self._running[name].kill()
        self._running[name].join()
        self._killed["station"] += 1
        self._start(name)

    def _counted(self, seconds: float) -> Outcome:
        paths = [errors_of(self._folder, name) for name in self._names]
        errors = tuple(path.read_text(encoding="utf-8") for path in paths if path.exists())
        filed, begun, local, left = {}, set(), set(), 0
        for name in self._names:
            filed |= dict(line.split() for line in ledger_of(self._folder, name).read_text().splitlines())
            begun.update(begun_of(self._folder, name).read_text().splitlines())
            with _exchange(self._folder, name, self._address) as exchange:
                while exchange.round().more:
                    pass
                told = waiting(exchange.station)
                left += told.rows + len(told.refused)
                local.update(exchange.station.trial_ids())
        server = RecordStore(self._address)
        outcome = _counted(server, filed, local, begun)
        server.close()
        killed = {"stations_killed": self._killed["station"], "server_killed": self._killed["server"]}
        return Outcome(seconds, len(filed), waiting=left, errors=errors, **outcome, **killed)


@contextmanager
def _exchange(folder: Path, name: str, address: str) -> Iterator[Exchange]:
    station, server = open_station(sqlite_url(file_of(folder, name))), RecordStore(address)
    try:
        yield Exchange(station, server)
    finally:
        station.close()
        server.close()


def _counted(archive: RecordStore, filed: dict[str, str], expected: set[str], begun: set[str]) -> dict[str, int]:
    """What the archive has of what was filed (trial -> SHA-256), and of all that must be there, and nothing else.

    Doubled: a trial under an id that no station gave (`begun`), or the counts of another one again.
    """
    there = archive.trial_ids()
    recordings, damaged = archive.damaged_recordings()
    corrupt = {error.values["name"] for error in damaged}
    hashes = [archive.recording(archive.trial(id).recording_id).sha256 for id in there]
    corrupt |= {id for id, sha256 in zip(there, hashes, strict=True) if filed.get(id, sha256) != sha256}
    strangers = set(there) - begun
    return {
        "there": len(there),
        "missing": len((set(filed) | expected) - set(there)),
        "corrupt": len(corrupt),
        "duplicate": len(strangers) + len(hashes) - len(set(hashes)) + abs(recordings - len(there)),
        "broken_chains": len(archive.verify_audit().faults),
    }


def threads_at_once(file: Path, threads: int, seconds: float) -> Outcome:
    """Threads of one program file into one archive at once."""
    store = RecordStore(sqlite_url(file))
    store.upgrade()
    first = filed_trial(store)
    began_s, filed, errors = monotonic(), {first.id: content_sha256(raw())}, []

    def work(number: int) -> None:
        try:
            while monotonic() - began_s < seconds:
                recording = raw((number + 1) * 1_000_000 + len(filed))
                trial = NewTrial(TRIALS[0].side, 0.0, 5.0, id=new_id())
                filing.file_recording(store, CLINICIAN, first.visit_id, raw_input(recording), [trial])
                filed[trial.id or ""] = content_sha256(recording)
                filing.file_result(store, CLINICIAN, trial.id or "", result())
        except Exception as error:  # a person's who waits for an answer
            errors.append(repr(error))

    running = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    outcome = _counted(store, filed, set(filed), set(filed))
    store.check_integrity()
    store.close()
    return Outcome(monotonic() - began_s, len(filed), waiting=0, errors=tuple(errors), **outcome)


def main(arguments: list[str]) -> int:
    """Print what a storm left; exit code 1 where anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks storm", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--stations", type=int, default=3)
    parser.add_argument("--kills", type=int, default=1, choices=(0, 1))
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seed", type=int)
    args = parser.parse_args(arguments)
    logging.disable(logging.WARNING)  # that the server is away is no news here
    with tempfile.TemporaryDirectory() as folder:
        if args.threads:
            outcome = threads_at_once(Path(folder) / "archive.db", args.threads, args.seconds)
        else:
            with running_server() as postgres:
                storm = Storm(Path(folder), postgres, args.stations, args.seed)
                outcome = storm.rage(args.seconds, kills=bool(args.kills))
    print(outcome)
    return 0 if outcome.is_clean else 1
