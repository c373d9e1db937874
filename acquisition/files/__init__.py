"""Recordings made by other systems: one reader for each format."""

from acquisition.files.options import ColumnMap, ReadOptions, parse_cells
from acquisition.files.reading import READERS, ReadFile, read_bytes, read_file
from acquisition.files.refusals import FileProblem, FileRefused, Problem

__all__ = [
    "READERS",
    "ColumnMap",
    "FileProblem",
    "FileRefused",
    "Problem",
    "ReadFile",
    "ReadOptions",
    "parse_cells",
    "read_bytes",
    "read_file",
]
