"""The real firmware in simavr: stepped through the board's own time, read through pyserial from a pseudo-terminal."""

from __future__ import annotations

import json
import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

import numpy as np
import serial
from numpy.typing import NDArray

from acquisition import messages as wire
from acquisition.framing import Decoder, encode
from hardware.firmware.build import BoardName, build_firmware
from hardware.firmware.running import Runner, loads_head, loads_rows

#: One conversion as the model of the converter made it; `unsettled` within four of its reset.
CONVERSION = np.dtype([("cycle", "<u8"), ("counts", "<i4"), ("cell", "u1"), ("unsettled", "u1"), ("zero", "<u2")])
CYCLES_PER_US = 16
UPDATE_US = 75  # DOUT is high for so long while the converter updates: ready is so much later than the conversion
REPLY_S = 0.1
STEP_S = 0.02


def counts_file(path: Path, step_s: float, counts: NDArray[np.float64]) -> Path:
    """What each converter would read at every `step_s`, (n, 4) [counts], as the runner takes it."""
    path.write_bytes(loads_head(step_s) + loads_rows(counts))
    return path


@dataclass(frozen=True, slots=True)
class Heard:
    """What the plate said: its sets in order, its other messages in order, frames that could not be read."""

    sets: wire.Sets
    messages: list[wire.Message | wire.OtherVersion]
    bad_frames: int


def understood(sent: bytes) -> Heard:
    """Bytes that begin and end between two frames -> what they say."""
    decoded = Decoder().feed(sent)
    payloads = decoded.payloads()
    batches = [one for one in payloads if one[0] == wire.Kind.DATA_SIMULTANEOUS]
    rows = [one for one in payloads if one[0] == wire.Kind.DATA_PER_CHANNEL] or batches
    size = len(rows[0]) if rows else wire.SET_SIZE
    table = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(-1, size)
    others = [wire.unpack(one) for one in payloads if one[0] not in (0x10, 0x11)]
    assert None not in others
    return Heard(
        sets=wire.unpack_batches(table) if batches else wire.unpack_sets(table),
        messages=[one for one in others if one is not None],
        bad_frames=decoded.bad_frames,
    )


class SimulatedBoard:
    """One board. Time stands still except within `run_until`, so every order is at an exact device time."""

    def __init__(self, folder: Path, board: BoardName = "uno", **options: object) -> None:
        self._log = folder / "conversions.log"
        self._runner = Runner(build_firmware(board).elf, {"log": self._log, **options})
        self.path = self._runner.answer().removeprefix("READY ")
        self._port: serial.Serial | None = None
        self._taken = 0
        self.now_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._port is not None:
            self._port.close()
        ended = self._runner.close()
        assert error is not None or ended == 0

    def order(self, words: str) -> None:
        """Tell the runner; simavr_runner.c says what it knows."""
        self._runner.order(words)

    def run_until(self, end_s: float) -> bytes:
        """Let the board's time run to `end_s`; what the plate sent meanwhile, read from the terminal by pyserial."""
        if self._port is None:
            self._port = serial.Serial(self.path, 115200, timeout=0.1, exclusive=True)
        self.order(f"run {end_s:.9f}")
        got = bytearray()
        answer: list[str] = []
        while not answer:
            ready, _, _ = select.select([self._runner.answers, self._port.fileno()], [], [])
            if self._port.fileno() in ready:
                got += self._port.read(self._port.in_waiting or 1)
            if self._runner.answers in ready:
                answer = self._runner.answer().split()
        self.now_s = float(answer[1])
        wanted = int(answer[2]) - self._taken
        while len(got) < wanted:
            part = self._port.read(wanted - len(got))
            assert part, f"{wanted - len(got)} bytes of the plate never came out of the terminal"
            got += part
        self._taken += len(got)
        return bytes(got)

    def run_for(self, seconds: float) -> bytes:
        """Let so much time pass."""
        return self.run_until(self.now_s + seconds)

    def say(self, message: wire.Request) -> None:
        """The host's bytes, at this very moment of the board's time."""
        self.feed(b"\0" + encode(message.pack()))

    def feed(self, content: bytes) -> None:
        """Any bytes to the board."""
        self.order(f"feed {content.hex()}")

    def ask(self, request: wire.Request, within_s: float = REPLY_S) -> wire.Message:
        """One request to a plate that does not stream, its answer."""
        self.say(request)
        answers = understood(self.run_for(within_s)).messages
        assert len(answers) == 1
        assert isinstance(answers[0], wire.Reply)
        return answers[0]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let time run on its own, as fast as it can, for a host that opens the terminal itself."""
        stop = Event()

        def run() -> None:
            while not stop.is_set():
                self.now_s += STEP_S
                self.order(f"run {self.now_s:.9f}")
                self._runner.answer()

        thread = Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def report(self) -> dict[str, Any]:
        """What the electronics saw."""
        self.order("report")
        return dict(json.loads(self._runner.answer()))

    def conversions(self) -> NDArray[np.void]:
        """Every conversion the four converters made so far."""
        self.report()  # the runner writes the log out before it answers the next order
        return np.fromfile(self._log, dtype=CONVERSION)


class SteppedLink:
    """A link to a board whose time runs only while it is read: the same every time, however busy this computer is."""

    def __init__(self, board: SimulatedBoard) -> None:
        self.name = board.path
        self._board = board

    def read(self, timeout_s: float) -> bytes:
        """What the plate sends within so much of its own time."""
        end_s = self._board.now_s + timeout_s
        while not (sent := self._board.run_for(STEP_S)) and self._board.now_s < end_s:
            pass
        return sent

    def write(self, content: bytes) -> None:
        """To the board, at this moment of its time."""
        self._board.feed(content)

    def close(self) -> None:
        """The board ends with its test."""


#: Starts boards that end with the test; every option of the runner may be given by its name.
Boards = Callable[..., SimulatedBoard]
