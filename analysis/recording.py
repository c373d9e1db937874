"""What a plate gave us: counts and time stamps, or the signals another system exported. No units are lost here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from analysis.errors import InvalidRecording
from analysis.geometry import PlateGeometry, Side

Float = NDArray[np.float64]
Counts = NDArray[np.int32]

N_CELLS = 4
SIMULATED_SERIAL = "SIM-"


class Timing(StrEnum):
    """How the four cells are sampled in time."""

    PER_CHANNEL = "per_channel"
    SIMULTANEOUS = "simultaneous"
    FIXED_SKEW = "fixed_skew"


class SetFlag:
    """Bits of the flags byte that travels with each set of samples (wire version 1)."""

    DROPPED_BEFORE = 1
    DESYNC = 2
    SATURATED = 4
    SYNC_IN = 8
    BUTTON = 16
    TIMEOUT = 32
    TEST_PATTERN = 64  # no measurement: what a plate sends to test its link


def frozen(array: NDArray[np.generic], dtype: type[np.generic]) -> NDArray[np.generic]:
    """Return `array` with `dtype` as nobody can write to it: itself where that is so already, else a copy."""
    given = np.asarray(array, dtype=dtype, order="C")
    owner = given.base if isinstance(given.base, np.ndarray) else given
    if not (given.flags.writeable or owner.flags.writeable):
        return given
    copy = np.array(given)
    copy.setflags(write=False)
    return copy


@dataclass(frozen=True, slots=True)
class PlateIdentity:
    """Who a plate says it is.

    ``nominal_rate_hz`` is what the plate claims; the rate that counts is the measured one of a recording.
    """

    serial: str
    model: str
    firmware: str
    wire_version: int
    nominal_rate_hz: float
    full_scale_counts: int
    timing: Timing

    @property
    def simulated(self) -> bool:
        """Whether the serial number is one that only simulators carry."""
        return self.serial.startswith(SIMULATED_SERIAL)


@dataclass(frozen=True, slots=True)
class SampleBlock:
    """Consecutive sets as they came over the wire.

    Parameters
    ----------
    first_index : int
        Number of the first set, counted by the plate over sets PRODUCED, unwrapped: a jump is true loss.
    device_us : ndarray (n, 4) uint64
        Each cell's own conversion time, device clock, unwrapped. [us]
    counts : ndarray (n, 4) int32
        Raw converter counts in the plate's channel order. [counts]
    flags : ndarray (n,) uint8
        Bits of `SetFlag`.
    index : ndarray (n,) int64 or None
        Number of each set where sets are missing inside the block; None: consecutive from ``first_index``.
    """

    first_index: int
    device_us: NDArray[np.uint64]
    counts: Counts
    flags: NDArray[np.uint8]
    index: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        n = len(self.counts)
        if self.counts.shape != (n, N_CELLS) or self.device_us.shape != (n, N_CELLS) or self.flags.shape != (n,):
            raise InvalidRecording(
                f"block of counts {self.counts.shape}, device_us {self.device_us.shape}, flags {self.flags.shape}"
                f" needs ({n}, {N_CELLS}), ({n}, {N_CELLS}), ({n},)"
            )

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def indices(self) -> NDArray[np.int64]:
        """Number of each set. (n,)"""
        if self.index is not None:
            return self.index
        return np.arange(self.first_index, self.first_index + len(self), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Gap:
    """Sets that the plate produced and we never got: ``missing`` of them between two received ones. [s]

    Raises
    ------
    InvalidRecording
        A time is not finite.
    """

    start_s: float
    end_s: float
    missing: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s)):
            raise InvalidRecording(f"a gap from {self.start_s} to {self.end_s} s has no place in time")


#: What a plate's clock may be off by. A ceramic resonator is within 0.5 %; beyond 2 % the board is another one.
CLOCK_DOUBTFUL, CLOCK_WRONG = 0.005, 0.02


@dataclass(frozen=True, slots=True)
class ClockScale:
    """How long a second of the plate's clock lasts by the computer's ``scale`` [s/s], and its uncertainty ``sd``."""

    scale: float
    sd: float

    @property
    def off(self) -> float:
        """By how much the clock is off, beyond what twice the uncertainty explains; 0 or more. [s/s]"""
        return max(0.0, abs(self.scale - 1) - 2 * self.sd)


@dataclass(frozen=True, slots=True)
class RawRecording:
    """A recording in counts: the truth that is filed and never changed.

    Parameters
    ----------
    plate : PlateIdentity
    started_at : datetime
        Wall time of ``time_s == 0``, aware (UTC).
    time_s : ndarray (n, 4)
        Each cell's own time from the first set, device clock. [s]
    counts : ndarray (n, 4) int32
    flags : ndarray (n,) uint8
    gaps : tuple of Gap
    interrupted : str or None
        Why the recording ended before its time ("BOOT", "LINK_LOST"), None when it ended as intended.
    clock : ClockScale or None
        The plate's clock against the computer's; None where it was not compared. ``time_s`` stays the plate's own.

    Raises
    ------
    InvalidRecording
        Shapes disagree, a time is not finite or runs backwards.
    """

    plate: PlateIdentity
    started_at: datetime
    time_s: Float
    counts: Counts
    flags: NDArray[np.uint8]
    gaps: tuple[Gap, ...] = ()
    interrupted: str | None = None
    clock: ClockScale | None = None

    def __post_init__(self) -> None:
        if self.started_at.tzinfo is None:
            raise InvalidRecording("started_at has no time zone; pass an aware datetime (UTC)")
        n = len(self.counts)
        if self.counts.shape != (n, N_CELLS) or self.time_s.shape != (n, N_CELLS) or self.flags.shape != (n,):
            raise InvalidRecording(
                f"recording of shapes counts {self.counts.shape}, time_s {self.time_s.shape}, flags {self.flags.shape}"
                f" needs ({n}, {N_CELLS}), ({n}, {N_CELLS}), ({n},)"
            )
        if not np.isfinite(self.time_s).all():
            raise InvalidRecording("a sample time is not finite")
        if n > 1 and (np.diff(self.time_s, axis=0) < 0).any():
            row = int(np.argmax((np.diff(self.time_s, axis=0) < 0).any(axis=1))) + 1
            raise InvalidRecording(f"time runs backwards at sample {row}")
        object.__setattr__(self, "time_s", frozen(self.time_s, np.float64))
        object.__setattr__(self, "counts", frozen(self.counts, np.int32))
        object.__setattr__(self, "flags", frozen(self.flags, np.uint8))

    @property
    def rate_hz(self) -> float:
        """Measured rate: sets received less one over the time they span, loss counted in. [Hz]"""
        if len(self.counts) < 2:
            return 0.0
        span_s = float(self.time_s[-1, 0] - self.time_s[0, 0])
        missing = sum(gap.missing for gap in self.gaps)
        return (len(self.counts) - 1 + missing) / span_s if span_s > 0 else 0.0


class SignalKind(StrEnum):
    """Which columns an imported recording carries."""

    CELLS_N = "cells_n"  # four vertical cell forces [N], in the order of its geometry's cells_mm
    COP_FZ = "cop_fz"  # CoP ML, CoP AP [mm], Fz [N]
    COP = "cop"  # CoP ML, CoP AP [mm]; no force was exported


class MlAxis(StrEnum):
    """Which side of the body a positive ML coordinate of an import points to."""

    PLUS_RIGHT = "plus_right"
    PLUS_LEFT = "plus_left"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ImportedRecording:
    """What another system recorded, in its signals but in our units.

    Parameters
    ----------
    time_s : ndarray (n,)
        Strictly increasing. [s]
    values : ndarray (n, k)
        Columns as `kind` says: four cells [N], or CoP ML, AP [mm] and Fz [N]. NaN where the source had none; infinite
        values are refused.
    kind : SignalKind
    ml_axis : MlAxis
        UNKNOWN unless the format documents it; never guessed.
    geometry : PlateGeometry or None
        Where the cells stand; required for CELLS_N.
    declared_side : Side or None
        Stance side as the source or the user states it.
    duplicate_rows : int
        Consecutive identical rows that were kept, counted.
    source_label : str
        Which part of the file this is, for people ("LEFT, repetition 1").
    device : str
        Maker and device as the file names them, "" where it does not.

    Raises
    ------
    InvalidRecording
        Shapes disagree, time is not finite or not strictly increasing, a value is infinite, cells without geometry.
    """

    time_s: Float
    values: Float
    kind: SignalKind
    ml_axis: MlAxis = MlAxis.UNKNOWN
    geometry: PlateGeometry | None = None
    declared_side: Side | None = None
    duplicate_rows: int = 0
    source_label: str = ""
    device: str = ""

    def __post_init__(self) -> None:
        wanted = {SignalKind.CELLS_N: N_CELLS, SignalKind.COP_FZ: 3, SignalKind.COP: 2}[self.kind]
        n = len(self.time_s)
        if self.time_s.shape != (n,) or self.values.shape != (n, wanted):
            raise InvalidRecording(
                f"{self.kind} needs time ({n},) and values ({n}, {wanted}),"
                f" got {self.time_s.shape} and {self.values.shape}"
            )
        if self.kind is SignalKind.CELLS_N and self.geometry is None:
            raise InvalidRecording("cell forces need the positions of the cells (geometry)")
        if not np.isfinite(self.time_s).all():
            raise InvalidRecording("a sample time is not finite")
        if n > 1 and (np.diff(self.time_s) <= 0).any():
            row = int(np.argmax(np.diff(self.time_s) <= 0)) + 1
            raise InvalidRecording(f"time does not increase at sample {row}")
        if np.isinf(self.values).any():
            row = int(np.argmax(np.isinf(self.values).any(axis=1)))
            raise InvalidRecording(f"a value of sample {row} is infinite; a missing value is NaN")
        object.__setattr__(self, "time_s", frozen(self.time_s, np.float64))
        object.__setattr__(self, "values", frozen(self.values, np.float64))

    @property
    def rate_hz(self) -> float:
        """Measured mean rate. [Hz]"""
        if len(self.time_s) < 2:
            return 0.0
        return (len(self.time_s) - 1) / float(self.time_s[-1] - self.time_s[0])
