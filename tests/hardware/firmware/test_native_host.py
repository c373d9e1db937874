"""The host's classes against the firmware's own code, without a wire between them: a session, health, memory."""

from __future__ import annotations

from binascii import crc_hqx

import pytest
from native_plate import NV_BYTES, Conversion, NativeLink, NativePlate, converts

from acquisition import service
from acquisition.errors import AcquisitionError, PlateRebooted, PlateRefused
from acquisition.messages import BLOCK_BYTES, BoardMode, CellFault
from acquisition.plate import LossCounters, WirePlate
from analysis.recording import Timing

BLOCK = bytes((31 * at + 7) % 256 for at in range(BLOCK_BYTES))


@pytest.fixture
def link(native: NativePlate) -> NativeLink:
    native.memory = b"\xff" * NV_BYTES
    native.boot(seed=0xA0)
    return NativeLink(native)


@pytest.fixture
def plate(link: NativeLink) -> WirePlate:
    return WirePlate(link)


def test_a_session_begins_with_who_it_is(plate: WirePlate) -> None:
    identity = plate.identity
    assert identity.serial == "A0A1A2A3A4A5A6A7"
    assert (identity.model, identity.firmware, identity.wire_version) == ("reference-a", "1.0.0", 1)
    assert (identity.nominal_rate_hz, identity.full_scale_counts) == (80.0, 2**23 - 1)
    assert identity.timing is Timing.PER_CHANNEL
    assert plate.pings == 8


def test_a_block_is_written_and_read_back(plate: WirePlate) -> None:
    service.write_memory(plate, BLOCK)
    assert service.read_memory(plate) == BLOCK


def test_an_empty_memory_is_said_by_name(plate: WirePlate) -> None:
    with pytest.raises(PlateRefused, match="NOTHING_STORED"):
        service.read_memory(plate)


def test_the_memory_is_not_written_while_it_streams(plate: WirePlate) -> None:
    plate.start()
    with pytest.raises(PlateRefused, match="STREAMING"):
        service.write_memory(plate, BLOCK)


@pytest.mark.parametrize("block", [b"", BLOCK[:-1], BLOCK + b"x"])
def test_a_block_of_another_length_is_not_even_sent(plate: WirePlate, block: bytes) -> None:
    with pytest.raises(AcquisitionError, match="must have 128"):
        service.write_memory(plate, block)


def test_a_block_whose_crc_says_nothing_is_stored_is_not_written(plate: WirePlate) -> None:
    """The CRC of anything followed by its own CRC, high byte first, is 0, as of every CRC that is not inverted."""
    head = BLOCK[:-2]
    block = head + crc_hqx(head, 0xFFFF).to_bytes(2, "big")
    with pytest.raises(AcquisitionError, match="CRC is 0"):
        service.write_memory(plate, block)


def test_health_and_counters_are_asked_also_while_it_streams(plate: WirePlate, native: NativePlate) -> None:
    """Cells never convert here: no signal, four times a second a set that says so, and none of those sets is lost."""
    plate.start()
    report = service.self_test(plate)
    assert [cell.faults for cell in report.cells] == [CellFault(0)] * 4
    assert plate.read(0.3) is not None
    report = service.self_test(plate)
    assert [cell.faults for cell in report.cells] == [CellFault.NO_SIGNAL] * 4
    assert service.status(plate).mode == BoardMode.MEASURE
    assert service.line(plate) == "stancelab 1.0.0 4980mV - - - -/s"
    native.resets()
    service.reset_converters(plate, 0b0101)
    assert native.resets() == [0b0101]
    assert plate.losses == LossCounters()


def test_a_boot_while_something_is_asked_still_ends_the_stream(plate: WirePlate, link: NativeLink) -> None:
    """The answer comes, and the next read says that the plate began anew."""
    plate.start()
    link.hears(link.plate.boot_raw())
    service.status(plate)
    with pytest.raises(PlateRebooted):
        plate.read(0.1)


def test_sets_that_come_while_something_is_asked_are_kept(
    plate: WirePlate, link: NativeLink, native: NativePlate
) -> None:
    plate.start()
    conversions = [Conversion(cell, 5, 0) for cell in range(4) for _ in range(4)]  # four that are not settled
    native.play(*map(converts, conversions))
    link.hears(native.play_raw(*[converts(Conversion(cell, 10 + cell, 1000)) for cell in range(4)]))
    service.status(plate)
    block = plate.read(0.1)
    assert block is not None
    assert block.counts.tolist() == [[10, 11, 12, 13]]
