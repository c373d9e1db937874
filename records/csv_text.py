"""CSV that a spreadsheet reads as what it is: UTF-8, one header row, no text that is taken for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

#: How a text begins that a spreadsheet may run as a formula. Source: OWASP, "CSV Injection".
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")
#: Tells Excel that the file is UTF-8.
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"

Cell = str | int | float | bool | None


def cell_text(cell: Cell) -> str:
    """A cell as it is written: a text that would be a formula gets a quote mark in front, a number never does.

    A number has every digit it needs to be read back; a missing one is an empty cell.
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(FORMULA_BEGINS) else cell
    return repr(cell)


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, bom: bool = False) -> str:
    """Header and rows as CSV, RFC 4180: commas, lines end with CR LF."""
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(header)
    writer.writerows([cell_text(cell) for cell in row] for row in rows)
    return (BOM if bom else "") + written.getvalue()
