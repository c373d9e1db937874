"""What the board's program does, without a board: requests in, replies and frames out, time given from outside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from acquisition.framing import Decoder, encode
from acquisition.messages import (
    AGE_TICK_US,
    NEVER_REQUESTS,
    SIMULATED_BOARD,
    WIRE_MAJOR,
    WIRE_MINOR,
    Boot,
    Capability,
    Hello,
    Info,
    Kind,
    Message,
    NvCommit,
    NvRead,
    NvWrite,
    Ping,
    Pong,
    RefusalReason,
    Refused,
    Request,
    Sets,
    Start,
    Started,
    Stop,
    Stopped,
    pack_sets,
    unpack,
)
from analysis.recording import SetFlag
from hardware.plates import PlateModel
from hardware.simulator.electronics import N_CELLS, Conversions, Electronics, cell_forces
from hardware.simulator.memory import BlockMemory
from hardware.simulator.motion import BODY_HZ
from hardware.simulator.weights import Body, Top

FIRMWARE = (1, 0, 0)
ALL_FRESH = (1 << N_CELLS) - 1
LARGEST_AGE_US = 0xFFFF * AGE_TICK_US
RESET_BY_OPENING = 0x02  # the cause an Uno gives when its port is opened


class SetMaker:
    """Conversions of four cells -> sets: one when all four are new, or when a quick cell would be overwritten."""

    def __init__(self) -> None:
        self._value = [0] * N_CELLS
        self._time_us = [0] * N_CELLS
        self._fresh = self._saturated = self._known = 0
        self._produced = 0

    @property
    def produced(self) -> int:
        """Sets made so far."""
        return self._produced

    def add(self, conversions: Conversions, clock_us: int) -> Sets:
        """Sets completed by these conversions. ``clock_us``: the board's clock when its time began."""
        rows: list[tuple[int, list[int], list[int], int, int]] = []
        for time_s, cell, counts, saturated in zip(
            conversions.time_s.tolist(), conversions.cell.tolist(), conversions.counts.tolist(),
            conversions.saturated.tolist(), strict=True,
        ):  # fmt: skip
            bit = 1 << cell
            if self._fresh & bit and self._known == ALL_FRESH:
                rows.append(self._emit())
            time_us = clock_us + int(time_s * 1e6)
            self._value[cell], self._time_us[cell] = counts, time_us - time_us % AGE_TICK_US
            self._fresh, self._known = self._fresh | bit, self._known | bit
            self._saturated = self._saturated | bit if saturated else self._saturated & ~bit
            if self._fresh == ALL_FRESH:
                rows.append(self._emit())
        return _sets(rows)

    def _emit(self) -> tuple[int, list[int], list[int], int, int]:
        marks = self._fresh | self._saturated << N_CELLS
        row = (self._produced, self._time_us.copy(), self._value.copy(), marks, self._saturated)
        self._fresh, self._produced = 0, self._produced + 1
        return row


def _sets(rows: list[tuple[int, list[int], list[int], int, int]]) -> Sets:
    times_us = np.array([row[1] for row in rows], dtype=np.int64).reshape(-1, N_CELLS)
    newest_us = times_us.max(axis=1, initial=0)
    saturated = np.array([row[4] for row in rows], dtype=np.int64) > 0
    return Sets(
        sequence=np.array([row[0] for row in rows], dtype=np.int64),
        newest_us=newest_us,
        age_us=np.minimum(newest_us[:, None] - times_us, LARGEST_AGE_US),
        counts=np.array([row[2] for row in rows], dtype=np.int32).reshape(-1, N_CELLS),
        flags=np.where(saturated, SetFlag.SATURATED, 0).astype(np.uint8),
        fresh=np.array([row[3] for row in rows], dtype=np.uint8),
    )


@dataclass(frozen=True, slots=True)
class Board:
    """What the board says about itself.

    ``clock_us``: its clock when it boots; ``time_follows_host``: it runs with the world's time, as a real board's does;
    ``silent_s``: a boot loader's time, during which nothing is heard [s]; ``boots``: how often it started before.
    """

    plate_number: int
    rate_hz: float
    time_follows_host: bool = True
    clock_us: int = 0
    wire_major: int = WIRE_MAJOR
    silent_s: float = 0.0
    boots: int = 0


class Firmware:
    """One board with a person, or weights, on its plate, in the board's own time.

    Parameters
    ----------
    person, electronics : Person or Weights, Electronics
    model : PlateModel
    board : Board
    memory : BlockMemory or None
        What it kept from before; None: nothing.
    top : callable or None
        How the top carries a load to the cells; None: as drawn, on four equal springs.
    """

    def __init__(
        self,
        person: Body,
        electronics: Electronics,
        model: PlateModel,
        board: Board,
        memory: BlockMemory | None = None,
        top: Top | None = None,
    ) -> None:
        self.person, self.board = person, board
        self.electronics = electronics
        self._memory = memory or BlockMemory()
        self._top = top or partial(cell_forces, geometry=model.geometry)
        self._boot_count = board.boots
        self.reset(RESET_BY_OPENING)

    def reset(self, cause: int) -> None:
        """Restart: streaming ends, the clock begins anew, BOOT is said once it can be."""
        self._boot_count = (self._boot_count + 1) % 2**16
        self._began_s = self.person.now_s
        self._decoder, self._sets, self._out = Decoder(), SetMaker(), bytearray()
        self._streaming = self._booted = False
        self._started_by = 0
        self._memory.forget_unfinished()
        self._cause = cause
        self._wake()

    @property
    def now_s(self) -> float:
        """Time since the board booted. [s]"""
        return self.person.now_s - self._began_s

    @property
    def streaming(self) -> bool:
        """Whether sets are being sent."""
        return self._streaming

    def clock_us(self) -> int:
        """The board's clock, not wrapped. [us]"""
        return self.board.clock_us + round(self.now_s * 1e6)

    def advance(self, samples: int) -> None:
        """Let the person move on for so many samples of 1 kHz; sets are sent as they complete."""
        if samples <= 0:
            return
        motion = self.person.move(samples)
        self._wake()
        conversions = self.electronics.convert(self._top(motion.xy_mm, motion.fz_n))
        if not self._streaming:
            return
        sets = self._sets.add(conversions, self.board.clock_us - round(self._began_s * 1e6))
        for row in pack_sets(sets):
            self._out += encode(row.tobytes())

    def receive(self, content: bytes) -> None:
        """Bytes from the host; answered in order."""
        if not self._booted:
            return
        for payload in self._decoder.feed(content).payloads():
            request = unpack(payload)
            if isinstance(request, Request):
                self._say(self._answer(request))
            elif payload[0] not in NEVER_REQUESTS:  # perhaps the echo of a reply
                self._say(Refused.answering(payload, RefusalReason.UNKNOWN))

    def take(self) -> bytes:
        """What the board has sent since the last call."""
        sent = bytes(self._out)
        self._out.clear()
        return sent

    def _wake(self) -> None:
        if not self._booted and self.now_s >= self.board.silent_s:
            self._booted = True
            self._out += b"\0"
            self._say(Boot(self.board.wire_major, *FIRMWARE, self._cause, self._boot_count))

    def _say(self, message: Message) -> None:
        self._out += encode(message.pack())

    def _answer(self, request: Request) -> Message:
        now_us = self.clock_us() % 2**32
        match request:
            case Ping(token):
                return Pong(token, now_us, now_us)
            case Hello(token):
                return self._info(token)
            case Start(token, mode=0):
                if not (self._streaming and token == self._started_by):  # asked again because the answer was lost
                    self._sets, self._started_by = SetMaker(), token
                self._streaming = True
                return Started(token, now_us)
            case Start(token):
                return Refused(token, Kind.START, RefusalReason.CANNOT)
            case Stop(token):
                self._streaming = False
                return Stopped(token, self._sets.produced, 0, self._decoder.bad_frames)
            case NvRead() | NvWrite() | NvCommit():
                return self._memory.answer(request, streaming=self._streaming)
            case _:
                return Refused(request.token, request.kind, RefusalReason.CANNOT)

    def _info(self, token: int) -> Info:
        board = self.board
        return Info(
            token=token,
            wire_major=board.wire_major,
            wire_minor=WIRE_MINOR,
            firmware_major=FIRMWARE[0],
            firmware_minor=FIRMWARE[1],
            firmware_patch=FIRMWARE[2],
            commit=0,
            device_id=board.plate_number.to_bytes(8, "big"),
            board=SIMULATED_BOARD,
            model=1,
            channels=N_CELLS,
            timing=0,
            skew_us=0,
            nominal_rate_mhz=round(board.rate_hz * 1000),
            gain=128,
            bits=24,
            tick_us=AGE_TICK_US,
            baud=115200,
            calibration_crc=self._memory.crc,
            capabilities=Capability.MEMORY | (0 if board.time_follows_host else Capability.OWN_TIME),
            boot_count=self._boot_count,
        )


def samples_in(seconds: float) -> int:
    """Whole samples of the body in a stretch of time."""
    return int(seconds * BODY_HZ)
