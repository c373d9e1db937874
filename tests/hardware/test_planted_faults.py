"""Faults planted in the simulated plate: their addresses, and what they do to counts and bytes."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acquisition.errors import LinkLost, PlateNotFound, PlateRebooted
from acquisition.plate import Plate, open_plate
from hardware.plates import load_plate_model
from hardware.simulator.device import parse_simulation
from hardware.simulator.electronics import LARGEST_COUNT, Conversions, Electronics, build_plant
from hardware.simulator.faults import FaultKind, PlantedFault, parse_fault

MODEL = load_plate_model("reference-a")
PLANT = build_plant(1, MODEL, 80.0)


def test_an_address_says_what_is_broken_where_and_when() -> None:
    assert parse_fault("frozen-2@10") == PlantedFault(FaultKind.FROZEN, (2,), 10.0)
    assert parse_fault("drift-0:30@5..8.5") == PlantedFault(FaultKind.DRIFT, (0,), 5.0, 8.5, 30.0)
    assert parse_fault("swapped-0-3") == PlantedFault(FaultKind.SWAPPED, (0, 3), 0.0, math.inf)
    faults = parse_simulation("sim:?fault=frozen-2@10&seed=3&fault=garbled:3").faults
    assert [fault.kind for fault in faults] == [FaultKind.FROZEN, FaultKind.GARBLED]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("melted-2", "there are: frozen, "),
        ("frozen", "must name 1 cells"),
        ("frozen-4", "of 0 to 3"),
        ("swapped-1-1", "each once"),
        ("frozen-2:5", "has no size"),
        ("frozen-2@9..3", "ends before it begins"),
        ("", "no fault ''"),
    ],
)
def test_an_unknown_fault_is_a_named_error(text: str, said: str) -> None:
    with pytest.raises(PlateNotFound, match=said):
        open_plate(f"sim:healthy?fault={text}")


def converted(*texts: str, forces: np.ndarray | None = None) -> Conversions:
    faults = tuple(parse_fault(text) for text in texts)
    return Electronics(PLANT, 80.0, 3, faults).convert(np.full((4000, 4), 175.0) if forces is None else forces)


def of_cell(found: Conversions, cell: int) -> tuple[np.ndarray, np.ndarray]:
    mine = found.cell == cell
    return found.time_s[mine], found.counts[mine]


def test_a_frozen_cell_repeats_the_last_count_before_and_the_others_go_on() -> None:
    found = converted("frozen-2@2")
    time_s, counts = of_cell(found, 2)
    assert set(counts[time_s >= 2]) == {counts[time_s < 2][-1]}
    assert len(set(of_cell(found, 1)[1])) > 100


def test_an_unplugged_cell_floats_far_beyond_its_noise() -> None:
    time_s, counts = of_cell(converted("unplugged-0@2..3"), 0)
    floating = (time_s >= 2) & (time_s < 3)
    assert counts[floating].std() * MODEL.newton_per_count > 5
    assert counts[~floating & (time_s > 0.5)].std() * MODEL.newton_per_count < 0.2


def test_a_saturated_cell_is_at_the_end_of_the_range_and_flagged() -> None:
    found = converted("saturated-1")
    mine = found.cell == 1
    assert set(found.counts[mine]) == {LARGEST_COUNT}
    assert (found.saturated == mine).all()


def test_an_inverted_cell_counts_its_load_as_negative() -> None:
    offset, gain = PLANT.offset_counts[3], PLANT.newton_per_count[3]
    _, counts = of_cell(converted("inverted-3"), 3)
    assert (np.median(counts) - offset) * gain == pytest.approx(-175, abs=0.1)


def test_a_drifting_cell_creeps_by_its_newtons_a_minute() -> None:
    """60 N a minute: 2 N in the 2 s before the end, the converter's 25 ms of delay off."""
    offset, gain = PLANT.offset_counts[2], PLANT.newton_per_count[2]
    _, counts = of_cell(converted("drift-2:60@2"), 2)
    assert (counts[-1] - offset) * gain == pytest.approx(175 + 2 - 0.025, abs=0.3)


def test_swapped_cells_are_on_each_others_sockets() -> None:
    forces = np.tile([100.0, 200.0, 300.0, 400.0], (2000, 1))
    found = converted("swapped-0-2", forces=forces)
    for cell, load_n in enumerate((300, 200, 100, 400)):
        _, counts = of_cell(found, cell)
        load = (np.median(counts) - PLANT.offset_counts[cell]) * PLANT.newton_per_count[cell]
        assert load == pytest.approx(load_n, abs=0.2)


@settings(max_examples=10)
@given(cuts=st.lists(st.integers(0, 4000), max_size=6))
def test_faulty_conversions_are_the_same_however_the_forces_are_cut(cuts: list[int]) -> None:
    texts = ("frozen-0@1..2", "unplugged-1@0.5..3", "drift-2", "swapped-2-3@1")
    forces = np.random.default_rng(1).normal(170, 20, (4000, 4))
    whole = converted(*texts, forces=forces)
    electronics = Electronics(PLANT, 80.0, 3, tuple(parse_fault(text) for text in texts))
    edges = [0, *sorted(cuts), 4000]
    parts = [electronics.convert(forces[start:end]) for start, end in pairwise(edges) if end > start]
    assert np.array_equal(np.concatenate([part.counts for part in parts]), whole.counts)


def test_a_garbled_cable_loses_about_that_share_and_says_so() -> None:
    """10 % of 800 frames: 80, and within four standard deviations of the binomial (8.5)."""
    with open_plate("sim:?speed=0&fault=garbled:10") as plate:
        plate.start()
        sets = 0
        while sets < 720:
            block = plate.read(0.5)
            assert block is not None
            sets += len(block)
        assert plate.losses.bad_frames == pytest.approx(80, abs=34)
        assert plate.losses.lost_sets == pytest.approx(plate.losses.bad_frames, abs=3)


def read_to_the_end(plate: Plate) -> None:
    while plate.read(0.5) is not None:
        pass


def test_a_cut_cable_is_lost_and_a_reset_board_says_that_it_restarted() -> None:
    for fault, error in (("cut", LinkLost), ("reset", PlateRebooted)):
        with open_plate(f"sim:?speed=0&fault={fault}@1") as plate:
            plate.start()
            with pytest.raises(error):
                read_to_the_end(plate)


def test_a_silent_board_sends_nothing_although_the_port_is_open() -> None:
    with open_plate("sim:?speed=0&fault=silent@1") as plate:
        plate.start()
        while (block := plate.read(0.05)) is not None:
            last_s = float(block.device_us.max()) * 1e-6
        assert last_s == pytest.approx(1.0, abs=0.05)
