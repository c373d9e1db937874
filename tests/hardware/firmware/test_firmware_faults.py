"""What goes wrong on a real plate, done to the real firmware: named in the data, mended if it can be, never hidden."""

from __future__ import annotations

import random
from binascii import crc_hqx
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from against_the_log import match
from numpy.typing import NDArray
from simulated_board import Boards, Heard, SimulatedBoard, counts_file, understood

from acquisition import messages as wire
from acquisition.messages import BLOCK_BYTES, LARGEST_PIECE, CellFault
from analysis.recording import SetFlag

pytestmark = pytest.mark.process

OTHERS = (0, 1, 3)  # faults happen to cell 2
BY_PIN, MEMORY_KEPT, BY_POWER = 0x02, 0x40, 0x01
SETTLING = 4


def streaming(board: SimulatedBoard) -> bytes:
    """Switch on and stream for half a second."""
    board.run_until(1.0)
    board.say(wire.Start(1))
    return board.run_for(0.5)


def nothing_lost(heard: Heard, log: NDArray[np.void], cells: tuple[int, ...] = OTHERS) -> None:
    """Every settled conversion of these cells arrived, bit for bit."""
    for cell in cells:
        matched = match(heard.sets, log, cell)
        assert (matched.wrong, matched.left_out) == (0, [])
        assert matched.sent > 50


@pytest.mark.parametrize(("fault", "found"), [("unplugged", CellFault.NO_SIGNAL), ("low", CellFault.STUCK_LOW)])
def test_a_dead_cell_is_named_within_a_quarter_second_and_comes_back(
    boards: Boards, fault: str, found: CellFault
) -> None:
    """Unplugged, or its ready line stuck low, for 1.5 s: the others lose nothing, the board tries again each second."""
    board = boards()
    sent = streaming(board)
    at_us = board.now_s * 1e6
    board.order(f"fault 2 {fault}")
    sent += board.run_for(1.5)
    board.order("fault 2 none")
    sent += board.run_for(1.5)
    heard = understood(sent)
    sets = heard.sets
    timed_out = sets.flags & SetFlag.TIMEOUT != 0
    assert 0.235e6 < sets.newest_us[timed_out][0] - at_us < 0.28e6
    assert ((sets.fresh[timed_out] >> 4) == 0b0100).all()
    assert (sets.fresh[timed_out] & 0b0100 == 0).all()
    assert not timed_out[-1]
    assert sets.fresh[-1] == 0b1111
    assert heard.bad_frames == 0
    nothing_lost(heard, board.conversions())
    assert board.report()["cells"][2]["power_downs"] <= 3
    board.ask(wire.Stop(2))
    report = board.ask(wire.SelfTest(3))
    assert isinstance(report, wire.SelfTestReport)
    assert report.cells[2].faults & ~CellFault.DESYNC == CellFault(0)
    assert [report.cells[cell].faults for cell in OTHERS] == [0, 0, 0]


@pytest.mark.parametrize(("fault", "found"), [("unplugged", CellFault.NO_SIGNAL), ("low", CellFault.STUCK_LOW)])
def test_the_self_test_tells_an_open_line_from_a_stuck_one(boards: Boards, fault: str, found: CellFault) -> None:
    board = boards()
    board.order(f"fault 2 {fault}")
    board.run_until(1.5)
    report = board.ask(wire.SelfTest(3))
    assert isinstance(report, wire.SelfTestReport)
    assert report.cells[2].faults == found
    assert report.cells[2].period_ns == 0


def test_a_frozen_cell_is_sent_as_it_is_and_named_by_the_self_test(boards: Boards) -> None:
    """The same count again and again is the host's to judge; the board only says that it saw it."""
    board = boards()
    sent = streaming(board)
    board.order("fault 2 frozen")
    heard = understood(sent + board.run_for(1.0))
    nothing_lost(heard, board.conversions(), (0, 1, 2, 3))
    board.ask(wire.Stop(4))
    board.ask(wire.SelfTest(5))
    board.run_for(1.0)
    report = board.ask(wire.SelfTest(6))
    assert isinstance(report, wire.SelfTestReport)
    assert [cell.faults for cell in report.cells] == [0, 0, CellFault.FROZEN, 0]


SLIPS = 6


def slipped(boards: Boards, folder: Path, pulse: int, last_bit: int) -> tuple[int, int]:
    """Cell 2 misses that pulse of six reads, its counts all ending in that bit; counts sent wrong, steps found lost."""
    loads = np.full((2, 4), 0x123456 + last_bit)
    board = boards(counts=counts_file(folder / "counts", 1e-3, loads))
    sent = streaming(board)
    for _ in range(SLIPS):
        board.order(f"slip 2 {pulse}")
        sent += board.run_for(0.3)
    heard = understood(sent)
    nothing_lost(heard, board.conversions())
    board.say(wire.Status(2))
    status = understood(board.run_for(0.1)).messages[0]
    assert isinstance(status, wire.StatusReport)
    return match(heard.sets, board.conversions(), 2).wrong, status.desyncs[2]


@pytest.mark.parametrize("pulse", [1, 12, 24, 25])
def test_a_lost_clock_pulse_is_found_when_the_last_bit_is_zero(boards: Boards, tmp_path: Path, pulse: int) -> None:
    """The converter misses a pulse: pulse 25 reads its last bit instead of the 1 that says "all read"."""
    assert slipped(boards, tmp_path, pulse, last_bit=0) == (0, SLIPS)


def test_a_lost_clock_pulse_passes_when_the_last_bit_is_one(boards: Boards, tmp_path: Path) -> None:
    """The limit of the check, and why the host looks for outliers. The next read is right again."""
    assert slipped(boards, tmp_path, pulse=1, last_bit=1) == (SLIPS, 0)


def test_a_converter_whose_supply_dips_settles_before_it_is_used_again(boards: Boards) -> None:
    """It restarts by itself and shows unsettled conversions after one period, which nothing on its lines tells."""
    board = boards(settling="hidden")
    sent = streaming(board)
    board.order("fault 2 dip")
    heard = understood(sent + board.run_for(1.0))
    matched = match(heard.sets, board.conversions(), 2)
    assert matched.wrong == 0
    assert len(matched.left_out) == SETTLING
    nothing_lost(heard, board.conversions())


def test_a_reset_in_mid_stream_says_boot_and_sends_nothing_unasked(boards: Boards) -> None:
    """The button, or a host that opens the port: no sets until the next START, which begins at 0."""
    board = boards()
    sent = streaming(board)
    board.order("reset")
    heard = understood(sent + b"\0" + board.run_for(0.5))
    boot = heard.messages[-1]
    assert isinstance(boot, wire.Boot)
    assert (boot.reset_cause, boot.boot_count) == (BY_PIN | MEMORY_KEPT, 2)
    assert heard.bad_frames <= 1  # the frame that was cut
    board.say(wire.Start(1))
    again = understood(board.run_for(0.5))
    assert again.sets.sequence[0] == 0
    assert board.report()["cells"][0]["power_downs"] == 2  # one a boot


def test_a_power_failure_is_told_from_a_reset(boards: Boards) -> None:
    board = boards()
    streaming(board)
    board.order("power")
    boot = understood(b"\0" + board.run_for(0.5)).messages[-1]
    assert isinstance(boot, wire.Boot)
    assert (boot.reset_cause, boot.boot_count) == (BY_POWER, 2)


def test_garbage_from_the_host_disturbs_neither_stream_nor_answers(boards: Boards) -> None:
    """2 kB of anything, three times what the board's ring holds, at full speed into a running stream."""
    board = boards()
    sent = streaming(board)
    board.feed(random.Random(5).randbytes(2000))  # noqa: S311 - any bytes will do
    sent += board.run_for(1.0)
    board.feed(b"\0")
    board.say(wire.Ping(77))
    heard = understood(sent + board.run_for(0.5))
    assert any(isinstance(one, wire.Pong) and one.token == 77 for one in heard.messages)
    assert heard.bad_frames == 0
    nothing_lost(heard, board.conversions(), (0, 1, 2, 3))
    sequence = heard.sets.sequence
    assert sequence.tolist() == list(range(len(sequence)))


def test_requests_in_mid_stream_cost_no_conversion(boards: Boards) -> None:
    """Self-test (2 ms of measuring the supply), status, info, line, ping, ten times."""
    board = boards()
    sent = streaming(board)
    before = board.report()["cells"]
    for token in range(10, 20):
        for request in (
            wire.SelfTest(token),
            wire.Status(token),
            wire.Hello(token),
            wire.Diag(token),
            wire.Ping(token),
        ):
            board.say(request)
            sent += board.run_for(0.04)
    heard = understood(sent + board.run_for(0.2))
    assert len(heard.messages) == 1 + 50
    nothing_lost(heard, board.conversions(), (0, 1, 2, 3))
    after = board.report()["cells"]
    assert [cell["lost"] for cell in after] == [cell["lost"] for cell in before]
    assert all(cell["during_update"] == 0 for cell in after)


def block_of(number: int) -> bytes:
    return bytes((number * 31 + at) % 256 for at in range(BLOCK_BYTES))


def put(board: SimulatedBoard, block: bytes) -> wire.NvCommit:
    """Write a block in pieces; the request that would commit it."""
    for offset in range(0, BLOCK_BYTES, LARGEST_PIECE):
        piece = block[offset : offset + LARGEST_PIECE]
        assert board.ask(wire.NvWrite(1, offset, piece), 0.02) == wire.NvWritten(1, offset, len(piece))
    return wire.NvCommit(2, crc_hqx(block, 0xFFFF))


def stored(board: SimulatedBoard) -> bytes:
    block = b""
    for offset in range(0, BLOCK_BYTES, LARGEST_PIECE):
        answer = board.ask(wire.NvRead(3, offset, LARGEST_PIECE), 0.02)
        assert isinstance(answer, wire.NvContent)
        block += answer.content
    return block


@pytest.mark.parametrize("after_s", [0.01, 0.2, 0.42])
def test_power_that_fails_while_the_memory_is_written_leaves_the_older_block(boards: Boards, after_s: float) -> None:
    """A commit takes 3.4 ms a byte: the supply fails at its beginning, in its middle, near its end."""
    board = boards()
    board.run_until(1.0)
    first, second = block_of(1), block_of(2)
    for block in (first, block_of(3)):
        assert isinstance(board.ask(put(board, block), 0.6), wire.NvCommitted)
    board.say(put(board, second))
    board.run_for(after_s)
    board.order("power")
    board.run_for(0.3)
    assert stored(board) == block_of(3)
    assert isinstance(board.ask(put(board, second), 0.6), wire.NvCommitted)
    assert stored(board) == second


def test_the_memory_outlives_the_board(boards: Boards, tmp_path: Path) -> None:
    """Block and id are in the EEPROM file; another run of the same plate finds both, and counts its boots on."""
    memory = tmp_path / "eeprom"
    with SimulatedBoard(tmp_path, eeprom=memory) as board:
        board.run_until(1.0)
        assert isinstance(board.ask(put(board, block_of(1)), 0.6), wire.NvCommitted)
        before = board.ask(wire.Hello(1))
        assert isinstance(before, wire.Info)
    again = boards(eeprom=memory)
    boot = understood(again.run_until(0.3)).messages[0]
    assert isinstance(boot, wire.Boot)
    assert boot.boot_count == 2
    assert stored(again) == block_of(1)
    assert again.ask(wire.Hello(1)) == replace(before, boot_count=2)
    assert isinstance(before, wire.Info)
    assert before.calibration_crc == crc_hqx(block_of(1), 0xFFFF)


@pytest.mark.parametrize("when_read", ["defer", "overwrite"])
def test_no_converter_is_read_while_it_updates_even_after_a_long_write(boards: Boards, when_read: str) -> None:
    """A commit keeps the board from reading. It lets a conversion go rather than read it half, and counts it.

    No data sheet says what a chip does that converts while it is read: it may wait, or spoil what is read.

    130 short commits, so that they end at every phase of four oscillators of different rates: some ends fall into the
    50 us in which a read would meet the next conversion.
    """
    board = boards(offsets="0,15000,-20000,30000", when_read=when_read)
    board.run_until(1.0)
    before = board.report()["cells"]
    for number in range(130):
        block = bytes([number]) + block_of(1)[1:]
        board.say(wire.NvWrite(1, 0, block[:1] if number else block[:16]))
        board.run_for(0.003)
        if number == 0:
            put(board, block)
        answer = board.ask(wire.NvCommit(2, crc_hqx(block, 0xFFFF)), 0.5 if number < 2 else 0.06)
        assert isinstance(answer, wire.NvCommitted)
    status = board.ask(wire.Status(3))
    assert isinstance(status, wire.StatusReport)
    after = board.report()["cells"]
    assert [cell["during_update"] for cell in after] == [0, 0, 0, 0]
    assert min(status.missed) > 50
    assert [cell["power_downs"] for cell in after] == [1, 1, 1, 1]  # the silence was the board's own
    assert list(status.missed) == [new["lost"] - old["lost"] for new, old in zip(after, before, strict=True)]


def test_converters_jumpered_to_ten_are_named_slow(boards: Boards) -> None:
    board = boards(rate=10)
    board.run_until(6.0)
    report = board.ask(wire.SelfTest(1))
    assert isinstance(report, wire.SelfTestReport)
    assert all(cell.faults & CellFault.SLOW for cell in report.cells)
    assert report.cells[0].rate_hz == pytest.approx(10, rel=1e-3)


def test_two_new_plates_do_not_get_the_same_id(tmp_path: Path) -> None:
    """The id is made of noise; here all that differs is the phase and the rate of the converters' oscillators."""
    ids = set()
    for ppm in (0, 20, 40, 60):
        with SimulatedBoard(tmp_path, offsets=f"{ppm},0,0,0") as board:
            board.run_until(1.0)
            info = board.ask(wire.Hello(1))
            assert isinstance(info, wire.Info)
            ids.add(info.device_id)
    assert len(ids) == 4
