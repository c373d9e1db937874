"""The door: a path or bytes in, recordings out, or a refusal that says why."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from acquisition.files.contents import Contents
from acquisition.files.options import ReadOptions
from acquisition.files.refusals import FileProblem, FileRefused, Problem
from acquisition.files.sheet import MAXIMUM_BYTES, Sheet, open_sheet
from analysis.recording import ImportedRecording

Reader = Callable[[Sheet, ReadOptions], Contents | None]

#: reader -> "module:function"; asked in this order, each by the content alone. The last one knows any table.
READERS: dict[str, str] = {
    "kinvent": "acquisition.files.kinvent:read_kinvent",
    "wii-board": "acquisition.files.wii:read_wii",
    "csv": "acquisition.files.delimited:read_delimited",
}

NO_OPTIONS = ReadOptions()


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read.

    Parameters
    ----------
    name : str
        Without its folder.
    sha256 : str
        Of `content`.
    reader : str
        Key of `READERS`.
    content : bytes
        The file as it was.
    recordings : tuple of ImportedRecording
    problems : tuple of Problem
        What was seen and did not prevent reading.
    facts : tuple of mappings
        What the file says beside the signals, one mapping for each recording, in the file's own words.
    """

    name: str
    sha256: str
    reader: str
    content: bytes
    recordings: tuple[ImportedRecording, ...]
    problems: tuple[Problem, ...]
    facts: tuple[Mapping[str, str], ...]


def _reader(name: str) -> Reader:
    module, _, function = READERS[name].partition(":")
    reader: Reader = getattr(import_module(module), function)
    return reader


def read_bytes(name: str, content: bytes, options: ReadOptions = NO_OPTIONS) -> ReadFile:
    """Read the content of a file.

    A column map that names columns asks for the reader of tables; else the first reader that knows the content has it.

    Raises
    ------
    FileRefused
    """
    columns = options.columns
    sheet = open_sheet(content, columns.delimiter if columns else None, columns.decimal if columns else None)
    asked = ["csv"] if columns is not None and columns.names_columns else list(READERS)
    for reader in asked:
        contents = _reader(reader)(sheet, options)
        if contents is not None:
            sha256 = hashlib.sha256(content).hexdigest()
            return ReadFile(name, sha256, reader, content, contents.recordings, contents.problems, contents.facts)
    raise FileRefused(FileProblem.NO_TABLE)


def read_file(path: Path, options: ReadOptions = NO_OPTIONS) -> ReadFile:
    """Read a recording that another system wrote.

    Raises
    ------
    FileRefused
        Its ``code`` says why; ``line`` and ``values`` say where and what.
    """
    try:
        size = path.stat().st_size
        if size > MAXIMUM_BYTES:
            raise FileRefused(FileProblem.FILE_TOO_LARGE, size_mb=size / 1e6, limit_mb=MAXIMUM_BYTES / 1e6)
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise FileRefused(FileProblem.NOT_FOUND) from error
    except OSError as error:
        raise FileRefused(FileProblem.NOT_READABLE, reason=error.strerror or type(error).__name__) from error
    return read_bytes(path.name, content, options)
