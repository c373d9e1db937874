"""The one reader: what it shows, what it records, and how it comes back. Time here is the plate's, sped up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from time import monotonic

import numpy as np
import pytest
from benches import Cable, board, simulate

from acquisition import hub as hub_module
from acquisition.errors import LinkLost, PlateNotFound
from acquisition.framing import encode
from acquisition.hub import Hub, HubSnapshot, HubState
from acquisition.messages import Boot
from acquisition.plate import Cue, LossCounters, Plate, WirePlate, open_plate
from analysis.recording import SampleBlock
from hardware.simulator.device import open_simulated

PATIENCE_S = 20.0


class Desk:
    """A hub on a cable that a test can pull; every new connection is a new cable to a new board."""

    def __init__(self, speed: float = 8.0) -> None:
        self.cables: list[Cable] = []
        self._speed = speed
        self.hub = Hub(self._open)

    def _open(self) -> Plate:
        self.cables.append(Cable(board(speed=self._speed)))
        return WirePlate(self.cables[-1])


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    desk.hub.start()
    until(desk.hub, streaming)
    yield desk
    desk.hub.close()


def until(hub: Hub, wanted: Callable[[HubSnapshot], bool]) -> HubSnapshot:
    """Wait, woken by the hub, until its state is the wanted one."""
    deadline_s = monotonic() + PATIENCE_S
    while not wanted(now := hub.snapshot()):
        assert monotonic() < deadline_s, now
        hub.blocks_after(-1, 0.02)
    return now


def streaming(now: HubSnapshot) -> bool:
    return now.state is HubState.STREAMING and now.sets > 0


def take(hub: Hub, cursor: int, sets: int) -> tuple[list[SampleBlock], int]:
    """Blocks after a cursor until they hold so many sets."""
    blocks: list[SampleBlock] = []
    deadline_s = monotonic() + PATIENCE_S
    while sum(map(len, blocks)) < sets:
        assert monotonic() < deadline_s
        new, cursor = hub.blocks_after(cursor, 0.1)
        blocks += new
    return blocks, cursor


def test_before_there_is_a_plate_it_connects() -> None:
    now = Hub(lambda: open_plate("sim:")).snapshot()
    assert (now.state, now.identity, now.sets, now.rate_hz) == (HubState.CONNECTING, None, 0, 0.0)


def test_a_snapshot_says_who_streams_and_how_fast(desk: Desk) -> None:
    take(desk.hub, -1, 200)
    now = desk.hub.snapshot()
    assert now.identity is not None
    assert now.identity.serial.startswith("SIM-")
    assert now.rate_hz == pytest.approx(80.0, rel=0.01)
    assert now.newest_s > 2.0
    assert (now.losses, now.error, now.recording, now.stream) == (LossCounters(), None, False, 1)


def test_a_reader_gets_every_block_once_and_in_order(desk: Desk) -> None:
    first, cursor = take(desk.hub, -1, 50)
    second, _ = take(desk.hub, cursor, 50)
    index = np.concatenate([block.indices for block in first + second])
    assert (np.diff(index) == 1).all()


def test_a_reader_that_fell_behind_gets_the_newest_and_its_cursor_is_now(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, cursor = desk.hub.blocks_after(-1)
    monkeypatch.setattr(desk.hub, "_blocks", type(desk.hub._blocks)(desk.hub._blocks, maxlen=5))
    take(desk.hub, cursor, 100)
    late, now = desk.hub.blocks_after(cursor)
    assert len(late) == 5
    assert now - cursor > 5
    assert late[-1].indices[-1] >= 100


def test_nothing_new_is_an_empty_answer_after_the_wait(desk: Desk) -> None:
    desk.hub.close()
    _, cursor = desk.hub.blocks_after(-1)
    assert desk.hub.blocks_after(cursor, 0.05) == ((), cursor)


def test_a_recording_holds_every_set_however_slow_the_reader(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub keeps three blocks for readers; the recording keeps them all."""
    monkeypatch.setattr(desk.hub, "_blocks", type(desk.hub._blocks)(maxlen=3))
    start = desk.hub.snapshot().sets
    desk.hub.begin_recording()
    assert desk.hub.snapshot().recording
    until(desk.hub, lambda now: now.sets > start + 400)
    raw = desk.hub.end_recording()
    assert len(raw.counts) >= 400
    assert (raw.gaps, raw.interrupted) == ((), None)
    assert not desk.hub.snapshot().recording


def test_the_cursor_of_a_recording_gives_its_first_block_first(desk: Desk) -> None:
    cursor = desk.hub.begin_recording()
    blocks, _ = take(desk.hub, cursor, 100)
    raw = desk.hub.end_recording()
    seen = np.concatenate([block.counts for block in blocks])
    n = min(len(seen), len(raw.counts))
    assert n >= 100
    assert np.array_equal(raw.counts[:n], seen[:n])


def test_a_recording_needs_a_plate_and_an_end_needs_a_beginning(desk: Desk) -> None:
    with pytest.raises(LinkLost, match="no plate is streaming"):
        Hub(lambda: open_plate("sim:")).begin_recording()
    with pytest.raises(LinkLost, match="no recording was begun"):
        desk.hub.end_recording()


def test_a_pulled_cable_interrupts_the_recording_and_keeps_what_came(desk: Desk) -> None:
    cursor = desk.hub.begin_recording()
    take(desk.hub, cursor, 80)
    desk.cables[-1].cut = True
    lost = until(desk.hub, lambda now: now.stream == 2 or now.state is HubState.LOST)
    assert lost.stream == 2 or (lost.error == "LINK_LOST" and "pulled out" in (lost.error_text or ""))
    back = until(desk.hub, lambda now: now.stream == 2 and streaming(now))
    assert back.error is None
    assert back.recording  # until it is ended
    take(desk.hub, -1, 40)
    raw = desk.hub.end_recording()
    assert raw.interrupted == "LINK_LOST"
    assert len(raw.counts) >= 80
    assert (np.diff(raw.time_s, axis=0) >= 0).all()  # nothing of the second stream is in it


def test_a_restart_interrupts_the_recording_by_its_name(desk: Desk) -> None:
    cursor = desk.hub.begin_recording()
    take(desk.hub, cursor, 40)
    brown_out = encode(Boot(1, 1, 0, 0, reset_cause=4, boot_count=2).pack())
    desk.cables[-1].change = lambda frames: [*frames, brown_out]
    until(desk.hub, lambda now: now.stream == 2 and streaming(now))
    raw = desk.hub.end_recording()
    assert raw.interrupted == "PLATE_REBOOTED"
    assert len(raw.counts) >= 40


def test_a_new_recording_after_a_lost_one_is_whole(desk: Desk) -> None:
    desk.hub.begin_recording()
    desk.cables[-1].cut = True
    until(desk.hub, lambda now: now.stream == 2 and streaming(now))
    assert desk.hub.end_recording().interrupted == "LINK_LOST"
    cursor = desk.hub.begin_recording()
    take(desk.hub, cursor, 40)
    assert desk.hub.end_recording().interrupted is None


def test_a_board_that_hangs_is_a_lost_link(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "SILENCE_S", 0.3)
    desk.cables[-1].silent = True
    until(desk.hub, lambda now: now.stream == 2 and streaming(now))


def test_losses_of_a_lost_plate_stay_readable(desk: Desk) -> None:
    desk.cables[-1].change = lambda frames: frames[1:]
    until(desk.hub, lambda now: now.losses.lost_sets > 5)
    desk.hub.close()
    assert desk.hub.snapshot().losses.lost_sets > 5


def test_a_plate_that_comes_later_is_found() -> None:
    """Not there for three tries: the state says what is wrong, then the stream begins."""
    tries: list[HubState] = []

    def opener() -> Plate:
        tries.append(hub.snapshot().state)
        if len(tries) <= 3:
            raise PlateNotFound("no such port")
        return open_simulated("sim:?speed=8")

    hub = Hub(opener)
    hub.start()
    until(hub, streaming)
    hub.close()
    assert tries == [HubState.CONNECTING] * 4


def test_a_fault_of_the_program_is_logged_and_the_reader_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    faults = [ZeroDivisionError("a mistake")]

    def opener() -> Plate:
        if faults:
            raise faults.pop()
        return open_simulated("sim:?speed=8")

    hub = Hub(opener)
    with caplog.at_level(logging.ERROR):
        hub.start()
        until(hub, streaming)
        hub.close()
    assert "a mistake" in caplog.text


def test_closing_lets_go_of_the_plate_and_can_be_repeated(desk: Desk) -> None:
    desk.hub.close()
    desk.hub.close()
    assert desk.cables[-1].closed
    assert desk.hub.snapshot().state is HubState.CLOSED


def test_a_cue_reaches_the_simulated_person_and_nobody_else(desk: Desk) -> None:
    desk.hub.cue(Cue("both_feet"))  # the desk's plate has nobody who hears it
    hub = Hub(lambda: open_simulated("sim:?speed=16"))
    hub.start()
    until(hub, streaming)
    before, cursor = take(hub, -1, 40)
    hub.cue(Cue("both_feet"))
    after, _ = take(hub, cursor, 400)
    hub.close()
    rise = after[-1].counts[-1].sum() - before[0].counts[0].sum()
    assert rise * 4.5666e-4 == pytest.approx(70 * 9.81, rel=0.03)


@pytest.mark.process
def test_a_plate_that_is_unplugged_and_plugged_in_again_streams_within_two_seconds() -> None:
    """The other end of the cable dies with its process, and a new one answers at the same address."""
    with simulate("--speed", "4") as url:
        hub = Hub(lambda: open_plate(url))
        hub.start()
        until(hub, streaming)
    lost = until(hub, lambda now: now.state is HubState.LOST)
    assert lost.error in ("LINK_LOST", "PLATE_NOT_FOUND")
    with simulate("--speed", "4", port=int(url.rpartition(":")[2])):
        plugged_s = monotonic()
        until(hub, lambda now: now.stream == 2 and streaming(now))
        assert monotonic() - plugged_s < 2.0
        hub.close()
