"""Any table of numbers: our own header, or a column map that says which column is what."""

from __future__ import annotations

from collections.abc import Sequence

from acquisition.files.contents import Contents
from acquisition.files.dialect import without_trailing_blanks
from acquisition.files.options import MILLIMETRES, NEWTONS, ColumnMap, ReadOptions
from acquisition.files.refusals import FileProblem, FileRefused
from acquisition.files.sheet import Sheet
from acquisition.files.signals import Layout, recording_of
from acquisition.files.table import Column, find_column, is_place, read_table
from analysis.recording import MlAxis, SignalKind

OWN_TIME = "time_s"
OWN_CELLS = ("cell0_n", "cell1_n", "cell2_n", "cell3_n")
OWN_COP, OWN_FZ = ("cop_ml_mm", "cop_ap_mm"), "fz_n"

HEADER_LINES = 500
ROWS_OF_UNITS = 3
ROWS_OF_A_TABLE = 3
SHOWN_COLUMNS = 20


def read_delimited(sheet: Sheet, options: ReadOptions) -> Contents | None:
    """Read a table by its column map, else by our own header.

    Raises
    ------
    FileRefused
        NO_TABLE, NEEDS_COLUMN_MAP, COLUMN_NOT_FOUND, COLUMN_AMBIGUOUS, CELLS_WITHOUT_GEOMETRY, and whatever a bad
        row is.
    """
    if options.columns is not None and options.columns.names_columns:
        stated = options.columns
        row, columns = _mapped(sheet, _wanted(stated))
        own = False
    else:
        found = _own(sheet, options)
        if found is None:
            raise _not_recognised(sheet)
        stated, row, columns = found
        own = True
    if row is None:
        first, width = _first_row_without_header(sheet, columns), None
    else:
        first, width = _first_row(sheet, row + 1, columns), len(without_trailing_blanks(sheet.cells(row)))
    table = read_table(sheet, range(first, len(sheet.lines)), columns, width)
    recording, problems = recording_of(table, _layout(stated, options, own), options)
    return Contents((recording,), problems, ({},))


def _wanted(stated: ColumnMap) -> list[str]:
    """Names of the columns in the order a layout has them."""
    signals = stated.cells or (stated.cop_ml, stated.cop_ap, stated.fz)
    return [name for name in (stated.time, *signals) if name]


def _layout(stated: ColumnMap, options: ReadOptions, own: bool) -> Layout:
    if stated.cells is not None:
        kind = SignalKind.CELLS_N
        if options.geometry is None:
            raise FileRefused(FileProblem.CELLS_WITHOUT_GEOMETRY)
    else:
        kind = SignalKind.COP_FZ if stated.fz else SignalKind.COP
    documented = own or kind is SignalKind.CELLS_N  # our header, and positions of cells, are + to the right
    return Layout(
        kind=kind,
        timed=stated.time is not None,
        time_unit=stated.time_unit,
        to_mm=MILLIMETRES[stated.length_unit],
        to_n=NEWTONS[stated.force_unit],
        ml_axis=options.stated_ml_axis or (MlAxis.PLUS_RIGHT if documented else MlAxis.UNKNOWN),
        geometry=options.geometry if kind is SignalKind.CELLS_N else None,
        side=options.stated_side,
    )


def _own(sheet: Sheet, options: ReadOptions) -> tuple[ColumnMap, int, list[Column]] | None:
    """Our own header: cells where there are cells and their positions are known, else the CoP."""
    for row in range(min(HEADER_LINES, len(sheet.lines))):
        header = [cell.casefold() for cell in sheet.cells(row)]
        has_cells, has_cop = set(OWN_CELLS) <= set(header), set(OWN_COP) <= set(header)
        if not (has_cells or has_cop):
            continue
        time = OWN_TIME if OWN_TIME in header else None
        if has_cells and (options.geometry is not None or not has_cop):
            stated = ColumnMap(time=time, cells=OWN_CELLS)
        else:
            fz = OWN_FZ if OWN_FZ in header else None
            stated = ColumnMap(time=time, cop_ml=OWN_COP[0], cop_ap=OWN_COP[1], fz=fz)
        return stated, row, _places(header, _wanted(stated), row)
    return None


def _places(header: Sequence[str], names: Sequence[str], row: int) -> list[Column]:
    columns = []
    for name in names:
        place = find_column(header, name, row + 1)
        if place is None or not 0 <= place < len(header):
            raise FileRefused(FileProblem.COLUMN_NOT_FOUND, row + 1, column=name, columns=_shown(header))
        columns.append(Column(name, place))
    return columns


def _shown(header: Sequence[str]) -> str:
    named = [cell for cell in header if cell]
    return ", ".join(named[:SHOWN_COLUMNS]) + (", ..." if len(named) > SHOWN_COLUMNS else "")


def _mapped(sheet: Sheet, names: Sequence[str]) -> tuple[int | None, list[Column]]:
    """Row of the header (None where every column is named by its place) and the columns.

    The header is the first line that holds all the names.
    """
    by_name = {name.casefold() for name in names if not is_place(name)}
    if not by_name:
        first = first_numeric_row(sheet) or 0
        return None, _places(["" for _ in sheet.cells(first)], names, first)
    for row in range(min(HEADER_LINES, len(sheet.lines))):
        cells = sheet.cells(row)
        if by_name <= {cell.casefold() for cell in cells}:
            return row, _places(cells, names, row)
    row = header_guess(sheet) or 0
    return row, _places(sheet.cells(row), names, row)


def _wanted_numbers(sheet: Sheet, row: int, columns: Sequence[Column]) -> int:
    """How many of the wanted cells of a row hold a number."""
    return len(_numbers_at(sheet, row) & {column.index for column in columns})


def _first_row(sheet: Sheet, start: int, columns: Sequence[Column]) -> int:
    """First row below a header: rows of units between them hold no number in any wanted column."""
    for row in range(start, min(start + ROWS_OF_UNITS, len(sheet.lines))):
        if _wanted_numbers(sheet, row, columns):
            return row
    return start


def _first_row_without_header(sheet: Sheet, columns: Sequence[Column]) -> int:
    """First row whose wanted cells are all numbers, and the rows right above it that hold at least one."""
    full = (
        row
        for row in range(min(HEADER_LINES, len(sheet.lines)))
        if _wanted_numbers(sheet, row, columns) == len(columns)
    )
    first = next(full, 0)
    while first > 0 and _wanted_numbers(sheet, first - 1, columns):
        first -= 1
    return first


def _numbers_at(sheet: Sheet, row: int) -> set[int]:
    return {place for place, cell in enumerate(sheet.cells(row)) if sheet.dialect.is_number(cell)}


def first_numeric_row(sheet: Sheet) -> int | None:
    """First of three lines that hold numbers in the places where the middle of the file does; blank lines between."""
    filled = (
        row for row in range(len(sheet.lines) // 2, len(sheet.lines)) if not sheet.dialect.is_blank(sheet.lines[row])
    )
    usual = _numbers_at(sheet, next(filled, 0))
    if len(usual) < 2:
        return None
    found: list[int] = []
    for row in range(min(HEADER_LINES, len(sheet.lines))):
        if sheet.dialect.is_blank(sheet.lines[row]):
            continue
        found = [*found, row] if usual <= _numbers_at(sheet, row) else []
        if len(found) == ROWS_OF_A_TABLE:
            return found[0]
    return None


def header_guess(sheet: Sheet) -> int | None:
    """Row that most likely names the columns: text above the numbers and as wide, the uppermost such line."""
    first = first_numeric_row(sheet)
    if first is None:
        return None
    width, header = len(without_trailing_blanks(sheet.cells(first))), None
    above = [row for row in range(first) if not sheet.dialect.is_blank(sheet.lines[row])]
    for row in reversed(above[-ROWS_OF_UNITS:]):
        cells = without_trailing_blanks(sheet.cells(row))
        if len(cells) != width or _numbers_at(sheet, row) or sum(map(bool, cells)) <= width / 2:
            break
        header = row
    return header


def _not_recognised(sheet: Sheet) -> FileRefused:
    first, header = first_numeric_row(sheet), header_guess(sheet)
    if first is None:
        return FileRefused(FileProblem.NO_TABLE)
    if header is not None:
        return FileRefused(FileProblem.NEEDS_COLUMN_MAP, header + 1, columns=_shown(sheet.cells(header)))
    places = [f"#{number}" for number in range(1, len(sheet.cells(first)) + 1)]
    return FileRefused(FileProblem.NEEDS_COLUMN_MAP, first + 1, columns=_shown(places))
