"""What the live view says of the link while a test runs: amber, red, and what the trial carries afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest
from guided_bench import GuidedBench

from acquisition.hub import Hub, HubSnapshot, HubState
from analysis.quality import FindingCode
from analysis.recording import ClockScale
from dashboard.conductor import Attendance
from dashboard.live import LiveStream
from dashboard.pages.test.view import plate_text
from dashboard.protocol import Act, Step
from dashboard.words import load_words
from hardware.simulator.device import SimulatedLink, SimulatedPlate, Simulation

WORDS = load_words()
PATIENCE_S = 20.0


def level(snapshot: HubSnapshot) -> tuple[str, str]:
    """Level and sentence of the plate's line."""
    text, found = plate_text(WORDS, Attendance.OPEN, snapshot)
    return found, text


@contextmanager
def reading(link: SimulatedLink, ping_every_s: float | None = None) -> Iterator[Hub]:
    """A hub on its thread that reads a simulated plate in real time."""
    plate = SimulatedPlate(link)
    if ping_every_s is not None:
        plate.ping_every_s = ping_every_s
    hub = Hub(lambda: plate)
    hub.start()
    try:
        until(hub, lambda now: now.sets > 20)
        yield hub
    finally:
        hub.close()


def until(hub: Hub, wanted: Callable[[HubSnapshot], bool]) -> HubSnapshot:
    """Wait, woken by the hub, until its state is the wanted one."""
    deadline_s = monotonic() + PATIENCE_S
    while not wanted(now := hub.snapshot()):
        assert monotonic() < deadline_s, now
        hub.blocks_after(-1, 0.02)
    return now


@pytest.mark.fault(row=1)
@pytest.mark.parametrize(("share_pct", "wanted"), [(0, "good"), (3, "caution"), (15, "stop")])
def test_damaged_frames_are_amber_from_one_and_red_from_five_percent(
    tmp_path: Path, share_pct: int, wanted: str
) -> None:
    """Row 1: a bit is flipped in 0, 3 or 15 % of the frames -> dropped by their CRC and counted; good, amber, red."""
    bench = GuidedBench(tmp_path)
    screen = LiveStream(bench.conductor, WORDS, bench.visit.id, "boot")
    bench.until(Step.READY)
    bench.plant(*([f"garbled:{share_pct}"] if share_pct else []))
    bench.run(20.0)
    state = screen.frame()["state"]
    assert state["level"] == wanted
    assert ("damaged" in state["plate"]) is (wanted != "good")
    assert (bench.hub.snapshot().losses.bad_frames > 0) is (share_pct > 0)
    bench.close()


@pytest.mark.fault(row=1)
def test_a_trial_of_a_poor_cable_is_kept_with_the_mark(tmp_path: Path) -> None:
    """Row 1: 10 % of the frames are damaged in the hold -> the trial is filed with its worst second, not usable."""
    bench = GuidedBench(tmp_path)
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.HOLD)
    bench.plant("garbled:10")
    bench.until(Step.VERDICT)
    findings = {found.code: found.values for found in bench.view.outcome.result.findings}
    assert findings[FindingCode.LOSSY_LINK]["lost_pct"] > 5
    assert findings[FindingCode.MISSING_SAMPLES]["missing_pct"] == pytest.approx(10, abs=4)
    assert not bench.view.outcome.usable
    bench.close()


@pytest.mark.fault(row=11)
def test_a_clock_that_is_off_by_more_than_two_percent_is_red() -> None:
    """Row 11: the board's clock runs 5 % fast -> red, with the figure; its own time is used all the same."""
    link = SimulatedLink(Simulation().firmware(), 1.05, "fast")
    with reading(link, ping_every_s=0.05) as hub:
        wrong = until(hub, lambda now: level(now)[0] == "stop")
        assert wrong.clock is not None
        assert 1 / wrong.clock.scale == pytest.approx(1.05, abs=0.02)
        assert "Its clock is" in level(wrong)[1]
        before = hub.snapshot().newest_s
        until(hub, lambda now: now.newest_s > before + 0.2)


@pytest.mark.fault(row=11)
@pytest.mark.parametrize(
    ("scale", "sd", "wanted"),
    [(1.004, 0.0, "good"), (0.99, 0.001, "caution"), (1.01, 0.004, "good"), (1.03, 0.001, "stop")],
)
def test_a_clock_is_called_off_only_where_that_is_sure(scale: float, sd: float, wanted: str) -> None:
    """Row 11: a clock 0.4, 1 or 3 % off, known well or badly -> amber above 0.5 %, red above 2 %, both for sure."""
    hub = Hub(lambda: SimulatedPlate(SimulatedLink(Simulation(speed=0).firmware(), 0, "none")))
    identity = SimulatedPlate(SimulatedLink(Simulation(speed=0).firmware(), 0, "none")).identity
    now = replace(hub.snapshot(), state=HubState.STREAMING, identity=identity, silent_s=0.0)
    assert level(replace(now, clock=ClockScale(scale, sd)))[0] == wanted
