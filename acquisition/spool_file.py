"""The spool's format, `.fpr` version 1: what a recording is made of while it runs, and what can be read of any part.

::

    offset  bytes
    0       8     46 50 52 31 0D 0A 1A 0A   ("FPR1", CR LF, Ctrl-Z, LF: a transfer as text would change it)
    8       ...   chunks, one after the other, nothing between them

A chunk, all numbers little endian:

::

    0       4     43 48 4E 4B               ("CHNK")
    4       1     kind: H header, P wire bytes from before the recording began, W wire bytes, E event, Z end
    5       4     number of the chunk, uint32, from 0
    9       8     host's monotonic clock, uint64 [ns]
    17      4     length n of the payload, uint32
    21      n     payload: P, W bytes as they came; H, E, Z one JSON object in ASCII
    21 + n  4     CRC-32 (zlib's) of the chunk before it

The first chunk is H, the last Z. Without Z the recording was not finished: everything before counts all the same.
Reading stops at the first chunk that is not whole; what follows is never guessed at. `docs/formats.md` has the page.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from acquisition.errors import SpoolDamaged
from analysis.calibration import Calibration, Zero
from analysis.recording import PlateIdentity, Timing

MAGIC = b"FPR1\r\n\x1a\n"
FORMAT = 1
SUFFIX = ".fpr"
MARK = b"CHNK"
_HEAD = struct.Struct("<4scIQI")
_CHECK = struct.Struct("<I")
LARGEST_PAYLOAD = 1 << 24
#: What a document that only looks like ours can raise (an AnalysisError is a ValueError).
_UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)

Document = Mapping[str, Any]


class ChunkKind(StrEnum):
    """What a chunk holds."""

    HEADER = "H"
    BEFORE = "P"
    WIRE = "W"
    EVENT = "E"
    END = "Z"


class Damage(StrEnum):
    """Why reading stopped before the end of a file. Values are keys of the catalogue (`spool.damage.*`)."""

    NOT_A_SPOOL = "not_a_spool"
    BEGUN = "begun"
    NO_HEADER = "no_header"
    CUT = "cut"
    CHANGED = "changed"
    AFTER_END = "after_end"


@dataclass(frozen=True, slots=True)
class Chunk:
    """One chunk: ``at_ns`` on the host's monotonic clock."""

    kind: ChunkKind
    number: int
    at_ns: int
    payload: bytes

    def pack(self) -> bytes:
        """As it is written."""
        head = _HEAD.pack(MARK, self.kind.encode(), self.number, self.at_ns, len(self.payload)) + self.payload
        return head + _CHECK.pack(zlib.crc32(head))

    def document(self) -> dict[str, Any]:
        """What an H, E or Z chunk says. Raises SpoolDamaged where that is no JSON object."""
        try:
            found = json.loads(self.payload)
        except _UNREADABLE as error:
            raise SpoolDamaged(f"chunk {self.number} holds no JSON: {error}") from error
        if not isinstance(found, dict):
            raise SpoolDamaged(f"chunk {self.number} holds no JSON object")
        return found


def packed_document(document: Document) -> bytes:
    """A document as the payload of a chunk."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


@dataclass(frozen=True, slots=True)
class SpoolHeader:
    """What is known when a recording begins. No name, no birth date, no patient: ids only.

    Parameters
    ----------
    trial : str
        UUID that the trial is filed under.
    plate : PlateIdentity
    began_at : datetime
        Wall time, aware: a label. Times come from the plate.
    boot_count : int
        Of the plate.
    calibration, zero : Calibration, Zero or None
        Where they were known at the beginning; who made the calibration is not written down.
    context : mapping
        What the recorder of the trial needs to file it (visit, protocol): ids and settings, as JSON.
    software : str
    """

    trial: str
    plate: PlateIdentity
    began_at: datetime
    boot_count: int = 0
    calibration: Calibration | None = None
    zero: Zero | None = None
    context: Document | None = None
    software: str = ""

    def document(self) -> Document:
        """As it is written."""
        plate = self.plate
        return {
            "format": FORMAT,
            "trial": self.trial,
            "plate": {
                "serial": plate.serial,
                "model": plate.model,
                "firmware": plate.firmware,
                "wire_version": plate.wire_version,
                "nominal_rate_hz": plate.nominal_rate_hz,
                "full_scale_counts": plate.full_scale_counts,
                "timing": plate.timing.value,
            },
            "boot_count": self.boot_count,
            "began_at": self.began_at.isoformat(),
            "calibration": None if self.calibration is None else _calibration_document(self.calibration),
            "zero": None if self.zero is None else zero_document(self.zero),
            "context": dict(self.context or {}),
            "software": self.software,
        }


def header_from(document: Document) -> SpoolHeader:
    """What a header says.

    Raises
    ------
    SpoolDamaged
        A format this program does not know, or a field that is missing or is not what it should be.
    """
    try:
        if document["format"] != FORMAT:
            raise SpoolDamaged(f"format {document['format']!r}; this program reads {FORMAT}")
        began_at = datetime.fromisoformat(document["began_at"])
        if began_at.tzinfo is None:
            raise SpoolDamaged("began_at has no time zone")
        calibration, zero = document["calibration"], document["zero"]
        return SpoolHeader(
            trial=str(document["trial"]),
            plate=_plate_from(document["plate"]),
            began_at=began_at,
            boot_count=int(document["boot_count"]),
            calibration=None if calibration is None else _calibration_from(calibration),
            zero=None if zero is None else zero_from(zero),
            context=dict(document["context"]),
            software=str(document["software"]),
        )
    except _UNREADABLE as error:
        raise SpoolDamaged(f"header: {type(error).__name__} {error}") from error


def _plate_from(document: Document) -> PlateIdentity:
    return PlateIdentity(
        serial=str(document["serial"]),
        model=str(document["model"]),
        firmware=str(document["firmware"]),
        wire_version=int(document["wire_version"]),
        nominal_rate_hz=float(document["nominal_rate_hz"]),
        full_scale_counts=int(document["full_scale_counts"]),
        timing=Timing(document["timing"]),
    )


def zero_document(zero: Zero) -> Document:
    """A zero as it is written."""
    return {
        "counts": zero.counts.tolist(),
        "sd_counts": zero.sd_counts.tolist(),
        "taken_at": zero.taken_at.isoformat(),
    }


def zero_from(document: Document) -> Zero:
    """A zero as it was written. Raises what a wrong document raises: KeyError, TypeError, ValueError."""
    taken_at = datetime.fromisoformat(document["taken_at"])
    return Zero(np.array(document["counts"], float), np.array(document["sd_counts"], float), taken_at)


_NUMBERS = ("residual_n", "cop_error_mm", "max_load_n")


def _calibration_document(calibration: Calibration) -> Document:
    valid_until = calibration.valid_until
    return {
        "id": calibration.id,
        "plate_serial": calibration.plate_serial,
        "matrix": calibration.matrix.tolist(),
        "cell_newton_per_count": calibration.cell_newton_per_count.tolist(),
        **{name: getattr(calibration, name) for name in _NUMBERS},
        "reference": calibration.reference,
        "made_at": calibration.made_at.isoformat(),
        "valid_until": None if valid_until is None else valid_until.isoformat(),
    }


def _calibration_from(document: Document) -> Calibration:
    valid_until = document["valid_until"]
    return Calibration(
        id=str(document["id"]),
        plate_serial=str(document["plate_serial"]),
        matrix=np.array(document["matrix"], float),
        cell_newton_per_count=np.array(document["cell_newton_per_count"], float),
        **{name: float(document[name]) for name in _NUMBERS},
        reference=str(document["reference"]),
        made_at=datetime.fromisoformat(document["made_at"]),
        made_by="",
        valid_until=None if valid_until is None else datetime.fromisoformat(valid_until),
    )


@dataclass(frozen=True, slots=True)
class SpoolEnd:
    """How a recording ended.

    ``chunks`` and ``sha256`` are those of the file before the end; ``interrupted``: code of why it ended early, None
    where it ended as intended; ``last``: number and clock [us] of the last set that belongs to it, None where there is
    none.
    """

    chunks: int
    sha256: str
    interrupted: str | None
    last: tuple[int, int] | None

    def document(self) -> Document:
        """As it is written."""
        return {
            "chunks": self.chunks,
            "sha256": self.sha256,
            "interrupted": self.interrupted,
            "last": None if self.last is None else list(self.last),
        }


def _end_from(document: Document) -> SpoolEnd:
    try:
        last, interrupted = document["last"], document["interrupted"]
        return SpoolEnd(
            chunks=int(document["chunks"]),
            sha256=str(document["sha256"]),
            interrupted=None if interrupted is None else str(interrupted),
            last=None if last is None else (int(last[0]), int(last[1])),
        )
    except _UNREADABLE as error:
        raise SpoolDamaged(f"end: {type(error).__name__} {error}") from error


@dataclass(frozen=True, slots=True)
class Recovered:
    """What could be read of a spool: the chunks of wire and events in order, and what could not be.

    ``header`` is None where nothing can be made of the file. ``lost_bytes`` at the end of the file are not part of any
    whole chunk; ``damage`` says why.
    """

    header: SpoolHeader | None
    chunks: tuple[Chunk, ...]
    end: SpoolEnd | None
    damage: Damage | None
    lost_bytes: int

    @property
    def complete(self) -> bool:
        """Whether the recording was finished, and every byte is as it was written."""
        return self.end is not None and self.damage is None

    @property
    def wire_bytes(self) -> int:
        """How many bytes of the plate it holds."""
        return sum(len(chunk.payload) for chunk in self.chunks if chunk.kind is ChunkKind.WIRE)

    def events(self, name: str) -> tuple[dict[str, Any], ...]:
        """What was written under this name, in order."""
        documents = (chunk.document() for chunk in self.chunks if chunk.kind is ChunkKind.EVENT)
        return tuple(document for document in documents if document.get("event") == name)


def is_spool(path: Path) -> bool:
    """Whether a file begins as a spool does. False where it cannot be read."""
    try:
        with path.open("rb") as opened:
            return opened.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def recover(path: Path) -> Recovered:
    """Read a spool, whatever happened to it. Raises OSError where the file itself cannot be read."""
    return recover_bytes(path.read_bytes())


def recover_bytes(content: bytes) -> Recovered:
    """As `recover`, of bytes."""
    if not content.startswith(MAGIC):
        begun = MAGIC.startswith(content)
        return Recovered(None, (), None, Damage.BEGUN if begun else Damage.NOT_A_SPOOL, len(content))
    chunks, at, damage = _whole_chunks(content)
    more = MARK in content[len(MAGIC) + len(MARK) :]  # a chunk behind the first: its length is what is wrong
    if not chunks and damage in (None, Damage.CUT) and not more:  # ended before its header was written
        return Recovered(None, (), None, Damage.BEGUN, len(content))
    try:
        header = header_from(chunks[0].document()) if chunks and chunks[0].kind is ChunkKind.HEADER else None
    except SpoolDamaged:
        header = None
    if header is None:
        return Recovered(None, (), None, Damage.NO_HEADER, len(content))
    end: SpoolEnd | None = None
    if chunks[-1].kind is ChunkKind.END:
        last = chunks.pop()
        at_end = at - len(last.pack())
        try:
            end = _end_from(last.document())
        except SpoolDamaged:
            damage = Damage.CHANGED
        else:
            if (end.chunks, end.sha256) != (len(chunks), hashlib.sha256(content[:at_end]).hexdigest()):
                damage, end = Damage.CHANGED, None
    return Recovered(header, tuple(chunks[1:]), end, damage, len(content) - at)


def _whole_chunks(content: bytes) -> tuple[list[Chunk], int, Damage | None]:
    """Chunks up to the first one that is not whole, where it begins, and what is wrong with it."""
    chunks: list[Chunk] = []
    at = len(MAGIC)
    while at < len(content):
        if chunks and chunks[-1].kind is ChunkKind.END:
            return chunks, at, Damage.AFTER_END
        head = content[at : at + _HEAD.size]
        if len(head) < _HEAD.size:
            return chunks, at, Damage.CUT
        mark, kind, number, at_ns, length = _HEAD.unpack(head)
        if mark != MARK or number != len(chunks) or length > LARGEST_PAYLOAD:
            return chunks, at, Damage.CHANGED
        stop = at + _HEAD.size + length
        check = content[stop : stop + _CHECK.size]
        if len(check) < _CHECK.size:
            return chunks, at, Damage.CUT
        if zlib.crc32(content[at:stop]) != _CHECK.unpack(check)[0]:
            return chunks, at, Damage.CHANGED
        chunk = _KINDS.get(kind) and Chunk(_KINDS[kind], number, at_ns, content[at + _HEAD.size : stop])
        if not chunk or not _sensible(chunk):
            return chunks, at, Damage.CHANGED
        chunks.append(chunk)
        at = stop + _CHECK.size
    return chunks, at, None


_KINDS = {kind.encode(): kind for kind in ChunkKind}


def _sensible(chunk: Chunk) -> bool:
    """Whether an event says something: a whole chunk that does not was never ours."""
    if chunk.kind is ChunkKind.EVENT:
        try:
            chunk.document()
        except SpoolDamaged:
            return False
    return True
