"""From numbers in a table to an imported recording: units, time, repeated and missing rows, and what looks wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from acquisition.files.options import PER_SECOND, ReadOptions, TimeUnit
from acquisition.files.refusals import Fact, FileProblem, FileRefused, Problem
from acquisition.files.table import Table
from analysis.geometry import PlateGeometry, Side
from analysis.recording import ImportedRecording, MlAxis, SignalKind

Float = NDArray[np.float64]

FEWEST_ROWS = 20
LARGEST_MISSING_SHARE = 0.01
PLAUSIBLE_RATE_HZ = (5.0, 50_000.0)
PLAUSIBLE_LOAD_N = (150.0, 4000.0)
PLAUSIBLE_COP_SPAN_MM = (0.5, 2000.0)
DOWNWARDS_N = -50.0


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of a table are.

    Parameters
    ----------
    kind : SignalKind
    timed : bool
        Whether the table's first column is the time; the signals are the columns after it, in the order of `kind`.
    to_mm, to_n : float
        Factors from the file's units.
    ml_axis, geometry, side, label, device
        As in `ImportedRecording`.
    """

    kind: SignalKind
    timed: bool
    time_unit: TimeUnit = "s"
    to_mm: float = 1.0
    to_n: float = 1.0
    ml_axis: MlAxis = MlAxis.UNKNOWN
    geometry: PlateGeometry | None = None
    side: Side | None = None
    label: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class _Rows:
    time_s: Float
    values: Float
    lines: NDArray[np.int64]

    def __getitem__(self, kept: NDArray[np.bool_]) -> _Rows:
        return _Rows(self.time_s[kept], self.values[kept], self.lines[kept])


def recording_of(table: Table, layout: Layout, options: ReadOptions) -> tuple[ImportedRecording, tuple[Problem, ...]]:
    """Make a recording of a table.

    Raises
    ------
    FileRefused
        TOO_FEW_ROWS, NO_TIME_NO_RATE, TIME_MISSING, TIME_BACKWARDS, TIME_TWICE, RATE_IMPLAUSIBLE, VALUES_MISSING.
    """
    problems: list[Problem] = []
    if table.cut_line is not None:
        problems.append(Problem(FileProblem.LAST_LINE_CUT, table.cut_line, {"part": layout.label}))
    if len(table.values) < FEWEST_ROWS:
        raise FileRefused(FileProblem.TOO_FEW_ROWS, rows=len(table.values), needed=FEWEST_ROWS, part=layout.label)
    rows = _timed(table, layout, options)
    rows = _each_time_once(rows, problems, layout.label)
    rows = replace(rows, values=_in_our_units(rows.values, layout))
    rate_hz = _checked_rate_hz(rows)
    if layout.timed and options.rate_hz is not None:
        facts: dict[str, Fact] = {"part": layout.label, "stated_hz": options.rate_hz, "measured_hz": rate_hz}
        problems.append(Problem(FileProblem.RATE_NOT_USED, None, facts))
    rows = _forces_downwards(rows, layout, problems)
    problems += [*_missing(rows, layout), *_repeated(rows, layout.label), *_doubts(rows, layout)]
    recording = ImportedRecording(
        time_s=rows.time_s,
        values=rows.values,
        kind=layout.kind,
        ml_axis=layout.ml_axis,
        geometry=layout.geometry,
        declared_side=layout.side,
        duplicate_rows=int(_same_as_before(rows.values).sum()),
        source_label=layout.label,
        device=layout.device,
    )
    return recording, tuple(problems)


def _timed(table: Table, layout: Layout, options: ReadOptions) -> _Rows:
    """Rows with their times; each has one and none runs backwards. [s]"""
    if not layout.timed:
        if options.rate_hz is None:
            raise FileRefused(FileProblem.NO_TIME_NO_RATE)
        if not 0 < options.rate_hz < np.inf:
            raise FileRefused(FileProblem.RATE_IMPLAUSIBLE, rate_hz=float(options.rate_hz))
        return _Rows(np.arange(len(table.values)) / options.rate_hz, table.values, table.lines)
    time_s = table.values[:, 0] / PER_SECOND[layout.time_unit]
    missing = np.isnan(time_s)
    if missing.any():
        raise FileRefused(FileProblem.TIME_MISSING, int(table.lines[np.argmax(missing)]))
    backwards = np.flatnonzero(np.diff(time_s) < 0)
    if len(backwards):
        row = int(backwards[0]) + 1
        raise FileRefused(
            FileProblem.TIME_BACKWARDS,
            int(table.lines[row]),
            before_s=float(time_s[row - 1]),
            time_s=float(time_s[row]),
        )
    return _Rows(time_s, table.values[:, 1:], table.lines)


def _same_as_before(values: Float) -> NDArray[np.bool_]:
    """Rows that say the same as the row before. (n,)"""
    same = np.zeros(len(values), dtype=np.bool_)
    same[1:] = ((values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))).all(axis=1)
    return same


def _each_time_once(rows: _Rows, problems: list[Problem], part: str) -> _Rows:
    """A row written twice is dropped and said; two different rows at one time are refused."""
    twice = np.zeros(len(rows.time_s), dtype=np.bool_)
    twice[1:] = np.diff(rows.time_s) == 0
    if not twice.any():
        return rows
    different = twice & ~_same_as_before(rows.values)
    if different.any():
        row = int(np.argmax(different))
        raise FileRefused(
            FileProblem.TIME_TWICE,
            int(rows.lines[row]),
            time_s=float(rows.time_s[row]),
            other_line=int(rows.lines[row - 1]),
        )
    facts: dict[str, Fact] = {"part": part, "n": int(twice.sum())}
    problems.append(Problem(FileProblem.ROW_TWICE_DROPPED, int(rows.lines[np.argmax(twice)]), facts))
    return rows[~twice]


def _in_our_units(values: Float, layout: Layout) -> Float:
    if layout.kind is SignalKind.CELLS_N:
        return values * layout.to_n
    factors = np.array([layout.to_mm, layout.to_mm, layout.to_n], dtype=np.float64)
    return np.asarray(values * factors[: values.shape[1]], dtype=np.float64)


def _checked_rate_hz(rows: _Rows) -> float:
    if len(rows.time_s) < FEWEST_ROWS:
        raise FileRefused(FileProblem.TOO_FEW_ROWS, rows=len(rows.time_s), needed=FEWEST_ROWS, part="")
    rate_hz = (len(rows.time_s) - 1) / float(rows.time_s[-1] - rows.time_s[0])
    lowest_hz, highest_hz = PLAUSIBLE_RATE_HZ
    if not lowest_hz <= rate_hz <= highest_hz:
        raise FileRefused(FileProblem.RATE_IMPLAUSIBLE, rate_hz=rate_hz)
    return rate_hz


def _load_n(rows: _Rows, kind: SignalKind) -> Float | None:
    """Vertical load (n,) [N], None where the file has none."""
    if kind is SignalKind.CELLS_N:
        return np.asarray(rows.values.sum(axis=1), dtype=np.float64)
    return rows.values[:, 2] if kind is SignalKind.COP_FZ else None


def _forces_downwards(rows: _Rows, layout: Layout, problems: list[Problem]) -> _Rows:
    """Turn forces that the source counts as negative when a person stands on the plate; a person can't pull it up."""
    load_n = _load_n(rows, layout.kind)
    if load_n is None or np.isnan(load_n).all() or not np.nanmedian(load_n) < DOWNWARDS_N:
        return rows
    median_n = float(np.nanmedian(load_n))
    problems.append(Problem(FileProblem.FORCE_SIGN_TURNED, None, {"part": layout.label, "load_n": median_n}))
    turned = rows.values.copy()
    forces = slice(0, 4) if layout.kind is SignalKind.CELLS_N else slice(2, 3)
    turned[:, forces] = 0.0 - turned[:, forces]
    return replace(rows, values=turned)


def _missing(rows: _Rows, layout: Layout) -> list[Problem]:
    """Say how many rows lack a value; refuse too many.

    A row that has its force but no CoP is not missing while hardly anyone stands on the plate: there is no CoP then.
    """
    missing: NDArray[np.bool_] = np.asarray(np.isnan(rows.values).any(axis=1))
    if layout.kind is SignalKind.COP_FZ and not np.isnan(rows.values[:, 2]).all():
        light = rows.values[:, 2] < 0.5 * np.nanpercentile(rows.values[:, 2], 90)
        missing = np.asarray(missing & ~light)
    if not missing.any():
        return []
    line, n = int(rows.lines[np.argmax(missing)]), int(missing.sum())
    percent = 100.0 * n / len(missing)
    if n > LARGEST_MISSING_SHARE * len(missing):
        limit = 100.0 * LARGEST_MISSING_SHARE
        raise FileRefused(FileProblem.VALUES_MISSING, line, n=n, percent=percent, limit_percent=limit)
    return [Problem(FileProblem.SOME_VALUES_MISSING, line, {"part": layout.label, "n": n, "percent": percent})]


def _repeated(rows: _Rows, part: str) -> list[Problem]:
    same = _same_as_before(rows.values)
    if not same.any():
        return []
    return [Problem(FileProblem.ROW_REPEATED, int(rows.lines[np.argmax(same)]), {"part": part, "n": int(same.sum())})]


def _doubts(rows: _Rows, layout: Layout) -> list[Problem]:
    """Numbers that a standing person cannot make: most likely the unit is another one."""
    found = []
    load_n = _load_n(rows, layout.kind)
    loaded: NDArray[np.bool_] = np.ones(len(rows.time_s), dtype=np.bool_)
    if load_n is not None and np.isfinite(load_n).any():
        high_n = float(np.nanpercentile(load_n, 95))
        loaded = np.asarray(load_n > 0.5 * high_n)
        if not PLAUSIBLE_LOAD_N[0] <= high_n <= PLAUSIBLE_LOAD_N[1]:
            found.append(Problem(FileProblem.LOAD_DOUBTFUL, None, {"part": layout.label, "load_n": high_n}))
    if layout.kind is not SignalKind.CELLS_N:
        known = np.asarray(np.isfinite(rows.values[:, :2]).all(axis=1))
        cop_mm: Float = rows.values[loaded & known, :2]
        if len(cop_mm):
            low_mm, high_mm = np.percentile(cop_mm, [5, 95], axis=0)
            span_mm = float((high_mm - low_mm).max())
            if not PLAUSIBLE_COP_SPAN_MM[0] <= span_mm <= PLAUSIBLE_COP_SPAN_MM[1]:
                found.append(Problem(FileProblem.LENGTH_DOUBTFUL, None, {"part": layout.label, "span_mm": span_mm}))
    return found
