"""The spool's format: whatever happens to its bytes, what is read is a prefix of what was written, and said."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spools import Kept, header, kept

from acquisition.errors import SpoolDamaged
from acquisition.replay import recording_of
from acquisition.spool_file import Chunk, ChunkKind, Damage, header_from, recover, recover_bytes
from analysis.calibration import Calibration, Zero
from analysis.recording import PlateIdentity, Timing

PLATE = PlateIdentity("SIM-0000000000000001", "reference-a", "1.0.0+own-time", 1, 80.0, 2**23 - 1, Timing.PER_CHANNEL)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return kept(tmp_path_factory.mktemp("spool"), 1.0)


def chunk_ends(content: bytes) -> list[int]:
    """Where each chunk ends, walked as the page describes them."""
    at, ends = 8, []
    while at < len(content):
        assert content[at : at + 4] == b"CHNK"
        at += 21 + struct.unpack_from("<I", content, at + 17)[0] + 4
        ends.append(at)
    return ends


def test_the_bytes_lie_as_the_page_says(whole: Kept) -> None:
    """Magic, header chunk with its CRC-32, wire chunks numbered from 1, one end."""
    content = whole.content
    assert content[:8] == bytes.fromhex("465052310d0a1a0a")
    mark, kind, number, at_ns, length = struct.unpack_from("<4scIQI", content, 8)
    assert (mark, kind, number) == (b"CHNK", b"H", 0)
    assert at_ns > 0
    payload = content[29 : 29 + length]
    assert struct.unpack_from("<I", content, 29 + length)[0] == zlib.crc32(content[8 : 29 + length])
    assert json.loads(payload)["trial"] == "019ab000-0000-7000-8000-000000000001"
    starts = [8, *chunk_ends(content)[:-1]]
    assert [struct.unpack_from("<I", content, at + 5)[0] for at in starts] == list(range(len(starts)))
    assert content[starts[-1] + 4 : starts[-1] + 5] == b"Z"
    assert chunk_ends(content)[-1] == len(content)


def test_a_whole_spool_is_complete_and_its_recording_is_the_live_one(whole: Kept) -> None:
    found = recover(whole.path)
    assert found.complete
    assert (found.damage, found.lost_bytes) == (None, 0)
    again = recording_of(found)
    assert np.array_equal(again.counts, whole.live.counts)
    assert np.array_equal(again.time_s, whole.live.time_s)
    assert np.array_equal(again.flags, whole.live.flags)
    assert (again.plate, again.gaps, again.interrupted) == (whole.live.plate, (), None)
    assert again.started_at == whole.live.started_at


def test_a_cut_at_any_byte_leaves_the_chunks_before_it(whole: Kept) -> None:
    """What is lost is what stands behind the last whole chunk, to the byte."""
    content, ends = whole.content, chunk_ends(whole.content)
    for cut in range(len(content)):
        found = recover_bytes(content[:cut])
        whole_ones = sum(end <= cut for end in ends)
        if whole_ones == 0:
            assert found.header is None
            assert found.lost_bytes == cut
            continue
        assert len(found.chunks) == whole_ones - 1
        assert found.lost_bytes == cut - ends[whole_ones - 1]
        assert found.end is None
        assert found.damage is (Damage.CUT if found.lost_bytes else None)


def test_any_changed_byte_is_noticed(whole: Kept) -> None:
    """A spool with a wrong byte anywhere is never complete, and no chunk from there on is used."""
    content, ends = whole.content, chunk_ends(whole.content)
    for at in range(len(content)):
        changed = bytearray(content)
        changed[at] ^= 1 << (at % 8)
        found = recover_bytes(bytes(changed))
        assert not found.complete
        assert found.damage is not None
        assert len(found.chunks) <= max(0, sum(end <= at for end in ends) - 1)


def test_a_header_of_wrong_length_is_damage_and_never_a_recording_that_had_not_begun(whole: Kept) -> None:
    """One bit of the length flipped: what was recorded stands behind it, and must not be thrown away after a month."""
    for bit in range(32):
        changed = bytearray(whole.content)
        changed[8 + 17 + bit // 8] ^= 1 << (bit % 8)
        found = recover_bytes(bytes(changed))
        assert (found.header, found.damage) == (None, Damage.NO_HEADER), bit
    assert recover_bytes(whole.content[: chunk_ends(whole.content)[0] - 1]).damage is Damage.BEGUN


@given(st.data())
@settings(max_examples=40)
def test_the_recording_of_a_damaged_spool_is_the_beginning_of_the_live_one(whole: Kept, data: st.DataObject) -> None:
    """Cut anywhere behind the header, or one byte changed there."""
    content, after_header = whole.content, chunk_ends(whole.content)[0]
    at = data.draw(st.integers(after_header, len(content) - 1))
    if data.draw(st.booleans()):
        damaged = content[:at]
    else:
        damaged = content[:at] + bytes([content[at] ^ data.draw(st.integers(1, 255))]) + content[at + 1 :]
    raw = recording_of(recover_bytes(damaged))
    n = len(raw.counts)
    assert raw.interrupted == "PROGRAM_ENDED"
    assert np.array_equal(raw.counts, whole.live.counts[:n])
    assert np.array_equal(raw.time_s, whole.live.time_s[:n])
    lost_sets = len(whole.live.counts) - n
    assert lost_sets * 33 <= len(content) - at + 33 * 4  # a frame has 33 bytes, a chunk that is cut two or so


@given(st.binary(max_size=400))
def test_anything_is_read_without_an_exception(noise: bytes) -> None:
    for content in (noise, b"FPR1\r\n\x1a\n" + noise):
        found = recover_bytes(content)
        assert found.header is None
        assert found.lost_bytes == len(content)
        with pytest.raises(SpoolDamaged):
            recording_of(found)


def test_chunks_out_of_order_or_left_out_are_not_read_over(whole: Kept) -> None:
    """Each chunk is whole by its own CRC; only its number tells that another belongs before it."""
    content, ends = whole.content, chunk_ends(whole.content)
    without = content[: ends[4]] + content[ends[5] :]
    found = recover_bytes(without)
    assert (len(found.chunks), found.damage) == (4, Damage.CHANGED)


def test_what_follows_the_end_is_named(whole: Kept) -> None:
    found = recover_bytes(whole.content + b"more")
    assert (found.damage, found.lost_bytes, found.complete) == (Damage.AFTER_END, 4, False)
    assert np.array_equal(recording_of(found).counts, whole.live.counts)


def test_a_header_says_everything_needed_and_nobodys_name() -> None:
    calibration = Calibration(
        id="c-1", plate_serial=PLATE.serial, matrix=np.arange(12.0).reshape(3, 4), cell_newton_per_count=np.ones(4),
        residual_n=0.5, cop_error_mm=0.6, max_load_n=2000.0, reference="10 kg, 9 crosses",
        made_at=datetime(2026, 3, 1, tzinfo=UTC), made_by="Ann Example", valid_until=datetime(2027, 3, 1, tzinfo=UTC),
    )  # fmt: skip
    zero = Zero(np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, 0.5), datetime(2026, 3, 9, tzinfo=UTC))
    full = replace(header(PLATE, context={"visit": "v-1"}), calibration=calibration, zero=zero, software="1.2")
    document = json.loads(json.dumps(full.document()))
    assert "Ann Example" not in json.dumps(document)
    again = header_from(document)
    assert again.calibration is not None
    assert again.zero is not None
    assert np.array_equal(again.calibration.matrix, calibration.matrix)
    assert np.array_equal(again.zero.counts, zero.counts)
    assert (again.calibration.valid_until, again.zero.taken_at) == (calibration.valid_until, zero.taken_at)
    assert (again.trial, again.plate, again.context) == (full.trial, PLATE, {"visit": "v-1"})
    for name in document:
        with pytest.raises(SpoolDamaged):
            header_from({key: value for key, value in document.items() if key != name})
    with pytest.raises(SpoolDamaged, match="format 2"):
        header_from({**document, "format": 2})


def test_an_event_that_says_nothing_ends_the_reading() -> None:
    """Its CRC is right, so it was written so: by another program."""
    head = b"FPR1\r\n\x1a\n" + Chunk(ChunkKind.HEADER, 0, 1, json.dumps(header(PLATE).document()).encode()).pack()
    for payload in (b"no JSON", b"[1]", b"[" * 100_000):
        found = recover_bytes(head + Chunk(ChunkKind.EVENT, 1, 2, payload).pack())
        assert (found.chunks, found.damage) == ((), Damage.CHANGED)


def test_an_end_that_disagrees_is_no_end(whole: Kept) -> None:
    """The same file with another count, and with another hash, in an end that is whole by its own CRC."""
    content, ends = whole.content, chunk_ends(whole.content)
    body, end = content[: ends[-2]], json.loads(content[ends[-2] + 21 : -4])
    for wrong in ({**end, "chunks": end["chunks"] + 1}, {**end, "sha256": "0" * 64}, {"chunks": 1}):
        last = Chunk(ChunkKind.END, len(ends) - 1, 1, json.dumps(wrong).encode()).pack()
        found = recover_bytes(body + last)
        assert not found.complete
        assert found.damage is Damage.CHANGED


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        recover(tmp_path / "nowhere.fpr")
