"""Dates and times as people write them. What comes in is aware; what is shown is the station's own clock."""

from __future__ import annotations

from datetime import datetime

from dashboard.words.words import Words


def _month(words: Words, at: datetime) -> str:
    return words("language.months").split()[at.month - 1]


def date_text(words: Words, at: datetime) -> str:
    """Day, month, year, on the clock `at` carries."""
    return words("language.date", day=at.day, month=_month(words, at), year=at.year)


def moment_text(words: Words, at: datetime) -> str:
    """Day and time, on the clock `at` carries."""
    named = {"day": at.day, "month": _month(words, at), "year": at.year}
    return words("language.moment", **named, hour=at.hour, minute=at.minute)
