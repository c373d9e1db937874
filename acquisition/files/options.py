"""What a person adds to a file: the column map, the rate, the positions of the cells, the side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from acquisition.files.refusals import FileProblem, FileRefused
from analysis.errors import InvalidRecording
from analysis.geometry import PlateGeometry, Side
from analysis.recording import MlAxis

LengthUnit = Literal["mm", "cm", "m"]
ForceUnit = Literal["N", "kg"]
TimeUnit = Literal["s", "ms", "us"]
Choice = TypeVar("Choice")

STANDARD_GRAVITY_M_S2 = 9.80665  # by definition, CGPM 1901
MILLIMETRES: Mapping[LengthUnit, float] = {"mm": 1.0, "cm": 10.0, "m": 1000.0}
NEWTONS: Mapping[ForceUnit, float] = {"N": 1.0, "kg": STANDARD_GRAVITY_M_S2}
PER_SECOND: Mapping[TimeUnit, float] = {"s": 1.0, "ms": 1e3, "us": 1e6}

_LENGTHS: Mapping[str, LengthUnit] = {"mm": "mm", "cm": "cm", "m": "m"}
_FORCES: Mapping[str, ForceUnit] = {"n": "N", "kg": "kg"}
_TIMES: Mapping[str, TimeUnit] = {"s": "s", "ms": "ms", "us": "us"}
_SIDES: Mapping[str, Side] = {side.value: side for side in Side}
_AXES: Mapping[str, MlAxis] = {
    "right": MlAxis.PLUS_RIGHT,
    "left": MlAxis.PLUS_LEFT,
    "unknown": MlAxis.UNKNOWN,
}
_DECIMALS: Mapping[str, str] = {"point": ".", "comma": ",", ".": ".", ",": ",", "": ","}
_DELIMITERS: Mapping[str, str] = {
    "tab": "\t",
    "comma": ",",
    "semicolon": ";",
    "space": " ",
    "pipe": "|",
    ";": ";",
    "|": "|",
    "": ",",
}
_COLUMN_KEYS = ("time", "cells", "cop_ml", "cop_ap", "fz")
_SETTING_KEYS = ("time_unit", "length", "force", "side", "ml", "delimiter", "decimal")


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Which column of a table is what, and in which unit.

    A column is named as its header names it (blanks around it and capitals do not matter), or by its place: ``#1`` is
    the first. Without any column the map only adds what a file cannot say (``ml=right``).

    Parameters
    ----------
    time : str or None
        None: the file has no time column and its rate is given.
    cells : tuple of four names or None
        In the order of the geometry's cells.
    cop_ml, cop_ap, fz : str or None
        ``fz`` may be missing: then no load is known.
    ml_axis : MlAxis or None
        The body side that + ML points to. None: as the format documents it, else unknown.
    side : Side or None
        The stance limb.

    Raises
    ------
    FileRefused
        MAP_INCOMPLETE: neither four cells nor both coordinates of the CoP, or both of them.
    """

    time: str | None = None
    cells: tuple[str, ...] | None = None
    cop_ml: str | None = None
    cop_ap: str | None = None
    fz: str | None = None
    time_unit: TimeUnit = "s"
    length_unit: LengthUnit = "mm"
    force_unit: ForceUnit = "N"
    delimiter: str | None = None
    decimal: str | None = None
    ml_axis: MlAxis | None = None
    side: Side | None = None

    def __post_init__(self) -> None:
        if self.cells is not None and len(self.cells) != 4:
            raise FileRefused(FileProblem.MAP_INCOMPLETE, missing="cells=A;B;C;D")
        if not self.names_columns:
            return
        if self.cells is not None:
            if self.cop_ml or self.cop_ap or self.fz:
                raise FileRefused(FileProblem.MAP_VALUE, key="cells", value=";".join(self.cells), allowed="cells | cop")
        elif not (self.cop_ml and self.cop_ap):
            missing = "cop_ap" if self.cop_ml else "cop_ml" if self.cop_ap else "cells=A;B;C;D | cop_ml=, cop_ap="
            raise FileRefused(FileProblem.MAP_INCOMPLETE, missing=missing)

    @property
    def names_columns(self) -> bool:
        """Whether it says which column is what, or only settings."""
        return any((self.time, self.cells, self.cop_ml, self.cop_ap, self.fz))

    @classmethod
    def parse(cls, text: str) -> ColumnMap:
        """Read a map as it is typed: ``key=value`` pairs between commas.

        ::

            time=Time[s],cop_ml=COPy[cm],cop_ap=COPx[cm],fz=Fz[N],length=cm,ml=right
            time=t,cells=FL;FR;RR;RL,force=kg,time_unit=ms,side=left,delimiter=tab,decimal=comma

        Columns: ``time cells cop_ml cop_ap fz``; ``cells`` takes four names between semicolons. Settings: ``time_unit``
        (s, ms, us), ``length`` (mm, cm, m), ``force`` (N, kg), ``side`` (left, right: the stance limb), ``ml`` (right,
        left, unknown: where + ML points), ``delimiter`` (tab, comma, semicolon, space, pipe), ``decimal`` (point,
        comma). A name that holds a comma or a semicolon stands in double quotes.

        Raises
        ------
        FileRefused
            MAP_SYNTAX, MAP_UNKNOWN_KEY, MAP_VALUE, MAP_INCOMPLETE.
        """
        stated: dict[str, str] = {}
        for item in _split(text, ","):
            if not item.strip():
                continue
            key, equals, value = item.partition("=")
            key = key.strip().lower()
            if not equals or key in stated:
                raise FileRefused(FileProblem.MAP_SYNTAX, item=item.strip())
            if key not in _COLUMN_KEYS + _SETTING_KEYS:
                raise FileRefused(FileProblem.MAP_UNKNOWN_KEY, key=key, allowed=", ".join(_COLUMN_KEYS + _SETTING_KEYS))
            stated[key] = value.strip()
        return _map_of(stated)


def _map_of(stated: Mapping[str, str]) -> ColumnMap:
    cells = tuple(_unquoted(name) for name in _split(stated["cells"], ";")) if stated.get("cells") else None
    return ColumnMap(
        time=_name(stated, "time"),
        cells=cells,
        cop_ml=_name(stated, "cop_ml"),
        cop_ap=_name(stated, "cop_ap"),
        fz=_name(stated, "fz"),
        time_unit=_choice(stated, "time_unit", _TIMES) or "s",
        length_unit=_choice(stated, "length", _LENGTHS) or "mm",
        force_unit=_choice(stated, "force", _FORCES) or "N",
        delimiter=_choice(stated, "delimiter", _DELIMITERS),
        decimal=_choice(stated, "decimal", _DECIMALS),
        ml_axis=_choice(stated, "ml", _AXES),
        side=_choice(stated, "side", _SIDES),
    )


def _split(text: str, separator: str) -> list[str]:
    """Parts of `text` between separators that stand outside double quotes."""
    parts, quoted = [""], False
    for character in text:
        quoted ^= character == '"'
        if character == separator and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    if quoted:
        raise FileRefused(FileProblem.MAP_SYNTAX, item=parts[-1])
    return parts


def _unquoted(name: str) -> str:
    return name.strip().strip('"').strip()


def _name(stated: Mapping[str, str], key: str) -> str | None:
    return _unquoted(stated[key]) or None if key in stated else None


def _choice(stated: Mapping[str, str], key: str, choices: Mapping[str, Choice]) -> Choice | None:
    if key not in stated:
        return None
    value = stated[key].strip('"').lower()
    if value not in choices:
        allowed = ", ".join(name for name in choices if name.isalpha())
        raise FileRefused(FileProblem.MAP_VALUE, key=key, value=stated[key], allowed=allowed)
    return choices[value]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the person says about a file.

    Parameters
    ----------
    rate_hz : float or None
        Of a file without a time column. [Hz]
    geometry : PlateGeometry or None
        Where the cells stand, for a file of cell forces whose format does not say it.
    columns : ColumnMap or None
    side : Side or None
        The stance limb, where the file does not say it.
    """

    rate_hz: float | None = None
    geometry: PlateGeometry | None = None
    columns: ColumnMap | None = None
    side: Side | None = None

    @property
    def stated_side(self) -> Side | None:
        """Side of the options, else of the column map."""
        return self.side or (self.columns.side if self.columns else None)

    @property
    def stated_ml_axis(self) -> MlAxis | None:
        """Direction of + ML as the person states it."""
        return self.columns.ml_axis if self.columns else None


def parse_cells(text: str) -> PlateGeometry:
    """Positions of four cells as they are typed: ``x,y;x,y;x,y;x,y`` in mm, x + to the person's right, y + forward.

    Raises
    ------
    FileRefused
        GEOMETRY_UNUSABLE.
    """
    try:
        cells = [tuple(float(number) for number in cell.split(",")) for cell in text.split(";")]
        return PlateGeometry("", tuple((x, y) for x, y in cells))
    except InvalidRecording as error:
        raise FileRefused(FileProblem.GEOMETRY_UNUSABLE, cells=text, reason=str(error)) from error
    except ValueError as error:
        raise FileRefused(FileProblem.GEOMETRY_UNUSABLE, cells=text, reason="x,y;x,y;x,y;x,y") from error
