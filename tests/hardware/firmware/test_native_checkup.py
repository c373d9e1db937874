"""The checkup of a board with the firmware's own code: what its self-test says counts."""

from __future__ import annotations

from native_plate import NV_BYTES, Conversion, NativeLink, NativePlate, converts

from acquisition import service
from acquisition.checkup import CheckupCode, check
from acquisition.messages import CellFault
from acquisition.plate import WirePlate


def test_a_board_on_a_bench_without_cells_is_not_fit_and_names_all_four(native: NativePlate) -> None:
    """No ready line ever falls: four silent cells. The bench has 4980 mV and tells its memory."""
    native.memory = b"\xff" * NV_BYTES
    native.boot()
    checkup = check(WirePlate(NativeLink(native)), seconds=2.0)
    assert not checkup.fit
    silent = [finding.cell for finding in checkup.findings if finding.code is CheckupCode.SILENT]
    assert silent == [0, 1, 2, 3]
    assert checkup.supply_mv == 4980
    assert checkup.free_bytes is not None
    assert [cell.rate_hz for cell in checkup.cells] == [0.0] * 4


def test_what_happened_before_the_checkup_is_not_held_against_the_plate(native: NativePlate) -> None:
    """Cell 0 was at the end of its range while a stream ran, an hour ago; now it only does not convert."""
    native.memory = b"\xff" * NV_BYTES
    native.boot()
    plate = WirePlate(NativeLink(native))
    plate.start()
    limit, well = converted(0x7FFFFF), converted(5)
    native.play(*well, *limit, *well)  # the first four of each cell are not settled
    assert CellFault.SATURATED in service.self_test(plate).cells[0].faults
    native.play(*limit, *well)
    plate.stop()
    assert {finding.code for finding in check(plate, seconds=2.0).findings} == {CheckupCode.SILENT}


def converted(counts_of_cell_0: int) -> list[bytes]:
    """Every cell converts four times."""
    counts = (counts_of_cell_0, 5, 5, 5)
    return [converts(Conversion(cell, counts[cell], 0)) for _ in range(4) for cell in range(4)]
