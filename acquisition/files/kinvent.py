"""The export of KINVENT's K-Force plates: a LEFT and a RIGHT block, each a header and four cells in kg.

Source of the geometry: the device's own CoP in the export, which it reproduces within its resolution. AP + is towards
the toes; which side of the body + ML is, KINVENT does not document.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from acquisition.files.contents import Contents
from acquisition.files.dialect import without_trailing_blanks
from acquisition.files.options import STANDARD_GRAVITY_M_S2, ReadOptions
from acquisition.files.refusals import Fact, FileProblem, FileRefused, Problem
from acquisition.files.sheet import Sheet
from acquisition.files.signals import Layout, recording_of
from acquisition.files.table import Column, Table, find_column, read_table
from analysis.geometry import PlateGeometry, Side
from analysis.recording import ImportedRecording, MlAxis, SignalKind

#: Channels 1, 2 stand at the heel, 3, 4 at the tip; 1, 4 on one side, 2, 3 on the other.
SURFACE_MM = (191.0, 346.0)
GEOMETRY = PlateGeometry(
    model="KINVENT K-Force",
    cells_mm=((-69.0, -146.5), (69.0, -146.5), (69.0, 146.5), (-69.0, 146.5)),
    surface_mm=SURFACE_MM,
)

TIME, CHANNELS = "Time (sec)", ("CHANNEL_1", "CHANNEL_2", "CHANNEL_3", "CHANNEL_4")
DEVICE_COP = ("ML COP (x)", "AP COP (y)")
PATH, VELOCITY = "Total Displacement (mm)", "Mean Velocity (mm/s)"
SIDES = {"left": Side.LEFT, "right": Side.RIGHT}

#: The device's own CoP is a fraction of the surface with 4 decimals: at most 0.02 mm from its true value.
LARGEST_COP_DIFFERENCE_MM = 0.5
SHORTEST_SHARE = 0.98


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
    sides = {block.side for block in blocks if block.side is not None}
    stated = options.stated_side
    if stated is not None and stated.other in sides and len(blocks) > 1:
        raise FileRefused(FileProblem.SIDE_CONTRADICTED, stated=stated.value)
    read = [_read_block(sheet, block, options) for block in blocks]
    problems = [problem for _, found in read for problem in found]
    problems += _begun_part(sheet, blocks[-1].end_row)
    if len(sides) == 1:
        problems.append(Problem(FileProblem.ONE_SIDE_ONLY, None, {"side": (stated or next(iter(sides))).value}))
    return Contents(tuple(recording for recording, _ in read), tuple(problems), tuple(block.facts for block in blocks))


def _blocks(sheet: Sheet, headers: list[int]) -> list[_Block]:
    """Each header row with the facts above it and the end of its rows."""
    blocks, start = [], 0
    first_line = _facts(sheet, range(1)) if headers[0] > 0 else {}
    for header, following in zip(headers, [*headers[1:], len(sheet.lines)], strict=True):
        end = _end_of_rows(sheet, header + 1, following)
        blocks.append(_Block(header, end, first_line | _facts(sheet, range(start, header))))
        start = end
    return blocks


def _end_of_rows(sheet: Sheet, start: int, stop: int) -> int:
    """First line of text after a blank line: there the header of the next block begins."""
    blank_before = False
    for row in range(start, stop):
        blank = sheet.dialect.is_blank(sheet.lines[row])
        if blank_before and not blank and not sheet.dialect.is_number(sheet.cells(row)[0]):
            return row
        blank_before = blank
    return stop


def _begun_part(sheet: Sheet, start: int) -> list[Problem]:
    """A header at the end of the file that no samples follow: the file was cut."""
    filled = [row for row in range(start, len(sheet.lines)) if not sheet.dialect.is_blank(sheet.lines[row])]
    if not filled:
        return []
    return [Problem(FileProblem.PART_WITHOUT_SAMPLES, filled[0] + 1, {"text": sheet.lines[filled[0]][:40]})]


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


def _columns(sheet: Sheet, header_row: int) -> list[Column]:
    """Time and cells, which must be there, and the device's own CoP where it is."""
    header, line = sheet.cells(header_row), header_row + 1
    columns = []
    for name in (TIME, *CHANNELS, *DEVICE_COP):
        place = find_column(header, name, line)
        if place is not None:
            columns.append(Column(name, place))
        elif name not in DEVICE_COP:
            raise FileRefused(FileProblem.COLUMN_NOT_FOUND, line, column=name, columns=", ".join(filter(None, header)))
    return columns


def _read_block(sheet: Sheet, block: _Block, options: ReadOptions) -> tuple[ImportedRecording, tuple[Problem, ...]]:
    columns = _columns(sheet, block.header_row)
    width = len(without_trailing_blanks(sheet.cells(block.header_row)))
    table = read_table(sheet, range(block.header_row + 1, block.end_row), columns, width)
    side, problems = _side(block, options)
    geometry, said = _geometry(table, options, block.label)
    layout = Layout(
        kind=SignalKind.CELLS_N,
        timed=True,
        to_n=STANDARD_GRAVITY_M_S2,
        ml_axis=options.stated_ml_axis or MlAxis.UNKNOWN,
        geometry=geometry,
        side=side,
        label=block.label,
        device=_device(block.facts),
    )
    cells = Table(table.values[:, : 1 + len(CHANNELS)], table.lines, table.cut_line)
    recording, found = recording_of(cells, layout, options)
    short = _shorter_than_declared(sheet, block, recording)
    return recording, (*problems, *said, *found, *short)


def _side(block: _Block, options: ReadOptions) -> tuple[Side | None, list[Problem]]:
    """Side as the file declares it; the person's word comes before it, and that is said."""
    stated, line = options.stated_side, block.header_row + 1
    if stated is not None and block.side not in (None, stated):
        return stated, [Problem(FileProblem.SIDE_REPLACED, line, {"part": block.label, "stated": stated.value})]
    side = stated or block.side
    return side, [] if side else [Problem(FileProblem.SIDE_NOT_STATED, line, {"part": block.label})]


def _shorter_than_declared(sheet: Sheet, block: _Block, recording: ImportedRecording) -> list[Problem]:
    """Compare the last time with what the device printed: its path over its mean velocity is that time."""
    path_mm, velocity_mm_s = (sheet.dialect.number(block.facts.get(name, "")) for name in (PATH, VELOCITY))
    if path_mm is None or velocity_mm_s is None or not velocity_mm_s > 0:
        return []
    declared_s, last_s = path_mm / velocity_mm_s, float(recording.time_s[-1])
    if not last_s < SHORTEST_SHARE * declared_s:
        return []
    facts: dict[str, Fact] = {"part": block.label, "declared_s": declared_s, "found_s": last_s}
    return [Problem(FileProblem.SHORTER_THAN_DECLARED, None, facts)]


def _geometry(table: Table, options: ReadOptions, part: str) -> tuple[PlateGeometry, list[Problem]]:
    """Where the cells stand: the known model, unless the device's own CoP contradicts it.

    Raises
    ------
    FileRefused
        GEOMETRY_DISAGREES: another model of plate, and nobody said where its cells stand.
    """
    apart_mm = _apart_mm(table)
    if apart_mm is None or apart_mm <= LARGEST_COP_DIFFERENCE_MM:
        if options.geometry in (None, GEOMETRY):
            return GEOMETRY, []
        return GEOMETRY, [Problem(FileProblem.GEOMETRY_NOT_USED, None, {"part": part, "device": GEOMETRY.model})]
    if options.geometry is None:
        line = int(table.lines[0])
        raise FileRefused(FileProblem.GEOMETRY_DISAGREES, line, apart_mm=apart_mm, limit_mm=LARGEST_COP_DIFFERENCE_MM)
    return options.geometry, []


def _apart_mm(table: Table) -> float | None:
    """Median distance between the CoP of the cells and the device's own while loaded; None where it has none. [mm]"""
    cells = 1 + len(CHANNELS)
    if table.values.shape[1] < cells + len(DEVICE_COP):
        return None
    load, px, py = GEOMETRY.load_matrix() @ table.values[:, 1:cells].T
    x_fraction, y_fraction = table.values[:, cells:].T
    loaded = load > 0.5 * np.nanmax(load, initial=0.0)
    if not loaded.any():
        return None
    width_mm, depth_mm = SURFACE_MM
    x_mm, y_mm = (x_fraction - 0.5) * width_mm, (0.5 - y_fraction) * depth_mm
    apart_mm = np.hypot(px[loaded] / load[loaded] - x_mm[loaded], py[loaded] / load[loaded] - y_mm[loaded])
    known = np.isfinite(apart_mm)
    return float(np.median(apart_mm[known])) if known.any() else None
