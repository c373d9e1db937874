"""Recordings of a Nintendo Wii Balance Board: the recorder's tab-separated text, and the same columns as CSV.

Forces of the four corners as the recorder calibrated them [N]. Source of the geometry: the recorder's own CoP,
21.65 cm ((TR + BR) - (TL + BL)) / sum to the right, 11.90 cm ((TL + TR) - (BL + BR)) / sum towards the top.
"""

from __future__ import annotations

from acquisition.files.contents import Contents
from acquisition.files.options import ReadOptions
from acquisition.files.refusals import FileProblem, FileRefused, Problem
from acquisition.files.sheet import Sheet
from acquisition.files.signals import Layout, recording_of
from acquisition.files.table import Column, find_column, read_table
from analysis.geometry import PlateGeometry
from analysis.recording import MlAxis, SignalKind

GEOMETRY = PlateGeometry(
    model="Nintendo Wii Balance Board",
    cells_mm=((-216.5, -119.0), (216.5, -119.0), (-216.5, 119.0), (216.5, 119.0)),
)

#: Time and the corners bottom left, bottom right, top left, top right, as each form of the file names them.
NAMES = (
    ("Time", "BottomLeft", "BottomRight", "TopLeft", "TopRight"),
    ("time_s", "bl_N", "br_N", "tl_N", "tr_N"),
)


def read_wii(sheet: Sheet, options: ReadOptions) -> Contents | None:
    """Read a recording of a Wii board; None where the file is none.

    Raises
    ------
    FileRefused
        Whatever a bad row is.
    """
    header = sheet.cells(0)
    names = next((names for names in NAMES if set(names[1:]) <= set(header)), None)
    if names is None:
        return None
    places = [find_column(header, name, 1) for name in names]
    columns = [Column(name, place) for name, place in zip(names, places, strict=True) if place is not None]
    if len(columns) < len(names):
        raise FileRefused(FileProblem.COLUMN_NOT_FOUND, 1, column=names[0], columns=", ".join(header))
    table = read_table(sheet, range(1, len(sheet.lines)), columns, len(header))
    layout = Layout(
        kind=SignalKind.CELLS_N,
        timed=True,
        ml_axis=options.stated_ml_axis or MlAxis.PLUS_RIGHT,
        geometry=GEOMETRY,
        side=options.stated_side,
        device=GEOMETRY.model,
    )
    recording, problems = recording_of(table, layout, options)
    if options.geometry not in (None, GEOMETRY):
        problems = (*problems, Problem(FileProblem.GEOMETRY_NOT_USED, None, {"device": GEOMETRY.model}))
    return Contents((recording,), problems, ({},))
