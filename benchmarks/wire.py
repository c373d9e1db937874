"""Wire and reader."""

from __future__ import annotations

import os
import pty
import tty
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic, thread_time

import numpy as np
import serial

from acquisition.framing import Decoder, encode
from acquisition.link import SerialLink
from acquisition.messages import Sets, pack_sets, unpack_sets
from benchmarks.figures import Figure, cpu_ms

SETS = 20_000
BLOCK_SETS = 20  # 20 ms at 1000 sets a second
WATCHED_S = 5.0


def sets_of(count: int) -> Sets:
    """Random sets of a standing person."""
    rng = np.random.default_rng(1)
    index = np.arange(count, dtype=np.int64)
    return Sets(
        sequence=index,
        newest_us=index * 1000,
        age_us=rng.integers(0, 900, (count, 4)) * 4,
        counts=rng.integers(-400_000, 400_000, (count, 4)).astype(np.int32),
        flags=np.zeros(count, dtype=np.uint8),
        fresh=np.full(count, 15, dtype=np.uint8),
    )


def frames() -> list[bytes]:
    """Each set as its frame."""
    return [encode(row.tobytes()) for row in pack_sets(sets_of(SETS))]


def lines() -> list[bytes]:
    """The same sets as text, the way most sketches send them: microseconds and four counts."""
    sets = sets_of(SETS)
    rows = np.column_stack([sets.newest_us, sets.counts])
    return [(",".join(map(str, row)) + "\r\n").encode() for row in rows.tolist()]


def figures() -> list[Figure]:
    """Decode throughput, and the reader's share of a core against the plain way."""
    found = [throughput(frames(), block) for block in (BLOCK_SETS, SETS)]
    for rate_hz in (80, 1000):
        ours = share(frames(), rate_hz, read_blocks)
        plain = share(lines(), rate_hz, read_lines)
        how = f"{WATCHED_S:.0f} s over a pseudo-terminal, CPU time of the reading thread"
        found.append(Figure(f"reader at {rate_hz} sets/s", f"{100 * ours:.2f} % of a core", how))
        found.append(Figure(f"`readline().split(',')` and float at {rate_hz} lines/s", f"{100 * plain:.2f} %", how))
        found.append(Figure(f"the plain way over ours at {rate_hz} a second", f"{plain / ours:.1f} x", "same run"))
    return found


def throughput(sent: list[bytes], block: int) -> Figure:
    """Sets decoded in a second of one core, fed in blocks."""
    chunks = [b"".join(sent[at : at + block]) for at in range(0, len(sent), block)]

    def decode() -> None:
        decoder = Decoder()
        for chunk in chunks:
            for group in decoder.feed(chunk).groups:
                unpack_sets(group.rows)

    rate = len(sent) / (cpu_ms(decode, rounds=7) / 1000)
    return Figure(f"decode, {block} sets a block", f"{rate:,.0f} sets/s per core", "COBS, CRC and fields")


def read_blocks(address: str, until: Event) -> int:
    """Read and decode until told; return the number of sets."""
    link, decoder, got = SerialLink(address), Decoder(), 0
    while not until.is_set():
        for group in decoder.feed(link.read(0.1)).groups:
            got += len(unpack_sets(group.rows).counts)
    link.close()
    return got


def read_lines(address: str, until: Event) -> int:
    """Read and parse lines until told; return their number."""
    got = 0
    with serial.Serial(address, 115200, timeout=0.1) as port:
        while not until.is_set():
            if line := port.readline():
                [float(part) for part in line.split(b",")]
                got += 1
    return got


def share(sent: list[bytes], rate_hz: int, reader: Callable[[str, Event], int]) -> float:
    """CPU time of the reading thread over wall time, with one item written every 1/rate."""
    host, board = pty.openpty()
    tty.setraw(board)
    done, begun_s = Event(), monotonic()

    def write() -> None:
        pause = Event()
        for number in range(int(WATCHED_S * rate_hz)):
            pause.wait(max(0.0, begun_s + 0.5 + number / rate_hz - monotonic()))
            os.write(host, sent[number % len(sent)])
        pause.wait(0.2)
        done.set()

    writer = Thread(target=write)
    writer.start()
    cpu_s = thread_time()
    got = reader(os.ttyname(board), done)
    cpu_s = thread_time() - cpu_s
    writer.join()
    os.close(host)
    os.close(board)
    if got < 0.99 * WATCHED_S * rate_hz:
        raise RuntimeError(f"{reader.__name__} read {got} of {WATCHED_S * rate_hz:.0f}: it did not keep up")
    return cpu_s / WATCHED_S
