"""The hub for plates that run as fast as they are read: no thread, whoever asks for blocks reads."""

from __future__ import annotations

from acquisition.errors import AcquisitionError
from acquisition.hub import READ_WAIT_S, Hub, HubState
from analysis.recording import SampleBlock


class DirectHub(Hub):
    """The hub without its thread: the plate is read when blocks are asked for, by whoever asks.

    For a simulated plate that runs as fast as it is read: no reader can fall behind its time. It does not come back
    after a lost link.
    """

    resumes_within_s = -1.0

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
