"""What a reader makes of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acquisition.files.refusals import Problem
from analysis.recording import ImportedRecording


@dataclass(frozen=True, slots=True)
class Contents:
    """Recordings of one file, and one mapping of source facts for each of them, as the file words them."""

    recordings: tuple[ImportedRecording, ...]
    problems: tuple[Problem, ...]
    facts: tuple[Mapping[str, str], ...]
