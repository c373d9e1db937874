"""An archive analysed anew, killed on the way and gone on with.

python -m benchmarks.reassessing [--trials 10000] [--jobs 2] [--folder FOLDER]

Makes an archive of twelve stances of simulated people, 30 s on one leg at 80 Hz, filed under as many trials as are
asked for with results of an older program. `stancelab reassess` is killed after three tenths and started again; then
every trial must have one new result and the audit chain be sound. 10,000 trials take 500 MB and some minutes. Linux
only: memory is read from /proc.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.figures import Figure
from benchmarks.filling import VISITS_EACH, people, trials
from records.model import StoredResult
from records.store import RecordStore, sqlite_url

ROOT = Path(__file__).parent.parent
TRIALS, JOBS = 500, 2
OLDER = "0"
KILLED_AT_TENTH = 3


@dataclass(frozen=True, slots=True)
class Run:
    """One start of the command.

    Trials ``done`` by its progress lines, wall time [s], sum over its processes of each one's most memory
    [KiB], what it printed at its end. CPU time of all its processes [s], where it was not killed.
    """

    done: int
    took_s: float
    cpu_s: float
    most_kib: int
    printed: str


def archive(folder: Path, wanted: int) -> RecordStore:
    """An archive with so many trials, each with a result of an older program."""
    store = RecordStore(sqlite_url(folder / "archive.db"))
    store.upgrade()
    visits = people(store, max(wanted // (6 * VISITS_EACH), 1))
    trials(store, visits, wanted, analysis_version=OLDER)
    return store


def command(store: RecordStore, jobs: int, killed_at_tenth: int | None = None) -> Run:
    """`stancelab reassess` in a process of its own, read along; killed where that is asked for."""
    line = [sys.executable, "-m", "dashboard.cli", "reassess", "--jobs", str(jobs), "--store", store.shown_url]
    begun_s, spent_s, done, most_kib = perf_counter(), children_s(), 0, 0
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(line, cwd=ROOT, **pipes) as process:
        for tenth, progress in enumerate(process.stderr or (), 1):
            done = int(progress.split()[0])
            most_kib = max(most_kib, memory_kib(process.pid))
            if tenth == killed_at_tenth:
                process.kill()
        printed = process.stdout.read() if process.stdout else ""
    if process.returncode != (0 if killed_at_tenth is None else -9):
        raise RuntimeError(f"the command ended with {process.returncode}: {printed}")
    return Run(done, perf_counter() - begun_s, children_s() - spent_s, most_kib, printed)


def children_s() -> float:
    """CPU time of every process that was started here and has ended. [s]"""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory_kib(pid: int) -> int:
    """Most memory that a process and its workers ever held, shared pages counted for each of them. [KiB]"""
    workers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    found = [re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{each}/status").read_text()) for each in (pid, *workers)]
    return sum(int(each[1]) for each in found if each)


def check(results: list[StoredResult], store: RecordStore) -> None:
    """Nothing lost, nothing twice: each trial has its old result and one new one, and the audit chain is sound."""
    wrong = [found.trial_id for found in results if found.number != 2 or found.analysis_version == OLDER]
    if wrong:
        raise RuntimeError(f"{len(wrong)} trials without exactly one new result, {wrong[0]} the first")
    if faults := store.verify_audit().faults:
        raise RuntimeError(f"audit: {faults[:3]}")


def newest(store: RecordStore) -> list[StoredResult]:
    """Newest result of every trial."""
    ids = store.trial_ids()
    return [found for at in range(0, len(ids), 500) for found in store.newest_results(ids[at : at + 500]).values()]


def measured(folder: Path, wanted: int, jobs: int) -> list[Figure]:
    """Make the archive, analyse it anew with a kill on the way, check what came of it."""
    store = archive(folder, wanted)
    killed = command(store, jobs, KILLED_AT_TENTH)
    filed = sum(found.number == 2 for found in newest(store))
    rest = command(store, jobs)
    check(newest(store), store)
    store.close()
    redone = int(rest.printed.split()[0])
    if filed + redone != wanted:
        raise RuntimeError(f"{filed} filed before the kill, {redone} after it, of {wanted}")
    each_ms, cpu_ms = 1000 * (killed.took_s + rest.took_s) / wanted, 1000 * rest.cpu_s / redone
    how = f"{wanted} trials of 30 s at 80 Hz, {jobs} processes, starts of the program included"
    return [
        Figure("a trial read, analysed anew, filed and audited", f"{each_ms:.1f} ms", how),
        Figure("so 10,000 take", f"{each_ms / 6:.1f} min", "wall time, whatever else the machine did"),
        Figure("CPU time of a trial, all processes", f"{cpu_ms:.1f} ms", "of the run that was not killed"),
        Figure("so 10,000 take", f"{cpu_ms / 6 / jobs:.1f} min", f"{jobs} cores with nothing else to do"),
        Figure("killed on the way, then started again", f"{filed} + {redone} trials", "each has one new result"),
        Figure("memory of all its processes", f"{rest.most_kib / 1024:.0f} MiB", "largest of each, shared pages too"),
    ]


def figures() -> list[Figure]:
    """A small archive."""
    with tempfile.TemporaryDirectory() as folder:
        return measured(Path(folder), TRIALS, JOBS)


def main() -> None:
    """An archive of any size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reassessing", description=__doc__)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, help="where the archive is made, then deleted; default: temporary files")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        for figure in measured(Path(folder), args.trials, args.jobs):
            print(f"{figure.what}: {figure.value} ({figure.how})")


if __name__ == "__main__":
    main()
