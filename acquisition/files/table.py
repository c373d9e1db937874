"""Numbers of chosen columns, fast where every cell is a number, line by line where something has to be named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquisition.files.dialect import WHITE_SPACE, without_trailing_blanks
from acquisition.files.refusals import FileProblem, FileRefused
from acquisition.files.sheet import Sheet

Float = NDArray[np.float64]

LARGEST_NUMBER = 1e18
LOOKED_BACK_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is wanted: its name in the header and its place, counted from 0."""

    name: str
    index: int


@dataclass(frozen=True, slots=True)
class Table:
    """Chosen columns of a file.

    Parameters
    ----------
    values : ndarray (n, k)
        NaN where a cell is empty or says that there is no number.
    lines : ndarray (n,)
        Line of the file of each row, counted from 1.
    cut_line : int or None
        The last line, left out because the file ends within it.
    """

    values: Float
    lines: NDArray[np.int64]
    cut_line: int | None


def is_place(name: str) -> bool:
    """Whether a column is named by its place: ``#3`` is the third."""
    return name.startswith("#") and name[1:].isdecimal()


def find_column(header: Sequence[str], name: str, line: int) -> int | None:
    """Place of a column by its name, exact or else without regard to capitals; ``#3`` is the third.

    Raises
    ------
    FileRefused
        COLUMN_AMBIGUOUS: several columns have this name.
    """
    if is_place(name):
        return int(name[1:]) - 1
    for wanted, there in ((name, list(header)), (name.casefold(), [cell.casefold() for cell in header])):
        places = [index for index, cell in enumerate(there) if cell == wanted]
        if len(places) > 1:
            numbers = ", ".join(f"#{place + 1}" for place in places)
            raise FileRefused(FileProblem.COLUMN_AMBIGUOUS, line, column=name, places=numbers)
        if places:
            return places[0]
    return None


def read_table(sheet: Sheet, rows: range, columns: Sequence[Column], header_cells: int | None) -> Table:
    """Read the numbers of `columns` from the lines `rows`; blank lines are left out.

    Parameters
    ----------
    header_cells : int or None
        Named cells of the header: rows must be as wide. None: there is no header.

    Raises
    ------
    FileRefused
        ROW_WIDTH, TEXT_IN_NUMBER, NUMBER_TOO_LARGE with the line.
    """
    dialect = sheet.dialect
    kept = [row for row in rows if not dialect.is_blank(sheet.lines[row])]
    cut_line = None
    if kept and kept[-1] == _last_filled(sheet) and _is_cut(sheet, kept, columns):
        cut_line = kept.pop() + 1
    _check_widths(sheet, kept, header_cells)
    values = _parse_fast(sheet, kept, columns)
    if values is None:
        values = np.array([_parse_row(sheet, row, columns) for row in kept], dtype=np.float64)
    values = values.reshape(len(kept), len(columns))
    lines = np.asarray(kept, dtype=np.int64) + 1
    values[np.isinf(values)] = np.nan
    _check_size(values, lines, columns)
    return Table(values, lines, cut_line)


def _check_size(values: Float, lines: NDArray[np.int64], columns: Sequence[Column]) -> None:
    too_large = np.argwhere(np.abs(values) > LARGEST_NUMBER)
    if len(too_large):
        row, column = too_large[0]
        raise FileRefused(
            FileProblem.NUMBER_TOO_LARGE,
            int(lines[row]),
            column=columns[column].name,
            value=float(values[row, column]),
        )


def _last_filled(sheet: Sheet) -> int:
    last = len(sheet.lines) - 1
    while last > 0 and sheet.dialect.is_blank(sheet.lines[last]):
        last -= 1
    return last


def _width(sheet: Sheet, row: int) -> int:
    line = sheet.lines[row]
    if sheet.dialect.delimiter == WHITE_SPACE or '"' in line:
        return len(sheet.cells(row))
    return line.count(sheet.dialect.delimiter) + 1


def _is_cut(sheet: Sheet, kept: Sequence[int], columns: Sequence[Column]) -> bool:
    """Whether the file ends within its last line.

    It does where that line has fewer cells than the lines before. Without a line end it also does where a wanted cell
    is no number, the line is shorter than every line before, or its last cell has fewer decimals than theirs.
    """
    before = kept[-1 - LOOKED_BACK_ROWS : -1]
    if not before:
        return False
    widths = Counter(_width(sheet, row) for row in before)
    if _width(sheet, kept[-1]) < min(width for width, n in widths.items() if n == max(widths.values())):
        return True
    if sheet.complete:
        return False
    cells = sheet.cells(kept[-1])
    if any(not sheet.dialect.is_number(cells[column.index]) for column in columns if column.index < len(cells)):
        return True
    if len(sheet.lines[kept[-1]]) < min(len(sheet.lines[row]) for row in before):
        return True
    return _decimals(sheet, kept[-1]) < min(_decimals(sheet, row) for row in before)


def _decimals(sheet: Sheet, row: int) -> int:
    cells = without_trailing_blanks(sheet.cells(row))
    return len(cells[-1].partition(sheet.dialect.decimal)[2]) if cells else 0


def _check_widths(sheet: Sheet, kept: Sequence[int], header_cells: int | None) -> None:
    """Every row has the cells of the header, or those of most rows; more only where they are empty."""
    if not kept:
        return
    widths = [_width(sheet, row) for row in kept]
    usual = Counter(widths).most_common(1)[0][0]
    needed = header_cells or usual
    if usual == needed and set(widths) == {needed}:
        return
    for row, width in zip(kept, widths, strict=True):
        if width < needed or (width > needed and len(without_trailing_blanks(sheet.cells(row))) > needed):
            raise FileRefused(FileProblem.ROW_WIDTH, row + 1, found=width, expected=needed)


def _parse_fast(sheet: Sheet, kept: Sequence[int], columns: Sequence[Column]) -> Float | None:
    """All numbers at once, or None where a cell is no plain number."""
    delimiter, decimal = sheet.dialect.delimiter, sheet.dialect.decimal
    lines = [sheet.lines[row] for row in kept]
    if not lines or any('"' in line for line in lines):
        return None
    if decimal != ".":
        lines = [line.replace(decimal, ".") for line in lines]
    try:
        values = np.loadtxt(
            lines,
            dtype=np.float64,
            comments=None,
            delimiter=None if delimiter == WHITE_SPACE else delimiter,
            usecols=[column.index for column in columns],
            ndmin=2,
        )
    except ValueError:
        return None
    return values if len(values) == len(kept) else None


def _parse_row(sheet: Sheet, row: int, columns: Sequence[Column]) -> list[float]:
    cells = sheet.cells(row)
    numbers = []
    for column in columns:
        cell = cells[column.index] if column.index < len(cells) else ""
        number = sheet.dialect.number(cell)
        if number is None:
            raise FileRefused(FileProblem.TEXT_IN_NUMBER, row + 1, column=column.name, text=cell[:40])
        numbers.append(number)
    return numbers
