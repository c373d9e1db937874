"""Is this plate fit to measure with? A few seconds of it, empty, and what it says of itself. Numbers and a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from acquisition import service
from acquisition.clock import ClockMapping, cell_rates_hz
from acquisition.errors import PlateRefused, RateTooLow
from acquisition.messages import NO_COUNTS, CellFault, SelfTestReport
from acquisition.plate import LossCounters, WirePlate
from acquisition.watching import watch
from analysis.cell_faults import CELL_NOISE_N, FROZEN_S, NOISE_TIMES, NOT_CONVERTED_S, SATURATED_PART
from analysis.quality import LOW_RATE_HZ, REFUSED_RATE_HZ, Severity
from analysis.recording import CLOCK_DOUBTFUL, CLOCK_WRONG, N_CELLS, PlateIdentity, SampleBlock, SetFlag

Float = NDArray[np.float64]

CHECKUP_S = 5.0
PING_EVERY_S = 0.1  # a clock is compared in seconds instead of minutes; a PING is 8 bytes
JUDGED_S = 0.5  # less of a stream tells no rate
NOISE_N = 0.3  # SD of an empty cell: five times a good one's, half a millimetre of CoP under a standing person
SPREAD_PCT = 5.0
LOST_PCT, DAMAGED_AMBER_PCT, DAMAGED_RED_PCT = 1.0, 1.0, 5.0
LOW_SUPPLY_MV = 4500  # the least USB may bring to a device's connector, near enough for a reading true to 10 %
LOW_MEMORY_BYTES = 200


class CheckupCode(StrEnum):
    """Closed list of what a checkup finds; each is a sentence of the catalogue (``checkup.finding.<value>``)."""

    NOTHING_CAME = "NOTHING_CAME"
    RATE_TOO_LOW = "RATE_TOO_LOW"
    RATE_REDUCED = "RATE_REDUCED"
    RATE_UNEVEN = "RATE_UNEVEN"
    SILENT = "SILENT"
    DISCONNECTED = "DISCONNECTED"
    FROZEN = "FROZEN"
    SATURATED = "SATURATED"
    LOST_STEP = "LOST_STEP"
    MISSED = "MISSED"
    NOISY = "NOISY"
    SETS_LOST = "SETS_LOST"
    FRAMES_DAMAGED = "FRAMES_DAMAGED"
    CLOCK_DOUBTFUL = "CLOCK_DOUBTFUL"
    CLOCK_WRONG = "CLOCK_WRONG"
    SUPPLY_LOW = "SUPPLY_LOW"
    MEMORY_LOW = "MEMORY_LOW"


@dataclass(frozen=True, slots=True)
class CheckupFinding:
    """One thing a checkup found, with the numbers its sentence shows. ``cell`` counts from 0; None: the whole plate."""

    code: CheckupCode
    severity: Severity
    cell: int | None = None
    values: Mapping[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CellCheckup:
    """One cell: conversions a second [Hz], mean and SD of its counts, SD in newtons where the gain is known [N]."""

    rate_hz: float
    mean_counts: float
    sd_counts: float
    sd_n: float | None


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a checkup showed.

    Parameters
    ----------
    plate : PlateIdentity
    length_s : float
        By the plate's clock. [s]
    sets : int
        Received.
    cells : tuple of CellCheckup
        Four, or none where nothing came.
    losses : LossCounters
        Of these seconds.
    clock : ClockMapping or None
        None where the plate's time is its own, or too little is known.
    supply_mv, free_bytes : int or None
        None where the plate has no self-test.
    findings : tuple of CheckupFinding
    """

    plate: PlateIdentity
    length_s: float
    sets: int
    cells: tuple[CellCheckup, ...]
    losses: LossCounters
    clock: ClockMapping | None
    supply_mv: int | None
    free_bytes: int | None
    findings: tuple[CheckupFinding, ...]

    @property
    def fit(self) -> bool:
        """Whether the plate may be measured with."""
        return all(finding.severity is not Severity.NOT_USABLE for finding in self.findings)


def check(plate: WirePlate, newton_per_count: Float | None = None, seconds: float = CHECKUP_S) -> Checkup:
    """Stream for some seconds and judge. The plate should be empty; afterwards it is stopped.

    Raises
    ------
    LinkLost, PlateRebooted
    """
    _self_test(plate)  # its extremes and faults begin anew with each
    before = plate.losses
    plate.ping_every_s = PING_EVERY_S
    plate.start()
    blocks = watch(plate, seconds)
    report = _self_test(plate)
    plate.stop()
    losses = LossCounters(**{name: count - getattr(before, name) for name, count in asdict(plate.losses).items()})
    return judged(plate.identity, blocks, losses, plate.clock, report, newton_per_count)


def _self_test(plate: WirePlate) -> SelfTestReport | None:
    try:
        return service.self_test(plate)
    except PlateRefused:
        return None


def judged(
    plate: PlateIdentity,
    blocks: Sequence[SampleBlock],
    losses: LossCounters,
    clock: ClockMapping | None = None,
    report: SelfTestReport | None = None,
    newton_per_count: Float | None = None,
) -> Checkup:
    """What these blocks of an empty plate, its counters and its own report show."""
    cells = _cells(blocks, newton_per_count)
    findings = [
        *(_rate_findings([cell.rate_hz for cell in cells]) if cells else [_of_all(CheckupCode.NOTHING_CAME)]),
        *(_cell_findings(blocks, plate.full_scale_counts) if cells else []),
        *_noise_findings(cells),
        *_own_findings(report),
        *_loss_findings(losses, sum(map(len, blocks))),
        *_clock_findings(clock),
    ]
    return Checkup(
        plate=plate,
        length_s=_length_s(blocks),
        sets=sum(map(len, blocks)),
        cells=cells,
        losses=losses,
        clock=clock,
        supply_mv=report.supply_mv if report else None,
        free_bytes=report.free_bytes if report else None,
        findings=_once(findings),
    )


def rate_problem(blocks: Sequence[SampleBlock]) -> RateTooLow | None:
    """Why nothing can be measured with cells this slow, from the newest second or so of a stream; None: no reason.

    A converter whose board is set to 10 conversions a second loses a quarter of sway velocity.
    """
    if _length_s(blocks) < JUDGED_S:
        return None
    rates_hz = cell_rates_hz(blocks)
    cell = int(np.argmin(rates_hz))
    if rates_hz[cell] >= REFUSED_RATE_HZ:
        return None
    text = f"cell {cell} converts {rates_hz[cell]:.1f} times a second, needs {REFUSED_RATE_HZ:g}"
    return RateTooLow(text, cell=cell, rate_hz=rates_hz[cell], limit_hz=REFUSED_RATE_HZ)


def _length_s(blocks: Sequence[SampleBlock]) -> float:
    if not blocks:
        return 0.0
    return (float(blocks[-1].device_us[-1].max()) - float(blocks[0].device_us[0].max())) * 1e-6


def _cells(blocks: Sequence[SampleBlock], newton_per_count: Float | None) -> tuple[CellCheckup, ...]:
    if not blocks:
        return ()
    counts = np.concatenate([block.counts for block in blocks]).astype(np.float64)
    mean, sd, rates_hz = counts.mean(axis=0), counts.std(axis=0), cell_rates_hz(blocks)
    sd_n = [None] * N_CELLS if newton_per_count is None else (sd * np.abs(newton_per_count)).tolist()
    return tuple(CellCheckup(rates_hz[at], float(mean[at]), float(sd[at]), sd_n[at]) for at in range(N_CELLS))


def _of_all(code: CheckupCode, severity: Severity = Severity.NOT_USABLE, **values: float) -> CheckupFinding:
    return CheckupFinding(code, severity, None, values)


def _of_cell(code: CheckupCode, cell: int, severity: Severity = Severity.NOT_USABLE, **values: float) -> CheckupFinding:
    return CheckupFinding(code, severity, cell, values)


def _rate_findings(rates_hz: Sequence[float]) -> list[CheckupFinding]:
    """Too slow to use, slow, or apart from the others. A cell that never converts is silent: said elsewhere."""
    found = []
    median_hz = float(np.median(rates_hz))
    for cell, rate_hz in enumerate(rates_hz):
        if rate_hz == 0:
            continue
        apart_pct = 100 * (rate_hz / median_hz - 1) if median_hz else 0.0
        if rate_hz < REFUSED_RATE_HZ:
            found.append(_of_cell(CheckupCode.RATE_TOO_LOW, cell, value=rate_hz, limit=REFUSED_RATE_HZ))
        elif rate_hz < LOW_RATE_HZ:
            found.append(_of_cell(CheckupCode.RATE_REDUCED, cell, Severity.CAUTION, value=rate_hz, limit=LOW_RATE_HZ))
        elif abs(apart_pct) > SPREAD_PCT:
            found.append(_of_cell(CheckupCode.RATE_UNEVEN, cell, Severity.CAUTION, value=apart_pct, limit=SPREAD_PCT))
    return found


def _cell_findings(blocks: Sequence[SampleBlock], full_scale_counts: int) -> list[CheckupFinding]:
    """What the samples themselves show."""
    counts = np.concatenate([block.counts for block in blocks])
    time_s = np.concatenate([block.device_us for block in blocks]).astype(np.float64) * 1e-6
    newest_s = time_s.max(axis=1)
    moves = np.diff(counts, axis=0, prepend=counts[:1]) != 0
    at_end = np.concatenate([block.flags for block in blocks]) & SetFlag.SATURATED != 0
    found = []
    for cell in range(N_CELLS):
        silent_s = float((newest_s - time_s[:, cell]).max())
        still_s = _still_alone_s(newest_s, moves, cell)
        there = counts[:, cell][(counts[:, cell] != NO_COUNTS) | at_end]
        part = float(np.abs(there.astype(np.float64)).max(initial=0.0)) / full_scale_counts
        if silent_s >= NOT_CONVERTED_S or not len(there):
            found.append(_of_cell(CheckupCode.SILENT, cell, value=silent_s, limit=NOT_CONVERTED_S))
        elif part >= SATURATED_PART:
            found.append(_of_cell(CheckupCode.SATURATED, cell, value=100 * part, limit=100 * SATURATED_PART))
        elif still_s >= FROZEN_S:
            found.append(_of_cell(CheckupCode.FROZEN, cell, value=still_s, limit=FROZEN_S))
    return found


def _still_alone_s(time_s: Float, moves: NDArray[np.bool_], cell: int) -> float:
    """Longest time in which a cell gives no new code and another one does. [s]"""
    changes = np.r_[0, np.flatnonzero(moves[:, cell]), len(time_s) - 1]
    others = np.r_[0, np.cumsum(np.delete(moves, cell, axis=1).any(axis=1))]
    alone = others[changes[1:]] - others[changes[:-1] + 1] > 0
    return float((np.diff(time_s[changes]) * alone).max())


def _noise_findings(cells: Sequence[CellCheckup]) -> list[CheckupFinding]:
    """A cell of ten times the others' noise is an open input, as in the live view; less of it is restlessness."""
    sd_n = [cell.sd_n for cell in cells if cell.sd_n is not None]
    found = []
    for at, own_n in enumerate(sd_n):
        loose_n = NOISE_TIMES * max(CELL_NOISE_N, float(np.median(np.delete(sd_n, at))))
        if own_n > loose_n:
            found.append(_of_cell(CheckupCode.DISCONNECTED, at, value=own_n, limit=loose_n))
        elif own_n > NOISE_N:
            found.append(_of_cell(CheckupCode.NOISY, at, Severity.CAUTION, value=own_n, limit=NOISE_N))
    return found


#: What a plate says of its cells, where the samples have not said it.
_OWN = {
    CellFault.NO_SIGNAL: CheckupCode.SILENT,
    CellFault.STUCK_LOW: CheckupCode.SILENT,
    CellFault.DESYNC: CheckupCode.LOST_STEP,
    CellFault.SATURATED: CheckupCode.SATURATED,
    CellFault.FROZEN: CheckupCode.FROZEN,
    CellFault.SLOW: CheckupCode.RATE_TOO_LOW,
    CellFault.MISSED: CheckupCode.MISSED,
}
_CAUTIONS = (CheckupCode.MISSED, CheckupCode.LOST_STEP)


def _own_findings(report: SelfTestReport | None) -> list[CheckupFinding]:
    """What the plate's self-test says."""
    if report is None:
        return []
    found = [
        _of_cell(code, at, Severity.CAUTION if code in _CAUTIONS else Severity.NOT_USABLE, value=cell.rate_hz)
        for at, cell in enumerate(report.cells)
        for fault, code in _OWN.items()
        if fault in cell.faults
    ]
    if report.supply_mv < LOW_SUPPLY_MV:
        found.append(_of_all(CheckupCode.SUPPLY_LOW, Severity.CAUTION, value=report.supply_mv, limit=LOW_SUPPLY_MV))
    if report.free_bytes < LOW_MEMORY_BYTES:
        found.append(_of_all(CheckupCode.MEMORY_LOW, Severity.CAUTION, value=report.free_bytes, limit=LOW_MEMORY_BYTES))
    return found


def _loss_findings(losses: LossCounters, received: int) -> list[CheckupFinding]:
    found = []
    if losses.lost_sets:
        lost_pct = 100 * losses.lost_sets / (losses.lost_sets + received)
        severity = Severity.NOT_USABLE if lost_pct > LOST_PCT else Severity.CAUTION
        found.append(_of_all(CheckupCode.SETS_LOST, severity, value=lost_pct, limit=LOST_PCT))
    damaged_pct = 100 * losses.bad_frames / max(1, losses.bad_frames + received)
    if damaged_pct > DAMAGED_AMBER_PCT:
        severity = Severity.NOT_USABLE if damaged_pct > DAMAGED_RED_PCT else Severity.CAUTION
        found.append(_of_all(CheckupCode.FRAMES_DAMAGED, severity, value=damaged_pct, limit=DAMAGED_AMBER_PCT))
    return found


def _clock_findings(clock: ClockMapping | None) -> list[CheckupFinding]:
    """A clock is doubted only where it is off by more than its uncertainty explains."""
    if clock is None or clock.clock.off <= CLOCK_DOUBTFUL:
        return []
    value = 100 * (clock.scale - 1)
    if clock.clock.off > CLOCK_WRONG:
        return [_of_all(CheckupCode.CLOCK_WRONG, Severity.NOT_USABLE, value=value, limit=100 * CLOCK_WRONG)]
    return [_of_all(CheckupCode.CLOCK_DOUBTFUL, Severity.CAUTION, value=value, limit=100 * CLOCK_DOUBTFUL)]


def _once(findings: Sequence[CheckupFinding]) -> tuple[CheckupFinding, ...]:
    """The first of each code and cell, the gravest kinds first: what was measured comes before what the plate says."""
    first = {(finding.code, finding.cell): finding for finding in reversed(findings)}
    ranks = list(CheckupCode)
    return tuple(sorted(first.values(), key=lambda one: (ranks.index(one.code), -1 if one.cell is None else one.cell)))


def checkup_document(checkup: Checkup) -> dict[str, Any]:
    """A checkup as JSON."""
    document = asdict(checkup)
    document["findings"] = [
        {
            "code": finding.code.value,
            "severity": finding.severity.value,
            "cell": finding.cell,
            "values": dict(finding.values),
        }
        for finding in checkup.findings
    ]
    return document | {"fit": checkup.fit}
