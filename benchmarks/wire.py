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

from acquisition.continuity import Continuity
from acquisition.framing import encode
from acquisition.link import SerialLink
from acquisition.messages import Sets, pack_batch, pack_sets
from acquisition.receiving import Receiver
from benchmarks.figures import Figure, cpu_ms

SETS = 20_000
BLOCK_SETS, BATCH_SETS = 20, 4  # 20 ms at 1000 sets a second; in a frame from a small transmit buffer
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


def batches() -> list[bytes]:
    """The same sets as DATA_SIMULTANEOUS, as many in a frame as an Arduino sends."""
    sets = sets_of(SETS)
    parts = [sets.only(np.arange(SETS) // BATCH_SETS == number) for number in range(SETS // BATCH_SETS)]
    return [encode(pack_batch(part, 1000)) for part in parts]


def figures() -> list[Figure]:
    """Decode throughput, and the reader's share of a core against the plain way."""
    found = [throughput(frames(), 1, block) for block in (2, BLOCK_SETS, 100, SETS)]
    found.append(throughput(batches(), BATCH_SETS, BLOCK_SETS))
    for rate_hz in (80, 1000):
        ours = share(frames(), rate_hz, read_blocks)
        plain = share(lines(), rate_hz, read_lines)
        how = f"{WATCHED_S:.0f} s over a pseudo-terminal, CPU time of the reading thread"
        found.append(Figure(f"reader at {rate_hz} sets/s", f"{100 * ours:.2f} % of a core", how))
        found.append(Figure(f"`readline().split(',')` and float at {rate_hz} lines/s", f"{100 * plain:.2f} %", how))
        found.append(Figure(f"the plain way over ours at {rate_hz} a second", f"{plain / ours:.1f} x", "same run"))
    return found


def throughput(sent: list[bytes], sets_in_frame: int, block: int) -> Figure:
    """Sets decoded in a second of one core, fed in blocks."""
    step = block // sets_in_frame
    chunks = [b"".join(sent[at : at + step]) for at in range(0, len(sent), step)]

    def decode() -> None:
        receiver, continuity = Receiver(), Continuity()
        for chunk in chunks:
            for sets in receiver.feed(chunk).sets:
                continuity.take(sets)

    rate = SETS / (cpu_ms(decode, rounds=7) / 1000)
    frame = f", {sets_in_frame} in a frame" if sets_in_frame > 1 else ""
    how = "from bytes to blocks of samples: COBS, CRC, fields, numbers, times"
    return Figure(f"decode, {block} sets a block{frame}", f"{rate:,.0f} sets/s per core", how)


def read_blocks(address: str, until: Event) -> int:
    """Read and decode until told; return the number of sets."""
    link, receiver, continuity, got = SerialLink(address), Receiver(), Continuity(), 0
    while not until.is_set():
        for sets in receiver.feed(link.read(0.1)).sets:
            block = continuity.take(sets).block
            got += 0 if block is None else len(block)
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
