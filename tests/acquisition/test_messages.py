"""Payloads <-> messages: every value of every field comes back; what is not ours is None, never an error."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from acquisition import messages
from acquisition.messages import (
    BATCH_HEAD_SIZE,
    BATCH_SET_SIZE,
    MESSAGES,
    SET_SIZE,
    Capability,
    CellFault,
    CellReport,
    DiagLine,
    Info,
    Kind,
    Message,
    NvContent,
    NvWrite,
    OtherVersion,
    SelfTestReport,
    Sets,
    StatusReport,
)
from analysis.recording import Timing

SIZES = {"B": 2**8 - 1, "H": 2**16 - 1, "I": 2**32 - 1}
BYTE, WORD, LONG = (st.integers(0, SIZES[code]) for code in "BHI")
COUNTS = st.integers(-(2**23), 2**23 - 1)
CELLS = st.tuples(*[st.builds(CellReport, LONG, COUNTS, COUNTS, st.integers(0, 127).map(CellFault))] * 4)
WORDS = st.tuples(*[WORD] * 4)
#: Messages whose fields are not one number each.
OF_PARTS: dict[type[Message], st.SearchStrategy[Message]] = {
    NvContent: st.builds(NvContent, BYTE, WORD, st.binary(max_size=16)),
    NvWrite: st.builds(NvWrite, BYTE, WORD, st.binary(max_size=16)),
    SelfTestReport: st.builds(SelfTestReport, BYTE, WORD, WORD, CELLS),
    StatusReport: st.builds(StatusReport, BYTE, BYTE, BYTE, LONG, LONG, LONG, WORD, WORDS, WORDS),
    DiagLine: st.builds(DiagLine, BYTE, st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=57)),
}


def values_of(kind: type[Message]) -> st.SearchStrategy[Message]:
    """Any message of a class: each field over the whole range of its place in the layout."""
    if kind in OF_PARTS:
        return OF_PARTS[kind]
    codes = kind.layout.format.removeprefix("<")[1:].replace("8s", "s")
    drawn = [st.binary(min_size=8, max_size=8) if code == "s" else st.integers(0, SIZES[code]) for code in codes]
    return st.tuples(*drawn).map(lambda values: kind(*values))


@pytest.mark.parametrize("kind", MESSAGES.values(), ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_message_comes_back(kind: type[Message], data: st.DataObject) -> None:
    message = data.draw(values_of(kind))
    payload = message.pack()
    assert payload[0] == kind.kind
    if isinstance(message, Info) and message.wire_major != messages.WIRE_MAJOR:
        assert messages.unpack(payload) == OtherVersion(message.token, message.wire_major)
    else:
        assert messages.unpack(payload) == message


@given(payload=st.binary(max_size=80))
def test_any_payload_is_a_message_or_none(payload: bytes) -> None:
    message = messages.unpack(payload)
    assert message is None or isinstance(message, OtherVersion) or payload.startswith(message.pack())


@pytest.mark.parametrize("kind", range(0x20, 0x30))
def test_types_reserved_for_further_sensors_are_skipped(kind: int) -> None:
    assert messages.unpack(bytes([kind, 1, 2, 3])) is None


def test_a_reply_is_its_request_with_the_high_bit() -> None:
    requests = {kind.kind for kind in get_args(messages.Request)}
    replies = {kind.kind for kind in get_args(messages.Reply)} - {Kind.REFUSED}
    assert {request | 0x80 for request in requests} == replies
    assert not messages.NEVER_REQUESTS & requests
    assert not {0x00, 0x7F} & {int(kind) for kind in Kind}  # their replies would be BOOT and REFUSED


def test_no_message_is_longer_than_a_small_board_can_send() -> None:
    """INFO alone may grow, in a later version."""
    sizes = [kind.layout.size + kind.extra for kind in MESSAGES.values() if kind is not Info]
    assert max(SET_SIZE, BATCH_HEAD_SIZE + 4 * BATCH_SET_SIZE, Info.layout.size, *sizes) <= 59


def reference_info() -> Info:
    zeros = {field.name: 0 for field in fields(Info)} | {"device_id": bytes.fromhex("00A1B2C3D4E5F607")}
    real = {"wire_major": 1, "board": 1, "model": 1, "bits": 24, "nominal_rate_mhz": 80_000, "firmware_minor": 4}
    return Info(**(zeros | real))


def test_info_of_a_later_minor_version_may_be_longer() -> None:
    info = reference_info()
    assert messages.unpack(info.pack() + b"new") == info
    assert messages.unpack(info.pack()[:-1]) is None


def test_info_of_another_major_version_is_known_by_its_first_four_bytes() -> None:
    assert messages.unpack(bytes([Kind.INFO, 9, 2, 0])) == OtherVersion(9, 2)
    assert messages.unpack(bytes([Kind.INFO, 9, 2])) is None


def test_a_plate_introduces_itself_in_words_of_the_core() -> None:
    identity = reference_info().identity()
    assert identity.serial == "00A1B2C3D4E5F607"
    assert (identity.model, identity.firmware, identity.wire_version) == ("reference-a", "0.4.0", 1)
    assert (identity.nominal_rate_hz, identity.full_scale_counts) == (80.0, 8_388_607)
    assert identity.timing is Timing.PER_CHANNEL


def test_a_simulated_plate_cannot_be_taken_for_a_real_one() -> None:
    simulated = replace(reference_info(), board=0, capabilities=Capability.OWN_TIME).identity()
    assert simulated.serial == "SIM-00A1B2C3D4E5F607"
    assert simulated.firmware == "0.4.0+own-time"


def test_what_a_later_version_names_is_shown_as_its_number() -> None:
    later = replace(reference_info(), model=9, timing=77).identity()
    assert later.model == "model 9"
    assert later.timing is Timing.PER_CHANNEL


@given(
    counts=hnp.arrays(np.int32, (5, 4), elements=st.integers(-(2**23), 2**23 - 1)),
    ticks=hnp.arrays(np.int64, (5, 4), elements=st.integers(0, 2**16 - 1)),
    sequence=hnp.arrays(np.int64, 5, elements=st.integers(0, 2**16 - 1)),
    newest_us=hnp.arrays(np.int64, 5, elements=st.integers(0, 2**32 - 1)),
    marks=hnp.arrays(np.uint8, (2, 5)),
)
def test_sets_come_back(
    counts: np.ndarray, ticks: np.ndarray, sequence: np.ndarray, newest_us: np.ndarray, marks: np.ndarray
) -> None:
    sets = Sets(sequence, newest_us, ticks * 4, counts, marks[0], marks[1])
    rows = messages.pack_sets(sets)
    assert rows.shape == (5, SET_SIZE)
    again = messages.unpack_sets(rows)
    for field in fields(Sets):
        assert np.array_equal(getattr(again, field.name), getattr(sets, field.name))


def test_numbers_too_large_for_the_wire_go_round() -> None:
    """Sequence has 16 bits, time 32: a board counts on and the wire carries the rest of the division."""
    one = np.ones((1, 4), dtype=np.int32)
    sets = Sets(np.array([65_537]), np.array([2**32 + 8]), one * 0, one, np.zeros(1, np.uint8), np.zeros(1, np.uint8))
    again = messages.unpack_sets(messages.pack_sets(sets))
    assert (again.sequence[0], again.newest_us[0]) == (1, 8)


@given(
    counts=hnp.arrays(np.int32, (4, 4), elements=st.integers(-(2**23), 2**23 - 1)),
    sets=st.integers(1, 4),
    sequence=st.integers(0, 2**16 - 1),
    first_us=st.integers(0, 2**32 - 1),
    step_us=st.integers(0, 2**16 - 1),
    flags=st.integers(0, 127),
)
def test_sets_at_once_come_back(
    counts: np.ndarray, sets: int, sequence: int, first_us: int, step_us: int, flags: int
) -> None:
    """Over the wraps of sequence and clock; as many payloads in one array as one likes."""
    number = np.arange(sets)
    one = Sets(
        (sequence + number) % 2**16, (first_us + number * step_us) % 2**32,
        np.zeros((sets, 4), np.int64), counts[:sets],
        np.where(number == 0, flags, flags & ~1).astype(np.uint8), np.full(sets, 15, np.uint8),
    )  # fmt: skip
    rows = np.frombuffer(messages.pack_batch(one, step_us) * 2, dtype=np.uint8).reshape(2, -1)
    assert messages.is_batch(rows).all()
    again = messages.unpack_batches(rows)
    for field in fields(Sets):
        assert np.array_equal(getattr(again, field.name), np.concatenate([getattr(one, field.name)] * 2))


def test_a_line_that_is_not_ascii_is_shown_all_the_same() -> None:
    assert messages.unpack(b"\x8c\x0190 \xb5V") == DiagLine(1, "90 \u00b5V")


def test_a_rate_that_was_not_measured_is_zero() -> None:
    """12.5 ms from conversion to conversion are 80 a second."""
    assert CellReport(12_500_000, 0, 0, CellFault(0)).rate_hz == 80.0
    assert CellReport(0, 0, 0, CellFault(0)).rate_hz == 0.0
