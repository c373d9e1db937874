"""Faults that can be planted in the simulated plate: in its cells, on its board, on its cable. One address each.

::

    frozen-2@10        cell 2 repeats its count from 10 s on
    saturated-1@5..8   cell 1 is at the end of the converter's range from 5 to 8 s
    unplugged-0        cell 0 is not connected: its input floats
    inverted-3         two wires of cell 3 are swapped: its load counts as negative
    drift-2:60@10..40  the zero of cell 2 creeps by 60 N a minute, and does not come back
    swapped-0-1        cells 0 and 1 are on each other's sockets
    garbled:3@20       3 % of the frames are damaged on the wire
    silent@20          the port stays open, nothing comes
    cut@20             the cable is pulled out
    reset@20           the board restarts

Times are seconds since the person's beginning; cells count from 0 as printed on the plate.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from acquisition.errors import LinkLost

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

N_CELLS = 4
#: An open input picks up whatever is near: about 14 N (SD) and a level far from that of an empty cell.
FLOATING_COUNTS, FLOATING_SD_COUNTS = 900_000.0, 30_000.0
WATCHDOG_RESET = 0x08


class FaultKind(StrEnum):
    """What can be planted. Values are what an address says."""

    FROZEN = "frozen"
    SATURATED = "saturated"
    UNPLUGGED = "unplugged"
    INVERTED = "inverted"
    DRIFT = "drift"
    SWAPPED = "swapped"
    GARBLED = "garbled"
    SILENT = "silent"
    CUT = "cut"
    RESET = "reset"


#: How many cells each names, and the size it has where none is said.
_CELLS = {
    FaultKind.FROZEN: 1,
    FaultKind.SATURATED: 1,
    FaultKind.UNPLUGGED: 1,
    FaultKind.INVERTED: 1,
    FaultKind.DRIFT: 1,
    FaultKind.SWAPPED: 2,
}
_SIZES = {FaultKind.DRIFT: 60.0, FaultKind.GARBLED: 10.0}
_GRAMMAR = re.compile(
    r"(?P<kind>[a-z]+)(?P<cells>(-\d)*)(:(?P<size>\d+(\.\d+)?))?"
    r"(@(?P<start>\d+(\.\d+)?)(\.\.(?P<end>\d+(\.\d+)?))?)?"
)


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """One fault: what, on which cells, from when to when [s], how large (drift [N/min], garbled [%])."""

    kind: FaultKind
    cells: tuple[int, ...] = ()
    start_s: float = 0.0
    end_s: float = math.inf
    size: float = 0.0

    def active(self, time_s: Float) -> Bool:
        """At which of these times it is there. (n,)"""
        return np.asarray((time_s >= self.start_s) & (time_s < self.end_s), dtype=np.bool_)


def parse_fault(text: str) -> PlantedFault:
    """`drift-2:60@10..40` -> the fault.

    Raises
    ------
    ValueError
        Says what may be written.
    """
    said = _GRAMMAR.fullmatch(text)
    if said is None or said["kind"] not in list(FaultKind):
        raise ValueError(f"no fault {text!r}; there are: {', '.join(FaultKind)} (as frozen-2@10, garbled:3@5..8)")
    kind = FaultKind(said["kind"])
    cells = tuple(int(digit) for digit in said["cells"].replace("-", ""))
    wanted = _CELLS.get(kind, 0)
    if len(set(cells)) != len(cells) or len(cells) != wanted or any(cell >= N_CELLS for cell in cells):
        raise ValueError(f"fault {text!r} must name {wanted} cells of 0 to {N_CELLS - 1}, each once")
    if said["size"] and kind not in _SIZES:
        raise ValueError(f"fault {text!r}: {kind} has no size; {', '.join(_SIZES)} have one")
    start_s, end_s = float(said["start"] or 0.0), float(said["end"] or math.inf)
    if end_s <= start_s:
        raise ValueError(f"fault {text!r} ends before it begins")
    return PlantedFault(kind, cells, start_s, end_s, float(said["size"] or _SIZES.get(kind, 0.0)))


def with_faults(faults: tuple[PlantedFault, ...], time_s: Float, cells_n: Float) -> Float:
    """Forces as faulty wiring hands them to the converters. (n, 4) [N]"""
    if not faults:
        return cells_n
    changed = cells_n.copy()
    for fault in faults:
        there, cells = fault.active(time_s), list(fault.cells)
        if fault.kind is FaultKind.INVERTED:
            changed[there, cells] *= -1
        elif fault.kind is FaultKind.DRIFT:
            creeping_s = np.clip(time_s, fault.start_s, fault.end_s) - fault.start_s
            changed[:, cells] += fault.size / 60 * creeping_s[:, None]
        elif fault.kind is FaultKind.SWAPPED:
            changed[:, cells] = np.where(there[:, None], changed[:, cells[::-1]], changed[:, cells])
    return changed


class FaultyConverter:
    """What one cell's converter gives, faults of its input and of itself included.

    The same bits however the conversions are cut: its noise is drawn conversion by conversion.
    """

    def __init__(self, cell: int, limit_counts: float, rng: np.random.Generator) -> None:
        self._cell, self._limit_counts, self._rng = cell, limit_counts, rng
        self._held: float | None = None

    def __call__(self, faults: tuple[PlantedFault, ...], time_s: Float, counts: Float) -> Float:
        """Counts after the faults; a count beyond the range is saturated. (n,)"""
        mine = [fault for fault in faults if self._cell in fault.cells]
        for fault in mine:
            there = fault.active(time_s)
            if fault.kind is FaultKind.UNPLUGGED:
                floating = FLOATING_COUNTS + FLOATING_SD_COUNTS * self._rng.standard_normal(int(there.sum()))
                counts[there] = np.round(floating)
            elif fault.kind is FaultKind.SATURATED:
                counts[there] = self._limit_counts + 1
            elif fault.kind is FaultKind.FROZEN:
                before = counts[time_s < fault.start_s]
                self._held = float(before[-1]) if len(before) else self._held
                if there.any():
                    self._held = float(counts[there][0]) if self._held is None else self._held
                    counts[there] = self._held
        if len(counts) and not any(fault.kind is FaultKind.FROZEN for fault in mine):
            self._held = float(counts[-1])
        return counts


class FaultyCable:
    """What comes through a cable on which faults are planted.

    Attributes
    ----------
    faults : tuple of PlantedFault
    """

    def __init__(self, faults: tuple[PlantedFault, ...], seed: int) -> None:
        self.faults = faults
        self._rng = np.random.default_rng([0x7769726573, seed])

    def _now(self, kind: FaultKind, now_s: float) -> PlantedFault | None:
        active = (fault for fault in self.faults if fault.kind is kind and fault.start_s <= now_s < fault.end_s)
        return next(active, None)

    def restarts(self, before_s: float, now_s: float) -> bool:
        """Whether the board restarted between two moments."""
        return any(fault.kind is FaultKind.RESET and before_s < fault.start_s <= now_s for fault in self.faults)

    def passed(self, sent: bytes, now_s: float, name: str) -> bytes:
        """What arrives of what was sent.

        Raises
        ------
        LinkLost
            The cable is pulled out.
        """
        if not self.faults:
            return sent
        if self._now(FaultKind.CUT, now_s):
            raise LinkLost(f"{name}: the cable was pulled out")
        if self._now(FaultKind.SILENT, now_s):
            return b""
        garbled = self._now(FaultKind.GARBLED, now_s)
        return self._garbled(sent, garbled.size / 100) if garbled else sent

    def _garbled(self, sent: bytes, share: float) -> bytes:
        """One bit of this share of the frames is flipped; never the mark between frames."""
        frames = sent.split(b"\0")
        for at, frame in enumerate(frames):
            if frame and self._rng.random() < share:
                damaged = bytearray(frame)
                place = int(self._rng.integers(len(damaged)))
                damaged[place] ^= 2 if damaged[place] != 2 else 1
                frames[at] = bytes(damaged)
        return b"\0".join(frames)


__all__ = [
    "N_CELLS",
    "WATCHDOG_RESET",
    "FaultKind",
    "FaultyCable",
    "FaultyConverter",
    "PlantedFault",
    "parse_fault",
    "with_faults",
]
