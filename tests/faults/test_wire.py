"""What a cable, a hub or a driver does to the bytes: damaged, lost, repeated, out of order, cut, endless."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from benches import Cable, Frames, board
from guided_bench import GuidedBench
from spools import begun, run, tapped

from acquisition.hub import HubSnapshot
from acquisition.link import Link
from acquisition.plate import LossCounters, Plate, WirePlate, Wrap
from acquisition.replay import recording_of
from acquisition.spool_file import recover
from analysis.quality import FindingCode, Severity
from analysis.recording import RawRecording
from dashboard.pages.test.view import unwell
from dashboard.protocol import Act, Step
from dashboard.station import FiledTrial

SECONDS = 6.0
SET_FRAME = 33  # 29 bytes of a set, 2 of CRC, a code byte and 0x00

Change = Callable[[int, bytes], Frames]  # number of a set's frame -> what arrives in its place


@dataclass(frozen=True, slots=True)
class Seen:
    """A recording over a bad cable, and over a good one from the same seeded board."""

    live: RawRecording
    clean: RawRecording
    again: RawRecording
    losses: LossCounters
    last: HubSnapshot


class Damaged:
    """A change of a stream's set frames, by their number; other frames pass."""

    def __init__(self, change: Change) -> None:
        self._change, self._number = change, 0

    def __call__(self, frames: Frames) -> Frames:
        """What arrives."""
        arrived: Frames = []
        for frame in frames:
            if len(frame) != SET_FRAME:
                arrived.append(frame)
                continue
            arrived += self._change(self._number, frame)
            self._number += 1
        return arrived


def recorded(folder: Path, change: Change) -> tuple[RawRecording, RawRecording, HubSnapshot]:
    """Live and replayed recording over a cable, and the last snapshot."""

    def opener(wrap: Wrap) -> Plate:
        return WirePlate(wrap(Cable(board(seed=2), Damaged(change))))

    folder.mkdir()
    hub, _ = tapped(opener=opener)
    spool = begun(hub, folder)
    run(hub, SECONDS)
    last, live = hub.snapshot(), hub.end_recording()
    hub.close()
    return live, recording_of(recover(spool.path)), last


def over(tmp_path: Path, change: Change) -> Seen:
    live, again, last = recorded(tmp_path / "bad", change)
    clean, _, _ = recorded(tmp_path / "good", lambda n, frame: [frame])
    assert np.array_equal(again.counts, live.counts)
    assert np.array_equal(again.time_s, live.time_s)
    assert again.gaps == live.gaps
    return Seen(live, clean, again, last.losses, last)


def index_of(raw: RawRecording, clean: RawRecording) -> list[int]:
    """Which sets of the clean recording these are: every one must be there, count for count."""
    known = {row.tobytes(): n for n, row in enumerate(clean.counts)}
    return [known[row.tobytes()] for row in raw.counts[: len(raw.counts) - 5]]  # the clean one may end a block earlier


def every(step: int, change: Callable[[bytes], Frames]) -> Change:
    """Change each `step`-th frame, from the sixth on."""
    return lambda n, frame: change(frame) if n % step == 5 else [frame]


def bit_flipped(frame: bytes) -> Frames:
    return [frame[:12] + bytes([frame[12] ^ 0x10]) + frame[13:]]


def stood(folder: Path, change: Change) -> FiledTrial:
    """A guided attempt over a cable."""

    def cable(link: Link) -> Link:
        return Cable(link, Damaged(change))  # type: ignore[arg-type]

    bench = GuidedBench(folder, cable=cable)
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.VERDICT)
    (filed,) = bench.station.visit_results(bench.visit.id).trials
    bench.close()
    return filed


def severity_of(filed: FiledTrial, code: FindingCode) -> Severity | None:
    assert filed.result is not None
    return next((found.severity for found in filed.result.findings if found.code is code), None)


@pytest.mark.fault(row=1)
@pytest.mark.parametrize(
    ("step", "said"), [(400, {}), (40, {"damaged": "caution"}), (10, {"badly_damaged": "stop"})], ids=str
)
def test_a_damaged_frame_is_dropped_counted_and_said(tmp_path: Path, step: int, said: dict[str, str]) -> None:
    """Row 1: a bit flips in one frame of 40, of 10 -> dropped and counted, never a wrong count; amber, red."""
    seen = over(tmp_path, every(step, bit_flipped))
    expected = sum(n % step == 5 for n in range(seen.losses.bad_frames * step + step))
    assert seen.losses.bad_frames == seen.losses.lost_sets
    assert 1 <= seen.losses.bad_frames <= expected
    index = index_of(seen.live, seen.clean)
    assert index == sorted(index)
    assert sum(gap.missing for gap in seen.live.gaps) == pytest.approx(seen.losses.bad_frames, abs=1)
    assert {key: level for key, level in unwell(seen.last).items() if key.endswith("damaged")} == said


@pytest.mark.fault(row=1)
def test_a_trial_of_which_too_much_was_damaged_is_kept_and_does_not_count(tmp_path: Path) -> None:
    """Row 1: one frame of 12 damaged through a whole attempt -> filed, found unusable, repeated."""
    filed = stood(tmp_path, every(12, bit_flipped))
    assert filed.result is not None
    assert not filed.result.usable
    assert severity_of(filed, FindingCode.MISSING_SAMPLES) is Severity.NOT_USABLE


@pytest.mark.fault(row=1)
def test_noise_between_frames_costs_nothing_else(tmp_path: Path) -> None:
    """Row 1: bytes of noise with a 0x00 between the frames -> counted, no set is lost."""
    seen = over(tmp_path, every(30, lambda frame: [frame, b"\x07noise\x09\x00"]))
    assert seen.losses.bad_frames > 10
    assert (seen.losses.lost_sets, seen.live.gaps) == (0, ())


@pytest.mark.fault(row=2)
def test_a_lost_frame_is_a_gap_of_its_true_length(tmp_path: Path) -> None:
    """Row 2: three frames of a hundred never arrive -> gaps of three sets where they were, times are the plate's."""
    seen = over(tmp_path, lambda n, frame: [] if n % 100 in (50, 51, 52) else [frame])
    assert {gap.missing for gap in seen.live.gaps} == {3}
    assert len(seen.live.gaps) == seen.losses.lost_sets // 3
    steps_s = np.diff(seen.live.time_s[:, 0])
    assert steps_s.max() == pytest.approx(4 / 80, abs=0.002)
    assert seen.live.rate_hz == pytest.approx(80, rel=0.01)


@pytest.mark.fault(row=2)
@pytest.mark.parametrize(("frames", "usable", "severity"), [(2, True, None), (40, False, Severity.NOT_USABLE)])
def test_a_short_gap_is_bridged_and_a_long_one_spoils_the_trial(
    tmp_path: Path, frames: int, usable: bool, severity: Severity | None
) -> None:
    """Row 2: 2 sets, 0.5 s lost in mid-hold -> the first is bridged for the metrics, the second asks for a repeat."""
    begin = 80 * 16  # 2 s empty, 6 s on both feet, some seconds of the hold
    filed = stood(tmp_path, lambda n, frame: [] if begin <= n < begin + frames else [frame])
    assert filed.result is not None
    assert filed.result.usable is usable
    found = severity_of(filed, FindingCode.GAP)
    assert found is severity or (severity is None and found is not Severity.NOT_USABLE)


@pytest.mark.fault(row=3)
def test_a_frame_that_comes_twice_counts_once(tmp_path: Path) -> None:
    """Row 3: every tenth frame comes twice -> one set each, the copies counted."""
    seen = over(tmp_path, every(10, lambda frame: [frame, frame]))
    assert seen.losses.repeated_sets > 40
    assert (seen.losses.lost_sets, seen.live.gaps) == (0, ())
    index = index_of(seen.live, seen.clean)
    assert np.diff(index).tolist() == [1] * (len(index) - 1)


@pytest.mark.fault(row=3)
def test_frames_out_of_order_never_turn_time_back(tmp_path: Path) -> None:
    """Row 3: every twentieth frame arrives after the one that follows it -> it is dropped and counted, a gap of one."""
    held: Frames = []

    def late(n: int, frame: bytes) -> Frames:
        if n % 20 == 5:
            held.append(frame)
            return []
        return [frame, held.pop()] if held else [frame]

    seen = over(tmp_path, late)
    assert seen.losses.repeated_sets == pytest.approx(seen.losses.lost_sets, abs=1)
    assert {gap.missing for gap in seen.live.gaps} == {1}
    assert (np.diff(seen.live.time_s, axis=0) > 0).all()


@pytest.mark.fault(row=4)
def test_a_cut_frame_costs_itself_and_the_one_it_runs_into(tmp_path: Path) -> None:
    """Row 4: a frame loses its end and its 0x00 -> two sets are lost, the next one is read."""
    seen = over(tmp_path, every(50, lambda frame: [frame[:20]]))
    assert {gap.missing for gap in seen.live.gaps} == {2}
    index = index_of(seen.live, seen.clean)
    assert index == sorted(set(index))


@pytest.mark.fault(row=4)
def test_a_stream_without_an_end_mark_does_not_fill_the_memory(tmp_path: Path) -> None:
    """Row 4: 100 kB without a 0x00 in mid-stream -> counted as one bad frame, never kept, the stream goes on."""
    seen = over(tmp_path, lambda n, frame: [b"\x55" * 100_000 + frame] if n == 100 else [frame])
    assert seen.losses.bad_frames == 1
    assert [gap.missing for gap in seen.live.gaps] == [1]
