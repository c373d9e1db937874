"""A recording that was packed comes back bit for bit, or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import zlib
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from shelf import CELLS_MM, NOON, imported, raw
from tests_root import ROOT

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
from records.recording_file import content_sha256, pack, unpack

finite = st.floats(allow_nan=False, allow_infinity=False)
integers = st.integers(0, 2**31 - 1)
lengths = st.integers(0, 40)
zones = st.builds(timezone, st.timedeltas(timedelta(hours=-14), timedelta(hours=14)))
times = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=zones)  # noqa: DTZ001 - zones are drawn
plates = st.builds(PlateIdentity, st.text(), st.text(), st.text(), integers, finite, integers, st.sampled_from(Timing))


@st.composite
def device_times(draw: st.DrawFn, sets: int) -> np.ndarray:
    """Times that never run backwards: whole microseconds as our plate sends them, or anything."""
    if draw(st.booleans()):
        steps_us = draw(hnp.arrays(np.int64, (sets, 4), elements=st.integers(0, 10**9)))
        return np.asarray(np.cumsum(steps_us, axis=0) * 1e-6)
    return np.sort(draw(hnp.arrays(np.float64, (sets, 4), elements=finite)), axis=0)


@st.composite
def raw_recordings(draw: st.DrawFn) -> RawRecording:
    sets = draw(lengths)
    return RawRecording(
        plate=draw(plates),
        started_at=draw(times),
        time_s=draw(device_times(sets)),
        counts=draw(hnp.arrays(np.int32, (sets, 4))),
        flags=draw(hnp.arrays(np.uint8, sets)),
        gaps=tuple(draw(st.lists(st.builds(Gap, finite, finite, integers), max_size=3))),
        interrupted=draw(st.none() | st.text()),
        clock=draw(st.none() | st.builds(ClockScale, finite, finite)),
    )


@st.composite
def imported_recordings(draw: st.DrawFn) -> ImportedRecording:
    kind = draw(st.sampled_from(SignalKind))
    rows = draw(lengths)
    columns = {SignalKind.CELLS_N: 4, SignalKind.COP_FZ: 3, SignalKind.COP: 2}[kind]
    return ImportedRecording(
        time_s=np.sort(draw(hnp.arrays(np.float64, rows, elements=finite, unique=True))),
        values=draw(hnp.arrays(np.float64, (rows, columns), elements=st.floats(allow_infinity=False))),
        kind=kind,
        ml_axis=draw(st.sampled_from(MlAxis)),
        geometry=PlateGeometry(draw(st.text()), CELLS_MM, draw(st.none() | st.tuples(finite, finite)), draw(finite)),
        declared_side=draw(st.none() | st.sampled_from(Side)),
        duplicate_rows=draw(integers),
        source_label=draw(st.text()),
        device=draw(st.text()),
    )


def fields_of(recording: RawRecording | ImportedRecording) -> dict[str, object]:
    """Every field, arrays as type, shape and bytes: NaN equals itself and -0.0 is not 0.0."""
    found: dict[str, object] = {}
    for name in recording.__slots__:
        value = getattr(recording, name)
        found[name] = (value.dtype, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value
    return found


@given(raw_recordings() | imported_recordings())
def test_any_recording_comes_back_bit_for_bit(recording: RawRecording | ImportedRecording) -> None:
    back, sha256 = unpack(pack(recording))
    assert fields_of(back) == fields_of(recording)
    assert sha256 == content_sha256(recording)


def small() -> RawRecording:
    return raw(sets=6)


@pytest.mark.parametrize("recording", [small(), imported()], ids=["raw", "imported"])
def test_any_flipped_bit_is_found(recording: RawRecording | ImportedRecording) -> None:
    content = pack(recording)
    step = 1 if len(content) < 2000 else 7  # a prime: every bit of a byte is flipped somewhere
    for at in range(0, 8 * len(content), step):
        flipped = bytearray(content)
        flipped[at // 8] ^= 1 << at % 8
        with pytest.raises(RecordingDamaged):
            unpack(bytes(flipped))


def test_any_truncation_and_any_addition_is_found() -> None:
    content = pack(small())
    for length in range(len(content)):
        with pytest.raises(RecordingDamaged):
            unpack(content[:length])
    with pytest.raises(RecordingDamaged):
        unpack(content + b"\0")


def with_checksum(body: bytes) -> bytes:
    return body + struct.pack("<I", zlib.crc32(body))


def test_a_changed_byte_under_a_renewed_checksum_never_gives_another_recording() -> None:
    """Only the SHA-256 stands guard then; bits that decode to nothing may give the same recording."""
    content, wanted = pack(small()), fields_of(small())
    for at in range(len(content) - 4):
        for change in (0x01, 0x80, 0xFF):
            forged = bytearray(content[:-4])
            forged[at] ^= change
            try:
                back, _ = unpack(with_checksum(bytes(forged)))
            except RecordingDamaged:
                continue
            assert fields_of(back) == wanted


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
headers = json_values | st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["raw", "imported"]) | json_values,
        "about": json_values,
        "arrays": st.lists(
            st.fixed_dictionaries(
                {
                    "name": st.sampled_from(["time_s", "counts", "values"]) | json_values,
                    "dtype": st.sampled_from(["<f8", "<i4", "|O", "V0"]) | json_values,
                    "shape": st.lists(st.integers(-2, 2**62), max_size=3) | json_values,
                    "codec": st.sampled_from(["shuffle-zlib", "delta-shuffle-zlib"]) | json_values,
                    "packed": st.integers(-5, 40) | json_values,
                }
            ),
            max_size=2,
        )
        | json_values,
        "sha256": json_values,
    }
)


@given(headers, st.binary(max_size=20) | st.binary(max_size=20).map(zlib.compress))
@settings(max_examples=300)
def test_any_header_is_refused_by_name(header: object, arrays: bytes) -> None:
    text = json.dumps(header).encode()
    with pytest.raises(RecordingDamaged):
        unpack(with_checksum(struct.pack("<8sHI", b"\x89STANCE\n", 1, len(text)) + text + arrays))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_by_name(content: bytes) -> None:
    with pytest.raises(RecordingDamaged):
        unpack(content)


def test_a_deeply_nested_header_is_refused_by_name() -> None:
    text = b"[" * 100_000
    with pytest.raises(RecordingDamaged):
        unpack(with_checksum(struct.pack("<8sHI", b"\x89STANCE\n", 1, len(text)) + text))


def test_another_format_version_is_refused_by_its_number() -> None:
    content = bytearray(pack(small())[:-4])
    content[8] = 2
    with pytest.raises(RecordingDamaged, match="version 2"):
        unpack(with_checksum(bytes(content)))


BY_HAND_ABOUT = {
    "plate": {
        "serial": "S",
        "model": "m",
        "firmware": "1.0.0",
        "wire_version": 1,
        "nominal_rate_hz": 80.0,
        "full_scale_counts": 8388607,
        "timing": "per_channel",
    },
    "started_at": "2026-03-01T12:00:00+00:00",
    "gaps": [],
    "interrupted": None,
}


def canonical(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def packed(differences: list[int], size: int) -> bytes:
    """Differences of one column after the other, as bytes of one weight after the other."""
    values = [value.to_bytes(size, "little", signed=True) for value in differences]
    return zlib.compress(bytes(value[place] for place in range(size) for value in values))


def written_by_hand(arrays: list[tuple[str, str, list[int], str, bytes]], sha256: str) -> bytes:
    """A recording file as docs/formats.md describes it."""
    listed = [
        {"name": name, "dtype": dtype, "shape": shape, "codec": codec, "packed": len(content)}
        for name, dtype, shape, codec, content in arrays
    ]
    header = canonical({"kind": "raw", "about": BY_HAND_ABOUT, "arrays": listed, "sha256": sha256})
    body = b"\x89STANCE\n" + struct.pack("<HI", 1, len(header)) + header + b"".join(entry[4] for entry in arrays)
    return body + struct.pack("<I", zlib.crc32(body))


def test_a_file_written_by_hand_after_the_document_is_read() -> None:
    """Two sets, 12.5 ms apart. Differences of the counts, column by column: 100, +1; -5, 0; 0, +256; 7, -7."""
    time_s = np.array([[0] * 4, [12500] * 4]) * 1e-6
    counts = np.array([[100, -5, 0, 7], [101, -5, 256, 0]], dtype="<i4")
    flags = np.array([0, 4], dtype=np.uint8)
    digest = hashlib.sha256(canonical(["raw", BY_HAND_ABOUT]))
    for name, array in (("time_s", time_s), ("counts", counts), ("flags", flags)):
        digest.update(canonical([name, array.dtype.str, list(array.shape)]) + array.tobytes())
    arrays = [
        ("time_s", "<f8", [2, 4], "us-delta-shuffle-zlib", packed([0, 12500] * 4, 8)),
        ("counts", "<i4", [2, 4], "delta-shuffle-zlib", packed([100, 1, -5, 0, 0, 256, 7, -7], 4)),
        ("flags", "|u1", [2], "delta-shuffle-zlib", packed([0, 4], 1)),
    ]
    back, sha256 = unpack(written_by_hand(arrays, digest.hexdigest()))
    assert isinstance(back, RawRecording)
    assert sha256 == digest.hexdigest()
    assert np.array_equal(back.counts, counts)
    assert np.array_equal(back.time_s, time_s)
    assert np.array_equal(back.flags, flags)
    assert (back.plate.serial, back.started_at) == ("S", NOON.astimezone(UTC))


def test_the_identity_covers_all_that_is_no_array() -> None:
    """The same counts of another plate, or with another gap, are another recording."""
    base = raw()
    other_plate = RawRecording(
        PlateIdentity("FP-8", "reference-a", "1.0.0", 1, 80.0, 2**23 - 1, Timing.PER_CHANNEL),
        *(getattr(base, name) for name in ("started_at", "time_s", "counts", "flags", "gaps")),
    )
    other_gap = RawRecording(base.plate, base.started_at, base.time_s, base.counts, base.flags)
    assert len({content_sha256(recording) for recording in (base, other_plate, other_gap)}) == 3


def names_in(document: object) -> set[str]:
    """Every key of a JSON document."""
    if isinstance(document, dict):
        return set(document).union(*map(names_in, document.values()))
    return set().union(*map(names_in, document)) if isinstance(document, list) else set()


def test_the_document_names_every_field_and_codec_of_the_format() -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    section = page[page.index("## Recording format") :]
    words = set(re.findall(r"`([^`]+)`", section))
    for recording in (raw(), imported()):
        content = pack(recording)
        length = int.from_bytes(content[10:14], "little")
        header = json.loads(content[14 : 14 + length])
        arrays = {array[key] for array in header["arrays"] for key in ("name", "dtype", "codec")}
        assert names_in(header) | arrays | {header["kind"], content[:8].hex(" ").upper()} <= words
