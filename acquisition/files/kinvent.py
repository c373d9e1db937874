"""The export of KINVENT's K-Force plates: a LEFT and a RIGHT block, each a header and four cells in kg.

Source of the geometry: the device's own CoP in the export, which it reproduces within its resolution. AP + is towards
the toes; which side of the body + ML is, KINVENT does not document.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from acquisition.files.contents import Contents
from acquisition.files.dialect import without_trailing_blanks
from acquisition.files.options import STANDARD_GRAVITY_M_S2, ReadOptions
from acquisition.files.refusals import FileProblem, FileRefused, Problem
from acquisition.files.sheet import Sheet
from acquisition.files.signals import Layout, recording_of
from acquisition.files.table import Column, Table, find_column, read_table
from analysis.geometry import PlateGeometry, Side
from analysis.recording import ImportedRecording, MlAxis, SignalKind

Float = NDArray[np.float64]

#: Channels 1, 2 stand at the heel, 3, 4 at the tip; 1, 4 on one side, 2, 3 on the other.
GEOMETRY = PlateGeometry(
    model="KINVENT K-Force",
    cells_mm=((-69.0, -146.5), (69.0, -146.5), (69.0, 146.5), (-69.0, 146.5)),
    surface_mm=(191.0, 346.0),
)

TIME, CHANNELS = "Time (sec)", ("CHANNEL_1", "CHANNEL_2", "CHANNEL_3", "CHANNEL_4")
DEVICE_COP = ("ML COP (x)", "AP COP (y)")
SIDES = {"left": Side.LEFT, "right": Side.RIGHT}

#: The device's own CoP is a fraction of the surface with 4 decimals: at most 0.02 mm from its true value.
LARGEST_COP_DIFFERENCE_MM = 0.5


@dataclass(frozen=True, slots=True)
class _Block:
    header_row: int
    end_row: int
    facts: dict[str, str]

    @property
    def side(self) -> Side | None:
        return SIDES.get(self.facts.get("Side", "").casefold())

    @property
    def label(self) -> str:
        """Which part of the file it is, in the file's own words."""
        side, repetition = self.facts.get("Side", ""), self.facts.get("Repetition", "")
        return ", ".join(part for part in (side.upper(), f"repetition {repetition}" if repetition else "") if part)


def read_kinvent(sheet: Sheet, options: ReadOptions) -> Contents | None:
    """Read an export of KINVENT; None where the file is none.

    Raises
    ------
    FileRefused
        COLUMN_NOT_FOUND, COLUMN_AMBIGUOUS, GEOMETRY_DISAGREES, SIDE_CONTRADICTED, and whatever a bad row is.
    """
    headers = [row for row, line in enumerate(sheet.lines) if CHANNELS[0] in line and TIME in line]
    if not headers:
        return None
    blocks = _blocks(sheet, headers)
    sides = {block.side for block in blocks} - {None}
    stated = options.stated_side
    if stated is not None and stated.other in sides and len(blocks) > 1:
        raise FileRefused(FileProblem.SIDE_CONTRADICTED, stated=stated.value)
    read = [_read_block(sheet, block, options) for block in blocks]
    problems = [problem for _, found in read for problem in found]
    if len(sides) == 1:
        problems.append(Problem(FileProblem.ONE_SIDE_ONLY, None, {"side": str(*sides)}))
    return Contents(tuple(recording for recording, _ in read), tuple(problems), tuple(block.facts for block in blocks))


def _blocks(sheet: Sheet, headers: list[int]) -> list[_Block]:
    """Each header row with the facts above it and the end of its rows: the next blank line."""
    blocks, start, first_line = [], 0, _facts(sheet, range(1))
    for header, following in zip(headers, [*headers[1:], len(sheet.lines)], strict=True):
        end = header + 1
        while end < following and not sheet.dialect.is_blank(sheet.lines[end]):
            end += 1
        blocks.append(_Block(header, end, first_line | _facts(sheet, range(start, header))))
        start = end
    return blocks


def _facts(sheet: Sheet, rows: range) -> dict[str, str]:
    """What the header says: ``Side: ,Left`` becomes ``{"Side": "Left"}``."""
    facts = {}
    for row in rows:
        cells = without_trailing_blanks(sheet.cells(row))
        if len(cells) > 1 and cells[0]:
            facts[cells[0].rstrip(": ")] = ", ".join(cell for cell in cells[1:] if cell)
    return facts


def _device(facts: dict[str, str]) -> str:
    maker = next((name for name in facts if name.startswith("KINVENT")), "KINVENT")
    serials = facts.get(maker, "").removeprefix("Devices:").strip(", ")
    return f"{maker}, {serials}" if serials else maker


def _read_block(sheet: Sheet, block: _Block, options: ReadOptions) -> tuple[ImportedRecording, tuple[Problem, ...]]:
    header, line = sheet.cells(block.header_row), block.header_row + 1
    places = [find_column(header, name, line) for name in (TIME, *CHANNELS, *DEVICE_COP)]
    names = [TIME, *CHANNELS, *DEVICE_COP]
    for name, place in zip(names[:5], places, strict=False):
        if place is None:
            raise FileRefused(FileProblem.COLUMN_NOT_FOUND, line, column=name, columns=", ".join(filter(None, header)))
    columns = [Column(name, place) for name, place in zip(names, places, strict=True) if place is not None]
    table = read_table(sheet, range(block.header_row + 1, block.end_row), columns, len(without_trailing_blanks(header)))
    if options.geometry is None and len(columns) == len(names):
        _check_geometry(table)
    side, problems = _side(block, options)
    layout = Layout(
        kind=SignalKind.CELLS_N,
        timed=True,
        to_n=STANDARD_GRAVITY_M_S2,
        ml_axis=options.stated_ml_axis or MlAxis.UNKNOWN,
        geometry=options.geometry or GEOMETRY,
        side=side,
        label=block.label,
        device=_device(block.facts),
    )
    cells = Table(table.values[:, :5], table.lines, table.cut_line)
    recording, found = recording_of(cells, layout, options)
    return recording, (*problems, *found)


def _side(block: _Block, options: ReadOptions) -> tuple[Side | None, list[Problem]]:
    """Side as the file declares it; the person's word comes before it, and that is said."""
    stated, line = options.stated_side, block.header_row + 1
    if stated is not None and block.side not in (None, stated):
        values = {"part": block.label, "stated": stated.value}
        return stated, [Problem(FileProblem.SIDE_REPLACED, line, values)]
    side = stated or block.side
    problems = [] if side else [Problem(FileProblem.SIDE_NOT_STATED, line, {"part": block.label})]
    return side, problems


def _check_geometry(table: Table) -> None:
    """Compare the CoP of the cells with the device's own: another model of plate has other distances.

    Raises
    ------
    FileRefused
        GEOMETRY_DISAGREES.
    """
    loads = table.values[:, 1:5] @ GEOMETRY.load_matrix().T
    width_mm, depth_mm = GEOMETRY.surface_mm or (0.0, 0.0)
    device_mm = np.column_stack([(table.values[:, 5] - 0.5) * width_mm, (0.5 - table.values[:, 6]) * depth_mm])
    loaded = loads[:, 0] > 0.5 * np.nanmax(loads[:, 0], initial=0.0)
    apart_mm = np.abs(loads[loaded, 1:] / loads[loaded, :1] - device_mm[loaded]).max(axis=1, initial=0.0)
    apart_mm = apart_mm[np.isfinite(apart_mm)]
    if len(apart_mm) and np.median(apart_mm) > LARGEST_COP_DIFFERENCE_MM:
        raise FileRefused(
            FileProblem.GEOMETRY_DISAGREES,
            int(table.lines[0]),
            apart_mm=float(np.median(apart_mm)),
            limit_mm=LARGEST_COP_DIFFERENCE_MM,
        )
