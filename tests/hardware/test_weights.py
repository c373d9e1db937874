"""Weights on the simulated plate stand where they are put, and a plate of any build is calibrated through its bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pytest

from acquisition.calibration_block import pack_calibration, unpack_calibration
from acquisition.calibration_run import CalibrationReport, CalibrationRun, Plan
from acquisition.errors import PlateRefused
from acquisition.service import read_memory, write_memory
from analysis.calibration import Calibration
from analysis.calibration_grid import Drawing, Grid
from hardware.plates import load_plate_model
from hardware.simulator.device import SimulatedLink, SimulatedWeights, open_simulated, parse_simulation
from hardware.simulator.electronics import Electronics, Plant, build_plant
from hardware.simulator.firmware import Board, Firmware
from hardware.simulator.rigid_plate import build_rigid_plate, levelled_floor
from hardware.simulator.weights import CARRIED_S, Weighted, Weights

MODEL = load_plate_model("reference-a")
DRAWING = Drawing(MODEL.geometry, MODEL.newton_per_count, MODEL.cell_range_n)
BLOCK_S = 0.25


def test_a_weight_is_carried_through_the_air() -> None:
    """Off, over, down: 0.2 s each. What lay on the first place is never seen sliding to the second."""
    weights = Weights(seed=1, placed_mm=0.0)
    weights.put((10.0, 20.0), 100.0)
    assert weights.move(2000).fz_n[-1] == 100.0
    weights.put((-50.0, 0.0), 100.0)
    motion = weights.move(1000)
    moving = np.abs(np.diff(motion.xy_mm[:, 0])) > 0
    assert (motion.fz_n[1:][moving] < 1e-9).all()
    assert (*motion.xy_mm[-1], motion.fz_n[-1]) == (-50.0, 0.0, 100.0)
    weights.put((0.0, 0.0), 0.0)
    assert weights.move(1000).fz_n[-1] == 0.0
    assert weights.now_s == 4.0
    assert pytest.approx(0.2) == CARRIED_S


def test_the_same_orders_give_the_same_forces_however_time_is_cut() -> None:
    def moved(pieces: list[int]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        weights = Weights(seed=5)
        weights.put((180.0, 180.0), 98.0)
        parts = [weights.move(n) for n in pieces]
        return np.vstack([np.column_stack([part.xy_mm, part.fz_n]) for part in parts])

    assert np.array_equal(moved([1000]), moved([1, 0, 299, 700]))


def test_only_a_plate_with_weights_puts_them_itself() -> None:
    with open_simulated("sim:weights?speed=0") as plate:
        assert isinstance(plate, Weighted)
    with open_simulated("sim:healthy?speed=0") as plate:
        assert not isinstance(plate, Weighted)


def calibrated(plate: SimulatedWeights, grid: Grid) -> CalibrationReport:
    """The guided run against a plate that does what it is asked."""
    run, asked = CalibrationRun(Plan(plate.identity.serial, grid, 10.0), DRAWING), None
    plate.start()
    while (step := run.step) is not None:
        if step is not asked:
            asked = step
            plate.put(step.xy_mm or (0.0, 0.0), step.load_n)
        block = plate.read(1.0)
        assert block is not None
        run.feed(block)
    plate.stop()
    return run.report()


def weighted(firmware: Firmware) -> SimulatedWeights:
    return SimulatedWeights(SimulatedLink(firmware, 0, "bench", BLOCK_S))


@pytest.mark.parametrize("grid", Grid)
def test_a_simulated_plate_is_calibrated_through_its_bytes(grid: Grid) -> None:
    """Its gains are within 3 % of the datasheet; the weight stands within half a millimetre each way."""
    plate = weighted(parse_simulation("sim:weights?plate=4&speed=0").firmware())
    report = calibrated(plate, grid)
    assert report.passed
    gain = build_plant(4, MODEL, 80.0).newton_per_count
    middle = (np.full(4, 175.0) / gain) @ report.matrix.T
    assert middle[0] == pytest.approx(700, rel=1e-3)
    assert middle[1:] / middle[0] == pytest.approx(0, abs=0.7)


def test_a_plate_that_is_not_as_drawn_is_calibrated_through_its_bytes() -> None:
    """Feet off by 1.5 mm, gains by 2 %, bending top, levelled floor; then 700 N where the fit has never been."""
    rng = np.random.default_rng(11)
    built, floor = replace(build_rigid_plate(MODEL, rng), top_n=300.0), levelled_floor(rng)
    nominal = np.full(4, MODEL.newton_per_count)
    plant = Plant(4, nominal, np.array([9e3, -2e4, 4e3, 0.0]), np.full(4, 1 / 80), np.arange(4) / 400)
    top = partial(built.readings_n, floor=floor)
    firmware = Firmware(Weights(2, 0.0), Electronics(plant, 80.0, 1), MODEL, Board(4, 80.0, False), top=top)
    report = calibrated(weighted(firmware), Grid.A2)
    assert report.passed
    places_mm = np.array([(60.0, -40.0), (-95.0, 80.0), (0.0, 120.0)])
    loads = report.matrix @ (built.readings_n(places_mm, np.full(3, 700.0), floor) / nominal).T
    assert loads[0] == pytest.approx(700, rel=5e-3)
    assert np.hypot(*(loads[1:] / loads[0] - places_mm.T)).max() < 1.5


# ---- the memory of the board


def test_a_calibration_travels_with_the_plate() -> None:
    """Written, switched off, opened again: the block is there, and INFO says so by its CRC."""
    url = "sim:weights?speed=0&plate=77"
    gain = np.full(4, MODEL.newton_per_count)
    made = Calibration(
        "0199a5c0-0000-7000-8000-000000000001", "SIM-000000000000004D", DRAWING.matrix(), gain,
        0.1, 0.8, 7845.0, "10 kg, 9 crosses A3", datetime(2026, 3, 1, tzinfo=UTC), "Ann",
    )  # fmt: skip
    with open_simulated(url) as plate:
        assert isinstance(plate, SimulatedWeights)
        with pytest.raises(PlateRefused, match="NOTHING_STORED"):
            read_memory(plate)
        write_memory(plate, pack_calibration(made))
        write_memory(plate, pack_calibration(made))
    with open_simulated(url) as plate:
        assert isinstance(plate, SimulatedWeights)
        kept = unpack_calibration(read_memory(plate), plate.identity.serial)
        plate.start()
        with pytest.raises(PlateRefused, match="STREAMING"):
            write_memory(plate, pack_calibration(made))
    assert (kept.id, kept.reference, kept.cop_error_mm) == (made.id, made.reference, pytest.approx(0.8))
    assert kept.matrix == pytest.approx(made.matrix, rel=1e-6)


def test_a_block_whose_crc_is_another_is_not_stored() -> None:
    from acquisition.messages import NvCommit, NvCommitted, NvRead, NvWrite, Refused
    from hardware.simulator.memory import BlockMemory

    memory = BlockMemory()
    for offset in range(0, 128, 16):
        memory.answer(NvWrite(1, offset, bytes(16)), streaming=False)
    assert isinstance(memory.answer(NvCommit(2, 0x1234), streaming=False), Refused)
    assert isinstance(memory.answer(NvWrite(3, 120, bytes(16)), streaming=False), Refused)
    assert isinstance(memory.answer(NvRead(4, 120, 16), streaming=False), Refused)
    memory.forget_unfinished()
    assert not isinstance(memory.answer(NvCommit(5, 0x1234), streaming=False), NvCommitted)
    assert memory.crc == 0
