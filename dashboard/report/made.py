"""When, by whom and on what ground a report was made: what stands in every footer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

from dashboard.words import Words
from dashboard.words.dates import moment_text


@dataclass(frozen=True, slots=True)
class Made:
    """One version of a report.

    Parameters
    ----------
    at : datetime
        Aware, as the station's clock showed it.
    by : str
    number : int
        Counts the versions of this report of the visit from 1.
    head : str or None
        Newest event of the audit chain before this report's own, as `audit verify --head` takes it; None where the
        archive has none yet.
    signed : tuple of str
        Who signed the visit, and whether it was changed since.
    """

    at: datetime
    by: str
    number: int = 1
    head: str | None = None
    signed: tuple[str, ...] = ()


def program_text() -> str:
    """What made the report."""
    return f"Stancelab {version('stancelab')}"


def footer_document(words: Words, made: Made, who: str) -> dict[str, str]:
    """The footer of every page. ``who``: code and day, so that no loose page is anybody's."""
    return {
        "statement": words("report.statement"),
        "who": who,
        "made": words("report.made", at=moment_text(words, made.at), by=made.by, number=made.number),
        "program": program_text(),
        "head": words("report.head", hash=made.head) if made.head else words("report.no_head"),
    }
