"""Anything a host, four converters and time can do to the board's own code, with sanitizers watching it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native_plate import Conversion, NativePlate, converts, frame, has_room, holds_low, passes, says, sees

from acquisition import framing
from acquisition.messages import Kind, Reply, is_batch, is_set, unpack

LARGEST_SENT = 59  # what an AVR sends in one frame
LARGEST_RECEIVED = 36  # bytes of a frame that an AVR remembers
REQUESTS = range(Kind.PING, Kind.DIAG + 1)
ROOM_FOR_ANYTHING = 65535
ARGUMENT_BYTES = np.array([0, 0, 1, 2, 16, 255], dtype=np.uint8)

any_u32 = st.integers(0, 2**32 - 1)
arguments = st.binary(max_size=20) | st.sampled_from(
    [b"", bytes([0, 0, 0, 0, 0, 1]), bytes([1]) + (500_000).to_bytes(4, "little"), bytes([4, 0, 16])]
)
request = st.builds(lambda kind, rest: says(frame(bytes([kind]) + rest)), st.sampled_from(REQUESTS), arguments)
start = st.builds(
    lambda token, mode, rate_mhz, batch: says(
        frame(bytes([Kind.START, token, mode]) + rate_mhz.to_bytes(4, "little") + bytes([batch]))
    ),
    st.integers(0, 255),
    st.integers(0, 1),
    st.sampled_from([0, 16_000, 2_000_000]),
    st.integers(1, 4),
)
conversion = st.builds(
    lambda cell, counts, at_us, in_step, missed: converts(Conversion(cell, counts, at_us, in_step, missed)),
    st.integers(0, 3),
    st.integers(-(2**23), 2**23 - 1) | st.sampled_from([-(2**23), 2**23 - 1]),
    any_u32,
    st.booleans(),
    st.integers(0, 255),
)
steady = st.builds(
    lambda cell, at_us, period_us, missed: b"".join(
        converts(Conversion(cell, number, at_us + number * period_us, missed=missed)) for number in range(40)
    ),
    st.integers(0, 3),
    any_u32,
    st.sampled_from([0, 1, 12_500, 100_000, 2**26]),
    st.sampled_from([0, 1, 30, 255]),
)
room = st.builds(has_room, st.integers(0, 70) | st.just(ROOM_FOR_ANYTHING))
event = st.one_of(
    request,
    start,
    conversion,
    steady,
    room,
    st.builds(passes, any_u32),
    st.builds(says, st.binary(min_size=1, max_size=60)),
    st.builds(sees, st.sampled_from([0, 8, 16, 24])),
    st.builds(holds_low, st.integers(0, 15)),
)


def is_right(payload: bytes) -> bool:
    """Whether it is a message a plate may send: a set, a report or a reply, none longer than its ring holds."""
    row = np.frombuffer(payload, dtype=np.uint8)[None]
    known = is_set(row).all() or is_batch(row).all() or unpack(payload) is not None
    return bool(known) and len(payload) <= LARGEST_SENT


@settings(max_examples=150)
@given(events=st.lists(event, max_size=60))
def test_whatever_happens_in_whatever_order_it_says_only_what_the_wire_knows(
    native: NativePlate, events: list[bytes]
) -> None:
    native.boot()
    assert all(map(is_right, native.play(*events)))
    native.play(has_room(ROOM_FOR_ANYTHING), says(b"\0"))  # what waited for room goes
    alive = native.play(says(frame(bytes([Kind.PING, 77]))))
    answers = [message for one in alive if isinstance(message := unpack(one), Reply)]
    assert [(type(answer).__name__, answer.token) for answer in answers] == [("Pong", 77)]


def damaged_requests(seed: int, count: int) -> bytes:
    """Right requests, a third of them with bytes changed, lost, doubled or cut off."""
    rng = np.random.default_rng(seed)
    stream = bytearray()
    for _ in range(count):
        payload = bytes([int(rng.choice(REQUESTS))]) + rng.choice(ARGUMENT_BYTES, rng.integers(1, 22)).tobytes()
        whole = bytearray(frame(payload[: rng.integers(1, 24)]))
        if rng.random() < 0.33:
            at = int(rng.integers(len(whole)))
            match int(rng.integers(4)):
                case 0:
                    whole[at] = int(rng.integers(256))
                case 1:
                    del whole[at]
                case 2:
                    whole[at:at] = whole[at : at + 20]
                case _:
                    del whole[at:]
        stream += whole
    return bytes(stream)


@pytest.mark.parametrize("seed", range(4))
def test_a_long_stream_of_damaged_requests_is_read_as_the_definition_reads_it(native: NativePlate, seed: int) -> None:
    """Every request that comes through has one answer, everything else is counted and has none."""
    sent = damaged_requests(seed, 3000) + b"\0"
    frames = [one for one in sent.split(b"\0") if one]
    found = [framing.decode(one) if len(one) <= LARGEST_RECEIVED else None for one in frames]
    payloads, bad = native.decode(sent)
    assert payloads == [payload for payload in found if payload is not None]
    assert bad == sum(payload is None for payload in found)
    native.boot()
    answers = native.play(says(sent))
    replies = [one for one in answers if not is_set(np.frombuffer(one, dtype=np.uint8)[None]).all()]
    assert all(map(is_right, answers))
    asked = [payload for payload in payloads if 0 < payload[0] < 0x7F]
    assert [(one[1]) for one in replies] == [payload[1] if len(payload) > 1 else 0 for payload in asked]
