"""Conversions in, sets out: nothing is lost, doubled or moved, and every fault is named in the set."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from native_plate import Conversion, NativePlate, converts, frame, has_room, passes, says, sees

from acquisition.messages import (
    NO_COUNTS,
    SET_SIZE,
    Hello,
    Kind,
    Sets,
    Start,
    Started,
    Stop,
    Stopped,
    unpack,
    unpack_sets,
)
from analysis.recording import SetFlag

PERIOD_US = 12500  # 80 SPS
TICK_US = 4
DISCARDED = 4  # conversions that are not settled after a reset
TIMEOUT_US = 250_000
ALL = 0b1111
START = says(frame(Start(1).pack()))
STOP = says(frame(Stop(2).pack()))


def sets_of(payloads: list[bytes]) -> Sets:
    """The sets among what the plate said."""
    rows = [np.frombuffer(one, np.uint8) for one in payloads if one[0] == Kind.DATA_PER_CHANNEL]
    return unpack_sets(np.array(rows, dtype=np.uint8).reshape(-1, SET_SIZE))


@dataclass(frozen=True, slots=True)
class Stream:
    """What the four converters do: each its own period and first moment [us]; counts say cell and number."""

    periods_us: tuple[int, int, int, int] = (PERIOD_US,) * 4
    first_us: tuple[int, int, int, int] = (100, 200, 300, 400)
    begin_us: int = 0

    def conversions(self, seconds: float, silent: dict[int, tuple[int, int]] | None = None) -> list[Conversion]:
        """In order of time; `silent`: cell -> numbers of the first conversion it leaves out, and of the first after."""
        out = []
        for cell, (period_us, first_us) in enumerate(zip(self.periods_us, self.first_us, strict=True)):
            without = range(*(silent or {}).get(cell, (0, 0)))
            for number in range(int((seconds * 1e6 - first_us) / period_us)):
                at_us = (first_us + number * period_us) // TICK_US * TICK_US
                if number not in without:
                    out.append(Conversion(cell, cell * 100_000 + number, self.begin_us + at_us))
        return sorted(out, key=lambda one: one.at_us)


def settled(native: NativePlate, stream: Stream) -> None:
    """Switch on and let each cell give the conversions that are not used."""
    native.boot(now_us=stream.begin_us)
    for cell in range(4):
        for _ in range(DISCARDED):
            assert native.play(converts(Conversion(cell, 7_000_000, stream.begin_us))) == []


def played(native: NativePlate, conversions: list[Conversion], *last: bytes) -> list[bytes]:
    """START, the conversions each at its own moment, then anything else."""
    events = [event for one in conversions for event in (passes(one.at_us), converts(one))]
    return native.play(START, *events, *last)


def fresh_samples(sets: Sets, cell: int) -> list[tuple[int, int]]:
    """(time, counts) of a cell where it had converted anew."""
    anew = (sets.fresh >> cell) & 1 == 1
    times = (sets.newest_us - sets.age_us[:, cell])[anew]
    return list(zip(times.tolist(), sets.counts[anew, cell].tolist(), strict=True))


oscillators = st.tuples(*[st.integers(10_700, 13_000)] * 4)  # -14 % ... +4 % of the nominal period
phases = st.tuples(*[st.integers(0, 12_000)] * 4)


@settings(max_examples=60)
@given(periods=oscillators, first=phases)
def test_every_conversion_after_the_first_set_is_sent_once_with_its_own_time(
    native: NativePlate, periods: tuple[int, int, int, int], first: tuple[int, int, int, int]
) -> None:
    """Whatever the four oscillators do: per cell, what is sent is what was converted, from the first set on."""
    stream = Stream(periods, first)
    settled(native, stream)
    conversions = stream.conversions(1.0)
    payloads = played(native, conversions)
    assert isinstance(unpack(payloads[0]), Started)
    sets = sets_of(payloads)
    assert sets.sequence.tolist() == list(range(len(sets.sequence)))
    for cell in range(4):
        made = [(one.at_us, one.counts) for one in conversions if one.cell == cell]
        sent = fresh_samples(sets, cell)
        start = made.index(sent[0])
        assert sent == made[start : start + len(sent)]
        assert len(made) - start - len(sent) <= 1  # the set that still waits
        assert start <= 1  # at most one conversion before all four had converted once


@settings(max_examples=30)
@given(periods=oscillators, first=phases)
def test_a_set_never_speaks_of_the_future(
    native: NativePlate, periods: tuple[int, int, int, int], first: tuple[int, int, int, int]
) -> None:
    """`newest` is the newest of the four: ages are 0 at least, and one of them is 0."""
    stream = Stream(periods, first)
    settled(native, stream)
    sets = sets_of(played(native, stream.conversions(0.6)))
    assert (sets.age_us.min(axis=1) == 0).all()
    assert (sets.age_us < 2 * max(periods)).all()


def test_time_may_wrap_in_mid_stream(native: NativePlate) -> None:
    """The clock has 32 bits: 71.6 min. Ages are the same on either side of the wrap, times go on modulo 2^32.

    The wrap falls between the conversions of cells 1 and 2 of the 41st set.
    """
    stream = Stream(begin_us=2**32 - (40 * PERIOD_US + 252))
    settled(native, stream)
    sets = sets_of(played(native, stream.conversions(1.0)))
    assert sets.newest_us[0] > 2**31 > sets.newest_us[-1]
    assert np.ptp(sets.age_us, axis=0).max() == 0
    assert set((np.diff(sets.newest_us) % 2**32).tolist()) == {PERIOD_US}


def test_the_first_four_conversions_after_a_reset_are_never_sent(native: NativePlate) -> None:
    native.boot()
    sets = sets_of(played(native, Stream().conversions(0.2)))
    assert sets.counts[0].tolist() == [cell * 100_000 + DISCARDED for cell in range(4)]


def test_a_set_without_room_is_counted_and_the_next_one_says_so(native: NativePlate) -> None:
    """Ten sets, room for none from the 5th to the 7th: one waits, two are lost: 0-4 and 7-9 arrive."""
    settled(native, Stream())
    conversions = Stream().conversions(0.13)
    assert len(conversions) == 40
    parts = [conversions[:16], conversions[16:28], conversions[28:]]
    payloads = played(native, parts[0], has_room(0))
    for part, room in zip(parts[1:], (65535, 65535), strict=True):
        payloads += native.play(
            *[event for one in part for event in (passes(one.at_us), converts(one))], has_room(room)
        )
    sets = sets_of(payloads)
    assert sets.sequence.tolist() == [0, 1, 2, 3, 4, 7, 8, 9]
    assert sets.flags.tolist() == [0, 0, 0, 0, 0, SetFlag.DROPPED_BEFORE, 0, 0]
    assert unpack(native.play(STOP)[0]) == Stopped(token=2, produced=10, dropped=2, bad_received=0)


def test_a_desync_names_the_cell_resets_it_and_loses_nothing_of_the_others(native: NativePlate) -> None:
    """Cell 2 loses step at its 20th conversion: that one and the next four are not used, the flag stands that long."""
    settled(native, Stream())
    native.resets()
    conversions = [
        Conversion(one.cell, one.counts, one.at_us, in_step=(one.cell, one.counts % 1000) != (2, 20))
        for one in Stream().conversions(0.6)
    ]
    sets = sets_of(played(native, conversions))
    assert native.resets() == [0b0100]
    numbers = [counts % 1000 for _, counts in fresh_samples(sets, 2)]
    assert numbers == [*range(20), *range(25, len(numbers) + 5)]
    for cell in (0, 1, 3):
        assert [counts % 1000 for _, counts in fresh_samples(sets, cell)] == list(range(len(fresh_samples(sets, cell))))
    flagged = sets.flags & SetFlag.DESYNC != 0
    assert flagged.sum() == 5
    assert set(sets.fresh[flagged].tolist()) == {0b0100_1011}
    assert set(sets.fresh[~flagged].tolist()) == {ALL}


def test_a_silent_cell_times_out_by_name_and_the_others_go_on(native: NativePlate) -> None:
    """Cell 1 stops after 10 conversions. After 250 ms its sets are flagged; the other three lose nothing."""
    settled(native, Stream())
    sets = sets_of(played(native, Stream().conversions(1.0, silent={1: (10, 1000)})))
    flagged = sets.flags & SetFlag.TIMEOUT != 0
    last_us = 200 + 9 * PERIOD_US
    assert sets.newest_us[flagged][0] - last_us == pytest.approx(TIMEOUT_US, abs=PERIOD_US)
    assert flagged[np.argmax(flagged) :].all()
    assert set(sets.fresh[flagged].tolist()) == {0b0010_1101}
    for cell in (0, 2, 3):
        numbers = [counts % 1000 for _, counts in fresh_samples(sets, cell)]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) >= 78
    assert (sets.counts[flagged, 1] == 100_009).all()  # the last it said, and its age says so
    assert (np.diff(sets.age_us[:, 1][10:25]) > 0).all()


def test_a_cell_that_comes_back_is_let_settle_first(native: NativePlate) -> None:
    """Silent from conversion 10 to 59; of what it says then, four are not used."""
    settled(native, Stream())
    sets = sets_of(played(native, Stream().conversions(1.2, silent={0: (10, 60)})))
    numbers = [counts for _, counts in fresh_samples(sets, 0)]
    assert numbers == [*range(10), *range(64, len(numbers) + 54)]
    assert sets.flags[-1] == 0


def test_a_short_silence_means_the_converter_began_anew(native: NativePlate) -> None:
    """Five periods missing is no time-out, but no converter pauses so long unless its supply failed."""
    stream = Stream()
    settled(native, stream)
    sets = sets_of(played(native, stream.conversions(1.2, silent={3: (50, 55)})))
    numbers = [counts % 1000 for _, counts in fresh_samples(sets, 3)]
    assert numbers == [*range(50), *range(59, len(numbers) + 9)]


def test_a_conversion_that_was_missed_is_no_silence(native: NativePlate) -> None:
    """The driver says how many conversions it could not read: then the pause is ours, and nothing is thrown away."""
    stream = Stream()
    settled(native, stream)
    conversions = [
        Conversion(one.cell, one.counts, one.at_us, missed=5 if one.counts == 300_055 else 0)
        for one in stream.conversions(1.2, silent={3: (50, 55)})
    ]
    numbers = [counts % 1000 for _, counts in fresh_samples(sets_of(played(native, conversions)), 3)]
    assert numbers == [*range(50), *range(55, len(numbers) + 5)]


def test_with_all_cells_dead_the_plate_still_says_so_four_times_a_second(native: NativePlate) -> None:
    """Never a conversion: values at the lower stop, no cell fresh, all four named, one set each 250 ms."""
    native.boot()
    sets = sets_of(native.play(START, *[passes(ms * 1000) for ms in range(0, 2001)]))
    assert len(sets.sequence) == 2_000_000 // TIMEOUT_US
    assert (sets.counts == NO_COUNTS).all()
    assert set(sets.fresh.tolist()) == {0b1111_0000}
    assert (sets.flags & SetFlag.TIMEOUT != 0).all()


def test_a_cell_that_is_dead_for_an_hour_stays_the_oldest(native: NativePlate) -> None:
    """Beyond half the range of the clock, 35.8 min, its last time must not begin to look new.

    Converters of five a second, so that the hour is short to tell; cell 1 stops after ten conversions.
    """
    stream = Stream(periods_us=(200_000,) * 4)
    settled(native, stream)
    sets = sets_of(played(native, stream.conversions(3600.0, silent={1: (10, 10**6)})))
    dead = sets.newest_us > 10e6
    assert dead.sum() > 17_000
    assert (sets.age_us[dead, 1] == 65_535 * TICK_US).all()
    assert (sets.age_us[dead, 3] == 0).all()


@pytest.mark.parametrize("stop", [2**23 - 1, -(2**23)])
def test_a_count_at_either_stop_is_flagged_with_its_cell(native: NativePlate, stop: int) -> None:
    settled(native, Stream())
    conversions = [
        Conversion(one.cell, stop if one.counts == 200_003 else one.counts, one.at_us)
        for one in Stream().conversions(0.1)
    ]
    sets = sets_of(played(native, conversions))
    assert sets.flags.tolist() == [0, 0, 0, SetFlag.SATURATED, 0, 0, 0]
    assert sets.fresh[3] == 0b0100_1111
    assert sets.counts[3, 2] == stop


def test_sync_and_button_travel_with_the_set(native: NativePlate) -> None:
    settled(native, Stream())
    first, second, third = (Stream().conversions(0.05)[at : at + 4] for at in (0, 4, 8))
    payloads = played(native, first, sees(8))
    payloads += native.play(*map(converts, second), sees(24))
    payloads += native.play(*map(converts, third), sees(0))
    assert sets_of(payloads).flags.tolist() == [0, SetFlag.SYNC_IN, SetFlag.SYNC_IN | SetFlag.BUTTON]


def test_a_repeated_start_goes_on_and_a_new_one_begins_anew(native: NativePlate) -> None:
    """A host repeats START with its token when the answer was lost: sets already on their way keep their numbers."""
    settled(native, Stream())
    conversions = Stream().conversions(0.2)
    played(native, conversions[:20])
    again = native.play(START, *map(converts, conversions[20:24]))
    assert isinstance(unpack(again[0]), Started)
    assert sets_of(again).sequence.tolist() == [5]
    native.ask(Hello(3).pack())  # a host that begins anew may choose the same token again
    assert sets_of(native.play(START, *map(converts, conversions[20:24]))).sequence.tolist() == [0]
    anew = native.play(says(frame(Start(9).pack())), *map(converts, conversions[24:28]))
    assert sets_of(anew).sequence.tolist() == [0]


@settings(max_examples=40)
@given(script=st.binary(max_size=400))
def test_nothing_that_can_happen_makes_it_stumble(native: NativePlate, script: bytes) -> None:
    """Any order of times, conversions, requests, full rings: the sanitizers stay silent, every frame is a right one."""
    native.boot()
    sent = native.play(START, script)
    assert all(unpack(one) is not None or one[0] == Kind.DATA_PER_CHANNEL for one in sent)
