"""The one reader thread: owns the plate, keeps the newest blocks, records, comes back after a lost link.

Everything else asks the hub. A slow screen can fall behind; the recording cannot.
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

import numpy as np

from acquisition.clock import measured_rate_hz
from acquisition.errors import AcquisitionError, LinkLost
from acquisition.plate import Cue, LossCounters, Plate, Prompted
from acquisition.recorder import Recorder
from analysis.recording import PlateIdentity, RawRecording, SampleBlock

log = logging.getLogger(__name__)

READ_WAIT_S = 0.1
SILENCE_S = 1.0
RETRY_S = (0.05, 0.1, 0.2, 0.5, 1.0)
KEPT_BLOCKS = 1500  # 30 s of 20 ms blocks
RATE_OVER_BLOCKS = 150


class HubState(StrEnum):
    """What the link to the plate is doing."""

    CONNECTING = "connecting"
    STREAMING = "streaming"
    LOST = "lost"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class HubSnapshot:
    """State at one moment. ``newest_s``: device time of the newest set [s]; ``error``: code of the last fault."""

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


class Hub:
    """Reads one plate on one thread.

    Parameters
    ----------
    opener : callable
        Opens the plate; called again after a lost link.
    """

    def __init__(self, opener: Callable[[], Plate]) -> None:
        self._opener = opener
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
        self._stream = 0  # counts streams: times of two streams have nothing in common
        self._recorder: Recorder | None = None
        self._interrupted: str | None = None

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
            return HubSnapshot(
                state=self._state,
                identity=self._identity,
                rate_hz=_rate_hz(recent),
                newest_s=float(newest.device_us[-1].max()) * 1e-6 if newest is not None else 0.0,
                sets=self._sets,
                losses=losses,
                error=self._error.code if self._error else None,
                error_text=str(self._error) if self._error else None,
                recording=self._recorder is not None,
                stream=self._stream,
            )

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

    def begin_recording(self) -> int:
        """Record every set from now on; `blocks_after` the cursor returned gives the recording's first block first.

        A recording that runs is dropped: who holds the hub ends the one before.

        Raises
        ------
        LinkLost
            No plate is streaming.
        """
        with self._changed:
            if self._identity is None or self._state is not HubState.STREAMING:
                raise LinkLost("no plate is streaming: a recording cannot begin")
            self._recorder = Recorder(self._identity, datetime.now(UTC))
            self._interrupted = None
            return self._numbered

    def end_recording(self) -> RawRecording:
        """Stop recording and return everything that came, also after a lost link.

        Raises
        ------
        LinkLost
            No recording was begun.
        """
        with self._changed:
            recorder, self._recorder = self._recorder, None
            interrupted = self._interrupted
        if recorder is None:
            raise LinkLost("no recording was begun")
        return recorder.finish(interrupted)

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
            if self._plate is not None:
                self._losses, self._plate = self._plate.losses, None
            if self._recorder is not None and self._interrupted is None:
                self._interrupted = error.code
            self._changed.notify_all()

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
        plate.start()
        with self._changed:
            self._plate, self._identity = plate, plate.identity
            self._state, self._error = HubState.STREAMING, None
            self._blocks.clear()
            self._stream += 1

    def _take(self, block: SampleBlock) -> None:
        with self._changed:
            self._failures = 0
            self._blocks.append(block)
            self._numbered += 1
            self._sets += len(block)
            if self._recorder is not None and self._interrupted is None:
                self._recorder.add(block)
            self._changed.notify_all()


class DirectHub(Hub):
    """The hub without its thread: the plate is read when blocks are asked for, by whoever asks.

    For a simulated plate that runs as fast as it is read: no reader can fall behind its time.
    """

    def start(self) -> None:
        """Connect. Raises what the opener raises."""
        self._begin_stream(self._opener())

    def blocks_after(self, cursor: int, timeout_s: float = 0.0) -> tuple[tuple[SampleBlock, ...], int]:
        """Read one block, then answer as the hub does."""
        if cursor < 0:
            cursor = self._numbered
        plate = self._plate
        if plate is not None and self._state is HubState.STREAMING:
            try:
                block = plate.read(READ_WAIT_S)
            except AcquisitionError as error:
                self._note(HubState.LOST, error)
                plate.close()
            else:
                if block is not None:
                    self._take(block)
        return super().blocks_after(cursor)

    def close(self) -> None:
        """Let go of the plate."""
        if self._plate is not None:
            self._plate.close()
        super().close()


def _rate_hz(blocks: list[SampleBlock]) -> float:
    if len(blocks) < 2:
        return 0.0
    first, last = blocks[0], blocks[-1]
    ends = [int(first.indices[0]), int(last.indices[-1])]
    times_us = [first.device_us[0, 0], last.device_us[-1, 0]]
    return measured_rate_hz(np.array(ends, dtype=np.int64), np.array(times_us, dtype=np.uint64))
