"""Requests and replies of the firmware's own code, against the host's classes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from native_plate import Conversion, NativePlate, converts, frame, has_room, holds_low, passes, says

from acquisition import messages as wire
from acquisition.framing import Decoder, encode
from acquisition.messages import CellFault, RefusalReason

FIRMWARE = (1, 0, 0)
BENCH_COMMIT, BENCH_SUPPLY_MV, BENCH_FREE_BYTES = 0x12345678, 4980, 1234  # what native_harness.cpp's bench says
BENCH_CAUSE = 0x42
IDENTITY_BYTES = bytes(range(7, 15))  # the bench makes the id seed, seed + 1, ...
TEST_PATTERN = 64
LENGTHS = {  # argument bytes of each request
    wire.Kind.PING: 0, wire.Kind.HELLO: 0, wire.Kind.START: 6, wire.Kind.STOP: 0, wire.Kind.NV_READ: 3,
    wire.Kind.NV_COMMIT: 2, wire.Kind.SELF_TEST: 0, wire.Kind.STATUS: 0, wire.Kind.SET: 5, wire.Kind.ADC_RESET: 1,
    wire.Kind.DIAG: 0,
}  # fmt: skip


@pytest.fixture
def plate(native: NativePlate) -> NativePlate:
    """A new board, just switched on."""
    native.memory = b"\xff" * 1024
    native.boot(seed=7)
    native.resets()
    return native


def ask(plate: NativePlate, request: wire.Request) -> wire.Message:
    answer = wire.unpack(plate.ask(request.pack()))
    assert isinstance(answer, wire.Reply)
    return answer


def test_boot_says_the_cause_and_counts(native: NativePlate) -> None:
    native.memory = b"\xff" * 1024
    said = [wire.unpack(payload) for _ in range(3) for payload in native.boot()]
    assert said == [wire.Boot(1, *FIRMWARE, BENCH_CAUSE, count) for count in (1, 2, 3)]


def test_boot_resets_each_converter_once(native: NativePlate) -> None:
    native.resets()
    native.boot()
    assert native.resets() == [0b1111]


def test_hello_says_who_it_is(plate: NativePlate) -> None:
    assert ask(plate, wire.Hello(5)) == wire.Info(
        token=5, wire_major=1, wire_minor=0, firmware_major=1, firmware_minor=0, firmware_patch=0,
        commit=BENCH_COMMIT, device_id=IDENTITY_BYTES, board=1, model=1, channels=4, timing=0, skew_us=0,
        nominal_rate_mhz=80_000, gain=128, bits=24, tick_us=4, baud=115200, calibration_crc=0,
        capabilities=wire.Capability.MEMORY | wire.Capability.SELF_TEST | wire.Capability.TEST_PATTERN
        | wire.Capability.SYNC_IN | wire.Capability.BUTTON,
        boot_count=1,
    )  # fmt: skip


def test_ping_says_when_it_was_heard_and_when_it_was_answered(plate: NativePlate) -> None:
    plate.play(passes(123_456))
    assert ask(plate, wire.Ping(9)) == wire.Pong(9, 123_456, 123_456)


def test_start_and_stop_answer_with_clock_and_counters(plate: NativePlate) -> None:
    plate.play(passes(1_000))
    assert ask(plate, wire.Start(3)) == wire.Started(3, 1_000)
    assert ask(plate, wire.Stop(4)) == wire.Stopped(4, 0, 0, 0)


@pytest.mark.parametrize(
    "start",
    [wire.Start(1, mode=2), wire.Start(1, rate_mhz=80_000), wire.Start(1, batch=0), wire.Start(1, batch=2)],
    ids=["unknown mode", "a rate", "no set a frame", "two sets a frame"],
)
def test_start_refuses_what_converters_with_a_jumper_cannot_do(plate: NativePlate, start: wire.Start) -> None:
    assert ask(plate, start) == wire.Refused(1, wire.Kind.START, RefusalReason.BAD_VALUE)


@pytest.mark.parametrize(
    ("kind", "length"),
    [(kind, length + extra) for kind, length in LENGTHS.items() for extra in (-1, 1) if length + extra >= 0],
)
def test_a_request_of_another_length_is_refused(plate: NativePlate, kind: wire.Kind, length: int) -> None:
    answer = wire.unpack(plate.ask(bytes([kind, 77]) + bytes(length)))
    assert answer == wire.Refused(77, kind, RefusalReason.BAD_LENGTH)


@pytest.mark.parametrize("length", [0, 1, 2, 19])
def test_a_piece_of_no_byte_or_too_many_is_refused(plate: NativePlate, length: int) -> None:
    answer = wire.unpack(plate.ask(bytes([wire.Kind.NV_WRITE, 77]) + bytes(length)))
    assert answer == wire.Refused(77, wire.Kind.NV_WRITE, RefusalReason.BAD_LENGTH)


def test_a_request_without_token_is_refused_with_token_zero(plate: NativePlate) -> None:
    assert wire.unpack(plate.ask(bytes([wire.Kind.PING]))) == wire.Refused(0, wire.Kind.PING, RefusalReason.BAD_LENGTH)


@given(kind=st.integers(0, 255), rest=st.binary(max_size=30))
def test_every_request_has_one_answer_with_its_token_and_no_reply_has_any(
    native: NativePlate, kind: int, rest: bytes
) -> None:
    """Type | 0x80 or a refusal; what may itself be a reply is only counted, or two plates would answer each other."""
    native.boot(seed=7)
    answers = native.play(says(frame(bytes([kind]) + rest)))
    if kind in wire.NEVER_REQUESTS:
        assert answers == []
        return
    assert len(answers) == 1
    assert answers[0][0] in (kind | 0x80, wire.Kind.REFUSED)
    assert answers[0][1] == (rest[0] if rest else 0)
    assert wire.unpack(answers[0]) is not None
    known = wire.Kind.PING <= kind <= wire.Kind.DIAG
    unknown = wire.Refused(answers[0][1], kind, RefusalReason.UNKNOWN)
    assert (wire.unpack(answers[0]) == unknown) == (not known and bool(rest))


def test_what_cannot_be_read_is_counted_until_the_next_reset(plate: NativePlate) -> None:
    """Three bad frames and the echo of a reply."""
    plate.play(says(b"\x05abcd\0" * 3 + encode(wire.Pong(1, 2, 3).pack())))
    assert ask(plate, wire.Stop(4)) == wire.Stopped(4, 0, 0, 4)
    ask(plate, wire.Start(5))
    assert ask(plate, wire.Stop(6)) == wire.Stopped(6, 0, 0, 4)
    plate.boot()
    assert ask(plate, wire.Stop(7)) == wire.Stopped(7, 0, 0, 0)


def test_a_reply_waits_for_room_and_is_not_lost(plate: NativePlate) -> None:
    """No room for 14 bytes: nothing is sent. Room again: the reply, then the next request's."""
    hello = says(frame(wire.Ping(1).pack()))
    assert plate.play(has_room(5), hello) == []
    said = plate.play(has_room(65535), passes(10), says(frame(wire.Ping(2).pack())))
    assert [wire.unpack(payload) for payload in said] == [wire.Pong(1, 0, 0), wire.Pong(2, 10, 10)]


def test_the_self_test_measures_each_cell_and_names_what_ails_it(plate: NativePlate) -> None:
    """Cell 0 well at 12.5 ms; cell 1 frozen; cell 2 at 10 SPS and at its stop; cell 3 dead with its line low."""
    for number in range(40):
        at_us = number * 12_500
        plate.play(converts(Conversion(0, 1000 + number % 10, at_us)), converts(Conversion(1, 555, at_us)))
    for number in range(40):
        plate.play(converts(Conversion(2, 2**23 - 1 if number == 10 else -9, number * 100_000)))
    plate.play(*[converts(Conversion(cell, 1005 if cell == 0 else 555, 3_990_000)) for cell in (0, 1)])
    plate.play(passes(4_000_000), holds_low(0b1000))
    report = ask(plate, wire.SelfTest(1))
    assert isinstance(report, wire.SelfTestReport)
    assert (report.supply_mv, report.free_bytes) == (BENCH_SUPPLY_MV, BENCH_FREE_BYTES)
    well, frozen, slow, dead = report.cells
    assert (well.period_ns, well.lowest, well.highest) == (12_500_000, 1000, 1009)
    assert well.faults == 0
    assert frozen.faults == CellFault.FROZEN
    assert (frozen.lowest, frozen.highest) == (555, 555)
    assert (slow.period_ns, slow.rate_hz) == (100_000_000, pytest.approx(10.0))
    assert (slow.lowest, slow.highest) == (-9, 2**23 - 1)
    assert slow.faults == CellFault.SLOW | CellFault.SATURATED
    assert (dead.period_ns, dead.lowest, dead.highest) == (0, wire.NO_COUNTS, wire.NO_COUNTS)
    assert dead.faults == CellFault.STUCK_LOW


def test_a_dead_cell_whose_line_is_high_has_no_signal(plate: NativePlate) -> None:
    plate.play(passes(300_000))
    report = ask(plate, wire.SelfTest(1))
    assert isinstance(report, wire.SelfTestReport)
    assert {cell.faults for cell in report.cells} == {CellFault.NO_SIGNAL}


def test_the_self_test_begins_anew_each_time(plate: NativePlate) -> None:
    for number in range(30):
        plate.play(converts(Conversion(0, 555, number * 12_500)))
    ask(plate, wire.SelfTest(1))
    plate.play(converts(Conversion(0, 777, 30 * 12_500)))
    report = ask(plate, wire.SelfTest(2))
    assert isinstance(report, wire.SelfTestReport)
    assert (report.cells[0].lowest, report.cells[0].highest, report.cells[0].faults) == (777, 777, 0)


@given(period_us=st.integers(10_700 // 4, 13_000 // 4).map(lambda ticks: ticks * 4), missed=st.integers(0, 3))
def test_the_rate_is_measured_also_over_conversions_that_were_missed(
    native: NativePlate, period_us: int, missed: int
) -> None:
    native.boot()
    step_us = period_us * (missed + 1)
    for number in range(80):
        native.play(converts(Conversion(1, number, number * step_us, missed=missed if number else 0)))
    native.play(passes(79 * step_us))
    report = wire.unpack(native.ask(wire.SelfTest(1).pack()))
    assert isinstance(report, wire.SelfTestReport)
    assert report.cells[1].period_ns == pytest.approx(period_us * 1000, abs=1)
    assert (report.cells[1].faults & CellFault.MISSED != 0) == (missed > 0)


def test_status_counts_what_went_wrong_per_cell(plate: NativePlate) -> None:
    ask(plate, wire.Start(1))
    plate.play(
        converts(Conversion(0, 1, 100, missed=2)),
        converts(Conversion(3, 1, 100, in_step=False)),
        passes(500),
    )
    assert ask(plate, wire.Status(2)) == wire.StatusReport(
        2, wire.BoardMode.MEASURE, 0, 500, 0, 0, 0, missed=(2, 0, 0, 0), desyncs=(0, 0, 0, 1)
    )
    ask(plate, wire.Stop(3))
    status = ask(plate, wire.Status(4))
    assert isinstance(status, wire.StatusReport)
    assert status.mode == wire.BoardMode.IDLE


@pytest.mark.parametrize(("cells", "right"), [(0b0001, True), (0b1111, True), (0, False), (0b10000, False)])
def test_converters_are_reset_on_request(plate: NativePlate, cells: int, right: bool) -> None:
    answer = ask(plate, wire.AdcReset(1, cells))
    refused = wire.Refused(1, wire.Kind.ADC_RESET, RefusalReason.BAD_VALUE)
    assert answer == (wire.AdcWasReset(1, cells) if right else refused)
    assert plate.resets() == ([cells] if right else [])


def test_the_line_for_a_person_says_version_supply_and_rates(plate: NativePlate) -> None:
    """Periods of 12,500 us and 10,800 us are 80.0 and 92.5 conversions a second (10^9 / 1080 = 925.9 tenths, cut)."""
    for number in range(40):
        plate.play(converts(Conversion(0, number, number * 12_500)), converts(Conversion(3, number, number * 10_800)))
    line = ask(plate, wire.Diag(1))
    assert line == wire.DiagLine(1, "stancelab 1.0.0 4980mV 80.0 - - 92.5/s")


def test_a_question_mark_in_a_serial_monitor_gets_the_same_line(plate: NativePlate) -> None:
    line = "stancelab 1.0.0 4980mV - - - -/s"
    for enter in (b"\n", b"\r\n", b"\r"):
        assert plate.play_raw(says(b"?" + enter)) == line.encode() + b"\r\n\0"
        plate.play(says(b"\0"))
    assert ask(plate, wire.Ping(1)) == wire.Pong(1, 0, 0)


def test_a_new_baud_rate_holds_after_the_reply_and_falls_back_in_silence(plate: NativePlate) -> None:
    """The reply still goes at the old rate. Heard within two seconds, the new rate stays; else the default is back."""
    assert plate.play_raw(has_room(0), says(frame(wire.SetParameter(1, wire.Parameter.BAUD, 500_000).pack()))) == b""
    assert plate.baud() == 115_200
    said = plate.play(has_room(65535), passes(1_000))
    assert [wire.unpack(one) for one in said] == [wire.WasSet(1, wire.Parameter.BAUD, 500_000)]
    assert plate.baud() == 500_000
    plate.play(passes(1_900_000), says(frame(wire.Ping(2).pack())), passes(3_800_000))
    assert plate.baud() == 500_000
    plate.play(passes(4_000_000))
    assert plate.baud() == 115_200


@pytest.mark.parametrize(("parameter", "value"), [(1, 9600), (1, 1_000_000), (2, 115_200)])
def test_other_parameters_and_rates_are_refused(plate: NativePlate, parameter: int, value: int) -> None:
    answer = ask(plate, wire.SetParameter(1, parameter, value))
    assert answer == wire.Refused(1, wire.Kind.SET, RefusalReason.BAD_VALUE)


@pytest.mark.parametrize(
    "request_now", [wire.SetParameter(1, 1, 500_000), wire.NvWrite(1, 0, b"x"), wire.NvCommit(1, 5)]
)
def test_what_would_stop_the_stream_is_refused_while_it_runs(plate: NativePlate, request_now: wire.Request) -> None:
    ask(plate, wire.Start(9))
    assert ask(plate, request_now) == wire.Refused(1, request_now.kind, RefusalReason.STREAMING)


@pytest.mark.parametrize("batch", [1, 4])
def test_the_test_pattern_is_exact_in_number_count_and_time(plate: NativePlate, batch: int) -> None:
    """100 sets a second for one second; set n has counts 64 n + cell at START + 10 n ms, and says what it is."""
    started = plate.play(says(frame(wire.Start(1, mode=1, rate_mhz=100_000, batch=batch).pack())))
    assert wire.unpack(started[0]) == wire.Started(1, 0)
    said = plate.play(*[passes(ms * 1000) for ms in range(1, 1001)])
    assert {len(one) for one in said} == {11 + 12 * batch}
    number = 0
    for one in said:
        kind, sequence, first_us, step_us, flags, sets = struct.unpack_from("<BHIHBB", one)
        assert (kind, sequence, first_us, step_us, flags, sets) == (0x11, number, number * 10_000, 10_000, 64, batch)
        for at in range(sets):
            counts = [int.from_bytes(one[11 + 12 * at + 3 * cell :][:3], "little") for cell in range(4)]
            assert counts == [64 * (number + at) + cell for cell in range(4)]
        number += sets
    assert number == 100


def test_on_a_line_that_is_too_slow_sets_and_replies_take_turns(plate: NativePlate) -> None:
    """63 bytes every 4 ms, and 12 bytes leave a millisecond: neither INFO (46 bytes) nor the sets are crowded out."""
    ring, leaves_per_ms = 63, 12
    plate.play(says(frame(wire.Start(1, mode=1, rate_mhz=1_000_000, batch=4).pack())))
    room, arrived = ring, []
    for ms in range(1, 401):
        asked = [says(frame(wire.Hello(ms // 40).pack()))] if ms % 40 == 0 else []
        sent = plate.play_raw(has_room(room), *asked, passes(ms * 1000))
        room = min(room - len(sent) + leaves_per_ms, ring)
        arrived += [(ms, payload) for payload in Decoder().feed(sent).payloads()]
    asked_ms = {
        info.token: ms - info.token * 40 for ms, one in arrived if isinstance(info := wire.unpack(one), wire.Info)
    }
    assert sorted(asked_ms) == list(range(1, 11))
    assert max(asked_ms.values()) <= 12
    stopped = [wire.unpack(one) for one in plate.play(has_room(65535), says(frame(wire.Stop(99).pack())))][-1]
    assert isinstance(stopped, wire.Stopped)
    sets = sum(one[0] == wire.Kind.DATA_SIMULTANEOUS for _, one in arrived)
    assert sets > 50
    assert stopped.produced == 400
    assert stopped.produced - stopped.dropped - 4 * sets in (0, 4)  # one frame may still wait


@pytest.mark.parametrize(("rate_mhz", "batch"), [(15_999, 1), (2_000_001, 1), (100_000, 0), (100_000, 5)])
def test_a_pattern_that_cannot_be_is_refused(plate: NativePlate, rate_mhz: int, batch: int) -> None:
    answer = ask(plate, wire.Start(1, mode=1, rate_mhz=rate_mhz, batch=batch))
    assert answer == wire.Refused(1, wire.Kind.START, RefusalReason.BAD_VALUE)
