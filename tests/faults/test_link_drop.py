"""The link drops, or the plate restarts, while a recording runs. Real links to one simulated board that lives on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from benches import Cable, board
from spools import header

from acquisition.framing import encode
from acquisition.hub import Hub, HubSnapshot, HubState
from acquisition.messages import Start
from acquisition.plate import Plate, WirePlate
from acquisition.replay import recording_of
from acquisition.spool import Spool, Tap, begin_spool
from acquisition.spool_file import recover

PATIENCE_S = 20.0
SPEED = 4.0


class Bench:
    """One board, and a cable to it that can be pulled out and plugged in again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.board = folder, board(speed=SPEED)
        self.plugged = True
        self.cables: list[Cable] = []
        self.tap = Tap()
        self.hub = Hub(self._open, self.tap)
        self.hub.start()
        self.until(lambda now: now.sets > 20)

    def _open(self) -> Plate:
        cable = Cable(self.board)
        cable.cut = not self.plugged
        self.board.read(0.0)  # what it sent while nobody listened is gone
        self.cables.append(cable)
        return WirePlate(self.tap.wrap(cable))

    def record(self) -> Spool:
        """Begin a recording with its spool."""
        identity = self.hub.snapshot().identity
        assert identity is not None
        spool = begin_spool(self.folder, header(identity))
        self.hub.begin_recording(spool)
        return spool

    def pull(self) -> None:
        """Pull the cable out; the board measures on."""
        self.plugged, self.cables[-1].cut = False, True

    def until(self, wanted: Callable[[HubSnapshot], bool]) -> HubSnapshot:
        """Wait, woken by the hub, until its state is the wanted one."""
        deadline_s = monotonic() + PATIENCE_S
        while not wanted(now := self.hub.snapshot()):
            assert monotonic() < deadline_s, now
            self.hub.blocks_after(-1, 0.02)
        return now

    def sets_more(self, sets: int) -> None:
        """Wait for so many more sets."""
        begin = self.hub.snapshot().sets
        self.until(lambda now: now.sets >= begin + sets)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.hub.close()


@pytest.mark.fault(row=7)
def test_a_cable_that_is_plugged_in_again_goes_on_in_the_same_recording(bench: Bench) -> None:
    """Row 7: pulled out, same plate back within 3 s -> seen within 300 ms, one recording with a gap of true length."""
    spool = bench.record()
    bench.sets_more(40)
    pulled_s = monotonic()
    bench.pull()
    lost = bench.until(lambda now: now.state is HubState.LOST)
    assert monotonic() - pulled_s < 0.3
    assert (lost.waiting, lost.interrupted, lost.recording) == (True, None, True)
    while monotonic() - pulled_s < 0.5:
        bench.hub.blocks_after(-1, 0.05)
    bench.plugged = True
    back = bench.until(lambda now: now.state is HubState.STREAMING)
    assert (back.stream, back.interrupted) == (1, None)
    bench.sets_more(40)
    live = bench.hub.end_recording()
    assert live.interrupted is None
    (gap,) = live.gaps
    assert gap.end_s - gap.start_s == pytest.approx(
        (gap.missing + 1) / 80, abs=0.02
    )  # 80 sets a second; cells are not in step
    assert gap.missing >= 0.4 * SPEED * 80  # away for half a second of this computer's time
    assert live.rate_hz == pytest.approx(80, rel=0.01)
    found = recover(spool.path)
    assert found.complete
    again = recording_of(found)
    assert again.interrupted is None
    assert len(again.gaps) == 1
    assert again.gaps[0].missing >= 0.4 * SPEED * 80
    assert np.array_equal(again.counts[: len(live.counts) // 4], live.counts[: len(live.counts) // 4])
    assert np.array_equal(again.counts[-20:], live.counts[-20:])
    assert np.array_equal(again.time_s[-20:], live.time_s[-20:])
    assert len(again.counts) + again.gaps[0].missing == len(live.counts) + gap.missing


@pytest.mark.fault(row=7)
def test_another_start_of_the_plate_is_another_stream(bench: Bench) -> None:
    """Row 7: pulled out, and the plate started anew meanwhile -> the recording ends as interrupted, nothing mixed.

    Another program has started its stream again: that it streams does not make it the same stream.
    """
    spool = bench.record()
    bench.sets_more(40)
    bench.pull()
    bench.until(lambda now: now.state is HubState.LOST)
    bench.board.firmware.reset(0x01)
    bench.board.write(encode(Start(77).pack()))
    bench.plugged = True
    back = bench.until(lambda now: now.stream == 2)
    assert back.interrupted == "LINK_LOST"
    bench.sets_more(20)
    live = bench.hub.end_recording()
    assert live.interrupted == "LINK_LOST"
    again = recording_of(recover(spool.path))
    assert again.interrupted == "LINK_LOST"
    assert np.array_equal(again.counts, live.counts)
    assert (np.diff(live.time_s, axis=0) >= 0).all()


@pytest.mark.fault(row=7)
def test_a_cable_that_stays_away_too_long_ends_the_recording(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 7: pulled out for longer than 3 s -> interrupted; what came is kept, the stream that follows is another."""
    monkeypatch.setattr(bench.hub, "resumes_within_s", 0.2)
    spool = bench.record()
    bench.sets_more(40)
    bench.pull()
    gone = bench.until(lambda now: now.state is HubState.LOST and not now.waiting)
    assert gone.interrupted == "LINK_LOST"
    bench.plugged = True
    bench.until(lambda now: now.stream == 2)
    live = bench.hub.end_recording()
    assert (live.interrupted, live.gaps) == ("LINK_LOST", ())
    assert len(live.counts) >= 40
    found = recover(spool.path)
    assert found.end is not None
    assert found.end.interrupted == "LINK_LOST"
    assert [event["code"] for event in found.events("lost")] == ["LINK_LOST"]
    assert np.array_equal(recording_of(found).counts, live.counts)


@pytest.mark.fault(row=9)
def test_a_restart_while_recording_ends_it_with_its_name(bench: Bench) -> None:
    """Row 9: brown-out reset in mid-stream -> interrupted as PLATE_REBOOTED, nothing after it belongs to the trial."""
    spool = bench.record()
    bench.sets_more(40)
    bench.board.firmware.reset(0x04)
    again = bench.until(lambda now: now.stream == 2)
    assert again.interrupted == "PLATE_REBOOTED"
    live = bench.hub.end_recording()
    assert live.interrupted == "PLATE_REBOOTED"
    kept = recording_of(recover(spool.path))
    assert kept.interrupted == "PLATE_REBOOTED"
    assert np.array_equal(kept.counts, live.counts)
    assert len(kept.counts) >= 40
