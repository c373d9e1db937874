"""From start to the first page."""

from __future__ import annotations

import signal
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from playwright.sync_api import Page

from benchmarks import browser
from benchmarks.figures import Figure
from benchmarks.visitor import log_in
from dashboard.archive import open_store
from dashboard.config import Config, store_url

ROOT = Path(__file__).parent.parent
ROUNDS = 5
SCRIPT_BYTES = """performance.getEntriesByType('resource')
  .filter((entry) => entry.initiatorType === 'script').reduce((sum, entry) => sum + entry.decodedBodySize, 0)"""


@contextmanager
def station(folder: str) -> Iterator[tuple[str, float]]:
    """Start the program on a folder; its address and the time until its first page came. [s]"""
    begun_s = monotonic()
    command = [
        sys.executable,
        "-m",
        "dashboard.cli",
        "serve",
        "--plate",
        "none",
        "--no-browser",
        "--http-port",
        "0",
        "--data",
        folder,
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            address = (process.stdout.readline() if process.stdout else "").split()[-1]
            with urllib.request.urlopen(address) as answer:  # noqa: S310 - loopback
                answer.read()
            yield address, monotonic() - begun_s
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)


def figures() -> list[Figure]:
    """Cold start on a fresh archive and on an existing one; the first page painted; what it weighs."""
    with TemporaryDirectory() as folder:
        with station(folder) as (_, fresh_s):
            pass
        starts_s = []
        for _ in range(ROUNDS - 1):
            with station(folder) as (_, start_s):
                starts_s.append(start_s)
        with station(folder) as (address, start_s), browser.page() as page:
            starts_s.append(start_s)
            config = Config(Path(folder), store_url(None, Path(folder), {}))
            log_in(page, address, open_store(config), config)
            first_s = painted_s(page, address)
            script_bytes = int(page.evaluate(SCRIPT_BYTES))
            again_s = statistics.median(painted_s(page, address) for _ in range(ROUNDS))
    wall = f"wall time, median of {ROUNDS}"
    return [
        Figure("start on a fresh archive to first answer", f"{fresh_s:.1f} s", "wall time, once"),
        Figure("start to first answer", f"{statistics.median(starts_s):.1f} s", wall),
        Figure("first page painted, nothing cached", f"{first_s:.1f} s", "headless Chromium, once"),
        Figure("page painted again", f"{again_s:.1f} s", f"headless Chromium, median of {ROUNDS}"),
        Figure("JavaScript of the page", f"{script_bytes / 1e6:.2f} MB", "not compressed"),
    ]


def painted_s(page: Page, address: str) -> float:
    """Time from asking for the page to its heading. [s]"""
    begun_s = monotonic()
    page.goto(address)
    page.locator("h1").first.wait_for()
    return monotonic() - begun_s
