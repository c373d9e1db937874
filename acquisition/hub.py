"""The one reader thread: owns the plate, keeps the newest blocks, records, comes back after a lost link.

Everything else asks the hub. A slow screen can fall behind; the recording cannot. A link that drops and comes back
within 3 s, to the same plate in the same boot, goes on in the same stream with a gap; after any other the recording is
interrupted, and a new stream begins.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from threading import Condition, Event, Thread
from time import monotonic

import numpy as np

from acquisition.checkup import rate_problem
from acquisition.clock import measured_rate_hz
from acquisition.continuity import Dropped, Resumable
from acquisition.errors import AcquisitionError, LinkLost, RateTooLow, ReplayEnded
from acquisition.plate import REPLAY, Cue, LossCounters, Plate, Prompted, Timed
from acquisition.recorder import Recorder
from acquisition.spool import Spool, Tap
from analysis.recording import ClockScale, PlateIdentity, RawRecording, SampleBlock

log = logging.getLogger(__name__)

READ_WAIT_S = 0.1
SILENCE_S = 1.0
SUSPENDED = "SUSPENDED"
RETRY_S = (0.05, 0.1, 0.2)  # a board just plugged in needs 1.6 s for itself, and is to stream within 2 s
KEPT_BLOCKS = 1500  # 30 s of 20 ms blocks
RATE_OVER_BLOCKS = 150
JUDGED_BLOCKS = 60
LOOK_EVERY_S = 1.0
BAD_OVER_S = 1.0


class HubState(StrEnum):
    """What the link to the plate is doing."""

    CONNECTING = "connecting"
    STREAMING = "streaming"
    LOST = "lost"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class HubSnapshot:
    """State at one moment.

    ``newest_s``: device time of the newest set [s]; ``error``: code of the last ``fault``; ``waiting``: the link
    dropped and its stream may still go on; ``interrupted``: code of what ended the recording that was not fetched yet;
    ``slow_disk``: the disk kept this recording waiting; ``behind``: the newest bytes came late, this computer is busy;
    ``bad_share``: part of the frames of the newest second that were damaged; ``boot_count``: of the plate;
    ``silent_s``: how long nothing has come of a stream [s]; ``clock``: the plate's, where it is known; ``replayed``:
    it is a recording that is played, nobody stands there.
    """

    state: HubState
    identity: PlateIdentity | None
    rate_hz: float
    newest_s: float
    sets: int
    losses: LossCounters
    error: str | None
    error_text: str | None
    recording: bool
    stream: int
    waiting: bool = False
    interrupted: str | None = None
    slow_disk: bool = False
    behind: bool = False
    bad_share: float = 0.0
    boot_count: int = 0
    fault: AcquisitionError | None = None
    silent_s: float = 0.0
    clock: ClockScale | None = None
    replayed: bool = False


class Hub:
    """Reads one plate on one thread.

    Parameters
    ----------
    opener : callable
        Opens the plate; called again after a lost link.
    tap : Tap or None
        Where the plate's bytes pass, so that a recording can be kept in a spool.
    """

    resumes_within_s = 3.0

    def __init__(self, opener: Callable[[], Plate], tap: Tap | None = None) -> None:
        self._opener, self._tap = opener, tap
        self._thread = Thread(target=self._run, name="plate-reader", daemon=True)
        self._stop = Event()
        self._changed = Condition()
        self._plate: Plate | None = None
        self._identity: PlateIdentity | None = None
        self._state = HubState.CONNECTING
        self._error: AcquisitionError | None = None
        self._blocks: deque[SampleBlock] = deque(maxlen=KEPT_BLOCKS)
        self._losses = LossCounters()  # of the plate before, while there is none
        self._failures = 0  # since the last block
        self._numbered = 0  # blocks ever received: the cursor readers hold
        self._sets = 0
        self._took_s = self._looked_s = 0.0  # when the newest block came, or the stream began; when it was looked at
        self._slow: RateTooLow | None = None
        self._clock: ClockScale | None = None
        self._stream = 0  # counts streams: times of two streams have nothing in common
        self._recorder: Recorder | None = None
        self._interrupted: str | None = None
        self._spool: Spool | None = None
        self._dropped: Dropped | None = None
        self._replayed = False
        self._arrived: deque[tuple[float, int, int]] = deque()  # when [s], bad frames and sets so far

    def start(self) -> None:
        """Begin to connect and read."""
        self._thread.start()

    def close(self) -> None:
        """Stop the thread and let go of the plate."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._changed:
            self._state = HubState.CLOSED
            self._changed.notify_all()

    def snapshot(self) -> HubSnapshot:
        """State now."""
        with self._changed:
            recent = list(self._blocks)[-RATE_OVER_BLOCKS:]
            newest = recent[-1] if recent else None
            plate = self._plate
            losses = self._losses if plate is None else plate.losses
            fault = self._error or (self._slow if self._state is HubState.STREAMING else None)
            return HubSnapshot(
                state=self._state,
                identity=self._identity,
                rate_hz=_rate_hz(recent),
                newest_s=float(newest.device_us[-1].max()) * 1e-6 if newest is not None else 0.0,
                sets=self._sets,
                losses=losses,
                error=fault.code if fault else None,
                error_text=str(fault) if fault else None,
                recording=self._recorder is not None,
                stream=self._stream,
                waiting=self._dropped is not None and self._dropped.hopeful,
                interrupted=self._why_interrupted() if self._recorder is not None else None,
                slow_disk=self._spool is not None and self._spool.slow,
                behind=self._tap is not None and self._tap.behind,
                bad_share=self._bad_share(losses.bad_frames),
                boot_count=plate.boot_count if plate is not None else 0,
                fault=fault,
                clock=self._clock,
                silent_s=monotonic() - self._took_s if self._state is HubState.STREAMING else 0.0,
                replayed=self._replayed,
            )

    def _look(self) -> None:
        """Once a second: are the cells quick enough, is the clock right."""
        self._looked_s = self._took_s
        self._slow = rate_problem(list(self._blocks)[-JUDGED_BLOCKS:])
        clock = self._plate.clock if isinstance(self._plate, Timed) else None
        self._clock = clock.clock if clock is not None else self._clock

    def blocks_after(self, cursor: int, timeout_s: float = 0.0) -> tuple[tuple[SampleBlock, ...], int]:
        """Blocks that came after `cursor` and the new cursor; waits up to `timeout_s` for the first.

        A reader that fell behind by more than the hub keeps gets what is left: it skips, the recording does not.
        Begin with cursor -1 for only what comes from now on.
        """
        with self._changed:
            if cursor < 0:
                cursor = self._numbered
            if self._numbered == cursor and timeout_s > 0:
                self._changed.wait_for(lambda: self._numbered > cursor or self._stop.is_set(), timeout_s)
            missing = min(self._numbered - cursor, len(self._blocks))
            return tuple(list(self._blocks)[len(self._blocks) - missing :]) if missing > 0 else (), self._numbered

    def begin_recording(self, spool: Spool | None = None) -> int:
        """Record every set from now on; `blocks_after` the cursor returned gives the recording's first block first.

        A recording that runs is dropped: who holds the hub ends the one before.

        Parameters
        ----------
        spool : Spool or None
            Where the plate's bytes are kept from now on; the hub ends it. Needs the hub's tap.

        Raises
        ------
        LinkLost
            No plate is streaming.
        RateTooLow
            A cell converts too slowly to measure with.
        """
        with self._changed:
            if self._identity is None or self._state is not HubState.STREAMING:
                raise LinkLost("no plate is streaming: a recording cannot begin")
            self._look()
            if self._slow is not None:
                raise self._slow
            if spool is not None and self._tap is None:
                raise ValueError("a spool needs a tap on the plate's link")
            began_at = datetime.now(UTC) if spool is None else spool.header.began_at
            self._recorder, self._spool = Recorder(self._identity, began_at), spool
            self._interrupted = None
            if spool is not None and self._tap is not None:
                self._tap.begin(spool)
            return self._numbered

    def end_recording(self, interrupted: str | None = None) -> RawRecording:
        """Stop recording and return everything that came, also after a lost link. Its spool is ended too.

        Parameters
        ----------
        interrupted : str or None
            Why it ends before its time, where the hub does not know that itself.

        Raises
        ------
        LinkLost
            No recording was begun.
        """
        with self._changed:
            recorder, self._recorder = self._recorder, None
            spool, self._spool = self._spool, None
            interrupted = self._why_interrupted(spool) or (LinkLost.code if self._dropped else interrupted)
            if self._plate is not None:
                self._look()
            clock = self._clock
            if self._tap is not None:
                self._tap.end()
        if recorder is None:
            raise LinkLost("no recording was begun")
        if spool is not None:
            last = recorder.last
            if clock is not None:
                spool.event("clock", scale=clock.scale, sd=clock.sd)
            spool.end(interrupted, None if last is None else (last.index, last.device_us))
        return recorder.finish(interrupted, clock)

    def _why_interrupted(self, spool: Spool | None = None) -> str | None:
        """Why the recording that runs has ended already."""
        spool = spool or self._spool
        if self._interrupted is not None:
            return self._interrupted
        if self._dropped is not None and not self._dropped.hopeful:
            return LinkLost.code
        if spool is not None and spool.fault is not None:
            return spool.fault.code
        return SUSPENDED if spool is not None and spool.suspended else None

    def cue(self, cue: Cue) -> None:
        """Tell a simulated person what to do; a real person hears it from the operator."""
        plate = self._plate
        if isinstance(plate, Prompted):
            plate.cue(cue)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                with closing(self._opener()) as plate:
                    self._stream_from(plate)
            except ReplayEnded as error:
                self._fail(error)
                self._stop.wait()  # played anew it would be taken for another stream
            except AcquisitionError as error:
                self._fail(error)
            except Exception as error:  # a dead thread would look like a plate that streams
                log.exception("plate reader")
                self._fail(AcquisitionError(f"{type(error).__name__}: {error}"))
            if not self._stop.is_set():
                self._stop.wait(RETRY_S[min(self._failures, len(RETRY_S)) - 1])

    def _fail(self, error: AcquisitionError) -> None:
        self._failures += 1
        self._note(HubState.CONNECTING if self._stream == 0 else HubState.LOST, error)

    def _note(self, state: HubState, error: AcquisitionError) -> None:
        with self._changed:
            self._state, self._error = state, error
            plate, self._plate = self._plate, None
            if plate is not None:
                self._losses = plate.losses
                self._drop(plate, error)
            self._changed.notify_all()

    def _drop(self, plate: Plate, error: AcquisitionError) -> None:
        """The stream of a plate ended. A lost link may come back to it; nothing else does."""
        position = plate.position if isinstance(plate, Resumable) else None
        if self._tap is not None:
            self._tap.hold()
        until_s = monotonic() + self.resumes_within_s
        comes_back = isinstance(error, LinkLost) and not isinstance(error, ReplayEnded)
        if comes_back and position is not None:
            self._dropped = Dropped(until_s, plate.identity.serial, plate.boot_count, position)
        elif self._interrupted is None:
            self._interrupted = error.code
        if self._spool is not None:
            self._spool.event("lost", code=error.code)

    def _stream_from(self, plate: Plate) -> None:
        self._begin_stream(plate)
        silent_s = 0.0
        while not self._stop.is_set():
            block = plate.read(READ_WAIT_S)
            if block is None:
                silent_s += READ_WAIT_S
                if silent_s >= SILENCE_S:
                    raise LinkLost(f"nothing came for {SILENCE_S:g} s although the port is open")
                continue
            silent_s = 0.0
            self._take(block)

    def _begin_stream(self, plate: Plate) -> None:
        dropped = self._dropped
        resumed = (
            dropped is not None
            and dropped.hopeful
            and dropped.is_of(plate.identity.serial, plate.boot_count)
            and isinstance(plate, Resumable)
            and plate.resume(dropped.position)
        )
        if not resumed:
            plate.start()
        with self._changed:
            if resumed:
                if self._tap is not None:
                    self._tap.resume()
            else:
                self._new_stream(dropped)
            self._arrived.clear()  # a plate opened anew counts anew
            self._plate, self._identity, self._dropped = plate, plate.identity, None
            self._replayed = plate.address.startswith(REPLAY)
            self._state, self._error, self._took_s = HubState.STREAMING, None, monotonic()
            self._changed.notify_all()

    def _bad_share(self, bad_frames: int) -> float:
        if not self._arrived:
            return 0.0
        _, bad_before, sets_before = self._arrived[0]
        bad, sets = bad_frames - bad_before, self._sets - sets_before
        return bad / (bad + sets) if bad > 0 else 0.0

    def _new_stream(self, dropped: Dropped | None) -> None:
        if dropped is not None and self._recorder is not None and self._interrupted is None:
            self._interrupted = LinkLost.code
        if self._tap is not None:
            self._tap.stream_began()
        self._blocks.clear()
        self._slow = self._clock = None
        self._stream += 1

    def _take(self, block: SampleBlock) -> None:
        with self._changed:
            self._failures, self._took_s = 0, monotonic()
            self._blocks.append(block)
            self._numbered += 1
            self._sets += len(block)
            if self._took_s >= self._looked_s + LOOK_EVERY_S:
                self._look()
            self._arrived.append((monotonic(), self._plate.losses.bad_frames if self._plate else 0, self._sets))
            while self._arrived[-1][0] - self._arrived[0][0] > BAD_OVER_S:
                self._arrived.popleft()
            if self._recorder is not None and self._why_interrupted() is None:
                if self._spool is not None and self._recorder.last is None and len(block):
                    newest_us = int(block.device_us[0].max())
                    self._spool.event("first", index=int(block.indices[0]), device_us=newest_us)
                self._recorder.add(block)
            self._changed.notify_all()


def _rate_hz(blocks: list[SampleBlock]) -> float:
    if len(blocks) < 2:
        return 0.0
    first, last = blocks[0], blocks[-1]
    ends = [int(first.indices[0]), int(last.indices[-1])]
    times_us = [first.device_us[0, 0], last.device_us[-1, 0]]
    return measured_rate_hz(np.array(ends, dtype=np.int64), np.array(times_us, dtype=np.uint64))
