"""Live view: from a sample to its paint; the plate is simulated in a process of its own."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import monotonic, process_time, time
from typing import Any

import numpy as np
from playwright.sync_api import Page

from acquisition.plate import PLATES, WirePlate, Wrap, open_wire
from benchmarks import browser
from benchmarks.figures import Figure
from benchmarks.soak import ROOT, patient, station
from benchmarks.visitor import log_in
from dashboard.archive import local_actor, open_store
from dashboard.config import Config, store_url
from dashboard.protocol import MEASURING, Act
from dashboard.services import Services
from dashboard.serving import Server, running
from records import filing
from records.model import NewPatient

WATCHED_S = 15.0
RESTARTS = 3

#: Notes for each frame its newest sample's time and when the browser had painted it.
WATCH = """
window.painted = [];
const Native = window.EventSource;
window.EventSource = class extends Native {
  set onmessage(hear) {
    super.onmessage = (event) => {
      hear(event);
      const frame = JSON.parse(event.data);
      if (frame.first) window.begun = Date.now();
      if (!frame.t || !frame.t.length || frame.first) return;
      const newest = frame.t[frame.t.length - 1];
      requestAnimationFrame(() => {
        const after = new MessageChannel();
        after.port1.onmessage = () => window.painted.push([newest, Date.now()]);
        after.port2.postMessage(0);
      });
    };
  }
};
"""

_plates: list[WirePlate] = []


def open_watched(url: str, wrap: Wrap | None = None) -> WirePlate:
    """Open the plate at `watched:PORT` of this computer, and remember it: its clock is asked for afterwards."""
    plate = open_wire(url.replace("watched:", "socket://127.0.0.1:", 1), wrap)
    if not isinstance(plate, WirePlate):
        raise TypeError(f"{url} is no plate with a clock")
    _plates.append(plate)
    return plate


@contextmanager
def plate(rate_hz: int) -> Iterator[int]:
    """A simulated plate in a process of its own; the port it listens on."""
    command = [sys.executable, "-m", "dashboard.cli", "simulate", "--tcp-port", "0", "--seed", "3"]
    with subprocess.Popen([*command, "--rate", str(rate_hz)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        try:
            lines = program.stdout or ()
            yield int(next(found[1] for line in lines if (found := re.search(r"127\.0\.0\.1:(\d+)", line))))
        finally:
            program.terminate()


@dataclass(frozen=True, slots=True)
class Watched:
    """Latencies (n,) [ms], paints, frames skipped, the process' share of a core, and the machine's load."""

    latency_ms: np.ndarray[Any, np.dtype[np.float64]]
    stats: dict[str, Any]
    share: float
    load: float


def figures() -> list[Figure]:
    """Latency, frames and load at 80 and at 1000 sets a second."""
    PLATES["watched"] = "benchmarks.live:open_watched"
    found = []
    for rate_hz in (80, 1000):
        seen = watch(rate_hz)
        low, high = np.percentile(seen.latency_ms, [50, 95])
        per_s = len(seen.latency_ms) / WATCHED_S
        how = f"{WATCHED_S:.0f} s, headless Chromium with software rendering, load {seen.load:.1f} on this machine"
        found += [
            Figure(f"newest sample to paint at {rate_hz} sets/s, p50 / p95", f"{low:.0f} / {high:.0f} ms", how),
            Figure(f"frames painted at {rate_hz} sets/s", f"{per_s:.0f} a second", how),
            Figure(f"frames that never came at {rate_hz} sets/s", f"{seen.stats['gaps']}", "by their numbers"),
            Figure(
                f"server process at {rate_hz} sets/s", f"{100 * seen.share:.0f} % of a core", "reads, guides, streams"
            ),
        ]
    back_s = resumed_s()
    how = f"longest of {len(back_s)}: program killed and started again; from its port open to the page's first frame"
    return [*found, Figure("page live again after a restart of the program", f"{1000 * max(back_s):.0f} ms", how)]


def watch(rate_hz: int) -> Watched:
    """Watch the test page during a guided test on the simulated plate."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, plate(rate_hz) as port:
        url = f"watched:{port}"
        config = Config(Path(folder), store_url(None, Path(folder), {}), 0, open_browser=False, plate_url=url)
        with running(config, open_store(config)) as services:
            server = Server(config, services)
            thread = Thread(target=server.run)
            thread.start()
            try:
                return look(server.address, services)
            finally:
                server.close()
                thread.join()


def look(address: str, services: Services) -> Watched:
    """Open the page, begin the test, and collect what was painted."""
    station, conductor = services.station, services.conductor
    if conductor is None:
        raise RuntimeError("no plate")
    patient = filing.add_patient(station.store, local_actor(), NewPatient("BENCH"))
    visit = filing.open_visit(station.store, local_actor(), patient.id, station=station.name)
    with browser.page() as page:
        log_in(page, address, station.store, services.config)
        page.add_init_script(WATCH)
        page.goto(f"{address}test/{visit.id}")
        page.locator("#test-now").wait_for()
        while (view := conductor.view()) is None or view.guide.step not in MEASURING:
            if view is not None and Act.START in view.guide.acts:  # again where somebody stood on the empty plate
                conductor.act(Act.START, view.guide.token)
            page.wait_for_timeout(100)
        page.evaluate("window.painted.length = 0")
        begun_s, cpu_s = monotonic(), process_time()
        page.wait_for_timeout(1000 * WATCHED_S)
        share = (process_time() - cpu_s) / (monotonic() - begun_s)
        painted = np.array(page.evaluate("window.painted"), dtype=np.float64)
        stats = page.evaluate("window.fp.stats")
    clock = _plates[-1].clock
    if clock is None:
        raise RuntimeError("the plate's clock is not known yet")
    made_s = clock.scale * painted[:, 0] + clock.offset_s + (time() - monotonic())
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return Watched(painted[:, 1] - 1000 * made_s, stats, share, load)


def resumed_s() -> list[float]:
    """How long a page waits for its stream after the program is there again, each time. [s]"""
    waited_s = []
    with TemporaryDirectory(ignore_cleanup_errors=True) as name, browser.page() as page:
        config = Config(Path(name), store_url(None, Path(name), {}), 0, open_browser=False)
        store = open_store(config)
        visit = filing.open_visit(store, local_actor(), patient(store), station="live")
        port = free_port()
        with station(Path(name), 1.0, port) as (_, address):
            log_in(page, f"{address}/", store, config)
            page.add_init_script(WATCH)
            page.goto(f"{address}/test/{visit.id}")
            begun(page)
        for _ in range(RESTARTS):
            page.evaluate("window.begun = 0")
            with station(Path(name), 1.0, port):
                there_ms = 1000 * time()  # it has said its address: its port is open
                begun(page)
                waited_s.append((page.evaluate("window.begun") - there_ms) / 1000)
        store.close()
    return waited_s


def begun(page: Page) -> None:
    """Wait for the first frame. The page's policy allows no predicate in a string."""
    while not page.evaluate("window.begun"):
        page.wait_for_timeout(10)


def free_port() -> int:
    """A port of this computer that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])
