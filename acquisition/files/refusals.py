"""What can be wrong with a file: refused with a reason, or read with something to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from acquisition.errors import AcquisitionError

Fact = str | int | float


class FileProblem(StrEnum):
    """Everything that is said about files. The words for people stand under ``errors.<code>``."""

    # the file as a whole
    NOT_FOUND = "NOT_FOUND"
    NOT_READABLE = "NOT_READABLE"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    TOO_MANY_ROWS = "TOO_MANY_ROWS"
    EMPTY = "EMPTY"
    NOT_TEXT = "NOT_TEXT"
    SPREADSHEET = "SPREADSHEET"
    NO_TABLE = "NO_TABLE"
    # what has to be said by the person who imports
    NEEDS_COLUMN_MAP = "NEEDS_COLUMN_MAP"
    CELLS_WITHOUT_GEOMETRY = "CELLS_WITHOUT_GEOMETRY"
    GEOMETRY_UNUSABLE = "GEOMETRY_UNUSABLE"
    GEOMETRY_DISAGREES = "GEOMETRY_DISAGREES"
    NO_TIME_NO_RATE = "NO_TIME_NO_RATE"
    RATE_IMPLAUSIBLE = "RATE_IMPLAUSIBLE"
    SIDE_CONTRADICTED = "SIDE_CONTRADICTED"
    # the column map
    MAP_SYNTAX = "MAP_SYNTAX"
    MAP_UNKNOWN_KEY = "MAP_UNKNOWN_KEY"
    MAP_VALUE = "MAP_VALUE"
    MAP_INCOMPLETE = "MAP_INCOMPLETE"
    COLUMN_NOT_FOUND = "COLUMN_NOT_FOUND"
    COLUMN_AMBIGUOUS = "COLUMN_AMBIGUOUS"
    # one line of it
    ROW_WIDTH = "ROW_WIDTH"
    TEXT_IN_NUMBER = "TEXT_IN_NUMBER"
    NUMBER_TOO_LARGE = "NUMBER_TOO_LARGE"
    TIME_MISSING = "TIME_MISSING"
    TIME_BACKWARDS = "TIME_BACKWARDS"
    TIME_TWICE = "TIME_TWICE"
    # the rows together
    TOO_FEW_ROWS = "TOO_FEW_ROWS"
    VALUES_MISSING = "VALUES_MISSING"
    # read, with something to say
    LAST_LINE_CUT = "LAST_LINE_CUT"
    ONE_SIDE_ONLY = "ONE_SIDE_ONLY"
    SIDE_NOT_STATED = "SIDE_NOT_STATED"
    SIDE_REPLACED = "SIDE_REPLACED"
    ROW_REPEATED = "ROW_REPEATED"
    ROW_TWICE_DROPPED = "ROW_TWICE_DROPPED"
    SOME_VALUES_MISSING = "SOME_VALUES_MISSING"
    FORCE_SIGN_TURNED = "FORCE_SIGN_TURNED"
    LENGTH_DOUBTFUL = "LENGTH_DOUBTFUL"
    LOAD_DOUBTFUL = "LOAD_DOUBTFUL"
    RATE_NOT_USED = "RATE_NOT_USED"
    GEOMETRY_NOT_USED = "GEOMETRY_NOT_USED"
    PART_WITHOUT_SAMPLES = "PART_WITHOUT_SAMPLES"
    SHORTER_THAN_DECLARED = "SHORTER_THAN_DECLARED"


class FileRefused(AcquisitionError):
    """Happens when a file cannot be read as a recording, or not without something more from the person.

    Parameters
    ----------
    problem : FileProblem
        Becomes ``code``.
    line : int or None
        Line of the file, counted from 1, where there is one to name.
    **values : str, int or float
        What the sentence for people shows.
    """

    def __init__(self, problem: FileProblem, line: int | None = None, **values: Fact) -> None:
        where = f" at line {line}" if line is not None else ""
        shown = ", ".join(f"{name}={value!r}" for name, value in values.items())
        super().__init__(f"{problem}{where}{': ' if shown else ''}{shown}")
        self.code = problem.value
        self.line = line
        self.values: Mapping[str, Fact] = values


@dataclass(frozen=True, slots=True)
class Problem:
    """Something seen in a file that was read all the same."""

    code: FileProblem
    line: int | None = None
    values: Mapping[str, Fact] = field(default_factory=dict)
