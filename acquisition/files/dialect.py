"""How a text file writes its table: what separates the cells, and which mark the decimals have."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

WHITE_SPACE = " "

#: In order of preference where two explain a table equally well; decimal points before commas. A comma between cells
#: AND as decimal mark can only be told apart in quoted cells.
DELIMITERS = ("\t", ";", ",", "|", WHITE_SPACE)
DECIMALS = (".", ",")

MISSING = frozenset({"", "-", "--", "nan", "na", "n/a", "#n/a", "null", "none", "inf", "+inf", "-inf", "infinity"})

_NUMBER = {
    mark: re.compile(rf"[+-]?(\d+({re.escape(mark)}\d*)?|{re.escape(mark)}\d+)([eE][+-]?\d+)?", re.ASCII)
    for mark in ".,"
}

SAMPLE_LINES = 48


@dataclass(frozen=True, slots=True)
class Dialect:
    """Delimiter (a space: runs of white space) and decimal mark of a table."""

    delimiter: str
    decimal: str

    def cells(self, line: str) -> list[str]:
        """Split one line into its cells, stripped of blanks and quotes."""
        if self.delimiter == WHITE_SPACE:
            return line.split()
        if '"' in line:
            try:
                return [cell.strip() for cell in next(csv.reader([line], delimiter=self.delimiter), [])]
            except csv.Error:
                return [line]
        return [cell.strip() for cell in line.split(self.delimiter)]

    def is_number(self, cell: str) -> bool:
        """Whether a cell is written as a number with this decimal mark."""
        return _NUMBER[self.decimal].fullmatch(cell) is not None

    def number(self, cell: str) -> float | None:
        """Value of a cell: NaN where it says that there is none, None where it is text."""
        if self.is_number(cell):
            return float(cell.replace(self.decimal, "."))
        return float("nan") if cell.lower() in MISSING else None

    def is_blank(self, line: str) -> bool:
        """Whether a line holds nothing but delimiters and white space."""
        return not line.replace(self.delimiter, "").strip()


def without_trailing_blanks(cells: list[str]) -> list[str]:
    """Cells up to the last one that is not empty."""
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _explains(dialect: Dialect, sample: Sequence[str]) -> tuple[float, float]:
    """How well a dialect explains lines of a table: (share of cells that are numbers, numbers in a line).

    Where no cell is a number the cells count, so that a header alone is still cut at its delimiter.
    """
    if dialect.delimiter == dialect.decimal and not any('"' in line for line in sample):
        return -1.0, 0.0
    widths: Counter[int] = Counter()
    cells_seen = numbers = 0
    for line in sample:
        cells = [cell for cell in dialect.cells(line) if cell.lower() not in MISSING]
        widths[len(cells)] += 1
        cells_seen += len(cells)
        numbers += sum(map(dialect.is_number, cells))
    if not numbers:
        return 0.0, cells_seen / len(sample)
    agreeing = widths.most_common(1)[0][1] / len(sample)
    return round(numbers / cells_seen * (0.5 + 0.5 * agreeing), 2), numbers / len(sample)


def find_dialect(lines: Sequence[str], delimiter: str | None = None, decimal: str | None = None) -> Dialect:
    """Choose the dialect that explains the file's second half best (headers stand in the first).

    Parameters
    ----------
    lines : sequence of str
    delimiter, decimal : str or None
        Given where the person stated them.
    """
    half = lines[len(lines) // 2 : -1] or lines
    sample = [line for line in half[:: max(1, len(half) // SAMPLE_LINES)] if line.strip()]
    possible = [
        Dialect(between, mark)
        for mark in ((decimal,) if decimal else DECIMALS)
        for between in ((delimiter,) if delimiter else DELIMITERS)
    ]
    return max(possible, key=lambda dialect: _explains(dialect, sample or lines))
