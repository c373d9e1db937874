"""Places where a plate stands for a test: this process, a process behind TCP, a terminal behind a serial port."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from select import select
from threading import Event, Thread

import pytest
from tests_root import ROOT

from acquisition.errors import LinkLost
from acquisition.plate import Plate
from acquisition.recorder import Recorder
from analysis.recording import RawRecording, SampleBlock
from hardware.simulator.device import SimulatedLink, Simulation


@contextmanager
def simulate(*arguments: str, port: int = 0) -> Iterator[str]:
    """`stancelab simulate` in a process of its own; gives the address it prints."""
    command = [sys.executable, "-m", "dashboard.cli", "simulate", "--tcp-port", str(port), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    said = process.stdout.readline()
    listening = re.search(r"socket://127\.0\.0\.1:\d+", said)
    drain = Thread(target=lambda lines: list(lines), args=(process.stdout,))
    drain.start()  # a full pipe would stop the server
    try:
        assert listening is not None, said
        yield listening.group()
    finally:
        process.terminate()
        process.wait()
        drain.join()
        process.stdout.close()


Frames = list[bytes]


class Cable:
    """A cable that can be cut, fall silent, or change what passes toward the host, frame by frame."""

    def __init__(self, link: SimulatedLink, change: Callable[[Frames], Frames] = lambda frames: frames) -> None:
        self.name = "cable"
        self.link, self.change = link, change
        self.cut = self.silent = self.closed = False
        self._rest = b""

    def read(self, timeout_s: float) -> bytes:
        """Whole frames only, after the change."""
        if self.cut or self.closed:
            raise LinkLost("the cable was pulled out")
        received = self.link.read(timeout_s)
        *frames, self._rest = (self._rest + received).split(b"\0")
        changed = self.change([frame + b"\0" for frame in frames if frame])
        return b"" if self.silent else b"".join(changed)

    def write(self, content: bytes) -> None:
        """To the board, unchanged."""
        if self.cut:
            raise LinkLost("the cable was pulled out")
        self.link.write(content)

    def close(self) -> None:
        """Remembered, for the test to see."""
        self.closed = True


def board(clock_us: int = 0, silent_s: float = 0.0, speed: float = 0.0, seed: int = 1) -> SimulatedLink:
    """A simulated board just switched on; as fast as it is read unless told otherwise."""
    wanted = Simulation(speed=speed, seed=seed)
    return SimulatedLink(wanted.firmware(clock_us=clock_us, silent_s=silent_s), speed, "board")


@contextmanager
def behind_a_terminal(link: SimulatedLink) -> Iterator[str]:
    """The simulated board behind a pseudo-terminal, as a serial port has it; gives its address. POSIX only."""
    tty = pytest.importorskip("tty", reason="pseudo-terminals exist on POSIX systems only")
    host, board = os.openpty()
    tty.setraw(board)
    unplugged = Event()

    def carry() -> None:
        with suppress(OSError):
            while not unplugged.is_set():
                if select([host], [], [], 0.005)[0]:
                    link.write(os.read(host, 4096))
                sent = link.read(0.0)
                while sent and not unplugged.is_set() and select([], [host], [], 0.1)[1]:
                    sent = sent[os.write(host, sent) :]

    thread = Thread(target=carry)
    thread.start()
    try:
        yield f"serial:{os.ttyname(board)}"
    finally:
        unplugged.set()
        thread.join()
        os.close(host)
        os.close(board)


def blocks_of(plate: Plate, seconds: float) -> list[SampleBlock]:
    """Blocks until `seconds` of the plate's own time have passed since the first."""
    return _blocks(plate, lambda first_us, last_us: last_us - first_us >= seconds * 1e6)


def blocks_until(plate: Plate, at_s: float) -> list[SampleBlock]:
    """Blocks until the plate's own clock shows `at_s`. [s]"""
    return _blocks(plate, lambda _, last_us: last_us >= at_s * 1e6)


def _blocks(plate: Plate, enough: Callable[[int, int], bool]) -> list[SampleBlock]:
    blocks: list[SampleBlock] = []
    silent = 0
    while not blocks or not enough(int(blocks[0].device_us.min()), int(blocks[-1].device_us.max())):
        block = plate.read(0.5)
        silent = silent + 1 if block is None else 0
        assert silent < 10, "the plate sends nothing"
        if block is not None:
            blocks.append(block)
    return blocks


def recorded(plate: Plate, blocks: Iterable[SampleBlock]) -> RawRecording:
    """Blocks as one recording."""
    recorder = Recorder(plate.identity, datetime(2026, 1, 1, tzinfo=UTC))
    for block in blocks:
        recorder.add(block)
    return recorder.finish()
