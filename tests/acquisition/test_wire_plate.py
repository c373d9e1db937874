"""A plate behind a link: who is there, what was lost, what a restart means. Real bytes from the simulated board."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from benches import Cable, Frames, blocks_of, board, recorded

from acquisition import plate as plate_module
from acquisition.errors import LinkLost, PlateNotFound, PlateRebooted, PlateRefused, WireVersionUnknown
from acquisition.framing import decode, encode
from acquisition.messages import Boot, Kind, RefusalReason, Refused, pack_batch, unpack_sets
from acquisition.plate import LossCounters, WirePlate
from analysis.recording import RawRecording
from hardware.simulator.device import SimulatedLink


def kind_of(frame: bytes) -> int:
    payload = decode(frame[:-1])
    return payload[0] if payload else -1


def is_set(frame: bytes) -> bool:
    return kind_of(frame) == Kind.DATA_PER_CHANNEL


class EverySet:
    """Calls `change(number, frame)` for each set in passing; what it returns goes on."""

    def __init__(self, change: Callable[[int, bytes], Frames]) -> None:
        self._change, self._number = change, -1

    def __call__(self, frames: Frames) -> Frames:
        """Change the sets of one read."""
        passed: Frames = []
        for frame in frames:
            if is_set(frame):
                self._number += 1
                passed += self._change(self._number, frame)
            else:
                passed.append(frame)
        return passed


def recording_through(change: Callable[[Frames], Frames], seconds: float = 3.0) -> tuple[WirePlate, RawRecording]:
    plate = WirePlate(Cable(board(), change))
    plate.start()
    return plate, recorded(plate, blocks_of(plate, seconds))


@pytest.fixture(scope="module")
def clean() -> RawRecording:
    return recording_through(lambda frames: frames, 4.0)[1]


def test_a_board_that_boots_slowly_is_waited_for() -> None:
    """An Uno's boot loader is silent for 1.6 s after the port was opened."""
    plate = WirePlate(board(silent_s=1.6, speed=4.0))
    assert plate.identity.model == "reference-a"
    assert plate.pings == 8


def test_rubbish_before_the_first_answer_is_no_fault() -> None:
    rubbish = b"\xff\xfe boot loader 1.6\r\n" * 40

    def first(frames: Frames) -> Frames:
        cable.change = lambda later: later
        return [rubbish, *frames]

    cable = Cable(board(), first)
    assert WirePlate(cable).identity.wire_version == 1


def test_a_device_that_is_no_plate_is_named_with_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Firmware of another maker prints numbers: they are counted, and the search ends in time."""
    monkeypatch.setattr(plate_module, "HELLO_LIMIT_S", 0.6)
    cable = Cable(board(), lambda frames: [b"812.4,813.0,790.2,805.5\r\n"])
    with pytest.raises(PlateNotFound, match=r"no force plate on cable: [1-9]\d+ bytes came"):
        WirePlate(cable)
    assert cable.closed


def test_silence_is_no_plate_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plate_module, "HELLO_LIMIT_S", 0.4)
    cable = Cable(board())
    cable.silent = True
    with pytest.raises(PlateNotFound, match=r": 0 bytes came"):
        WirePlate(cable)


def test_another_wire_version_is_named_whatever_its_info_holds() -> None:
    def other(frames: Frames) -> Frames:
        return [
            encode(bytes([Kind.INFO, payload[1], 2, 7]) + b"all new")
            if (payload := decode(frame[:-1])) and payload[0] == Kind.INFO
            else frame
            for frame in frames
        ]

    cable = Cable(board(), other)
    with pytest.raises(WireVersionUnknown, match="wire version 2, this program 1"):
        WirePlate(cable)
    assert cable.closed


START_TOKEN = 10  # HELLO, eight PINGs, START


def test_a_refused_start_says_so_at_once() -> None:
    def refuse(frames: Frames) -> Frames:
        refused = encode(Refused(START_TOKEN, Kind.START, RefusalReason.CANNOT).pack())
        return [refused if kind_of(frame) == Kind.STARTED else frame for frame in frames]

    plate = WirePlate(Cable(board(), refuse))
    with pytest.raises(PlateRefused, match="0x03"):
        plate.start()


def test_a_refusal_of_something_else_is_not_taken_for_the_answer() -> None:
    """Another request's, or a late one of a START long ago."""
    strays = [Refused(START_TOKEN, 0x2A, RefusalReason.UNKNOWN), Refused(200, Kind.START, RefusalReason.CANNOT)]
    stray = [encode(refused.pack()) for refused in strays]
    plate = WirePlate(Cable(board(), lambda frames: [*stray, *frames] if frames else frames))
    plate.start()
    assert blocks_of(plate, 0.5)


def test_a_lost_answer_to_start_begins_nothing_twice() -> None:
    """Asked again with the same token, the board answers again and its sets go on: none is repeated."""
    dropped: list[bytes] = []

    def drop_first(frames: Frames) -> Frames:
        for frame in frames:
            if kind_of(frame) == Kind.STARTED and not dropped:
                dropped.append(frame)
        return [frame for frame in frames if frame not in dropped]

    plate = WirePlate(Cable(board(), drop_first))
    plate.start()
    index = np.concatenate([block.indices for block in blocks_of(plate, 1.0)])
    assert dropped
    assert (np.diff(index) == 1).all()
    assert plate.losses.repeated_sets == 0


def test_lost_sets_are_counted_and_marked_where_they_are_missing(clean: RawRecording) -> None:
    """Sets 50 to 59 and 100 do not arrive: 11 are lost, in two gaps, and the others are what they were."""
    missing = {*range(50, 60), 100}
    plate, raw = recording_through(EverySet(lambda number, frame: [] if number in missing else [frame]))
    assert plate.losses.lost_sets == 11
    assert [gap.missing for gap in raw.gaps] == [10, 1]
    kept = [number for number in range(len(raw.counts) + 11) if number not in missing]
    assert np.array_equal(raw.counts, clean.counts[kept])
    assert np.array_equal(raw.time_s, clean.time_s[kept])
    assert raw.gaps[0].start_s == pytest.approx(clean.time_s[49].max())
    assert raw.gaps[0].end_s == pytest.approx(clean.time_s[60].min())
    assert raw.rate_hz == pytest.approx(clean.rate_hz, rel=1e-3)


def test_repeated_sets_are_dropped_and_counted(clean: RawRecording) -> None:
    plate, raw = recording_through(EverySet(lambda number, frame: [frame] * (3 if number % 20 == 5 else 1)))
    assert np.array_equal(raw.counts, clean.counts[: len(raw.counts)])
    assert raw.gaps == ()
    repeats = len([number for number in range(len(raw.counts)) if number % 20 == 5])
    assert plate.losses.repeated_sets == pytest.approx(2 * repeats, abs=2)  # the last one may still be on its way
    assert plate.losses.lost_sets == 0


def test_a_late_set_is_not_put_behind_its_successors(clean: RawRecording) -> None:
    """Set 30 arrives after set 33: time must not run backwards, so it is lost, and said to be."""
    held: list[bytes] = []

    def late(number: int, frame: bytes) -> Frames:
        if number == 30:
            held.append(frame)
            return []
        return [frame, held.pop()] if number == 33 else [frame]

    plate, raw = recording_through(EverySet(late))
    assert [gap.missing for gap in raw.gaps] == [1]
    assert np.array_equal(raw.counts[30:], clean.counts[31 : len(raw.counts) + 1])
    assert (plate.losses.lost_sets, plate.losses.repeated_sets) == (1, 1)


def test_damaged_sets_are_counted_as_bad_and_as_lost() -> None:
    def damage(number: int, frame: bytes) -> Frames:
        return [frame[:10] + bytes([frame[10] ^ 0x11 or 1]) + frame[11:]] if number in (40, 41, 90) else [frame]

    plate, raw = recording_through(EverySet(damage))
    assert plate.losses.bad_frames == 3
    assert plate.losses.lost_sets == sum(gap.missing for gap in raw.gaps) == 3


def test_messages_of_a_later_version_are_skipped_and_counted(clean: RawRecording) -> None:
    tilt = encode(bytes([0x20, 1, 2, 3]))
    plate, raw = recording_through(EverySet(lambda number, frame: [tilt, frame] if number < 7 else [frame]))
    assert plate.losses.unknown_messages == 7
    assert np.array_equal(raw.counts, clean.counts[: len(raw.counts)])


def test_device_time_goes_on_across_its_wrap(clean: RawRecording) -> None:
    """The clock wraps two seconds into the stream; the recording is the one of a clock that does not."""
    plate = WirePlate(board(clock_us=2**32 - 2_000_000))
    plate.start()
    raw = recorded(plate, blocks_of(plate, 4.0))
    n = min(len(raw.counts), len(clean.counts))
    assert np.allclose(raw.time_s[:n], clean.time_s[:n], atol=4.1e-6)  # one tick of the clock
    assert np.array_equal(raw.counts[:n], clean.counts[:n])


def test_the_sequence_goes_on_across_its_wrap() -> None:
    """16 bits of sets at 80 a second are 14 minutes: the stream here is numbered as if it had run for most of them."""

    def later(number: int, frame: bytes) -> Frames:
        payload = decode(frame[:-1])
        assert payload is not None
        sequence = (int.from_bytes(payload[1:3], "little") + 65_450) % 2**16
        return [encode(payload[:1] + sequence.to_bytes(2, "little") + payload[3:])]

    plate, raw = recording_through(EverySet(later))
    assert len(raw.counts) > 200
    assert raw.gaps == ()
    assert plate.losses.repeated_sets == 0


def test_a_restart_during_a_stream_is_raised_after_what_came_before_it() -> None:
    link = board()
    plate = WirePlate(link)
    plate.start()
    blocks_of(plate, 1.0)
    link.firmware.advance(500)
    before = link.firmware.take()  # half a second of sets, then the brown-out, in one read
    link.firmware.reset(cause=4)
    boot = link.firmware.take()
    assert encode(Boot(1, 1, 0, 0, 4, 2).pack()) in boot
    link.firmware._out += before + boot
    block = plate.read(0.1)
    assert block is not None
    assert len(block) == pytest.approx(40, abs=2)
    with pytest.raises(PlateRebooted, match="0x04"):
        plate.read(0.1)


def test_boot_without_a_stream_means_nothing() -> None:
    link = board()
    plate = WirePlate(link)
    assert plate.boot_count == 1
    link.firmware.reset(cause=2)
    assert plate.read(0.05) is None
    plate.start()
    assert blocks_of(plate, 0.5)
    assert plate.boot_count == 2


def test_another_host_of_the_same_boot_is_told_the_same_count_and_after_a_reset_the_next() -> None:
    """Serial and boot count together say whether a plate is the one before, with its clock still running."""
    link = board()
    first = WirePlate(link)
    second = WirePlate(link)
    link.firmware.reset(cause=2)
    third = WirePlate(link)
    assert {plate.identity.serial for plate in (first, second, third)} == {"SIM-0000000000000001"}
    assert (second.boot_count, third.boot_count) == (first.boot_count, first.boot_count + 1)


def test_a_cut_cable_is_link_lost_and_closing_it_is_still_quiet() -> None:
    cable = Cable(board())
    plate = WirePlate(cable)
    plate.start()
    cable.cut = True
    with pytest.raises(LinkLost):
        plate.read(0.1)
    plate.close()
    assert cable.closed


def test_a_board_that_no_longer_answers_is_link_lost() -> None:
    cable = Cable(board())
    plate = WirePlate(cable)
    cable.silent = True
    with pytest.raises(LinkLost, match="no reply to Start"):
        plate.start()


def test_the_clock_is_asked_once_a_second_while_sets_come_and_none_is_lost() -> None:
    """Three seconds of a board in the world's time: eight PINGs at the beginning, then one at 0, 1 and 2 s."""
    plate = WirePlate(board(speed=1.0))
    plate.start()
    index = np.concatenate([block.indices for block in blocks_of(plate, 2.6)])
    assert (np.diff(index) == 1).all()
    assert plate.pings in (10, 11)  # the answer to the last may be on its way
    assert plate.losses == LossCounters()
    clock = plate.clock
    assert clock is None or clock.scale == pytest.approx(1.0, abs=0.01)


def test_a_board_whose_time_is_its_own_has_no_clock_to_compare() -> None:
    plate = WirePlate(board(speed=0.0))
    plate.start()
    blocks_of(plate, 30.0)
    assert plate.clock is None
    assert plate.pings == 8


def test_a_plate_that_samples_all_cells_at_once_is_read_the_same_way(clean: RawRecording) -> None:
    """The same sets, each in a frame of simultaneous sampling: same counts, one time for the four cells of a set."""

    def at_once(_: int, frame: bytes) -> Frames:
        payload = decode(frame[:-1])
        assert payload is not None
        sets = unpack_sets(np.frombuffer(payload, dtype=np.uint8)[None])
        return [encode(pack_batch(replace(sets, age_us=sets.age_us * 0), step_us=12_500))]

    plate, recording = recording_through(EverySet(at_once))
    n = len(recording.counts)
    assert n > 200
    assert np.array_equal(recording.counts, clean.counts[:n])
    assert (np.ptp(recording.time_s, axis=1) == 0).all()
    assert recording.gaps == ()
    assert plate.losses.lost_sets == 0
    assert plate.losses.unknown_messages == 0


class Drops:
    """A link that gives a few bytes at a time, as a slow serial line does: most reads end in the middle of a set."""

    def __init__(self, link: SimulatedLink, size: int) -> None:
        self.name = "slow line"
        self._link, self._size, self._rest = link, size, b""
        self.write, self.close = link.write, link.close

    def read(self, timeout_s: float) -> bytes:
        """At most so many bytes."""
        if not self._rest:
            self._rest = self._link.read(timeout_s)
        given, self._rest = self._rest[: self._size], self._rest[self._size :]
        return given


def test_half_a_set_is_not_taken_for_silence() -> None:
    """A set has 33 bytes on the wire: with 5 at a time, seven reads make one, and none of them says "nothing came"."""
    plate = WirePlate(Drops(board(), 5))
    plate.start()
    blocks = [plate.read(0.5) for _ in range(50)]
    assert all(block is not None and len(block) == 1 for block in blocks)
