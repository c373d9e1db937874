"""The checkup of a board with the firmware's own code: what its self-test says counts."""

from __future__ import annotations

from native_plate import NV_BYTES, NativeLink, NativePlate

from acquisition.checkup import CheckupCode, check
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
