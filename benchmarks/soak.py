"""Long use: one guided test after the other in an open page, and what server and page keep in memory.

`python -m benchmarks.soak --minutes 30` at the speed of life; `--speed 8 --minutes 2` for a look. Not run by
`python -m benchmarks`: it takes as long as it says.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from playwright.sync_api import Page

from benchmarks import browser
from benchmarks.figures import Figure
from benchmarks.visitor import log_in
from dashboard.archive import local_actor, open_store
from dashboard.config import Config, store_url
from records import filing
from records.model import NewPatient
from records.store import RecordStore

ROOT = Path(__file__).parent.parent
ATTEMPT_MS = 180_000
WARM_TRIALS = 2  # until then libraries load and pages are drawn for the first time


@dataclass(frozen=True, slots=True)
class Kept:
    """Memory at one moment [MiB], and how many trials had been made."""

    trials: int
    server_mib: float
    page_mib: float


@contextmanager
def station(folder: Path, speed: float, port: int = 0) -> Iterator[tuple[int, str]]:
    """A station in a process of its own; its process id and its address."""
    command = [sys.executable, "-m", "dashboard.cli", "serve", "--no-browser", "--http-port", str(port)]
    command += ["--data", str(folder), "--plate", f"sim:healthy?seed=3&speed={speed:g}"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        try:
            lines = program.stdout or ()
            yield program.pid, next(found[1] for line in lines if (found := re.search(r"(http://[\d.]+:\d+)", line)))
        finally:
            program.terminate()
            program.wait()


def memory(page: Page, pid: int, trials: int) -> Kept:
    """What the process holds, and what the page does once its garbage is gone."""
    status = Path(f"/proc/{pid}/status")
    found = re.search(r"VmRSS:\s+(\d+)", status.read_text(encoding="ascii")) if status.exists() else None
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return Kept(trials, int(found[1]) / 1024 if found else float("nan"), metrics["JSHeapUsedSize"] / 2**20)


def attempt(page: Page) -> None:
    """One attempt, by the keys an operator presses."""
    page.locator("[data-act=start]").wait_for(timeout=ATTEMPT_MS)
    page.keyboard.press("Space")
    page.locator("[data-act=keep]").wait_for(timeout=ATTEMPT_MS)
    page.keyboard.press("Space")


def soak(minutes: float, speed: float) -> tuple[list[Kept], dict[str, float]]:
    """Make trials for so long; memory after each, and what the page counted of its stream."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        config = Config(Path(name), store_url(None, Path(name), {}), 0, open_browser=False)
        store = open_store(config)
        visit = filing.open_visit(store, local_actor(), patient(store), station="soak")
        with station(Path(name), speed) as (pid, address), browser.page() as page:
            log_in(page, f"{address}/", store, config)
            page.goto(f"{address}/test/{visit.id}")
            kept: list[Kept] = []
            end_s = monotonic() + 60 * minutes
            while monotonic() < end_s:
                attempt(page)
                kept.append(memory(page, pid, len(kept) + 1))
                print(kept[-1], flush=True)
            stats = page.evaluate("({gaps: fp.stats.gaps, frames: fp.stats.frames, restarts: fp.stats.restarts})")
        filed = len(store.trials_of(visit.id))
        store.close()
    return kept, {**stats, "filed": filed}


def patient(store: RecordStore) -> str:
    """Id of whoever stands on the plate."""
    return filing.add_patient(store, local_actor(), replace(NewPatient("SOAK"), simulated=True)).id


def figures(minutes: float, speed: float) -> list[Figure]:
    """What grew, and what was lost."""
    kept, stats = soak(minutes, speed)
    warm, last = kept[min(WARM_TRIALS, len(kept)) - 1], kept[-1]
    how = f"{minutes:g} minutes, {last.trials} trials at {speed:g} times the speed of life; from trial {warm.trials} on"
    grown = f"{last.server_mib - warm.server_mib:+.1f} / {last.page_mib - warm.page_mib:+.1f} MiB"
    held = f"{last.server_mib:.0f} / {last.page_mib:.0f} MiB"
    return [
        Figure("memory grown, server / page", grown, how),
        Figure("memory at the end, server / page", held, "resident; JavaScript heap after collection"),
        Figure("trials made / filed", f"{last.trials} / {stats['filed']:.0f}", "the archive's count"),
        Figure("frames lost / come", f"{stats['gaps']:.0f} / {stats['frames']:.0f}", "by their numbers"),
    ]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--speed", type=float, default=1.0, help="of the simulated plate")
    args = parser.parse_args()
    for figure in figures(args.minutes, args.speed):
        print(f"| {figure.what} | {figure.value} | {figure.how} |")


if __name__ == "__main__":
    main()
