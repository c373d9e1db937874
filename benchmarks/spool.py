"""Spool: what it costs to have every byte on the disk before it is decoded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter, process_time, sleep

import numpy as np

from acquisition.framing import encode
from acquisition.messages import Sets, pack_sets
from acquisition.replay import recording_of
from acquisition.spool import Spool, begin_spool
from acquisition.spool_file import SpoolHeader, recover
from analysis.recording import PlateIdentity, Timing
from benchmarks.figures import Figure

SECONDS = 10.0
READ_S = 0.02
PLATE = PlateIdentity("SIM-0000000000000001", "reference-a", "1.0.0", 1, 80.0, 2**23 - 1, Timing.PER_CHANNEL)


def figures() -> list[Figure]:
    """A recording of 10 s in real time at both rates, and what reading it back costs."""
    made: list[Figure] = []
    for rate in (80, 1000):
        with TemporaryDirectory() as folder:
            spool = begin_spool(Path(folder), SpoolHeader("benchmark", PLATE, datetime.now(UTC)))
            share, writes_ms = _kept(spool, _reads(rate))
            made.append(Figure(f"{rate} sets a second, kept in real time", f"{share:.1%} of a core", "syncs included"))
            median_ms, slow_ms = float(np.median(writes_ms)), float(np.quantile(writes_ms, 0.99))
            latency = f"{median_ms:.2f} ms, 99 %: {slow_ms:.2f} ms"
            made.append(Figure(f"{rate} sets a second, added to each read", latency, "median of 500 reads of 20 ms"))
            begin_s = perf_counter()
            spool.end()
            sets = len(recording_of(recover(spool.path)).counts)
            took = f"{(perf_counter() - begin_s) * 1e3:.0f} ms"
            made.append(Figure(f"{rate} sets a second, ended and read back", took, f"{sets} sets through the decoder"))
    return made


def _reads(rate: int) -> list[bytes]:
    """What the reads of 10 s bring."""
    n = int(SECONDS * rate)
    index = np.arange(n)
    counts = np.random.default_rng(1).integers(-8000, 8000, (n, 4)).astype(np.int32)
    ages, flags = np.zeros((n, 4), np.int64), np.zeros(n, np.uint8)
    sets = Sets(index, index * 1_000_000 // rate, ages, counts, flags, flags + 15)
    frames = [encode(row.tobytes()) for row in pack_sets(sets)]
    cuts = np.linspace(0, n, round(SECONDS / READ_S) + 1).astype(int)
    return [b"".join(frames[begin:end]) for begin, end in pairwise(cuts.tolist())]


def _kept(spool: Spool, reads: list[bytes]) -> tuple[float, list[float]]:
    """Part of a core that keeping took, waiting by itself taken off; how long each write took [ms]."""
    writes_ms: list[float] = []

    def keep(content: bytes) -> None:
        begin_s = perf_counter()
        spool.wire(content)
        writes_ms.append((perf_counter() - begin_s) * 1e3)

    with_spool_s = _in_time(reads, keep)
    return max(0.0, with_spool_s - _in_time(reads, lambda content: None)) / SECONDS, writes_ms


def _in_time(reads: list[bytes], take: Callable[[bytes], None]) -> float:
    """CPU time spent on these reads as they come. [s]"""
    begin_s, spent_s = monotonic(), process_time()
    for number, content in enumerate(reads):
        take(content)
        sleep(max(0.0, begin_s + (number + 1) * READ_S - monotonic()))
    return process_time() - spent_s
