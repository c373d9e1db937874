"""The board's framing is the host's framing, byte for byte, on anything."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native_plate import NativePlate

from acquisition import framing

LARGEST_SENT = 59  # what an AVR sends in one frame
LARGEST_RECEIVED = 36  # bytes of a frame that an AVR remembers

mostly_zeros = st.lists(st.sampled_from([0, 0, 0, 1, 2, 3, 5, 255]), max_size=80).map(bytes)
any_bytes = st.binary(max_size=300) | mostly_zeros


@given(
    payload=st.binary(min_size=1, max_size=LARGEST_SENT) | mostly_zeros.filter(lambda p: 1 <= len(p) <= LARGEST_SENT)
)
def test_board_and_host_make_the_same_frame(native: NativePlate, payload: bytes) -> None:
    assert native.encode(payload) == framing.encode(payload)


@given(received=any_bytes)
def test_board_and_host_find_the_same_payloads_in_any_bytes(native: NativePlate, received: bytes) -> None:
    frames = [frame for frame in received.split(b"\0")[:-1] if frame]
    found = [framing.decode(frame) if len(frame) <= LARGEST_RECEIVED else None for frame in frames]
    payloads, bad = native.decode(received)
    assert payloads == [payload for payload in found if payload is not None]
    assert bad == sum(payload is None for payload in found)


@given(requests=st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=5), noise=any_bytes)
def test_noise_before_requests_loses_none_once_a_zero_ends_it(
    native: NativePlate, requests: list[bytes], noise: bytes
) -> None:
    sent = noise + b"\0" + b"".join(framing.encode(request) for request in requests)
    payloads, _ = native.decode(sent)
    assert payloads[len(payloads) - len(requests) :] == requests


@settings(max_examples=50)
@given(request=st.binary(min_size=1, max_size=30), bit=st.integers(min_value=0))
def test_no_single_flipped_bit_passes_for_a_request(native: NativePlate, request: bytes, bit: int) -> None:
    """CRC-16 finds every single flip inside the payload; a flip that makes a 0x00 cuts the frame in two bad ones."""
    frame = bytearray(framing.encode(request)[:-1])
    at = bit % (8 * len(frame))
    frame[at // 8] ^= 1 << (at % 8)
    payloads, bad = native.decode(bytes(frame) + b"\0")
    assert payloads == []
    assert bad >= 1


def test_the_check_value_of_the_crc_is_the_published_one(native: NativePlate) -> None:
    """CRC-16/CCITT-FALSE of "123456789" is 0x29B1: the frame carries B1 29 behind the nine digits."""
    assert native.encode(b"123456789") == b"\x0c123456789\xb1\x29\0"


@pytest.mark.parametrize("length", [LARGEST_RECEIVED + 1, 255, 300, 70000])
def test_a_stretch_without_zero_is_one_bad_frame_however_long(native: NativePlate, length: int) -> None:
    payloads, bad = native.decode(b"\x55" * length + b"\0" + framing.encode(b"\x01\x07"))
    assert (payloads, bad) == ([b"\x01\x07"], 1)
