"""A file as text: decoded bytes, cut into lines, with the dialect of its table."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from acquisition.files.dialect import Dialect, find_dialect
from acquisition.files.refusals import FileProblem, FileRefused

MAXIMUM_BYTES = 200_000_000
MAXIMUM_ROWS = 10_000_000
LONGEST_LINE = 100_000

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


@dataclass(frozen=True, slots=True)
class Sheet:
    """Text of a file.

    Parameters
    ----------
    lines : list of str
        Without line ends; line 1 of the file is ``lines[0]``.
    dialect : Dialect
    complete : bool
        Whether the last line has its line end: without one the file may have been cut.
    """

    lines: list[str]
    dialect: Dialect
    complete: bool

    def cells(self, index: int) -> list[str]:
        """Cells of one line."""
        return self.dialect.cells(self.lines[index])


def _encoding(content: bytes) -> str:
    """Encoding by its mark, by the zero bytes of UTF-16, else UTF-8, else the Western Windows code page."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return name
    start = content[:4096]
    if start[1::2].count(0) > 0.4 * len(start) > start[::2].count(0):
        return "utf-16-le"
    if start[::2].count(0) > 0.4 * len(start) > start[1::2].count(0):
        return "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def decoded(content: bytes) -> str:
    r"""Text of a file, its line ends as ``\n``.

    Raises
    ------
    FileRefused
        EMPTY, FILE_TOO_LARGE, SPREADSHEET, NOT_TEXT.
    """
    if len(content) > MAXIMUM_BYTES:
        raise FileRefused(FileProblem.FILE_TOO_LARGE, size_mb=len(content) / 1e6, limit_mb=MAXIMUM_BYTES / 1e6)
    if content.startswith(_SPREADSHEETS):
        raise FileRefused(FileProblem.SPREADSHEET)
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError as error:
        raise FileRefused(FileProblem.NOT_TEXT) from error
    text = text.removesuffix("\x1a").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise FileRefused(FileProblem.EMPTY)
    if _CONTROL.search(text):
        raise FileRefused(FileProblem.NOT_TEXT)
    return text.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ")


def open_sheet(content: bytes, delimiter: str | None = None, decimal: str | None = None) -> Sheet:
    """Decode a file and find the dialect of its table.

    Raises
    ------
    FileRefused
        As `decoded`, and TOO_MANY_ROWS, NO_TABLE for lines that no table has.
    """
    text = decoded(content)
    rows = text.count("\n")
    if rows > MAXIMUM_ROWS:
        raise FileRefused(FileProblem.TOO_MANY_ROWS, rows=rows, limit=MAXIMUM_ROWS)
    complete = text.endswith("\n")
    lines = text.split("\n")
    if complete:
        lines.pop()
    if max(map(len, lines)) > LONGEST_LINE:
        raise FileRefused(FileProblem.NO_TABLE)
    return Sheet(lines, find_dialect(lines, delimiter, decimal), complete)
