"""Frames: any chunking gives the same payloads, any bytes give only payloads and counted losses."""

from __future__ import annotations

from binascii import crc_hqx
from itertools import pairwise

import numpy as np
import pytest
import wire_by_definition
from hypothesis import given
from hypothesis import strategies as st

from acquisition.framing import (
    CRC_START,
    LARGEST_FRAME,
    LARGEST_PAYLOAD,
    Decoder,
    decode,
    decode_together,
    encode,
)

payload_bytes = st.binary(min_size=1, max_size=LARGEST_PAYLOAD)
zero_rich = st.lists(st.sampled_from([0, 0, 0, 1, 2, 255]), min_size=1, max_size=40).map(bytes)


def fed(decoder: Decoder, stream: bytes, cuts: list[int]) -> list[bytes]:
    """Payloads of a stream that arrives in pieces."""
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    return [payload for start, end in pairwise(edges) for payload in decoder.feed(stream[start:end]).payloads()]


def test_the_checksum_is_crc_16_ccitt_false() -> None:
    """Its published check value: the CRC of the digits 1 to 9 is 0x29B1."""
    assert crc_hqx(b"123456789", CRC_START) == wire_by_definition.crc16(b"123456789") == 0x29B1


@pytest.mark.parametrize(
    ("plain", "stuffed"),
    [("00", "01 01"), ("00 00", "01 01 01"), ("11 22 00 33", "03 11 22 02 33"), ("11 00 00 00", "02 11 01 01 01")],
)
def test_the_definition_of_cobs_agrees_with_its_papers_examples(plain: str, stuffed: str) -> None:
    assert wire_by_definition.cobs(bytes.fromhex(plain)) == bytes.fromhex(stuffed)


@given(payload=payload_bytes | zero_rich)
def test_a_frame_is_what_the_definition_says(payload: bytes) -> None:
    assert encode(payload) == wire_by_definition.frame(payload)


@given(payload=payload_bytes | zero_rich)
def test_a_frame_holds_one_zero_at_its_end_and_comes_back(payload: bytes) -> None:
    frame = encode(payload)
    assert frame.index(0) == len(frame) - 1
    assert len(frame) == len(payload) + 4  # CRC 2, COBS 1, end 1: known beforehand
    assert decode(frame[:-1]) == payload


@pytest.mark.parametrize("payload", [b"", bytes(LARGEST_PAYLOAD + 1)])
def test_a_payload_that_does_not_fit_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match=f"must have 1 to {LARGEST_PAYLOAD}"):
        encode(payload)


@given(payloads=st.lists(payload_bytes | zero_rich, max_size=12), cuts=st.lists(st.integers(0, 2000), max_size=20))
def test_any_chunking_gives_the_same_payloads(payloads: list[bytes], cuts: list[int]) -> None:
    decoder = Decoder()
    assert fed(decoder, b"".join(map(encode, payloads)), cuts) == payloads
    assert (decoder.bad_frames, decoder.bad_bytes) == (0, 0)


long_stretches = st.lists(st.sampled_from([0, 1, 4, 203, 204, 300, 700]), max_size=5).map(
    lambda lengths: b"\0".join(b"\x55" * length for length in lengths)
)


@given(garbage=st.binary(max_size=700) | long_stretches, cuts=st.lists(st.integers(0, 1500), max_size=20))
def test_any_bytes_give_only_payloads_and_counted_losses(garbage: bytes, cuts: list[int]) -> None:
    """Every stretch between zeros is a payload or a bad frame; the counts do not depend on the chunking."""
    stream = garbage + b"\0"
    pieces, whole = Decoder(), Decoder()
    payloads = fed(pieces, stream, cuts)
    assert payloads == fed(whole, stream, [])
    stretches = [stretch for stretch in stream.split(b"\0") if stretch]
    assert len(payloads) + pieces.bad_frames == len(stretches)
    assert sum(len(payload) + 3 for payload in payloads) + pieces.bad_bytes == sum(map(len, stretches))
    assert (pieces.bad_frames, pieces.bad_bytes) == (whole.bad_frames, whole.bad_bytes)


@given(garbage=st.binary(max_size=600), payloads=st.lists(payload_bytes, min_size=1, max_size=5))
def test_garbage_before_frames_loses_none_of_them(garbage: bytes, payloads: list[bytes]) -> None:
    """A 0x00 ends whatever came before, as every sender begins with one."""
    decoder = Decoder()
    found = fed(decoder, garbage + b"\0" + b"".join(map(encode, payloads)), [])
    assert found[-len(payloads) :] == payloads


@given(
    payloads=st.lists(payload_bytes, min_size=3, max_size=3),
    at=st.integers(0, 10_000),
    flip=st.integers(1, 255),
)
def test_one_damaged_byte_costs_at_most_two_frames(payloads: list[bytes], at: int, flip: int) -> None:
    """A damaged end joins two frames; anything else stays within its own. Nothing false comes out of one bad byte."""
    stream = bytearray(b"".join(map(encode, payloads)))
    stream[at % len(stream)] ^= flip
    found = fed(Decoder(), bytes(stream) + b"\0", [])
    assert all(payload in payloads for payload in found)
    assert len(found) >= 1


def test_a_stretch_without_an_end_is_let_go_and_counted_once() -> None:
    """The decoder holds at most one frame, however long the stretch and however it comes."""
    decoder = Decoder()
    for _ in range(100):
        assert decoder.feed(b"\x55" * 50).payloads() == []
        assert len(decoder._rest) <= LARGEST_FRAME + 50
    assert decoder.feed(b"\x55\0" + encode(b"after")).payloads() == [b"after"]
    assert (decoder.bad_frames, decoder.bad_bytes) == (1, 5001)


def test_the_end_of_such_a_stretch_may_come_alone() -> None:
    decoder = Decoder()
    decoder.feed(b"\x55" * 300)
    assert decoder.feed(b"\0").payloads() == []
    assert decoder.feed(encode(b"after")).payloads() == [b"after"]
    assert (decoder.bad_frames, decoder.bad_bytes) == (1, 300)


def test_two_zeros_in_a_row_are_a_flush_and_no_loss() -> None:
    decoder = Decoder()
    assert decoder.feed(b"\0\0\0" + encode(b"x") + b"\0\0").payloads() == [b"x"]
    assert (decoder.bad_frames, decoder.bad_bytes) == (0, 0)


frame_like = st.integers(4, 40).flatmap(
    lambda length: st.lists(st.lists(st.integers(1, 255), min_size=length, max_size=length), min_size=1, max_size=30)
)


def agree(frames: list[bytes]) -> None:
    rows, right = decode_together(frames)
    oks = [True] * len(frames) if right is None else right.tolist()
    found = [row.tobytes() if ok else None for row, ok in zip(rows, oks, strict=True)]
    assert found == [decode(frame) for frame in frames]


@given(frames=frame_like)
def test_decoding_together_agrees_with_decoding_singly_on_anything(frames: list[list[int]]) -> None:
    agree([bytes(frame) for frame in frames])


@given(
    length=st.integers(1, 40),
    seed=st.integers(0, 2**32),
    damage=st.lists(st.tuples(st.integers(0, 29), st.integers(0, 42), st.integers(1, 255)), max_size=6),
)
def test_decoding_together_agrees_with_decoding_singly_on_frames(
    length: int, seed: int, damage: list[tuple[int, int, int]]
) -> None:
    rng = np.random.default_rng(seed)
    frames = [bytearray(encode(bytes(rng.choice([0, 0, 1, 7, 255], length).tolist()))[:-1]) for _ in range(30)]
    for frame, at, value in damage:
        frames[frame][at % len(frames[frame])] = value
    agree([bytes(frame) for frame in frames])


def test_many_frames_at_once_come_out_in_the_order_they_came() -> None:
    """With other lengths between them."""
    payloads = [bytes([number % 256]) * (29 if number % 3 else 12) for number in range(450)]
    assert Decoder().feed(b"".join(map(encode, payloads))).payloads() == payloads
