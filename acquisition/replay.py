"""A stored recording through the path of a live one: the spool's bytes, the same decoder, the same plate."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import parse_qsl

from acquisition.continuity import Position
from acquisition.errors import AddressRefused, LinkLost, PlateNotFound, PlateRebooted, ReplayEnded, SpoolDamaged
from acquisition.framing import Decoder, decode, encode
from acquisition.messages import (
    SET_SIZE,
    Hello,
    Info,
    Kind,
    Message,
    Ping,
    Pong,
    RefusalReason,
    Refused,
    Request,
    Start,
    Started,
    Stop,
    Stopped,
    is_batch,
    unpack,
    unpack_batches,
    unpack_sets,
)
from acquisition.plate import WirePlate
from acquisition.recorder import Recorder
from acquisition.spool import Spool
from acquisition.spool_file import ChunkKind, Recovered, recover
from analysis.errors import InvalidRecording
from analysis.recording import ClockScale, RawRecording

log = logging.getLogger(__name__)

#: Why a recording that was not finished ended.
PROGRAM_ENDED = "PROGRAM_ENDED"
BLOCK_S = 0.02
LARGEST_READ = 1 << 16


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of the wire and when they came, from the first. [s]"""

    at_s: float
    content: bytes


def wire_of(recovered: Recovered) -> tuple[Piece, ...]:
    """The plate's bytes that belong to the recording: from its first set to its last, where the spool says which.

    What was sent before a recording began is kept in a spool too, so that no frame is cut. Where the link dropped and
    came back, a 0x00 stands between: the frame that was cut is damaged, and no other.
    """
    pieces, before = _pieces(recovered)
    first, last = first_set(recovered), None if recovered.end is None else recovered.end.last
    wire = b"".join(piece.content for piece in pieces)
    start = _frame_of(wire, first, end=False) if first else None
    stop = _frame_of(wire, last, end=True) if last else None
    if start is None:
        start = wire.rfind(b"\0", 0, before) + 1
    return tuple(_cut(pieces, start, len(wire) if stop is None else stop))


def _pieces(recovered: Recovered) -> tuple[list[Piece], int]:
    """All bytes of the wire, and how many of them came before the recording began."""
    pieces: list[Piece] = []
    before, began_ns, flush = 0, None, b""
    for chunk in recovered.chunks:
        if chunk.kind is ChunkKind.EVENT:
            flush = b"\0" if chunk.document().get("event") == "resumed" else flush
            continue
        began_ns = chunk.at_ns if began_ns is None else began_ns
        pieces.append(Piece(max(0, chunk.at_ns - began_ns) * 1e-9, flush + chunk.payload))
        before += len(chunk.payload) if chunk.kind is ChunkKind.BEFORE else 0
        flush = b""
    return pieces, before


def _cut(pieces: list[Piece], start: int, stop: int) -> Iterator[Piece]:
    at = 0
    for piece in pieces:
        part = piece.content[max(0, start - at) : max(0, stop - at)]
        at += len(piece.content)
        if part:
            yield Piece(piece.at_s, part)


def first_set(recovered: Recovered) -> tuple[int, int] | None:
    """Number and clock [us] of the recording's first set, as the one who recorded saw it. None before there was one."""
    for event in recovered.events("first"):
        index, device_us = event.get("index"), event.get("device_us")
        if isinstance(index, int) and isinstance(device_us, int):
            return index, device_us
    return None


def _clock(recovered: Recovered) -> ClockScale | None:
    """The plate's clock as it was compared while its sets came."""
    for event in recovered.events("clock"):
        scale, sd = event.get("scale"), event.get("sd")
        if isinstance(scale, float) and isinstance(sd, float):
            return ClockScale(scale, sd)
    return None


def _frame_of(wire: bytes, wanted: tuple[int, int], *, end: bool) -> int | None:
    """Where the frame that holds a set begins or ends. Numbers on the wire are the low bits of continuous ones.

    The first set is looked for from the beginning, the last one from the end: either is near.
    """
    sequence, device_us = wanted[0] % 2**16, wanted[1] % 2**32
    begin, stop = (0, wire.find(b"\0")) if not end else _frame_before(wire, wire.rfind(b"\0") + 1)
    while stop >= 0 and begin >= 0:
        if _holds(wire[begin:stop], sequence, device_us):
            return stop + 1 if end else begin
        begin, stop = _frame_before(wire, begin) if end else (stop + 1, wire.find(b"\0", stop + 1))
    return None


def _frame_before(wire: bytes, stop: int) -> tuple[int, int]:
    """Where the frame that is closed just before `stop` begins, and its 0x00; (-1, -1) where there is none."""
    return (wire.rfind(b"\0", 0, stop - 1) + 1, stop - 1) if stop > 0 else (-1, -1)


def _holds(frame: bytes, sequence: int, device_us: int) -> bool:
    payload = decode(frame) if frame else None
    if payload is None:
        return False
    row = Decoder().feed(encode(payload)).groups[0].rows
    if len(payload) == SET_SIZE and payload[0] == Kind.DATA_PER_CHANNEL:
        sets = unpack_sets(row)
    elif is_batch(row).all():
        sets = unpack_batches(row)
    else:
        return False
    return bool(((sets.sequence == sequence) & (sets.newest_us == device_us)).any())


class ReplayLink:
    """A link to a recorded plate: it answers as the plate would, then sends what the plate sent, once.

    The sets have the numbers they had: START goes on where the recording is.

    Parameters
    ----------
    recovered : Recovered
    name : str
    speed : float
        Recorded seconds in a second; 0: as fast as it is read.

    Raises
    ------
    SpoolDamaged
        Nothing of it can be read.
    """

    def __init__(self, recovered: Recovered, name: str, speed: float = 0.0) -> None:
        if recovered.header is None:
            raise SpoolDamaged(f"{name} is no spool: {recovered.damage}")
        self.name = name
        self._header, self._speed = recovered.header, speed
        self._pieces = list(wire_of(recovered))
        self._next = 0
        self._decoder = Decoder()
        self._answers = bytearray()
        self._began_s: float | None = None
        self._from_s = 0.0
        self._closed = False

    def read(self, timeout_s: float) -> bytes:
        """An answer at once; then what the plate sent, at its time.

        Raises
        ------
        ReplayEnded
            The recording ends here.
        LinkLost
            It is closed.
        """
        if self._closed:
            raise LinkLost(f"{self.name} is closed")
        if self._answers:
            answers = bytes(self._answers)
            self._answers.clear()
            return answers
        if self._began_s is None:
            sleep(min(timeout_s, BLOCK_S))
            return b""
        if self._next == len(self._pieces):
            raise ReplayEnded(f"{self.name}: the recording ends here")
        return self._read_at_once() if self._speed == 0 else self._read_in_time(timeout_s)

    def write(self, content: bytes) -> None:
        """Requests: answered as the plate would."""
        for payload in self._decoder.feed(content).payloads():
            request = unpack(payload)
            if isinstance(request, Request):
                self._answers += encode(self._answer(request).pack())

    def close(self) -> None:
        """Let go of it."""
        self._closed = True

    def run(self) -> None:
        """Send from now on, where it was left."""
        self._began_s = monotonic()
        self._from_s = self._pieces[self._next].at_s if self._next < len(self._pieces) else 0.0

    def _read_at_once(self) -> bytes:
        gathered = bytearray()
        while self._next < len(self._pieces) and len(gathered) < LARGEST_READ:
            gathered += self._pieces[self._next].content
            self._next += 1
        return bytes(gathered)

    def _read_in_time(self, timeout_s: float) -> bytes:
        piece = self._pieces[self._next]
        due_s = (self._began_s or 0.0) + (piece.at_s - self._from_s) / self._speed
        left_s = due_s - monotonic()
        sleep(max(0.0, min(left_s, timeout_s)))
        if left_s > timeout_s:
            return b""
        self._next += 1
        return piece.content

    def _answer(self, request: Request) -> Message:
        clock_us = round(monotonic() * 1e6) % 2**32
        match request:
            case Hello(token):
                return Info.of(self._header.plate, token, self._header.boot_count)
            case Ping(token):
                return Pong(token, clock_us, clock_us)
            case Start(token, mode=0):
                self.run()
                return Started(token, clock_us)
            case Stop(token):
                self._began_s = None
                return Stopped(token, 0, 0, 0)
            case _:
                return Refused(request.token, request.kind, RefusalReason.CANNOT)


def recording_of(recovered: Recovered, name: str = "spool") -> RawRecording:
    """The recording that a spool holds: of its bytes, through the decoder and the plate that read it live.

    Raises
    ------
    SpoolDamaged
        Nothing of it can be read.
    """
    link = ReplayLink(recovered, name)
    header = recovered.header
    if header is None:
        raise SpoolDamaged(f"{name} is no spool")
    interrupted = PROGRAM_ENDED if recovered.end is None else recovered.end.interrupted
    try:
        plate = WirePlate(link)
    except (ValueError, KeyError, PlateNotFound) as error:
        raise SpoolDamaged(f"{name}: its plate is none this program knows: {error}") from error
    recorder = Recorder(header.plate, header.began_at)
    link.run()
    try:
        _take_up(plate, first_set(recovered))
        while (block := plate.read(1.0)) is not None:
            recorder.add(block)
    except LinkLost:
        pass  # its end
    except PlateRebooted as rebooted:
        interrupted = rebooted.code
    return recorder.finish(interrupted, _clock(recovered))


def read_back(spool: Spool, live: RawRecording) -> RawRecording:
    """The recording of a spool that has ended, made of what is on the disk; the live one where the disk failed."""
    try:
        recovered = recover(spool.path)
        if recovered.complete:
            return recording_of(recovered, spool.path.name)
        log.error("spool %s reads back damaged (%s): its recording is taken from memory", spool.path, recovered.damage)
    except (OSError, SpoolDamaged, InvalidRecording):
        log.exception("spool %s does not read back: its recording is taken from memory", spool.path)
    return live


def _take_up(plate: WirePlate, first: tuple[int, int] | None) -> None:
    """Go on from before the first set, so that numbers and times are those seen live."""
    if first is None:
        plate.start()
    else:
        plate.resume(Position(first[0] - 1, first[1] - 1))


def open_replay_link(url: str) -> ReplayLink:
    """`replay:FILE`, `replay:FILE?speed=4`: a recorded plate; speed 0 as fast as it is read.

    Raises
    ------
    PlateNotFound
        No such file, not a spool, or an unknown parameter.
    """
    name, _, query = url.removeprefix("replay:").partition("?")
    try:
        known = dict(parse_qsl(query, strict_parsing=bool(query)))
        speed = float(known.pop("speed", "1"))
        if known or not 0 <= speed <= 100:
            raise ValueError(f"a replay knows speed (0 to 100) only, not {query!r}")
        return ReplayLink(recover(Path(name)), url, speed)
    except (OSError, ValueError, SpoolDamaged) as error:
        raise AddressRefused(url, getattr(error, "strerror", None) or str(error)) from error
