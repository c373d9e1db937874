"""Recording format, version 1: a recording <-> bytes, the same in the database and in an export.

::

    offset  bytes
    0       8       89 53 54 41 4E 43 45 0A   (0x89, "STANCE", line feed)
    8       2       format version, uint16: 1
    10      4       length H of the header, uint32
    14      H       header: JSON in ASCII, no NaN
    14 + H  ...     the arrays, packed, in the header's order
    end - 4 4       CRC-32 (zlib's) of everything before it, uint32

All numbers are little endian. The header holds ``kind`` ("raw" or "imported"), ``about`` (everything that is no array:
plate, start, gaps; or signals, axis, geometry), ``arrays`` (a list of ``name``, ``dtype``, ``shape``, ``codec`` and
``packed`` length in bytes) and ``sha256``.

``sha256`` is the recording's identity: SHA-256 of the decoded content, that is of the canonical JSON (sorted keys, no
blanks) of ``[kind, about]``, then for each array of its name, dtype and shape as canonical JSON and its bytes, row by
row. It does not depend on how the arrays are packed, and is checked at every load.

Codecs, each undone from right to left:

``shuffle-zlib``        all first bytes of the column-wise values, then all second bytes, ...; then zlib.
``delta-shuffle-zlib``  integers: differences to the value before in the same column (modulo the integer's width) first.
``us-delta-shuffle-zlib``  seconds that are whole microseconds, as int64 microseconds, then as above. Used only where
                        ``microseconds * 1e-6`` gives back every bit.

Any change of a byte, and any missing byte, raises `RecordingDamaged`; a wrong recording is never returned.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
import zlib
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.geometry import PlateGeometry, Side
from analysis.recording import (
    ClockScale,
    Gap,
    ImportedRecording,
    MlAxis,
    PlateIdentity,
    RawRecording,
    SignalKind,
    Timing,
)
from records.errors import RecordingDamaged

Array = NDArray[Any]
Recording = RawRecording | ImportedRecording

MAGIC = b"\x89STANCE\n"
FORMAT_VERSION = 1
_PREFIX = struct.Struct("<8sHI")
_CHECK = struct.Struct("<I")
_LEVEL = 6
_DTYPES = ("<f8", "<i4", "|u1")
#: What decoding can raise on bytes that only look like a recording (an AnalysisError is a ValueError).
_UNDECODABLE = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError, zlib.error)


def pack(recording: Recording) -> bytes:
    """Recording -> bytes of format version 1."""
    kind, about, arrays = _parts(recording)
    packed = [(name, array, *_pack_array(array)) for name, array in arrays.items()]
    header = {
        "kind": kind,
        "about": about,
        "arrays": [
            {
                "name": name,
                "dtype": array.dtype.str,
                "shape": list(array.shape),
                "codec": codec,
                "packed": len(content),
            }
            for name, array, codec, content in packed
        ],
        "sha256": content_sha256(recording),
    }
    text = _canonical(header)
    body = _PREFIX.pack(MAGIC, FORMAT_VERSION, len(text)) + text + b"".join(content for *_, content in packed)
    return body + _CHECK.pack(zlib.crc32(body))


def unpack(content: bytes) -> tuple[Recording, str]:
    """Bytes -> recording and its SHA-256.

    Raises
    ------
    RecordingDamaged
        Not a recording, a format version this program does not know, or changed or missing bytes.
    """
    header, start = _header(content)
    try:
        arrays = _unpack_arrays(header["arrays"], content[start : -_CHECK.size])
        recording = _recording(header["kind"], header["about"], arrays)
        found, expected = content_sha256(recording), str(header["sha256"])
    except _UNDECODABLE as error:
        raise RecordingDamaged(f"its content does not decode ({type(error).__name__}: {error})") from error
    if found != expected:
        raise RecordingDamaged(f"SHA-256 is {found[:12]}..., must be {expected[:12]}...")
    return recording, found


def content_sha256(recording: Recording) -> str:
    """SHA-256 of the decoded content, in hexadecimal digits: the recording's identity."""
    kind, about, arrays = _parts(recording)
    digest = hashlib.sha256(_canonical([kind, about]))
    for name, array in arrays.items():
        digest.update(_canonical([name, array.dtype.str, list(array.shape)]))
        digest.update(array.tobytes())
    return digest.hexdigest()


def _canonical(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _header(content: bytes) -> tuple[dict[str, Any], int]:
    """Header and where the arrays start, after every check that needs no decoding."""
    if len(content) < _PREFIX.size + _CHECK.size:
        raise RecordingDamaged(f"{len(content)} bytes are too few for a recording")
    magic, version, length = _PREFIX.unpack_from(content)
    if magic != MAGIC:
        raise RecordingDamaged(f"begins with {magic!r}, a recording begins with {MAGIC!r}")
    (check,) = _CHECK.unpack(content[-_CHECK.size :])
    if zlib.crc32(content[: -_CHECK.size]) != check:
        raise RecordingDamaged("checksum does not fit: bytes were changed or are missing")
    if version != FORMAT_VERSION:
        raise RecordingDamaged(f"format version {version}; this program reads version {FORMAT_VERSION}")
    end = _PREFIX.size + length
    try:
        header = json.loads(content[_PREFIX.size : end].decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise RecordingDamaged("its header is no JSON") from error
    if not isinstance(header, dict):
        raise RecordingDamaged("its header is no JSON object")
    return header, end


def _parts(recording: Recording) -> tuple[str, dict[str, Any], dict[str, Array]]:
    """Kind, all that is no array, and the arrays in their order."""
    if isinstance(recording, RawRecording):
        arrays: dict[str, Array] = {"time_s": recording.time_s, "counts": recording.counts, "flags": recording.flags}
        return "raw", _about_raw(recording), _little_endian(arrays)
    signals: dict[str, Array] = {"time_s": recording.time_s, "values": recording.values}
    return "imported", _about_imported(recording), _little_endian(signals)


def _little_endian(arrays: dict[str, Array]) -> dict[str, Array]:
    return {name: np.ascontiguousarray(array, array.dtype.newbyteorder("<")) for name, array in arrays.items()}


def _about_raw(raw: RawRecording) -> dict[str, Any]:
    plate = raw.plate
    return {
        "plate": {
            "serial": plate.serial,
            "model": plate.model,
            "firmware": plate.firmware,
            "wire_version": int(plate.wire_version),
            "nominal_rate_hz": float(plate.nominal_rate_hz),
            "full_scale_counts": int(plate.full_scale_counts),
            "timing": plate.timing.value,
        },
        "started_at": raw.started_at.astimezone(UTC).isoformat(),
        "gaps": [[float(gap.start_s), float(gap.end_s), int(gap.missing)] for gap in raw.gaps],
        "interrupted": raw.interrupted,
        **({"clock": [float(raw.clock.scale), float(raw.clock.sd)]} if raw.clock else {}),
    }


def _about_imported(imported: ImportedRecording) -> dict[str, Any]:
    geometry = imported.geometry
    return {
        "signals": imported.kind.value,
        "ml_axis": imported.ml_axis.value,
        "geometry": None
        if geometry is None
        else {
            "model": geometry.model,
            "cells_mm": [[float(x), float(y)] for x, y in geometry.cells_mm],
            "surface_mm": [float(size) for size in geometry.surface_mm] if geometry.surface_mm else None,
            "height_mm": float(geometry.height_mm),
        },
        "declared_side": imported.declared_side.value if imported.declared_side else None,
        "duplicate_rows": int(imported.duplicate_rows),
        "source_label": imported.source_label,
        "device": imported.device,
    }


def _recording(kind: str, about: dict[str, Any], arrays: dict[str, Array]) -> Recording:
    if kind == "raw":
        plate = about["plate"]
        return RawRecording(
            plate=PlateIdentity(**{**plate, "timing": Timing(plate["timing"])}),
            started_at=datetime.fromisoformat(about["started_at"]),
            gaps=tuple(Gap(*gap) for gap in about["gaps"]),
            interrupted=about["interrupted"],
            clock=ClockScale(*about["clock"]) if "clock" in about else None,
            **arrays,
        )
    if kind != "imported":
        raise ValueError(f"kind {kind!r}")
    geometry, side = about["geometry"], about["declared_side"]
    return ImportedRecording(
        kind=SignalKind(about["signals"]),
        ml_axis=MlAxis(about["ml_axis"]),
        geometry=_geometry(geometry) if geometry else None,
        declared_side=Side(side) if side else None,
        duplicate_rows=about["duplicate_rows"],
        source_label=about["source_label"],
        device=about["device"],
        **arrays,
    )


def _geometry(about: dict[str, Any]) -> PlateGeometry:
    surface = about["surface_mm"]
    return PlateGeometry(
        model=about["model"],
        cells_mm=tuple((x, y) for x, y in about["cells_mm"]),
        surface_mm=(surface[0], surface[1]) if surface else None,
        height_mm=about["height_mm"],
    )


def _pack_array(array: Array) -> tuple[str, bytes]:
    """Codec and packed bytes."""
    if array.dtype.kind in "iu":
        return "delta-shuffle-zlib", _deflate(_differences(array))
    microseconds = _whole_microseconds(array)
    if microseconds is not None:
        return "us-delta-shuffle-zlib", _deflate(_differences(microseconds))
    return "shuffle-zlib", _deflate(array)


def _unpack_arrays(entries: list[dict[str, Any]], content: bytes) -> dict[str, Array]:
    arrays, start = {}, 0
    for entry in entries:
        end = start + entry["packed"]
        arrays[entry["name"]] = _unpack_array(entry, content[start:end])
        start = end
    if start != len(content):
        raise ValueError(f"arrays end at byte {start} of {len(content)}")
    return arrays


def _unpack_array(entry: dict[str, Any], packed: bytes) -> Array:
    if entry["dtype"] not in _DTYPES:
        raise ValueError(f"type {entry['dtype']!r}")
    dtype, shape = np.dtype(entry["dtype"]), tuple(entry["shape"])
    match entry["codec"]:
        case "shuffle-zlib":
            return _inflate(packed, dtype, shape)
        case "delta-shuffle-zlib":
            return _sums(_inflate(packed, dtype, shape))
        case "us-delta-shuffle-zlib":
            return np.asarray(_sums(_inflate(packed, np.dtype("<i8"), shape)) * 1e-6, dtype)
        case codec:
            raise ValueError(f"codec {codec!r}")


def _whole_microseconds(time_s: Array) -> Array | None:
    """Microseconds (int64) that give back every bit of `time_s`, or None where there are none."""
    if not (np.abs(time_s) < 2**53 * 1e-6).all():
        return None
    microseconds = np.rint(time_s * 1e6).astype("<i8")
    return microseconds if (microseconds * 1e-6).tobytes() == time_s.tobytes() else None


def _differences(array: Array) -> Array:
    """First row, then each row less the one before, modulo the integer's width."""
    unsigned = array.view(array.dtype.str.replace("i", "u"))
    return np.concatenate([unsigned[:1], unsigned[1:] - unsigned[:-1]]).view(array.dtype)


def _sums(differences: Array) -> Array:
    unsigned = differences.view(differences.dtype.str.replace("i", "u"))
    return np.cumsum(unsigned, axis=0, dtype=unsigned.dtype).view(differences.dtype)


def _deflate(array: Array) -> bytes:
    by_column = np.ascontiguousarray(array.T)
    bytes_of_values = by_column.view(np.uint8).reshape(-1, array.dtype.itemsize)
    return zlib.compress(bytes_of_values.T.tobytes(), _LEVEL)


def _inflate(packed: bytes, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    size = math.prod(shape) * dtype.itemsize
    stream = zlib.decompressobj()
    content = stream.decompress(packed, size + 1)
    if len(content) != size or not stream.eof or stream.unused_data:
        raise ValueError(f"an array of shape {shape} and type {dtype.str} does not fill its bytes")
    bytes_of_values = np.frombuffer(content, np.uint8).reshape(dtype.itemsize, -1).T
    by_column = np.ascontiguousarray(bytes_of_values).view(dtype).reshape(shape[::-1])
    return np.ascontiguousarray(by_column.T)
