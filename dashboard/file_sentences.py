"""Sentences about files: what was seen, where, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from dashboard.sentences import problem_text
from dashboard.words import Words


class Said(Protocol):
    """A refusal or a problem: what, on which line, with which numbers."""

    @property
    def code(self) -> str:
        """Key of its sentence."""

    @property
    def line(self) -> int | None:
        """Line of the file, from 1."""

    @property
    def values(self) -> Mapping[str, str | int | float]:
        """What its sentence shows; ``part`` is the part of the file."""


def file_text(words: Words, file: str, said: Said) -> str:
    """What is said about a file, with its name, the part and the line where there is one.

    Parameters
    ----------
    file : str
        Name as the person knows it.
    """
    part = str(said.values.get("part", ""))
    what = problem_text(words, said.code, said.values)
    place = {(False, False): "file", (False, True): "line", (True, False): "part", (True, True): "part_line"}
    return words(
        f"file_place.{place[bool(part), said.line is not None]}", file=file, part=part, line=said.line, what=what
    )
