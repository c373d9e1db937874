"""The causal watch: what it must see, how late at most, and what it must not see."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.calibration import Calibration, Zero
from analysis.cop import ForceSeries
from analysis.geometry import Footing, FootPlacement, Side, sign
from analysis.online import BothFeet, StanceWatch, ZeroProblem, live_forces, thinned, zero_of, zero_problem
from analysis.phases import EndedBy
from analysis.recording import SampleBlock

Float = NDArray[np.float64]
WEIGHT_N = 700.0
LATEST_S = 0.5
AT = datetime(2026, 1, 1, tzinfo=UTC)


def feet(half_spacing_mm: float = 90.0) -> Footing:
    def foot(side: Side) -> FootPlacement:
        x_mm = sign(side) * half_spacing_mm
        return FootPlacement(side, (x_mm, -110.0), (x_mm, 135.0), 260.0, 98.0)

    return Footing(foot(Side.LEFT), foot(Side.RIGHT))


def smooth_step(time_s: Float, start_s: float, length_s: float) -> Float:
    """0 before, 1 after, a minimum-jerk way between: its speed is zero at both ends, so the step ends where it says."""
    u = np.clip((time_s - start_s) / length_s, 0, 1)
    return u**3 * (10 - 15 * u + 6 * u**2)


def trial(
    side: Side, *, lift_s: float = 12.0, way_s: float = 0.8, hold_s: float = 30.0, rate_hz: float = 80.0, seed: int = 1
) -> tuple[ForceSeries, float, float]:
    """Both feet, then the CoP goes to the stance foot (90 mm) within `way_s`, stays `hold_s`, and comes back.

    Sway: sines of 5, 3 and 2 mm, fast enough for 40 mm/s. Foot-off is where the way ends; touch-down where it begins to
    come back. Returned with both times.
    """
    off_s, down_s = lift_s + way_s, lift_s + way_s + hold_s
    time_s = np.arange(0, down_s + 3, 1 / rate_hz)
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, 4)
    sway_mm = sum(
        size * np.sin(2 * np.pi * f * time_s + p)
        for size, f, p in zip((5, 3, 2), (0.3, 1.1, 2.3), phase[:3], strict=True)
    )
    on_one = smooth_step(time_s, lift_s, way_s) - smooth_step(time_s, down_s, 0.3)
    x_mm = sign(side) * (90 * on_one + sway_mm)
    fz_n = WEIGHT_N * (1 + 0.01 * np.sin(2 * np.pi * 1.2 * time_s + phase[3])) + rng.normal(0, 0.1, len(time_s))
    return ForceSeries(time_s, np.column_stack([fz_n, fz_n * x_mm, fz_n * 10.0])), off_s, down_s


def told(watch: StanceWatch, forces: ForceSeries, samples: int = 2) -> tuple[float | None, float | None]:
    """When the watch first knew of foot-off and of the end, fed in small blocks."""
    knew_off_s = knew_end_s = None
    for start in range(0, len(forces.time_s), samples):
        block = ForceSeries(forces.time_s[start : start + samples], forces.load[start : start + samples])
        watch.feed(block)
        now_s = float(block.time_s[-1])
        if watch.foot_off_s is not None and knew_off_s is None:
            knew_off_s = now_s
        if watch.end is not None and knew_end_s is None:
            knew_end_s = now_s
    return knew_off_s, knew_end_s


@pytest.mark.parametrize("rate_hz", [40.0, 80.0, 100.0])
@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("seed", range(4))
def test_foot_off_and_touch_down_are_seen_half_a_second_late_at_most(side: Side, rate_hz: float, seed: int) -> None:
    forces, off_s, down_s = trial(side, rate_hz=rate_hz, seed=seed)
    watch = StanceWatch(feet(), side, WEIGHT_N)
    knew_off_s, knew_end_s = told(watch, forces)
    assert watch.foot_off_s == pytest.approx(off_s, abs=0.25)
    assert knew_off_s is not None
    assert knew_off_s - off_s <= LATEST_S
    assert watch.end is not None
    assert watch.end.ended_by is EndedBy.TOUCHDOWN
    assert watch.end.at_s == pytest.approx(down_s, abs=0.25)
    assert knew_end_s is not None
    assert knew_end_s - down_s <= LATEST_S


@pytest.mark.parametrize("seed", range(30))
def test_an_undisturbed_hold_is_not_ended(seed: int) -> None:
    """30 s of sway of 10 mm at most inside a band of -45 .. +55 mm around the foot."""
    forces, _, down_s = trial(Side.RIGHT, seed=seed)
    watch = StanceWatch(feet(), Side.RIGHT, WEIGHT_N)
    keep = forces.time_s < down_s
    told(watch, ForceSeries(forces.time_s[keep], forces.load[keep]))
    assert watch.foot_off_s is not None
    assert watch.end is None


def test_the_size_of_blocks_does_not_matter() -> None:
    forces, _, _ = trial(Side.LEFT)
    ends = []
    for samples in (1, 7, len(forces.time_s)):
        watch = StanceWatch(feet(), Side.LEFT, WEIGHT_N)
        told(watch, forces, samples)
        ends.append((watch.foot_off_s, watch.end))
    assert ends[0] == ends[1] == ends[2]


def test_standing_on_the_other_leg_is_no_foot_off() -> None:
    forces, _, _ = trial(Side.LEFT)
    watch = StanceWatch(feet(), Side.RIGHT, WEIGHT_N)
    assert told(watch, forces) == (None, None)


def test_a_lift_shorter_than_a_second_is_forgotten_and_the_next_one_found() -> None:
    first, _, _ = trial(Side.RIGHT, hold_s=0.4)
    second, off_s, _ = trial(Side.RIGHT)
    later_s = float(first.time_s[-1]) + 0.0125
    both = ForceSeries(np.r_[first.time_s, second.time_s + later_s], np.vstack([first.load, second.load]))
    watch = StanceWatch(feet(), Side.RIGHT, WEIGHT_N)
    told(watch, both)
    assert watch.foot_off_s == pytest.approx(off_s + later_s, abs=0.25)


@pytest.mark.parametrize(
    ("part", "ended_by"),
    [(0.85, EndedBy.OFF_PLATE_TOUCH), (0.0, EndedBy.STEP_OFF)],
    ids=["15 % of the weight on a rail", "off the plate"],
)
def test_load_that_leaves_the_plate_ends_the_stance(part: float, ended_by: EndedBy) -> None:
    forces, off_s, _ = trial(Side.RIGHT)
    left_s = off_s + 10.0
    load = forces.load.copy()
    load[forces.time_s >= left_s] *= part
    watch = StanceWatch(feet(), Side.RIGHT, WEIGHT_N)
    _, knew_end_s = told(watch, ForceSeries(forces.time_s, load))
    assert watch.end is not None
    assert watch.end.ended_by is ended_by
    assert knew_end_s is not None
    assert 0 <= knew_end_s - left_s <= LATEST_S


def test_a_dip_shorter_than_a_tenth_of_a_second_does_not_end_the_stance() -> None:
    """50 ms at 80 % of the weight."""
    forces, off_s, down_s = trial(Side.RIGHT)
    load = forces.load.copy()
    load[(forces.time_s >= off_s + 10) & (forces.time_s < off_s + 10.05)] *= 0.8
    watch = StanceWatch(feet(), Side.RIGHT, WEIGHT_N)
    told(watch, ForceSeries(forces.time_s, load))
    assert watch.end is not None
    assert watch.end.at_s == pytest.approx(down_s, abs=0.25)


def test_quiet_standing_counts_from_when_both_feet_stand() -> None:
    """Nobody, then one foot for a second, then both: the count begins with both."""
    time_s = np.arange(0, 8, 1 / 80)
    fz_n = np.where(time_s < 2, 0.0, WEIGHT_N)
    x_mm = np.where(time_s < 3, 90.0, 5.0)
    watch = BothFeet(feet(), 200.0)
    watch.feed(ForceSeries(time_s, np.column_stack([fz_n, fz_n * x_mm, fz_n])))
    assert watch.since_s == pytest.approx(3.0, abs=0.15)
    assert watch.weight_n == pytest.approx(WEIGHT_N, rel=0.005)


def test_stepping_off_ends_quiet_standing() -> None:
    time_s = np.arange(0, 4, 1 / 80)
    fz_n = np.where(time_s < 3, WEIGHT_N, 0.0)
    watch = BothFeet(feet(), 200.0)
    watch.feed(ForceSeries(time_s, np.column_stack([fz_n, fz_n * 0.0, fz_n])))
    assert watch.since_s is None


def test_a_tenth_more_load_starts_the_count_anew() -> None:
    """Somebody leans on the patient's shoulders: 15 % more."""
    time_s = np.arange(0, 6, 1 / 80)
    fz_n = np.where(time_s < 3, WEIGHT_N, 1.15 * WEIGHT_N)
    watch = BothFeet(feet(), 200.0)
    watch.feed(ForceSeries(time_s, np.column_stack([fz_n, fz_n * 0.0, fz_n])))
    assert watch.since_s == pytest.approx(3.1, abs=0.2)


NPC = 5e-4
CELLS = np.array([[-220, 220], [220, 220], [220, -220], [-220, -220]])


def certificate() -> Calibration:
    """Four equal cells at the corners of a 440 mm square, 0.5 mN a count."""
    matrix = np.vstack([np.ones(4), CELLS[:, 0], CELLS[:, 1]]) * NPC
    return Calibration("c", "P", matrix, np.full(4, NPC), 0, 0, 2000, "shape", AT, "test")


def block_of(counts: Float, first_us: int = 0) -> SampleBlock:
    n = len(counts)
    device_us = np.repeat((first_us + np.arange(n) * 12500)[:, None], 4, axis=1).astype(np.uint64)
    return SampleBlock(0, device_us, counts.astype(np.int32), np.zeros(n, np.uint8))


def test_load_on_one_cell_has_its_cop_at_that_cell() -> None:
    zero = Zero(np.full(4, 1000.0), np.zeros(4), AT)
    counts = np.full((3, 4), 1000.0)
    counts[:, 1] += 200_000  # 100 N on the front right cell
    forces = live_forces(block_of(counts), certificate(), zero)
    assert forces.fz_n == pytest.approx(np.full(3, 100.0))
    assert forces.load[0, 1:] / forces.fz_n[0] == pytest.approx([220.0, 220.0])


def test_thinning_keeps_the_mean_and_at_most_about_100_a_second() -> None:
    """1000 Hz: groups of ten."""
    time_s = np.arange(25) / 1000
    load = np.arange(75.0).reshape(25, 3)
    thin = thinned(ForceSeries(time_s, load), 1000.0)
    assert thin.time_s == pytest.approx([0.0045, 0.0145, 0.022])
    assert thin.load[0] == pytest.approx(load[:10].mean(axis=0))
    assert thinned(ForceSeries(time_s, load), 80.0).time_s is time_s


def test_a_zero_is_the_mean_of_an_empty_plate_and_a_restless_one_is_refused() -> None:
    rng = np.random.default_rng(3)
    quiet = 5000 + rng.normal(0, 40, (160, 4))  # 20 mN
    zero = zero_of([block_of(quiet[:80]), block_of(quiet[80:])], AT)
    assert zero.counts == pytest.approx(np.full(4, 5000.0), abs=15)
    assert zero_problem(zero, certificate(), None, 1.0, 20.0) is None
    restless = quiet.copy()
    restless[:, 2] += np.linspace(0, 10_000, 160)  # one cell creeps by 5 N: SD 1.4 N
    assert zero_problem(zero_of([block_of(restless)], AT), certificate(), None, 1.0, 20.0) is ZeroProblem.RESTLESS


def test_a_bag_left_on_the_plate_is_refused_against_the_zero_before() -> None:
    before = zero_of([block_of(np.full((160, 4), 5000.0))], AT)
    bag = zero_of([block_of(np.full((160, 4), 5000.0 + 12_500))], AT)  # 4 x 6.25 N = 25 N
    assert zero_problem(bag, certificate(), before, 1.0, 20.0) is ZeroProblem.LOADED
    assert zero_problem(bag, certificate(), None, 1.0, 20.0) is None


@pytest.mark.recordings
def test_on_a_real_person_every_stance_is_followed(recordings: Path) -> None:
    """Wii board: right, left, right; places at 125 mm from the middle; phases by eye, good to 0.3 s.

    The stance after 68.9 s ends at 88.0 s; each watch sees its stance from the both-feet phase before it on.
    """
    folder = recordings / "02_wii_board_single_leg_alternating"
    table = np.genfromtxt(folder / "wbb_first_half.csv", delimiter=",", names=True)
    time_s, index = np.unique(table["time_s"], return_index=True)
    cells_n = np.column_stack([table[name][index] for name in ("bl_N", "br_N", "tl_N", "tr_N")])
    to_loads = np.array([[1, 1, 1, 1], [-216.5, 216.5, -216.5, 216.5], [-119, -119, 119, 119]])
    forces = ForceSeries(time_s, cells_n @ to_loads.T)
    weight_n = float(np.median(forces.fz_n[forces.fz_n > 300]))
    phases = [(8.0, 13.4, 33.9, Side.RIGHT), (35.0, 41.6, 60.2, Side.LEFT), (61.5, 68.9, 88.0, Side.RIGHT)]
    for from_s, off_s, down_s, side in phases:
        keep = (time_s >= from_s) & (time_s < down_s + 3)
        watch = StanceWatch(feet(125.0), side, weight_n)
        knew_off_s, knew_end_s = told(watch, ForceSeries(time_s[keep], forces.load[keep]))
        assert knew_off_s is not None
        assert knew_off_s - off_s <= LATEST_S + 0.3
        assert watch.foot_off_s == pytest.approx(off_s, abs=0.6)
        assert watch.end is not None
        assert watch.end.at_s == pytest.approx(down_s, abs=0.6)
        assert knew_end_s is not None
        assert knew_end_s - down_s <= LATEST_S + 0.3
