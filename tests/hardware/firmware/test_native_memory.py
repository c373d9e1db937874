"""The plate's memory: whatever byte the power fails at, a complete block is there, the older or the newer."""

from __future__ import annotations

from binascii import crc_hqx
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native_plate import NV_BYTES, NativePlate, PowerFailed

from acquisition import messages as wire
from acquisition.messages import BLOCK_BYTES, LARGEST_PIECE, RefusalReason

BLANK = b"\xff" * NV_BYTES
FIRST, SECOND, THIRD = (bytes((number * 31 + at) % 256 for at in range(BLOCK_BYTES)) for number in (1, 2, 3))
MOST_WRITES = BLOCK_BYTES + 4  # the block, its generation and its CRC


def crc_of(block: bytes) -> int:
    return crc_hqx(block, 0xFFFF)


def ask(plate: NativePlate, request: wire.Request) -> wire.Message:
    answer = wire.unpack(plate.ask(request.pack()))
    assert isinstance(answer, wire.Reply)
    return answer


def put(plate: NativePlate, block: bytes) -> wire.Message:
    """Write a block in pieces and commit it."""
    for offset in range(0, BLOCK_BYTES, LARGEST_PIECE):
        piece = block[offset : offset + LARGEST_PIECE]
        assert ask(plate, wire.NvWrite(1, offset, piece)) == wire.NvWritten(1, offset, len(piece))
    return ask(plate, wire.NvCommit(2, crc_of(block)))


def stored(plate: NativePlate) -> bytes | None:
    """What it holds, None for nothing."""
    block = b""
    for offset in range(0, BLOCK_BYTES, LARGEST_PIECE):
        answer = ask(plate, wire.NvRead(3, offset, LARGEST_PIECE))
        if answer == wire.Refused(3, wire.Kind.NV_READ, RefusalReason.NOTHING_STORED):
            return None
        assert isinstance(answer, wire.NvContent)
        assert (answer.token, answer.offset) == (3, offset)
        block += answer.content
    return block


def identity(plate: NativePlate) -> wire.Info:
    info = ask(plate, wire.Hello(1))
    assert isinstance(info, wire.Info)
    return info


@pytest.mark.parametrize("content", [BLANK, bytes(NV_BYTES), bytes(range(256)) * 4], ids=["new", "zeros", "anything"])
def test_a_memory_that_was_never_written_holds_nothing(native: NativePlate, content: bytes) -> None:
    native.memory = content
    said = native.boot(seed=40)
    assert wire.unpack(said[0]) == wire.Boot(1, 1, 0, 0, 0x42, 1)
    assert stored(native) is None
    assert identity(native).calibration_crc == 0
    assert identity(native).device_id == bytes(range(40, 48))


def test_a_block_is_kept_over_restarts_and_the_id_too(native: NativePlate) -> None:
    native.memory = BLANK
    native.boot(seed=40)
    assert put(native, FIRST) == wire.NvCommitted(2, crc_of(FIRST))
    for seed in (50, 60):
        assert stored(native) == FIRST
        assert identity(native).calibration_crc == crc_of(FIRST)
        assert identity(native).device_id == bytes(range(40, 48))
        native.boot(seed=seed)


def test_nothing_is_stored_before_the_commit(native: NativePlate) -> None:
    native.memory = BLANK
    native.boot()
    before = native.memory
    for offset in range(0, BLOCK_BYTES, LARGEST_PIECE):
        ask(native, wire.NvWrite(1, offset, FIRST[offset : offset + LARGEST_PIECE]))
    assert native.memory == before


def test_a_commit_of_anything_but_what_was_meant_is_refused(native: NativePlate) -> None:
    native.memory = BLANK
    native.boot()
    put(native, FIRST)
    ask(native, wire.NvWrite(1, 5, b"spoiled"))
    answer = ask(native, wire.NvCommit(2, crc_of(FIRST)))
    assert answer == wire.Refused(2, wire.Kind.NV_COMMIT, RefusalReason.BAD_CRC)
    assert stored(native) == FIRST


def test_a_commit_with_crc_zero_is_refused_because_zero_means_nothing(native: NativePlate) -> None:
    native.boot()
    answer = ask(native, wire.NvCommit(2, 0))
    assert answer == wire.Refused(2, wire.Kind.NV_COMMIT, RefusalReason.BAD_VALUE)


def test_a_repeated_commit_writes_nothing(native: NativePlate) -> None:
    """The host repeats a request whose answer is late; each byte of an EEPROM lasts 100,000 writes."""
    native.memory = BLANK
    native.boot()
    put(native, FIRST)
    before = native.memory
    assert ask(native, wire.NvCommit(9, crc_of(FIRST))) == wire.NvCommitted(9, crc_of(FIRST))
    assert native.memory == before


def written_with_failure(native: NativePlate, start: bytes, block: bytes, writes: int) -> bool:
    """Commit a block while the power fails after so many byte writes; whether it failed."""
    native.memory = start
    native.boot(writes=FREE_AT_BOOT + writes)
    try:
        put(native, block)
    except PowerFailed:
        return True
    return False


FREE_AT_BOOT = 4  # the boot counter takes up to four bytes of the budget


@pytest.fixture
def worn(native: NativePlate) -> Iterator[NativePlate]:
    yield native
    native.wear_out(None)


@pytest.mark.parametrize(
    "at", [64, 66 + 50, 64 + MOST_WRITES - 1, 224 + 66], ids=["head", "middle", "crc", "other copy"]
)
def test_a_worn_out_byte_is_found_when_it_is_written_and_the_older_block_stays(worn: NativePlate, at: int) -> None:
    """A block is read back before it is said to be stored: the newer one lies where a byte keeps its old value.

    Copies lie at 64 and 224; the first block went to 64, the second to 224, the third goes over the first.
    """
    worn.memory = BLANK
    worn.boot()
    put(worn, FIRST)
    put(worn, SECOND)
    worn.wear_out(at)
    if at >= 224:  # that copy is the one in use: a byte that can no longer be written harms it at the next but one
        assert put(worn, THIRD) == wire.NvCommitted(2, crc_of(THIRD))
        assert put(worn, FIRST) == wire.Refused(2, wire.Kind.NV_COMMIT, RefusalReason.MEMORY_FAILED)
        kept = THIRD
    else:
        assert put(worn, THIRD) == wire.Refused(2, wire.Kind.NV_COMMIT, RefusalReason.MEMORY_FAILED)
        kept = SECOND
    assert stored(worn) == kept
    worn.boot()
    assert stored(worn) == kept
    assert identity(worn).calibration_crc == crc_of(kept)


@pytest.mark.parametrize("generations", [1, 2, 5])
def test_power_may_fail_at_any_byte_of_a_commit(native: NativePlate, generations: int) -> None:
    """At every byte: after the next start the block is the old one or the new one, whole, and the id is the same."""
    native.memory = BLANK
    native.boot(seed=40)
    blocks = [bytes([number]) * 64 + FIRST[64:] for number in range(generations)]
    for block in blocks:
        put(native, block)
    start = native.memory
    outcomes = []
    for writes in range(MOST_WRITES + FREE_AT_BOOT + 1):
        failed = written_with_failure(native, start, SECOND, writes)
        native.boot(seed=99)
        assert stored(native) == (blocks[-1] if failed else SECOND)
        assert identity(native).device_id == bytes(range(40, 48))
        outcomes.append(failed)
    assert outcomes[0]
    assert not outcomes[-1]


def test_power_may_fail_at_any_byte_of_a_boot(native: NativePlate) -> None:
    """The count never runs backwards by more than the boot that failed, and nothing else is harmed."""
    native.memory = BLANK
    native.boot(seed=40)
    put(native, FIRST)
    for _ in range(300):
        native.boot()
    start = native.memory
    for writes in range(5):
        native.memory = start
        with suppress(PowerFailed):
            native.boot(writes=writes)
        said = wire.unpack(native.boot()[0])
        assert isinstance(said, wire.Boot)
        assert said.boot_count in (302, 303)
        assert stored(native) == FIRST


def test_a_failure_while_the_id_is_written_leaves_none_or_that_one(native: NativePlate) -> None:
    for writes in range(20):
        native.memory = BLANK
        with suppress(PowerFailed):
            native.boot(seed=40, writes=writes)
        native.boot(seed=90)
        assert identity(native).device_id in (bytes(range(40, 48)), bytes(range(90, 98)))
        kept = identity(native).device_id
        native.boot(seed=120)
        assert identity(native).device_id == kept


@settings(max_examples=60)
@given(at=st.integers(0, NV_BYTES - 1), bit=st.integers(0, 7))
def test_a_bit_that_flips_costs_the_newer_block_at_most(native: NativePlate, at: int, bit: int) -> None:
    """Two copies: the damaged one is never read."""
    native.memory = BLANK
    native.boot(seed=40)
    for block in (FIRST, SECOND):
        put(native, block)
    damaged = bytearray(native.memory)
    damaged[at] ^= 1 << bit
    native.memory = bytes(damaged)
    native.boot(seed=99)
    assert stored(native) in (FIRST, SECOND)
    assert identity(native).device_id == bytes(range(40, 48))


@pytest.mark.parametrize(("offset", "length"), [(0, 0), (0, 17), (113, 16), (128, 1), (65535, 1)])
def test_reading_or_writing_outside_the_block_is_refused(native: NativePlate, offset: int, length: int) -> None:
    native.memory = BLANK
    native.boot()
    put(native, THIRD)
    read = ask(native, wire.NvRead(1, offset, length))
    assert read == wire.Refused(1, wire.Kind.NV_READ, RefusalReason.BAD_VALUE)
    if 0 < length <= LARGEST_PIECE:
        wrote = ask(native, wire.NvWrite(1, offset, bytes(length)))
        assert wrote == wire.Refused(1, wire.Kind.NV_WRITE, RefusalReason.BAD_VALUE)
