"""What a plate sends for a while: for checks that need no hub."""

from __future__ import annotations

from time import monotonic

from acquisition.plate import Plate
from analysis.recording import SampleBlock

READ_S = 0.25
SPARE_S = 2.0  # of the computer's time, on top of the plate's: a plate that falls silent ends the look


def watch(plate: Plate, seconds: float) -> list[SampleBlock]:
    """Blocks of so many seconds by the plate's clock; fewer where it sends less.

    Raises
    ------
    LinkLost, PlateRebooted
    """
    blocks: list[SampleBlock] = []
    deadline_s = monotonic() + seconds + SPARE_S
    while monotonic() < deadline_s and _span_s(blocks) < seconds:
        block = plate.read(READ_S)
        if block is not None and len(block):
            blocks.append(block)
    return blocks


def _span_s(blocks: list[SampleBlock]) -> float:
    if not blocks:
        return 0.0
    return (float(blocks[-1].device_us[-1].max()) - float(blocks[0].device_us[0].max())) * 1e-6
