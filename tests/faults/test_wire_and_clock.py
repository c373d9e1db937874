"""Faults of the wire's version, of a plate that falls silent, and of its clock."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from time import monotonic

import numpy as np
import pytest
from benches import Cable, Frames, blocks_of, board
from spools import header

from acquisition.checkup import CheckupCode, check
from acquisition.errors import WireVersionUnknown
from acquisition.framing import decode, encode
from acquisition.hub import Hub, HubState
from acquisition.messages import Kind
from acquisition.plate import WirePlate
from acquisition.replay import recording_of
from acquisition.spool import Tap, begin_spool
from acquisition.spool_file import recover
from analysis.quality import FindingCode, Severity, clock_findings
from analysis.recording import ClockScale
from dashboard.conductor import Attendance
from dashboard.pages.test.view import plate_text
from dashboard.plates import plate_error_text
from dashboard.words import load_words
from hardware.simulator.device import SimulatedLink, Simulation

WORDS = load_words()


@pytest.mark.fault(row=6)
@pytest.mark.parametrize("theirs", [0, 2, 255])
def test_a_plate_of_another_wire_version_is_refused_with_both_versions(theirs: int) -> None:
    """Row 6: INFO says another major version -> refused in words that name both versions and say what to update."""

    def other(frames: Frames) -> Frames:
        return [
            encode(bytes([Kind.INFO, payload[1], theirs, 7]) + b"all new")
            if (payload := decode(frame[:-1])) and payload[0] == Kind.INFO
            else frame
            for frame in frames
        ]

    cable = Cable(board(), other)
    with pytest.raises(WireVersionUnknown) as refused:
        WirePlate(cable)
    text = plate_error_text(WORDS, refused.value)
    assert f"wire version {theirs}, this program 1: update" in text
    assert cable.closed


def wait_for(hub: Hub, seen: Event, state: HubState, limit_s: float = 5.0) -> float:
    """How long it took until a state came. [s]"""
    begun_s = monotonic()
    while hub.snapshot().state is not state:
        assert monotonic() - begun_s < limit_s, hub.snapshot()
        seen.wait(0.005)
    return monotonic() - begun_s


@pytest.mark.fault(row=8)
def test_a_plate_that_falls_silent_is_doubted_then_lost_then_found_again() -> None:
    """Row 8: the port stays open and nothing comes -> amber after 250 ms, lost after 1 s, a fresh link, streaming."""
    cables: list[Cable] = []
    pause = Event()

    def opener() -> WirePlate:
        cables.append(Cable(board(speed=1.0)))
        return WirePlate(cables[-1])

    hub = Hub(opener)
    try:
        hub.start()
        wait_for(hub, pause, HubState.STREAMING)
        assert plate_text(WORDS, Attendance.OPEN, hub.snapshot())[1] == "good"
        cables[0].silent = True
        begun_s = monotonic()
        while plate_text(WORDS, Attendance.OPEN, hub.snapshot())[1] == "good":
            pause.wait(0.005)
        amber_s = monotonic() - begun_s
        assert hub.snapshot().state is HubState.STREAMING
        text, level = plate_text(WORDS, Attendance.OPEN, hub.snapshot())
        assert (text[:16], level) == ("Nothing has come", "caution")
        lost_s = amber_s + wait_for(hub, pause, HubState.LOST)
        wait_for(hub, pause, HubState.STREAMING)
    finally:
        hub.close()
    assert 0.2 < amber_s < 0.6
    assert 0.9 < lost_s < 1.6
    assert [cable.closed for cable in cables] == [True, True]


@pytest.mark.fault(row=10)
def test_the_wrap_of_the_plates_clock_is_not_seen() -> None:
    """Row 10: the plate's clock goes from 2^32 - 1 us to 0 within the stream -> times go on, no set is lost."""
    plate = WirePlate(board(clock_us=2**32 - 3_000_000))
    plate.start()
    blocks = blocks_of(plate, 6.0)
    device_us = np.concatenate([block.device_us for block in blocks]).astype(np.int64)
    assert device_us.min() < 2**32 < device_us.max()
    steps_us = np.diff(device_us, axis=0)
    assert (steps_us > 12_400).all()  # 80 a second, each converter within 0.1 %
    assert (steps_us < 12_600).all()
    assert plate.losses.lost_sets == 0


@pytest.mark.fault(row=11)
@pytest.mark.parametrize(
    ("speed", "code", "severity"),
    [
        (1.0, None, None),
        (1.010, CheckupCode.CLOCK_DOUBTFUL, Severity.CAUTION),
        (0.990, CheckupCode.CLOCK_DOUBTFUL, Severity.CAUTION),
        (1.040, CheckupCode.CLOCK_WRONG, Severity.NOT_USABLE),
    ],
)
def test_a_clock_that_drifts_is_told(speed: float, code: CheckupCode | None, severity: Severity | None) -> None:
    """Row 11: a board's clock runs 1 % or 4 % fast or slow -> caution, unfit; its own rate is not taken from ours."""
    plate = WirePlate(SimulatedLink(Simulation(speed=1.0).firmware(), speed, "board"))
    checkup = check(plate, seconds=3.0)
    plate.close()
    assert checkup.clock is not None
    assert checkup.clock.scale == pytest.approx(1 / speed, abs=2e-3)
    about_clock = [(one.code, one.severity) for one in checkup.findings if one.code.name.startswith("CLOCK")]
    assert about_clock == ([] if code is None else [(code, severity)])
    assert [cell.rate_hz for cell in checkup.cells] == pytest.approx([80.0] * 4, rel=2e-3)  # by the plate's clock


@pytest.mark.fault(row=11)
def test_a_recording_keeps_the_plates_time_and_how_far_it_is_off(tmp_path: Path) -> None:
    """Row 11: a board whose clock runs 1.5 % fast is recorded -> its own times, the scale beside them, a caution."""
    pause, link, tap = Event(), SimulatedLink(Simulation(speed=1.0).firmware(), 1.015, "board"), Tap()
    hub = Hub(lambda: quick_clock(WirePlate(tap.wrap(link))), tap)
    try:
        hub.start()
        wait_for(hub, pause, HubState.STREAMING)
        identity = hub.snapshot().identity
        assert identity is not None
        spool = begin_spool(tmp_path, header(identity))
        hub.begin_recording(spool)
        while (clock := hub.snapshot().clock) is None:
            pause.wait(0.02)
        assert "Its clock is" in plate_text(WORDS, Attendance.OPEN, hub.snapshot())[0]
        recording = hub.end_recording()
    finally:
        hub.close()
    assert clock.scale == pytest.approx(1 / 1.015, abs=2e-3)
    assert recording.clock is not None
    assert recording.clock.scale == pytest.approx(1 / 1.015, abs=2e-3)
    assert recording.rate_hz == pytest.approx(80.0, rel=2e-3)  # by the plate's clock
    assert recording_of(recover(spool.path)).clock == recording.clock


@pytest.mark.fault(row=11)
@pytest.mark.parametrize(
    ("clock", "severity"),
    [
        (None, None),
        (ClockScale(1.0049, 1e-5), None),
        (ClockScale(0.985, 1e-5), Severity.CAUTION),
        (ClockScale(1.03, 1e-5), Severity.NOT_USABLE),
        (ClockScale(1.03, 0.02), None),
    ],
)
def test_a_trial_whose_clock_was_off_says_so(clock: ClockScale | None, severity: Severity | None) -> None:
    """Row 11: a recording with the scale of its clock -> a caution above 0.5 %, not usable above 2 %, if sure."""
    found = [(finding.code, finding.severity) for finding in clock_findings(clock)]
    assert found == ([] if severity is None else [(FindingCode.CLOCK_OFF, severity)])


def quick_clock(plate: WirePlate) -> WirePlate:
    """Asked for its clock ten times a second, so that it is known in seconds."""
    plate.ping_every_s = 0.1
    return plate
