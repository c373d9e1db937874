"""Cells and converters: forces that give the CoP back, clocks that differ, a range that ends."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.recording import SetFlag
from hardware.plates import load_plate_model
from hardware.simulator.electronics import (
    LARGEST_COUNT,
    NOISE_N,
    SMALLEST_COUNT,
    Conversions,
    Electronics,
    build_plant,
    cell_forces,
    converter_filter,
)
from hardware.simulator.firmware import SetMaker

MODEL = load_plate_model("reference-a")


def converted(forces: np.ndarray, number: int = 1, rate_hz: float = 80.0) -> Conversions:
    return Electronics(build_plant(number, MODEL, rate_hz), rate_hz, seed=3).convert(forces)


@given(x_mm=st.floats(-200, 200), y_mm=st.floats(-200, 200), fz_n=st.floats(1, 3000))
def test_forces_of_the_cells_carry_the_load_where_it_stands(x_mm: float, y_mm: float, fz_n: float) -> None:
    cells_n = cell_forces(np.array([[x_mm, y_mm]]), np.array([fz_n]), MODEL.geometry)
    load = MODEL.geometry.load_matrix() @ cells_n[0]
    assert load == pytest.approx([fz_n, fz_n * x_mm, fz_n * y_mm], abs=1e-6)


def test_a_load_over_a_cell_presses_most_on_it_and_lifts_the_opposite_one() -> None:
    """Rigid top on equal springs: over a corner cell 3/4 of the load, 1/4 on its neighbours, -1/4 opposite."""
    cells_n = cell_forces(np.array([[-220.0, 220.0]]), np.array([100.0]), MODEL.geometry)[0]
    assert cells_n == pytest.approx([75.0, 25.0, -25.0, 25.0])


@settings(max_examples=15)
@given(cuts=st.lists(st.integers(0, 3000), max_size=8))
def test_conversions_are_the_same_however_the_forces_are_cut(cuts: list[int]) -> None:
    forces = np.random.default_rng(1).normal(170, 20, (3000, 4))
    whole = converted(forces)
    electronics = Electronics(build_plant(1, MODEL, 80.0), 80.0, seed=3)
    edges = [0, *sorted(cuts), 3000]
    parts = [electronics.convert(forces[start:end]) for start, end in pairwise(edges) if end > start]
    for name in ("time_s", "cell", "counts"):
        assert np.array_equal(np.concatenate([getattr(part, name) for part in parts]), getattr(whole, name))


def test_every_cell_has_its_own_clock_near_the_rate() -> None:
    found = converted(np.zeros((60_000, 4)))
    rates = [np.mean(1 / np.diff(found.time_s[found.cell == cell])) for cell in range(4)]
    assert rates == pytest.approx([80.0] * 4, rel=1.5e-3)
    assert len(set(rates)) == 4


def test_noise_is_that_of_a_real_converter() -> None:
    """0.05 to 0.1 N in each conversion, the same whether the plate is loaded or not."""
    plant = build_plant(1, MODEL, 80.0)
    for force_n in (0.0, 300.0):
        found = converted(np.full((60_000, 4), force_n))
        late = found.time_s > 1
        noise = [np.std(found.counts[late & (found.cell == cell)]) * plant.newton_per_count[cell] for cell in range(4)]
        assert noise == pytest.approx([NOISE_N] * 4, rel=0.05)
    assert 0.05 <= NOISE_N <= 0.1


def test_beyond_its_range_a_converter_stays_at_the_end_and_says_so() -> None:
    """2^23 counts are 3831 N, give or take 3 % of gain and 20 N of offset: 4100 N is beyond them both ways."""
    forces = np.zeros((1000, 4))
    forces[:, 0], forces[:, 1] = 4100.0, -4100.0
    found = converted(forces)
    late = found.time_s > 0.2
    assert set(found.counts[late & (found.cell == 0)]) == {LARGEST_COUNT}
    assert set(found.counts[late & (found.cell == 1)]) == {SMALLEST_COUNT}
    assert found.saturated[late].tolist() == (found.cell[late] < 2).tolist()
    sets = SetMaker().add(found, 0)
    assert (sets.flags[20:] == SetFlag.SATURATED).all()


def test_the_averaging_keeps_a_constant_and_delays_by_half_its_length() -> None:
    """Four running means of 12 ms: the weights sum to 1 and lie around their middle, 22 ms back."""
    weights = converter_filter(80.0)
    assert weights.sum() == pytest.approx(1.0)
    assert weights @ np.arange(len(weights)) == pytest.approx(22.0)
    assert converter_filter(1000.0).tolist() == [1.0]


def conversions(rows: list[tuple[float, int]]) -> Conversions:
    """Conversions at given times [s] of given cells; the count says which conversion it was."""
    times, cells = zip(*rows, strict=True)
    n = len(rows)
    return Conversions(np.array(times), np.array(cells), np.arange(1, n + 1), np.zeros(n, dtype=bool))


def test_a_set_is_sent_when_every_cell_is_new() -> None:
    sets = SetMaker().add(conversions([(0.010, 0), (0.011, 1), (0.012, 2), (0.013, 3)]), 0)
    assert sets.sequence.tolist() == [0]
    assert sets.newest_us.tolist() == [13_000]
    assert sets.age_us.tolist() == [[3000, 2000, 1000, 0]]
    assert sets.counts.tolist() == [[1, 2, 3, 4]]
    assert sets.fresh.tolist() == [0b1111]


def test_a_quick_cell_is_not_overwritten_while_a_slow_one_is_waited_for() -> None:
    """Cell 0 converts twice before cell 3 does: its first sample goes out with cell 3's old one, marked as not new."""
    rows = [(0.010, 0), (0.011, 1), (0.012, 2), (0.013, 3), (0.020, 0), (0.021, 1), (0.022, 2), (0.030, 0)]
    sets = SetMaker().add(conversions(rows), 0)
    assert sets.fresh.tolist() == [0b1111, 0b0111]
    assert sets.counts[1].tolist() == [5, 6, 7, 4]
    assert (sets.newest_us[1] - sets.age_us[1]).tolist() == [20_000, 21_000, 22_000, 13_000]


def test_nothing_is_sent_before_every_cell_has_converted_once() -> None:
    assert len(SetMaker().add(conversions([(0.01, 0), (0.02, 0), (0.03, 1)]), 0).sequence) == 0
