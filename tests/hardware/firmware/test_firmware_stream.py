"""The real firmware, instruction by instruction: every count, every time, nothing lost, the converters well treated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from against_the_log import match
from numpy.typing import NDArray
from simulated_board import Boards, Heard, SimulatedBoard, counts_file, understood

from acquisition import messages as wire
from analysis.recording import SetFlag

pytestmark = pytest.mark.process

SECONDS = 20.0
OFFSETS_PPM = (0, 15_000, -20_000, 30_000)  # oscillators of real HX711 differ by percents
CELLS = range(4)


def wandering_counts(seconds: float, seed: int) -> NDArray[np.float64]:
    """Random walks at 1 kHz, each cell its own, over most of the 24 bits; cell 3 runs into its stops."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 15_000, (int(seconds * 1000), 4)).cumsum(axis=0)
    steps[:, 3] *= 12
    return steps + rng.normal(0, 50, steps.shape)


@dataclass(frozen=True, slots=True)
class Run:
    """A stream of 20 s and everything that was noted about it."""

    heard: Heard
    log: NDArray[np.void]
    before: dict[str, Any]
    report: dict[str, Any]
    stopped: wire.Message
    self_test: wire.Message


def recorded(board: SimulatedBoard, seconds: float) -> Run:
    """Switch on, stream, stop, ask."""
    board.run_until(1.0)
    before = board.report()
    board.say(wire.Start(1))
    heard = understood(board.run_for(seconds))
    log = board.conversions()
    stopped = board.ask(wire.Stop(2))
    return Run(heard, log, before, board.report(), stopped, board.ask(wire.SelfTest(3)))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, avr_tools: None, simavr_tools: None) -> Run:
    folder = tmp_path_factory.mktemp("stream")
    loads = counts_file(folder / "counts", 1e-3, wandering_counts(SECONDS + 3, seed=1))
    offsets = ",".join(map(str, OFFSETS_PPM))
    with SimulatedBoard(folder, counts=loads, offsets=offsets) as board:
        return recorded(board, SECONDS)


def test_every_count_is_the_converters_and_none_is_missing(run: Run) -> None:
    """20 s of four oscillators 0-3 % apart: over 6,000 conversions, bit for bit, in order."""
    assert run.heard.bad_frames == 0
    for cell in CELLS:
        matched = match(run.heard.sets, run.log, cell)
        assert (matched.wrong, matched.left_out) == (0, [])
        assert matched.sent >= SECONDS * 80 / (1 + OFFSETS_PPM[cell] * 1e-6) - 3
        assert matched.after_last <= 1  # the one in the set that is not closed yet


def test_the_sequence_has_no_gap_and_the_plate_agrees(run: Run) -> None:
    sequence = run.heard.sets.sequence
    assert sequence.tolist() == list(range(len(sequence)))
    assert isinstance(run.stopped, wire.Stopped)
    assert (run.stopped.dropped, run.stopped.bad_received) == (0, 0)
    assert run.stopped.produced >= len(sequence)


def test_each_value_carries_the_moment_its_line_fell(run: Run) -> None:
    """The clock ticks every 4 us and an interrupt may wait for another: within 25 us, typically 4 us."""
    for cell in CELLS:
        error_us = match(run.heard.sets, run.log, cell).stamp_error_us
        assert np.abs(error_us).max() <= 25
        assert error_us.std() <= 4


def test_the_converters_are_read_gently(run: Run) -> None:
    """SCK high well under the 50 us of the data sheet, one power-down at boot, never a read while data change.

    And long enough: DOUT holds 0.1 us after the edge, and the pin's synchroniser takes up to 0.1 us more.
    """
    for before, cell in zip(run.before["cells"], run.report["cells"], strict=True):
        assert 0.3 <= cell["high_min_us"] <= cell["high_max_us"] < 10
        assert cell["power_downs"] == 1
        assert (cell["during_update"], cell["too_early"]) == (0, 0)
        assert cell["lost"] == before["lost"]  # none since the first boot, which writes the id


def test_between_conversions_the_chip_sleeps(run: Run) -> None:
    """Awake, its digital noise would be in every conversion.

    Its loop goes round 320 times a second for a conversion and 976 times for a tick of its clock, in 0.1 ms each; reads
    (0.1 ms) and sets (1 ms, 80 a second) come to that: 0.25 s of a second.
    """
    asleep_s = run.report["asleep_s"] - run.before["asleep_s"]
    assert asleep_s / (run.report["seconds"] - run.before["seconds"]) > 0.7


def test_the_plate_measures_the_rate_of_each_cell(run: Run) -> None:
    """80 SPS and the oscillators' offsets, within 50 ppm; the nominal rate is nowhere."""
    assert isinstance(run.self_test, wire.SelfTestReport)
    for cell, report in enumerate(run.self_test.cells):
        assert report.period_ns == pytest.approx(12.5e6 * (1 + OFFSETS_PPM[cell] * 1e-6), rel=5e-5)


def test_counts_at_the_stops_are_flagged_where_they_are(run: Run) -> None:
    sets = run.heard.sets
    at_stop = (np.abs(sets.counts[:, 3] + 0.5) > 2**23 - 1) & (sets.fresh & 0b1000 != 0)
    assert at_stop.any()
    assert (at_stop == (sets.flags & SetFlag.SATURATED != 0)).all()
    assert ((sets.fresh[at_stop] >> 4) == 0b1000).all()
    assert isinstance(run.self_test, wire.SelfTestReport)
    assert run.self_test.cells[3].faults & wire.CellFault.SATURATED
    assert not any(report.faults for report in run.self_test.cells[:3])


def test_the_serial_line_runs_within_its_limits(run: Run) -> None:
    """115200 from 16 MHz is 117647, 2.1 % high; a set is 33 bytes: the stream takes under a third of the line."""
    assert run.report["baud"] == pytest.approx(115200, rel=0.022)
    assert run.report["sent"] / run.report["seconds"] < 11520 / 3
    assert run.report["cells"][0]["conversions"] == pytest.approx(80 * run.report["seconds"], abs=10)


@pytest.mark.parametrize("settling", ["shown", "hidden"])
def test_no_unsettled_conversion_is_sent_whichever_way_the_chip_settles(
    boards: Boards, tmp_path: Path, settling: str
) -> None:
    """A chip may show its first four conversions or keep them; START comes while they settle."""
    memory = tmp_path / "eeprom"
    with SimulatedBoard(tmp_path, eeprom=memory) as new:
        new.run_until(1.0)  # makes its id, once
    board = boards(settling=settling, eeprom=memory)
    board.run_until(0.02)
    board.say(wire.Start(1))
    heard = understood(board.run_for(1.0))
    for cell in CELLS:
        matched = match(heard.sets, board.conversions(), cell)
        assert (matched.wrong, matched.left_out) == (0, [])
        assert matched.sent >= 80 - 2 * 4 - 2


def test_a_ceramic_resonator_shows_in_the_clock_and_nowhere_else(boards: Boards) -> None:
    """Board 0.5 % fast: a true second is 1.005 s of its clock, and it finds converters of 79.6 conversions a second."""
    board = boards(clock=5000)
    board.run_until(1.0)
    board.say(wire.Start(1))
    sets = understood(board.run_for(2.0)).sets
    first, last = sets.newest_us[[0, -1]]
    assert (last - first) / 1e6 == pytest.approx((len(sets.sequence) - 1) / 80 * 1.005, rel=1e-4)
    board.ask(wire.Stop(2))
    report = board.ask(wire.SelfTest(3))
    assert isinstance(report, wire.SelfTestReport)
    assert report.cells[0].rate_hz == pytest.approx(80 / 1.005, rel=1e-4)


def test_inputs_are_seen_also_between_two_sets(boards: Boards) -> None:
    """Sync in is pulled low for 2 ms, shorter than a set; the button stays pressed."""
    board = boards()
    board.order("pin sync 1")
    board.order("pin button 1")
    board.run_until(1.0)
    board.say(wire.Start(1))
    sent = board.run_for(0.5)
    board.order("pin sync 0")
    sent += board.run_for(0.002)
    board.order("pin sync 1")
    sent += board.run_for(0.2)
    board.order("pin button 0")
    flags = understood(sent + board.run_for(0.2)).sets.flags
    assert (flags & SetFlag.SYNC_IN != 0).sum() == 1
    pressed = np.flatnonzero(flags & SetFlag.BUTTON)
    assert pressed.tolist() == list(range(pressed[0], len(flags)))
    assert len(pressed) == pytest.approx(16, abs=1)


def test_the_pattern_fills_a_fast_line_without_loss(boards: Boards) -> None:
    """1000 sets a second, four in a frame of 63 bytes, need 157,500 bit/s: 500,000 baud carries all of them."""
    board = boards()
    board.run_until(1.0)
    assert board.ask(wire.SetParameter(1, wire.Parameter.BAUD, 500_000)) == wire.WasSet(1, wire.Parameter.BAUD, 500_000)
    assert board.report()["baud"] == 500_000
    board.say(wire.Start(2, mode=1, rate_mhz=1_000_000, batch=4))
    sets = understood(board.run_for(2.0)).sets
    assert sets.sequence.tolist() == list(range(len(sets.sequence)))
    assert len(sets.sequence) == pytest.approx(2000, abs=20)
    expected = sets.sequence[:, None] * 64 + np.arange(4)
    assert (sets.counts == expected).all()
    assert (np.diff(sets.newest_us) == 1000).all()


def test_on_a_slow_line_the_loss_is_seen_to_the_last_set(boards: Boards) -> None:
    """The same pattern needs more than 115200 baud: the numbers that miss are those the plate dropped."""
    board = boards()
    board.run_until(1.0)
    board.say(wire.Start(2, mode=1, rate_mhz=1_000_000, batch=4))
    sent = board.run_for(2.0)
    board.say(wire.Stop(3))
    heard = understood(sent + board.run_for(0.2))
    stopped = heard.messages[-1]
    assert isinstance(stopped, wire.Stopped)
    arrived = len(heard.sets.sequence)
    assert stopped.dropped > 0
    assert arrived + stopped.dropped == stopped.produced
    gaps = np.diff(heard.sets.sequence) - 1
    assert ((gaps > 0) == (heard.sets.flags[1:] & SetFlag.DROPPED_BEFORE != 0)).all()
