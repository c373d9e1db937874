"""Back after a lost link."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic

import numpy as np

from acquisition.hub import Hub, HubSnapshot, HubState
from acquisition.plate import open_plate
from benchmarks.figures import Figure

ROOT = Path(__file__).parent.parent
TIMES = 8
PATIENCE_S = 20.0


def figures() -> list[Figure]:
    """From the moment the other end is there again to the first set."""
    back_s = absences()
    value = f"{1000 * np.median(back_s):.0f} / {1000 * max(back_s):.0f} ms"
    how = f"median / longest of {TIMES}: process of the simulated plate killed, and another one listening on its port"
    return [Figure("plate there again to streaming", value, how)]


def absences() -> list[float]:
    """How long the hub took each time. [s]"""
    back_s: list[float] = []
    with serving(0) as port:
        hub = Hub(partial(open_plate, f"socket://127.0.0.1:{port}"))
        hub.start()
        until(hub, streaming)
    try:
        for _ in range(TIMES):
            until(hub, lambda now: now.state is HubState.LOST)
            with serving(port):
                there_s = monotonic()
                until(hub, streaming)
                back_s.append(monotonic() - there_s)
    finally:
        hub.close()
    return back_s


@contextmanager
def serving(port: int) -> Iterator[int]:
    """A simulated plate in a process of its own, which is killed at the end; gives the port it listens on."""
    command = [sys.executable, "-m", "dashboard.cli", "simulate", "--tcp-port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            listens = re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline() if process.stdout else "")
            if listens is None:
                raise RuntimeError("the simulated plate does not say where it listens")
            yield int(listens[1])
        finally:
            process.kill()


def streaming(now: HubSnapshot) -> bool:
    """Whether sets come now."""
    return now.state is HubState.STREAMING and now.rate_hz > 0


def until(hub: Hub, wanted: Callable[[HubSnapshot], bool]) -> None:
    """Wait for a state, woken by what comes."""
    deadline_s = monotonic() + PATIENCE_S
    while not wanted(hub.snapshot()):
        if monotonic() > deadline_s:
            raise TimeoutError(str(hub.snapshot()))
        hub.blocks_after(-1, 0.005)
