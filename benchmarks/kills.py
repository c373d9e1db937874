"""Kills: a station is killed (-9) at random while it records and files, again and again, on one archive.

python -m benchmarks kills [--times 200]
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import threading
from collections import Counter
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import monotonic

from benchmarks.killed_station import FOUND, NOTES, judge, work
from dashboard.keeping import FILED
from records.store import RecordStore, sqlite_url

FAULTS = ("missing", "damaged", "double", "left", "lost_sets", "broken_chains")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found after all kills: sums of what `judge` found after each, ``trials`` at the end."""

    times: int
    trials: int
    sums: dict[str, int]

    @property
    def is_clean(self) -> bool:
        """Whether every filed trial was whole and every recording that was cut off came back to its last read."""
        return not any(self.sums[name] for name in FAULTS)

    def __str__(self) -> str:
        faults = ", ".join(f"{name} {self.sums[name]}" for name in FAULTS)
        sums = self.sums
        return (
            f"{self.times} kills (-9): {self.trials} trials in the archive, {sums['rescued']} of them filed after a"
            f" kill, {sums['empty']} recordings cut off before anybody stood\n{faults}"
        )


def killed(folder: Path, times: int, seed: int | None = None) -> Outcome:
    """Kill so many times; each time the next start files what is left, and everything is compared."""
    chance, pause, sums = random.Random(seed), threading.Event(), Counter[str]()  # noqa: S311
    context = get_context("forkserver")
    context.set_forkserver_preload(["benchmarks.killed_station"])
    store = RecordStore(sqlite_url(folder / "archive.db"))
    store.upgrade()
    store.close()
    attempt_s, trials = 0.0, 0
    for number in range(times):
        process = context.Process(target=work, args=(folder,), daemon=True)
        process.start()
        while not _noted(folder):
            pause.wait(0.01)
        began_s = monotonic()
        if number == 0:  # how long an attempt takes here, from its first read to the archive
            while FILED not in _noted(folder):
                pause.wait(0.01)
            attempt_s = monotonic() - began_s
        pause.wait(chance.uniform(0, 1.3 * attempt_s))
        process.kill()
        process.join()
        judging = context.Process(target=judge, args=(folder,))
        judging.start()
        judging.join()
        if judging.exitcode != 0:
            raise RuntimeError("the archive could not be opened after a kill")
        found = json.loads((folder / FOUND).read_text(encoding="utf-8"))
        trials = found.pop("trials")
        sums.update(found)
    return Outcome(times, trials, dict(sums))


def _noted(folder: Path) -> str:
    path = folder / NOTES
    return path.read_text() if path.exists() else ""


def main(arguments: list[str]) -> int:
    """Print what the kills left; exit code 1 where anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks kills", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int)
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        outcome = killed(Path(folder), args.times, args.seed)
    print(outcome)
    return 0 if outcome.is_clean else 1
