"""A stored recording as a plate: the same decoder, the same counts, times and gaps."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from benches import Cable, board
from spools import Kept, begun, kept, run, tapped

from acquisition import messages
from acquisition.errors import LinkLost, PlateNotFound, PlateRebooted, PlateRefused, SpoolDamaged
from acquisition.framing import encode
from acquisition.hub import Hub, HubState
from acquisition.plate import Plate, WirePlate, Wrap, open_plate
from acquisition.recorder import Recorder
from acquisition.replay import open_replay_link, recording_of, wire_of
from acquisition.spool import begin_spool
from acquisition.spool_file import SpoolHeader, recover
from analysis.recording import PlateIdentity, RawRecording, Timing


def played(url: str, like: RawRecording) -> RawRecording:
    """The plate at an address, read to its end."""
    plate = open_plate(url)
    recorder = Recorder(plate.identity, like.started_at)
    plate.start()
    with suppress(LinkLost):  # where the recording ends
        while True:
            block = plate.read(0.5)
            if block is not None:
                recorder.add(block)
    plate.close()
    return recorder.finish()


@pytest.mark.parametrize(
    ("url", "speed"),
    [("sim:healthy?seed=4&speed=0", 0), ("sim:healthy?seed=4&speed=0", 20), ("sim:?speed=0&rate=1000", 0)],
)
def test_a_replay_is_the_recording(tmp_path: Path, url: str, speed: int) -> None:
    """Pieces of another size, other moments, another process: the same counts, times and gaps to the last bit."""
    recorded = kept(tmp_path, 2.0, url)
    again = played(f"replay:{recorded.path}?speed={speed}", recorded.live)
    assert np.array_equal(again.counts, recorded.live.counts)
    assert np.array_equal(again.time_s, recorded.live.time_s)
    assert np.array_equal(again.flags, recorded.live.flags)
    assert (again.gaps, again.plate) == (recorded.live.gaps, recorded.live.plate)


def lossy(wrap: Wrap) -> Plate:
    """Every fiftieth frame is lost, every seventieth damaged."""
    count = 0

    def change(frames: list[bytes]) -> list[bytes]:
        nonlocal count
        arrived = []
        for frame in frames:
            count += 1
            if count % 50:
                arrived.append(frame if count % 70 else frame[:9] + b"\x01\x02" + frame[11:])
        return arrived

    return WirePlate(wrap(Cable(board(seed=6), change)))


def test_a_replay_has_the_gaps_of_the_recording(tmp_path: Path) -> None:
    hub, _ = tapped(opener=lossy)
    run(hub, 0.7)
    spool = begun(hub, tmp_path)
    run(hub, 5.0)
    live = hub.end_recording()
    hub.close()
    assert len(live.gaps) > 8
    again = played(f"replay:{spool.path}?speed=0", live)
    assert np.array_equal(again.counts, live.counts)
    assert again.gaps == live.gaps


def test_a_recording_across_the_wraps_of_number_and_clock_is_the_same_again(tmp_path: Path) -> None:
    """The clock wraps 2 s after the board's start (2^32 us), the recording begins before and ends after."""

    def near_the_wrap(wrap: Wrap) -> Plate:
        return WirePlate(wrap(Cable(board(clock_us=2**32 - 2_000_000))))

    hub, _ = tapped(opener=near_the_wrap)
    run(hub, 1.0)
    spool = begun(hub, tmp_path)
    run(hub, 3.0)
    live = hub.end_recording()
    hub.close()
    again = recording_of(recover(spool.path))
    assert np.array_equal(again.time_s, live.time_s)
    assert live.time_s.max() == pytest.approx(3.0, abs=0.05)


def test_a_recording_that_begins_just_after_the_clock_wrapped_has_no_time_before_it(tmp_path: Path) -> None:
    """Its first set holds conversions from before the wrap: in a replay too they are a few ms older."""

    def near_the_wrap(wrap: Wrap) -> Plate:
        return WirePlate(wrap(Cable(board(clock_us=2**32 - 1_000_000))))

    hub, _ = tapped(opener=near_the_wrap)
    while hub.snapshot().newest_s < 2**32 * 1e-6 - 0.03:
        hub.blocks_after(-1)
    spool = begun(hub, tmp_path)
    run(hub, 1.0)
    live = hub.end_recording()
    hub.close()
    assert np.array_equal(recording_of(recover(spool.path)).time_s, live.time_s)


def test_only_the_frame_that_a_lost_link_cut_is_lost(tmp_path: Path) -> None:
    """Pieces of seven bytes, as a slow port gives them; the link drops in the middle of the frame of set 40."""
    recorded = kept(tmp_path, 1.0)
    wire = b"".join(piece.content for piece in wire_of(recover(recorded.path)))
    first, second = wire[: 33 * 40 + 10], wire[33 * 41 :]  # a set's frame has 33 bytes
    spool = begin_spool(tmp_path / "again", SpoolHeader("t", recorded.live.plate, recorded.live.started_at))
    for part in (first, second):
        for at in range(0, len(part), 7):
            spool.wire(part[at : at + 7])
        spool.event("resumed")
    spool.end()
    again = recording_of(recover(spool.path))
    assert np.array_equal(again.counts, np.delete(recorded.live.counts, 40, axis=0))
    assert [gap.missing for gap in again.gaps] == [1]


def test_what_belongs_to_another_time_is_cut_off(tmp_path: Path) -> None:
    """Two seconds before the recording are kept in the spool; the replay begins with its first set."""
    recorded = kept(tmp_path, 1.0, before_s=3.0)
    found = recover(recorded.path)
    everything = sum(len(chunk.payload) for chunk in found.chunks if chunk.kind in "PW")
    played_bytes = sum(len(piece.content) for piece in wire_of(found))
    assert played_bytes == 33 * len(recorded.live.counts)  # a set's frame has 33 bytes
    assert everything > played_bytes


def test_a_hub_plays_a_replay_like_a_plate(tmp_path: Path) -> None:
    recorded = kept(tmp_path, 2.0)
    hub = Hub(lambda: open_plate(f"replay:{recorded.path}?speed=10"))
    hub.start()
    while hub.snapshot().sets < 100:
        hub.blocks_after(-1, 0.05)
    assert hub.snapshot().state is HubState.STREAMING
    hub.close()


def test_it_answers_what_the_plate_would_and_refuses_what_it_cannot(tmp_path: Path) -> None:
    recorded = kept(tmp_path, 0.5)
    plate = WirePlate(open_replay_link(f"replay:{recorded.path}"))
    assert plate.identity == recorded.live.plate
    assert plate.boot_count == 1
    with pytest.raises(PlateRefused):
        plate.ask(messages.SelfTest, messages.SelfTestReport)
    plate.close()


@pytest.mark.parametrize(
    "plate",
    [
        PlateIdentity("0123456789ABCDEF", "reference-a", "1.2.3", 1, 80.0, 2**23 - 1, Timing.PER_CHANNEL),
        PlateIdentity("SIM-0000000000000007", "model 9", "0.0.1+own-time", 1, 500.0, 2**15 - 1, Timing.FIXED_SKEW),
    ],
)
def test_who_a_plate_is_comes_back_from_what_is_kept_of_it(plate: PlateIdentity) -> None:
    assert messages.Info.of(plate, 3, 65535).identity() == plate


def test_a_restart_inside_an_unfinished_recording_ends_it(tmp_path: Path) -> None:
    """Killed before the hub noticed that the plate had restarted: the bytes say so themselves."""
    hub, _ = tapped()
    spool = begun(hub, tmp_path)
    run(hub, 1.0)
    spool.wire(b"\0" + messages_of_a_restart())
    content = spool.path.read_bytes()
    hub.end_recording()
    hub.close()
    (tmp_path / "killed.fpr").write_bytes(content)
    raw = recording_of(recover(tmp_path / "killed.fpr"))
    assert raw.interrupted == PlateRebooted.code
    assert len(raw.counts) >= 80


def messages_of_a_restart() -> bytes:
    return encode(messages.Boot(1, 1, 0, 0, reset_cause=4, boot_count=2).pack())


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere.fpr", "No such file"),
        ("whole.fpr?speed=fast", "float"),
        ("whole.fpr?speed=-1", "0 to 100"),
        ("whole.fpr?seed=1", "speed"),
        ("text.fpr", "no spool"),
        ("", "directory"),
    ],
)
def test_what_cannot_be_replayed_is_no_plate(tmp_path: Path, name: str, says: str) -> None:
    kept(tmp_path, 0.2).path.rename(tmp_path / "whole.fpr")
    (tmp_path / "text.fpr").write_text("hello", encoding="utf-8")
    with pytest.raises(PlateNotFound, match=says):
        open_plate(f"replay:{tmp_path / name}")


def test_a_spool_of_a_plate_of_another_time_is_refused(tmp_path: Path) -> None:
    """A header whose firmware has no version this program can say."""
    recorded: Kept = kept(tmp_path, 0.2)
    strange = PlateIdentity("no hex", "reference-a", "one", 1, 80.0, 2**23 - 1, Timing.PER_CHANNEL)
    spool = begin_spool(tmp_path / "x", SpoolHeader("t", strange, recorded.live.started_at))
    spool.end()
    with pytest.raises(SpoolDamaged, match="none this program knows"):
        recording_of(recover(spool.path))


def test_a_replay_says_what_it_is_is_played_once_and_its_end_is_no_broken_cable(tmp_path: Path) -> None:
    recorded, opened = kept(tmp_path, 2.0), []

    def opener() -> Plate:
        opened.append(open_plate(f"replay:{recorded.path}?speed=1"))
        return opened[-1]

    hub = Hub(opener)
    hub.start()
    try:
        cursor = -1
        while hub.snapshot().state is HubState.CONNECTING:
            _, cursor = hub.blocks_after(cursor, 0.05)
        assert hub.snapshot().replayed
        hub.begin_recording()
        while (last := hub.snapshot()).state is HubState.STREAMING:
            _, cursor = hub.blocks_after(cursor, 0.05)
        assert (last.error, last.interrupted, last.waiting, last.replayed) == ("REPLAY_ENDED",) * 2 + (False, True)
        assert len(opened) == 1
        assert hub.end_recording().interrupted == "REPLAY_ENDED"
    finally:
        hub.close()
