"""The whole way: the real firmware in its chip, a terminal, pyserial, the host's own classes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from simulated_board import Boards, SimulatedBoard, SteppedLink

from acquisition import service
from acquisition.errors import PlateBusy, PlateRebooted
from acquisition.link import SerialLink
from acquisition.messages import BLOCK_BYTES, CellFault
from acquisition.plate import LossCounters, Plate, WirePlate, open_plate
from acquisition.recorder import Recorder
from analysis.recording import RawRecording

pytestmark = pytest.mark.process

BLOCK = bytes((31 * at + 7) % 256 for at in range(BLOCK_BYTES))


def recorded(plate: Plate, seconds: float) -> RawRecording:
    """So many seconds of the plate's own time."""
    recorder = Recorder(plate.identity, datetime(2026, 1, 1, tzinfo=UTC))
    first_us = last_us = 0
    while last_us - first_us < seconds * 1e6:
        block = plate.read(1.0)
        assert block is not None, "the plate is silent"
        recorder.add(block)
        first_us, last_us = first_us or int(block.device_us.min()), int(block.device_us.max())
    return recorder.finish()


def test_a_recording_is_what_the_converters_made(boards: Boards) -> None:
    """Opened by its address, greeted, streamed for 10 s: each cell's counts in a row, none lost, rates as they are."""
    offsets = (0, 15_000, -20_000, 30_000)
    board = boards(offsets=",".join(map(str, offsets)))
    with board.running():
        plate = open_plate(f"serial:{board.path}")
        assert isinstance(plate, WirePlate)
        plate.start()
        recording = recorded(plate, 10.0)
        assert plate.losses == LossCounters()
        plate.stop()
        assert [cell.faults for cell in service.self_test(plate).cells] == [CellFault(0)] * 4
        plate.close()
    assert recording.gaps == ()
    log = board.conversions()
    for cell, ppm in enumerate(offsets):
        new = np.r_[True, np.diff(recording.time_s[:, cell]) > 0]
        got = recording.counts[new, cell]
        made = log["counts"][(log["cell"] == cell) & (log["unsettled"] == 0)]
        windows = np.lib.stride_tricks.sliding_window_view(made, len(got))
        assert (windows == got).all(axis=1).any()
        time_s = recording.time_s[new, cell]
        assert (len(time_s) - 1) / (time_s[-1] - time_s[0]) == pytest.approx(80 / (1 + ppm * 1e-6), rel=1e-5)
        periods_us = np.diff(time_s) * 1e6
        assert np.abs(periods_us - 12_500 * (1 + ppm * 1e-6)).max() < 30


def test_opening_the_port_resets_an_uno_and_the_host_waits_for_it(boards: Boards) -> None:
    """The boot loader is silent for 1.6 s and eats what it is sent; HELLO is repeated until the plate answers."""
    board = boards(reset_on_open=1, boot_loader=1.6)
    with board.running():
        plate = open_plate(f"serial:{board.path}")
        assert plate.identity.model == "reference-a"
        plate.start()
        assert len(recorded(plate, 1.0).counts) > 75
        plate.close()


def test_a_reset_in_mid_stream_ends_it_by_name(boards: Boards) -> None:
    board = boards()
    with board.running():
        plate = open_plate(f"serial:{board.path}")
        plate.start()
        recorded(plate, 0.5)
        board.order("reset")
        with pytest.raises(PlateRebooted) as caught:
            recorded(plate, 5.0)
        assert caught.value.reset_cause == 0x42  # by the pin, and its memory was kept
        plate.start()
        assert len(recorded(plate, 0.5).counts) > 35
        plate.close()


def test_a_calibration_travels_with_the_plate(boards: Boards, tmp_path: Path) -> None:
    memory = tmp_path / "eeprom"
    with SimulatedBoard(tmp_path, eeprom=memory) as at_the_lab, at_the_lab.running():
        plate = WirePlate(link_to(at_the_lab))
        serial = plate.identity.serial
        service.write_memory(plate, BLOCK)
        plate.close()
    at_the_clinic = boards(eeprom=memory)
    with at_the_clinic.running():
        plate = WirePlate(link_to(at_the_clinic))
        assert plate.identity.serial == serial
        assert service.read_memory(plate) == BLOCK
        plate.close()


def link_to(board: SimulatedBoard) -> SerialLink:
    return SerialLink(board.path)


def test_two_programs_cannot_hold_the_same_plate(boards: Boards) -> None:
    board = boards()
    with board.running():
        plate = open_plate(f"serial:{board.path}")
        with pytest.raises(PlateBusy):
            open_plate(f"serial:{board.path}")
        plate.close()


def test_a_board_built_as_simulated_cannot_be_taken_for_a_real_plate(boards: Boards) -> None:
    board = boards(board="simulated")
    with board.running():
        plate = open_plate(f"serial:{board.path}")
        assert plate.identity.serial.startswith("SIM-")
        plate.close()


def test_a_host_that_lost_its_link_takes_up_the_stream_where_it_is(boards: Boards) -> None:
    """HELLO and PINGs to a plate that streams end nothing: numbers and clock go on, the gap is what was not read.

    START would have numbered anew (PROTOCOL.md, 4).
    """
    board = boards()
    before = WirePlate(SteppedLink(board))
    before.start()
    first = recorded(before, 1.0)
    left = before.position
    assert left is not None
    board.run_for(0.5)  # nobody listens
    after = WirePlate(SteppedLink(board))
    assert (after.identity, after.boot_count) == (before.identity, before.boot_count)
    assert after.resume(left)
    block = after.read(1.0)
    assert block is not None
    missing = int(block.indices[0]) - left.index - 1
    away_s = (float(block.device_us[0].max()) - left.device_us) * 1e-6
    assert missing >= 0.5 * 80 - 1
    assert away_s * first.rate_hz == pytest.approx(missing + 1, abs=0.1)
    assert after.losses.lost_sets == missing
    after.close()
