"""Sentences about files: what was seen, where, and what to do."""

from __future__ import annotations

from acquisition.files import FileRefused, Problem
from dashboard.words import Words


def file_text(words: Words, file: str, said: FileRefused | Problem) -> str:
    """What is said about a file, with its name, the part and the line where there is one.

    Parameters
    ----------
    file : str
        Name as the person knows it.
    """
    part = str(said.values.get("part", ""))
    what = words(f"errors.{said.code}", **said.values)
    place = {(False, False): "file", (False, True): "line", (True, False): "part", (True, True): "part_line"}
    return words(
        f"file_place.{place[bool(part), said.line is not None]}", file=file, part=part, line=said.line, what=what
    )
