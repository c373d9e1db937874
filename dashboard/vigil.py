"""What is watched beside the steps of the guided test: the cells, the zero's age and drift, and the leg that stands.

Rules only; what follows from them is the guide's.
"""

from __future__ import annotations

from analysis.calibration import Calibration, Zero
from analysis.cell_faults import CellFault, CellProblem, CellWatch, zero_fault
from analysis.cop import ForceSeries
from analysis.geometry import Footing, Side
from analysis.online import StanceWatch
from analysis.recording import SampleBlock
from dashboard.protocol import Notice, Remark

FULL_SCALE_COUNTS = 2**23 - 1
NEGATIVE_ENDS_S = 1.0  # stepping on over a corner lifts the opposite cell for less
WRONG_LEG_S = 1.0
DRIFT_N, LOADED_N, QUIET_N = 5.0, 20.0, 1.0
OLD_ZERO_S = 900.0

_NOTICES = {
    CellProblem.TEST_PATTERN: Notice.TEST_PATTERN,
    CellProblem.SATURATED: Notice.CELL_SATURATED,
    CellProblem.DISCONNECTED: Notice.CELL_DISCONNECTED,
    CellProblem.FROZEN: Notice.CELL_FROZEN,
    CellProblem.NEGATIVE: Notice.LOAD_NEGATIVE,
}


def cell_remark(fault: CellFault) -> Remark:
    """What is said of a fault of a cell."""
    cell = "all" if fault.cell is None else fault.cell
    return Remark(_NOTICES[fault.problem], {"cell": cell, "value": fault.value, "limit": fault.limit})


class Vigil:
    """Watches the stream of one plate, whatever step the test is in.

    Parameters
    ----------
    calibration : Calibration
    full_scale_counts : int

    Attributes
    ----------
    fault : Remark or None
        What is wrong with the cells now, as it was when it was first seen.
    idle : Remark or None
        What an empty plate says of its zero.
    """

    def __init__(self, calibration: Calibration, full_scale_counts: int = FULL_SCALE_COUNTS) -> None:
        self._calibration = calibration
        self._cells = CellWatch(calibration, full_scale_counts)
        self._since_s = self._now_s = 0.0
        self.fault: Remark | None = None
        self.idle: Remark | None = None

    def begin(self) -> None:
        """A new stream: nothing of the one before holds."""
        self._cells.begin()
        self.fault = self.idle = None

    def feed(self, piece: SampleBlock, zero: Zero | None, zero_at_s: float) -> None:
        """Take the next sets. ``zero``: the newest one of this stream, taken at ``zero_at_s``."""
        if not self._cells.feed(piece, zero):
            return
        found, now_s = self._cells.fault, float(piece.device_us[-1].max()) * 1e-6
        said = None if found is None else cell_remark(found)
        if said is None or found is None:
            self.fault = None
        elif self.fault is None or (said.notice, said.values["cell"]) != (self.fault.notice, self.fault.values["cell"]):
            self.fault, self._since_s = said, found.start_s
        self._now_s = now_s
        self.idle = None if zero is None else self._idle(zero, now_s - zero_at_s)

    @property
    def lasting(self) -> bool:
        """Whether a cell has been negative for longer than a step takes."""
        return (
            self.fault is not None
            and self.fault.notice is Notice.LOAD_NEGATIVE
            and self.fault.values["cell"] != "all"
            and self._now_s - self._since_s >= NEGATIVE_ENDS_S
        )

    def _idle(self, zero: Zero, age_s: float) -> Remark | None:
        if age_s > OLD_ZERO_S:
            return Remark(Notice.ZERO_OLD, {"age_min": age_s / 60, "limit_min": OLD_ZERO_S / 60})
        resting_n = self._cells.resting_n(zero, QUIET_N)
        if resting_n is None or not DRIFT_N < abs(resting_n) < LOADED_N:
            return None
        return Remark(Notice.ZERO_DRIFTED, {"value": resting_n, "limit": DRIFT_N})

    def of_zero(self, zero: Zero) -> Remark | None:
        """What a new zero tells of a cell."""
        fault = zero_fault(zero, self._calibration)
        return None if fault is None else cell_remark(fault)


class Legs:
    """The leg that was asked for and the other one: whichever is stood on.

    Parameters
    ----------
    footing : Footing
    side : Side
        Asked for.
    weight_n : float
        [N]

    Attributes
    ----------
    asked, other : StanceWatch
    """

    def __init__(self, footing: Footing, side: Side, weight_n: float) -> None:
        self._footing, self._side, self.weight_n = footing, side, weight_n
        self.asked = StanceWatch(footing, side, weight_n)
        self.other = StanceWatch(footing, side.other, weight_n)

    def feed(self, forces: ForceSeries) -> None:
        """Take the next samples."""
        self.asked.feed(forces)
        self.other.feed(forces)
        if self.other.end is not None:
            self.other = StanceWatch(self._footing, self._side.other, self.weight_n)

    def on_the_other(self, now_s: float) -> bool:
        """Whether the leg that was not asked for has stood alone for a second."""
        since_s = self.other.foot_off_s
        return since_s is not None and now_s - since_s >= WRONG_LEG_S

    def swap(self) -> Side:
        """The other leg is meant from now on; which one that is."""
        self._side, self.asked, self.other = self._side.other, self.other, self.asked
        return self._side
