"""The spool while it is written, and the tap that feeds it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from threading import Event

import pytest
from spools import TRIAL, begun, header, run, tapped
from test_spool_file import PLATE

from acquisition import spool as spool_module
from acquisition.errors import LinkLost, SpoolRefused
from acquisition.link import Link
from acquisition.spool import Spool, SpooledLink, Tap, begin_spool
from acquisition.spool_disk import Held, SpoolFile
from acquisition.spool_file import ChunkKind, recover, recover_bytes


class Wire:
    """A link that gives what it is given."""

    name = "wire"

    def __init__(self, *reads: bytes) -> None:
        self.reads, self.written, self.closed = list(reads), bytearray(), False

    def read(self, timeout_s: float) -> bytes:
        """The next piece, then nothing, as a pulled cable."""
        if not self.reads:
            raise LinkLost("pulled out")
        return self.reads.pop(0)

    def write(self, content: bytes) -> None:
        """Remembered."""
        self.written += content

    def close(self) -> None:
        """Remembered."""
        self.closed = True


def read_all(link: Link) -> None:
    with suppress(LinkLost):
        while True:
            link.read(0.1)


def pieces(content: bytes, kind: ChunkKind = ChunkKind.WIRE) -> list[bytes]:
    return [chunk.payload for chunk in recover_bytes(content).chunks if chunk.kind is kind]


def test_every_read_is_a_chunk_and_every_byte_is_in_the_file_when_read_returns(tmp_path: Path) -> None:
    """Nothing waits for a buffer of ours: after each read the file on disk holds it."""
    spool = begin_spool(tmp_path, header(PLATE))
    tap = Tap()
    link = tap.wrap(Wire(b"one", b"two", b"three"))
    tap.begin(spool)
    for n, wanted in enumerate([b"one", b"two", b"three"], 1):
        assert link.read(0.1) == wanted
        assert pieces(spool.path.read_bytes()) == [b"one", b"two", b"three"][:n]
    spool.end()
    assert recover(spool.path).complete


def test_a_tapped_link_is_the_link_in_all_else(tmp_path: Path) -> None:
    wire = Wire(b"x")
    link = SpooledLink(wire, Tap())
    link.write(b"out")
    link.close()
    assert (link.name, bytes(wire.written), wire.closed) == ("wire", b"out", True)


def test_a_recording_begins_with_what_had_just_come(tmp_path: Path) -> None:
    """Half a frame was read before it began: the spool holds it, marked as from before."""
    tap = Tap()
    link = tap.wrap(Wire(b"old\0fra", b"me\0"))
    link.read(0.1)
    spool = begin_spool(tmp_path, header(PLATE))
    tap.begin(spool)
    link.read(0.1)
    tap.end()
    spool.end()
    content = spool.path.read_bytes()
    assert pieces(content, ChunkKind.BEFORE) == [b"old\0fra"]
    assert pieces(content) == [b"me\0"]


def test_of_a_stream_before_only_the_frame_under_way_is_kept(tmp_path: Path) -> None:
    tap = Tap()
    tap.wrap(Wire(b"another stream\0begin")).read(0.1)
    tap.stream_began()
    spool = begin_spool(tmp_path, header(PLATE))
    tap.begin(spool)
    spool.end()
    assert pieces(spool.path.read_bytes(), ChunkKind.BEFORE) == [b"begin"]


def test_the_memory_of_a_tap_is_bounded(tmp_path: Path) -> None:
    tap = Tap()
    read_all(tap.wrap(Wire(*[bytes(1000)] * 500)))
    spool = begin_spool(tmp_path, header(PLATE))
    tap.begin(spool)
    spool.end()
    held = sum(map(len, pieces(spool.path.read_bytes(), ChunkKind.BEFORE)))
    assert 2**16 <= held <= 2**16 + 2000


def test_while_the_link_is_gone_nothing_is_written_until_the_stream_is_known_to_be_the_same(tmp_path: Path) -> None:
    tap = Tap()
    spool = begin_spool(tmp_path, header(PLATE))
    tap.begin(spool)
    read_all(tap.wrap(Wire(b"a")))
    tap.hold()
    read_all(tap.wrap(Wire(b"b")))
    assert pieces(spool.path.read_bytes()) == [b"a"]
    tap.resume()
    read_all(tap.wrap(Wire(b"c")))
    tap.end()
    read_all(tap.wrap(Wire(b"d")))
    spool.end()
    assert pieces(spool.path.read_bytes()) == [b"a", b"b", b"c"]
    assert len(recover(spool.path).events("resumed")) == 1


def test_memory_and_file_hold_the_same_bytes(tmp_path: Path) -> None:
    hub, _ = tapped()
    spool = begun(hub, tmp_path)
    run(hub, 1.0)
    hub.end_recording()
    hub.close()
    assert spool.content() == spool.path.read_bytes()


def test_a_recording_too_long_to_keep_in_memory_is_kept_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool_module, "LARGEST_COPY", 2000)
    spool = begin_spool(tmp_path, header(PLATE))
    for _ in range(5):
        spool.wire(bytes(1000))
    spool.end()
    assert spool.content() is None
    assert recover(spool.path).wire_bytes == 5000
    assert recover(spool.path).complete


def test_the_disk_is_synced_beside_the_writing(tmp_path: Path) -> None:
    """A sync that does not come back holds up nobody who writes."""
    waits, goes_on = Event(), Event()

    class Stuck(SpoolFile):
        def sync(self) -> None:
            waits.set()
            assert goes_on.wait(20)
            super().sync()

    spool = Spool(tmp_path / "t.fpr", header(PLATE), Stuck)
    assert waits.wait(20)  # within 250 ms of its begin, a sync is under way
    spool.wire(b"meanwhile")
    assert pieces(spool.path.read_bytes()) == [b"meanwhile"]
    goes_on.set()
    spool.end()
    assert recover(spool.path).complete


def test_ending_twice_is_ending_once_and_nothing_comes_after(tmp_path: Path) -> None:
    spool = begin_spool(tmp_path, header(PLATE))
    spool.end("STOPPED")
    spool.end()
    spool.wire(b"late")
    found = recover(spool.path)
    assert found.complete
    assert found.end is not None
    assert (found.end.interrupted, found.wire_bytes) == ("STOPPED", 0)


def test_a_spool_never_writes_over_a_file(tmp_path: Path) -> None:
    (tmp_path / f"{TRIAL}.fpr").write_bytes(b"somebody's recording")
    with pytest.raises(SpoolRefused, match="exists"):
        begin_spool(tmp_path, header(PLATE))
    assert (tmp_path / f"{TRIAL}.fpr").read_bytes() == b"somebody's recording"


@pytest.mark.skipif(os.name == "nt", reason="Windows has its own permissions; the user's folder is private there")
def test_only_its_user_can_read_a_spool(tmp_path: Path) -> None:
    spool = begin_spool(tmp_path, header(PLATE))
    spool.end()
    assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600


def test_a_spool_that_is_written_is_nobody_elses(tmp_path: Path) -> None:
    """Another program on the same folder must not file it as abandoned."""
    spool = begin_spool(tmp_path, header(PLATE))
    with pytest.raises(OSError, match=r"temporarily unavailable|Permission denied"):
        Held(spool.path)
    spool.end()
    held = Held(spool.path)
    with pytest.raises(OSError, match=r"temporarily unavailable|Permission denied"):
        Held(spool.path)
    held.release()
