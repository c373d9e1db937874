"""Blocks of sets -> one recording, with every loss marked as a gap."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from acquisition.continuity import Position
from analysis.errors import InvalidRecording
from analysis.recording import N_CELLS, ClockScale, Gap, PlateIdentity, RawRecording, SampleBlock


class Recorder:
    """Collects blocks as they come; nothing is thinned, filtered or calibrated.

    Parameters
    ----------
    plate : PlateIdentity
    started_at : datetime
        Wall time at which recording began (UTC), for labels only: time runs on the plate's clock.
    """

    def __init__(self, plate: PlateIdentity, started_at: datetime) -> None:
        self._plate = plate
        self._started_at = started_at
        self._blocks: list[SampleBlock] = []

    def add(self, block: SampleBlock) -> None:
        """Append the next block."""
        if len(block):
            self._blocks.append(block)

    @property
    def last(self) -> Position | None:
        """The newest set; None before the first."""
        if not self._blocks:
            return None
        block = self._blocks[-1]
        return Position(int(block.indices[-1]), int(block.device_us[-1].max()))

    def __len__(self) -> int:
        return sum(len(block) for block in self._blocks)

    def finish(self, interrupted: str | None = None, clock: ClockScale | None = None) -> RawRecording:
        """Everything that came, as one recording.

        Parameters
        ----------
        interrupted : str or None
            Why it ended early: "PLATE_REBOOTED", "LINK_LOST"; None when it ended as intended.
        clock : ClockScale or None
            The plate's clock against the computer's, where it was compared.
        """
        if not self._blocks:
            empty = np.empty((0, N_CELLS))
            return RawRecording(
                self._plate,
                self._started_at,
                empty,
                empty.astype(np.int32),
                np.empty(0, np.uint8),
                (),
                interrupted,
                clock,
            )
        index = np.concatenate([block.indices for block in self._blocks])
        if (np.diff(index) <= 0).any():
            raise InvalidRecording("blocks are not in order of their sets: two streams were mixed")
        device_us = np.concatenate([block.device_us for block in self._blocks]).astype(np.int64)
        time_s = np.asarray((device_us - int(device_us[0].min())) * 1e-6, dtype=np.float64)
        jumps = np.flatnonzero(np.diff(index) > 1)
        return RawRecording(
            plate=self._plate,
            started_at=self._started_at,
            time_s=time_s,
            counts=np.concatenate([block.counts for block in self._blocks]),
            flags=np.concatenate([block.flags for block in self._blocks]),
            gaps=tuple(
                Gap(float(time_s[at].max()), float(time_s[at + 1].min()), int(index[at + 1] - index[at] - 1))
                for at in jumps
            ),
            interrupted=interrupted,
            clock=clock,
        )
