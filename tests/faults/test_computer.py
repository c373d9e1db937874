"""The computer's clock is set, the computer sleeps, the computer is too busy to read."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Event
from time import monotonic

import numpy as np
import pytest
from spools import begun, header, kept, run, tapped

from acquisition.clock_watch import ClockChange, ClockReading, ClockWatch, read_clocks
from acquisition.plate import Plate, Wrap
from acquisition.replay import recording_of
from acquisition.spool import Spool
from acquisition.spool_file import recover
from hardware.simulator.device import SimulatedLink, SimulatedPlate, Simulation

START = ClockReading(wall_s=1_000_000.0, monotonic_s=50.0, boot_s=70.0)


def later(before: ClockReading, awake_s: float, slept_s: float = 0.0, set_by_s: float = 0.0) -> ClockReading:
    """The clocks after a time awake, a sleep, and a change of the wall clock by hand."""
    boot_s = None if before.boot_s is None else before.boot_s + awake_s + slept_s
    runs_on_s = 0.0 if before.boot_s is not None else slept_s  # without a clock of its own, `monotonic` counts sleep
    return ClockReading(before.wall_s + awake_s + slept_s + set_by_s, before.monotonic_s + awake_s + runs_on_s, boot_s)


class Clocks:
    """Clocks that a test moves; `read` is set when they were read since."""

    def __init__(self) -> None:
        self.now, self.read = START, Event()

    def __call__(self) -> ClockReading:
        """The clocks now."""
        self.read.set()
        return self.now

    def move(self, slept_s: float = 0.0, set_by_s: float = 0.0) -> None:
        """Move on by a sync's time, and wait for two looks: the second follows all that the first brought about."""
        self.now = later(self.now, 0.25, slept_s, set_by_s)
        for _ in range(2):
            self.read.clear()
            assert self.read.wait(20)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.mark.fault(row=12)
@pytest.mark.parametrize("by_s", [3600.0, -3600.0, 2.0])
def test_a_wall_clock_that_is_set_is_noted_and_changes_no_sample(tmp_path: Path, clocks: Clocks, by_s: float) -> None:
    """Row 12: the wall clock jumps while recording -> an event; times are the plate's, the trial goes on."""
    hub, _ = tapped()
    identity = hub.snapshot().identity
    assert identity is not None
    spool = Spool(tmp_path / "t.fpr", header(identity), clocks=clocks)
    hub.begin_recording(spool)
    run(hub, 0.5)
    clocks.move(set_by_s=by_s)
    run(hub, 0.5)
    live = hub.end_recording()
    hub.close()
    found = recover(spool.path)
    assert [event["by_s"] for event in found.events("wall_clock_set")] == [by_s]
    assert (live.interrupted, live.gaps) == (None, ())
    assert np.diff(live.time_s[:, 0]).max() < 0.02  # 80 sets a second


@pytest.mark.fault(row=13)
def test_a_computer_that_slept_ends_the_recording(tmp_path: Path, clocks: Clocks) -> None:
    """Row 13: suspend and resume while recording -> interrupted as SUSPENDED, what came before is kept."""
    hub, _ = tapped()
    identity = hub.snapshot().identity
    assert identity is not None
    spool = Spool(tmp_path / "t.fpr", header(identity), clocks=clocks)
    hub.begin_recording(spool)
    run(hub, 0.5)
    clocks.move(slept_s=120.0)
    assert hub.snapshot().interrupted == "SUSPENDED"
    run(hub, 0.5)
    live = hub.end_recording()
    hub.close()
    assert live.interrupted == "SUSPENDED"
    assert live.time_s.max() == pytest.approx(0.5, abs=0.05)
    found = recover(spool.path)
    assert [event["seconds"] for event in found.events("suspended")] == [120.0]
    assert found.events("wall_clock_set") == ()
    assert np.array_equal(recording_of(found).counts, live.counts)


HOLDER = """#!/bin/sh
echo began "$@" >> "$NOTES"
cat
echo ended >> "$NOTES"
"""


@pytest.mark.process
@pytest.mark.fault(row=13)
@pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="Windows is asked by a call of its own")
def test_the_system_is_asked_not_to_sleep_while_a_recording_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 13: a recording begins, and ends -> the system's own tool holds it awake for just so long.

    A tool of the same name writes down that it was called, and when its input ended.
    """
    folder, notes = tmp_path / "bin", tmp_path / "notes"
    folder.mkdir()
    for name in ("systemd-inhibit", "caffeinate"):
        (folder / name).write_text(HOLDER, encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("NOTES", str(notes))
    hub, _ = tapped()
    begun(hub, tmp_path / "spool")
    until_s = monotonic() + 20
    while not (notes.exists() and notes.stat().st_size) and monotonic() < until_s:
        run(hub, 0.2)
    assert notes.read_text(encoding="utf-8").startswith("began")
    assert "ended" not in notes.read_text(encoding="utf-8")
    hub.end_recording()
    hub.close()
    assert notes.read_text(encoding="utf-8").splitlines()[-1] == "ended"


@pytest.mark.parametrize("boot_s", [70.0, None])
def test_sleep_and_a_set_clock_are_told_apart(boot_s: float | None) -> None:
    """With a clock that runs on through a sleep, and without one (there the thread slept with the computer)."""
    first = ClockReading(START.wall_s, START.monotonic_s, boot_s)
    for slept_s, set_by_s in [(0.0, 0.0), (30.0, 0.0), (0.0, -5.0), (30.0, 5.0), (0.0, 0.9)]:
        change = ClockWatch(first).look(later(first, 0.25, slept_s, set_by_s))
        assert change.suspended_s == pytest.approx(slept_s, abs=0.3)
        assert change.wall_jump_s == pytest.approx(set_by_s if abs(set_by_s) > 1 else 0.0, abs=1e-6)


def test_clocks_that_run_together_say_nothing() -> None:
    watch = ClockWatch(read_clocks())
    assert watch.look(read_clocks()) == ClockChange()


def late_plate(wrap: Wrap) -> Plate:
    """A plate at 1000 sets a second of which a quarter of a second waits before it is read."""
    wanted = Simulation(speed=0, rate_hz=1000.0)
    return SimulatedPlate(SimulatedLink(wanted.firmware(), 0, "board", block_s=0.25), wrap)


@pytest.mark.fault(row=14)
def test_a_computer_too_busy_to_read_says_so_and_keeps_everything(tmp_path: Path) -> None:
    """Row 14: more than half of what the system holds for a port waits -> event, amber, and no set is lost."""
    hub, _ = tapped(opener=late_plate)
    assert not hub.snapshot().behind
    spool = begun(hub, tmp_path)
    run(hub, 2.0)
    assert hub.snapshot().behind
    live = hub.end_recording()
    hub.close()
    found = recover(spool.path)
    assert {event["bytes"] > 2048 for event in found.events("behind")} == {True}
    assert (live.gaps, live.interrupted) == ((), None)
    assert np.array_equal(recording_of(found).counts, live.counts)


@pytest.mark.fault(row=14)
def test_the_screen_is_shed_before_the_spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row 14: a screen that reads one block in a hundred -> it skips; spool and recording have every set."""
    hub, _ = tapped()
    monkeypatch.setattr(hub, "_blocks", type(hub._blocks)(maxlen=5))
    spool = begun(hub, tmp_path)
    _, cursor = hub.blocks_after(-1)
    run(hub, 2.0)
    shown, _ = hub.blocks_after(cursor)
    live = hub.end_recording()
    hub.close()
    assert len(shown) <= 5
    assert live.gaps == ()
    assert len(live.counts) == pytest.approx(160, abs=4)
    assert np.array_equal(recording_of(recover(spool.path)).counts, live.counts)


def test_a_recording_that_nothing_disturbed_has_no_event_of_it(tmp_path: Path) -> None:
    found = recover(kept(tmp_path).path)
    assert not any(found.events(name) for name in ("wall_clock_set", "suspended", "behind"))
