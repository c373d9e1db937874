"""Live view: from a sample to its paint."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import monotonic, process_time, time
from typing import Any

import numpy as np

from acquisition.plate import PLATES, Wrap
from benchmarks import browser
from benchmarks.figures import Figure
from benchmarks.visitor import log_in
from dashboard.archive import local_actor, open_store
from dashboard.config import Config, store_url
from dashboard.protocol import Act, Step
from dashboard.services import Services
from dashboard.serving import Server, running
from hardware.simulator.device import SimulatedLink, SimulatedPlate, parse_simulation
from records import filing
from records.model import NewPatient

WATCHED_S = 15.0

#: Notes for each frame its newest sample's time and when the browser had painted it.
WATCH = """
window.painted = [];
const Native = window.EventSource;
window.EventSource = class extends Native {
  set onmessage(hear) {
    super.onmessage = (event) => {
      hear(event);
      const frame = JSON.parse(event.data);
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

_begun_s: list[float] = []


def open_watched(url: str, wrap: Wrap | None = None) -> SimulatedPlate:
    """Open a simulated plate and keep the wall time at which its clock was 0."""
    simulation = parse_simulation(url.replace("watched:", "sim:", 1))
    begun_s = time()
    plate = SimulatedPlate(SimulatedLink(simulation.firmware(), simulation.speed, url), wrap)
    _begun_s.append(begun_s)
    return plate


@dataclass(frozen=True, slots=True)
class Watched:
    """Latencies (n,) [ms], paints, frames skipped, and the process' share of a core."""

    latency_ms: np.ndarray[Any, np.dtype[np.float64]]
    stats: dict[str, Any]
    share: float


def figures() -> list[Figure]:
    """Latency, frames and load at 80 and at 1000 sets a second."""
    PLATES["watched"] = "benchmarks.live:open_watched"
    found = []
    for rate_hz in (80, 1000):
        seen = watch(rate_hz)
        low, high = np.percentile(seen.latency_ms, [50, 95])
        per_s = len(seen.latency_ms) / WATCHED_S
        how = f"{WATCHED_S:.0f} s, headless Chromium with software rendering"
        found += [
            Figure(f"newest sample to paint at {rate_hz} sets/s, p50 / p95", f"{low:.0f} / {high:.0f} ms", how),
            Figure(f"frames painted at {rate_hz} sets/s", f"{per_s:.0f} a second", how),
            Figure(f"frames that never came at {rate_hz} sets/s", f"{seen.stats['gaps']}", "by their numbers"),
            Figure(f"server process at {rate_hz} sets/s", f"{100 * seen.share:.0f} % of a core", "with the simulator"),
        ]
    return found


def watch(rate_hz: int) -> Watched:
    """Watch the test page during a guided test on the simulated plate."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        url = f"watched:healthy?seed=3&rate={rate_hz}"
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
        while (view := conductor.view()) is None or Act.START not in view.guide.acts:
            page.wait_for_timeout(100)
        conductor.act(Act.START, view.guide.token)
        while (view := conductor.view()) is None or view.guide.step is not Step.HOLD:
            page.wait_for_timeout(100)
        page.evaluate("window.painted.length = 0")
        begun_s, cpu_s = monotonic(), process_time()
        page.wait_for_timeout(1000 * WATCHED_S)
        share = (process_time() - cpu_s) / (monotonic() - begun_s)
        painted = np.array(page.evaluate("window.painted"), dtype=np.float64)
        stats = page.evaluate("window.fp.stats")
    zero_s = _begun_s[-1]
    return Watched(1000 * (painted[:, 1] / 1000 - zero_s - painted[:, 0]), stats, share)
