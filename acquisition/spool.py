"""The crash-safe log of a recording: every byte the plate sends is on its way to the disk before it is decoded.

::

    link --bytes--> Tap --> Spool: a chunk at once, fdatasync in a thread of its own every 250 ms
                     |
                     +----> decoder, hub, screen

What is lost when the process is killed: at most one read. When the power fails: at most 250 ms and two syncs; what
is written just after one began waits for its end, 250 ms, and the next.
"""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic, monotonic_ns

from acquisition.awake import kept_awake
from acquisition.clock_watch import ClockReading, ClockWatch, read_clocks
from acquisition.errors import SpoolRefused
from acquisition.link import Link
from acquisition.spool_disk import SpoolFile, check_room, refusal, sync_folder
from acquisition.spool_file import MAGIC, SUFFIX, Chunk, ChunkKind, SpoolEnd, SpoolHeader, packed_document

log = logging.getLogger(__name__)

SYNC_S = 0.25
SLOW_S = 1.0
LARGEST_COPY = 64 << 20  # kept in memory for the case that the disk fails; an hour at 1000 sets a second
RECENT_NS, RECENT_BYTES = 2_000_000_000, 1 << 16
#: Half of what an operating system holds for a serial port: a read that brings more came late.
BEHIND_BYTES = 2048
EXPECTED_BYTES = 4 << 20


class Spool:
    """One recording on its way to the disk. Safe to share between threads.

    Nothing here raises once it has begun: a disk that fails sets `fault`, and everything stays in memory as well.

    Parameters
    ----------
    path : Path
        A file that does not exist yet.
    header : SpoolHeader
    open_file : callable
        Opens it for appending.
    clocks : callable
        Reads the computer's clocks.

    Raises
    ------
    SpoolReadOnly, SpoolFull, SpoolRefused
        It cannot begin.

    Attributes
    ----------
    fault : SpoolRefused or None
        Why nothing more is written.
    slow : bool
        A wait for the disk took longer than a second.
    suspended : bool
        The computer slept since it began.
    """

    def __init__(
        self,
        path: Path,
        header: SpoolHeader,
        open_file: Callable[[Path], SpoolFile] = SpoolFile,
        clocks: Callable[[], ClockReading] = read_clocks,
    ) -> None:
        self.path, self.header = path, header
        self.fault: SpoolRefused | None = None
        self.slow = False
        self.suspended = False
        self._lock, self._stop = Lock(), Event()
        self._hash = hashlib.sha256()
        self._rest = bytearray()  # not taken by the operating system yet
        self._copy: bytearray | None = bytearray()
        self._chunks = 0
        self._ended = False
        self._clocks = clocks
        try:
            self._file = open_file(path)
        except OSError as error:
            raise refusal(path.parent, error) from error
        self._put(MAGIC)
        self._append(ChunkKind.HEADER, packed_document(header.document()))
        if self.fault is not None:
            self._file.close()
            path.unlink(missing_ok=True)  # it holds no recording yet
            raise self.fault
        watch = ClockWatch(clocks())  # before the thread, which may begin late
        self._thread = Thread(target=self._sync_until_stopped, args=(watch,), name="spool-sync", daemon=True)
        self._thread.start()

    def wire(self, received: bytes, at_ns: int | None = None) -> None:
        """Append bytes of the plate as they came."""
        self._append(ChunkKind.WIRE, received, at_ns)

    def before(self, received: bytes, at_ns: int) -> None:
        """Append bytes that came before the recording began: its first frame may have begun in them."""
        self._append(ChunkKind.BEFORE, received, at_ns)

    def event(self, name: str, **values: object) -> None:
        """Append something that happened."""
        self._append(ChunkKind.EVENT, packed_document({"event": name, **values}))

    def end(self, interrupted: str | None = None, last: tuple[int, int] | None = None) -> None:
        """Close the recording: nothing is appended any more, everything is on the disk. A second call does nothing."""
        self._stop.set()
        self._thread.join()
        with self._lock:
            if self._ended:
                return
            end = SpoolEnd(self._chunks, self._hash.hexdigest(), interrupted, last)
            self._append_locked(ChunkKind.END, packed_document(end.document()), None)
            self._ended = True
            if self._rest:
                self._write(retry=True)  # the disk may have room again
        self._sync()
        try:
            self._file.close()
            sync_folder(self.path.parent)
        except OSError as error:
            self._fail(error)

    def content(self) -> bytes | None:
        """Everything, from memory: what the file should hold. None where it became too much to keep."""
        with self._lock:
            return None if self._copy is None else bytes(self._copy)

    def _append(self, kind: ChunkKind, payload: bytes, at_ns: int | None = None) -> None:
        with self._lock:
            if not self._ended:
                self._append_locked(kind, payload, at_ns)

    def _append_locked(self, kind: ChunkKind, payload: bytes, at_ns: int | None) -> None:
        chunk = Chunk(kind, self._chunks, monotonic_ns() if at_ns is None else at_ns, payload)
        self._chunks += 1
        self._put(chunk.pack())

    def _put(self, content: bytes) -> None:
        self._hash.update(content)
        if self._copy is not None:
            self._copy += content
            if len(self._copy) > LARGEST_COPY:
                self._copy = None
        self._rest += content
        self._write()

    def _write(self, retry: bool = False) -> None:
        """Hand over what is left; the operating system may take it in pieces."""
        if self.fault is not None and not retry:
            return
        try:
            while self._rest:
                taken = self._file.write(bytes(self._rest))
                if taken <= 0:
                    raise OSError(0, "nothing was written")
                del self._rest[:taken]
            self.fault = None
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        if self.fault is None:
            log.error("spool %s: %s", self.path, error)
        self.fault = refusal(self.path.parent, error)

    def _sync_until_stopped(self, watch: ClockWatch) -> None:
        with kept_awake():
            self._watch(watch)

    def _watch(self, watch: ClockWatch) -> None:
        while not self._stop.wait(SYNC_S):
            self._sync()
            change = watch.look(self._clocks())
            if change.suspended_s:
                self.suspended = True
                self.event("suspended", seconds=round(change.suspended_s, 3))
            if change.wall_jump_s:
                self.event("wall_clock_set", by_s=round(change.wall_jump_s, 3))

    def _sync(self) -> None:
        began_s = monotonic()
        try:
            self._file.sync()
        except OSError as error:
            self._fail(error)
        took_s = monotonic() - began_s
        if took_s > SLOW_S:
            self.slow = True
            self.event("slow_disk", seconds=round(took_s, 3))


class Tap:
    """Where the bytes of a plate pass on their way to the decoder; shared by the links that follow each other.

    It remembers the newest two seconds: a recording begins with them, so that the frame that is under way when it
    begins, and sets that wait to be taken, are in its spool from their first byte.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._recent: deque[tuple[int, bytes]] = deque()
        self._recent_bytes = 0
        self._spool: Spool | None = None
        self._held = False
        self._late_ns: int | None = None

    @property
    def behind(self) -> bool:
        """Whether bytes came late within the last two seconds: this computer had no time to read."""
        return self._late_ns is not None and monotonic_ns() - self._late_ns < RECENT_NS

    def wrap(self, link: Link) -> Link:
        """A link whose bytes pass here."""
        with self._lock:
            self._forget()
        return SpooledLink(link, self)

    def received(self, content: bytes) -> None:
        """Bytes came."""
        at_ns = monotonic_ns()
        with self._lock:
            self._remember(at_ns, content)
            late = len(content) > BEHIND_BYTES
            self._late_ns = at_ns if late else self._late_ns
            if self._spool is None or self._held:
                return
            self._spool.wire(content, at_ns)
            if late:
                self._spool.event("behind", bytes=len(content))

    def stream_began(self) -> None:
        """What came before belongs to no stream that counts: only the frame under way is kept."""
        with self._lock:
            tail = b"".join(content for _, content in self._recent).rpartition(b"\0")[2]
            self._forget()
            self._remember(monotonic_ns(), tail)

    def begin(self, spool: Spool) -> None:
        """Write to a spool from now on, what is remembered first."""
        with self._lock:
            self._spool, self._held = spool, False
            for at_ns, content in self._recent:
                spool.before(content, at_ns)

    def hold(self) -> None:
        """The link is gone: what comes next may be another stream's."""
        with self._lock:
            self._held = True

    def resume(self) -> None:
        """It is the same stream: what came since the new link was opened belongs to the recording."""
        with self._lock:
            if self._spool is not None and self._held:
                self._spool.event("resumed")
                for at_ns, content in self._recent:
                    self._spool.wire(content, at_ns)
            self._held = False

    def end(self) -> None:
        """Write to no spool any more."""
        with self._lock:
            self._spool, self._held = None, False

    def _remember(self, at_ns: int, content: bytes) -> None:
        if not content:
            return
        self._recent.append((at_ns, content))
        self._recent_bytes += len(content)
        while self._recent and (
            self._recent_bytes > RECENT_BYTES + len(self._recent[0][1]) or at_ns - self._recent[0][0] > RECENT_NS
        ):
            self._recent_bytes -= len(self._recent.popleft()[1])

    def _forget(self) -> None:
        self._recent.clear()
        self._recent_bytes = 0


class SpooledLink:
    """Any link, its bytes tapped."""

    def __init__(self, link: Link, tap: Tap) -> None:
        self.name = link.name
        self._link, self._tap = link, tap

    def read(self, timeout_s: float) -> bytes:
        """As the link; what came has passed the tap."""
        content = self._link.read(timeout_s)
        if content:
            self._tap.received(content)
        return content

    def write(self, content: bytes) -> None:
        """As the link."""
        self._link.write(content)

    def close(self) -> None:
        """As the link."""
        self._link.close()


def begin_spool(folder: Path, header: SpoolHeader, expected_bytes: int = EXPECTED_BYTES) -> Spool:
    """A new spool in a folder, which is made where it is not there; room is checked first.

    Raises
    ------
    SpoolReadOnly, SpoolFull, SpoolRefused
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refusal(folder, error) from error
    check_room(folder, expected_bytes)
    return Spool(folder / f"{header.trial}{SUFFIX}", header)
