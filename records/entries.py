"""What a person typed, checked: texts and numbers that can be filed."""

from __future__ import annotations

import math
import unicodedata
from datetime import date

from records.errors import EntryProblem, InvalidEntry

CODE_LIMIT, NAME_LIMIT, NOTE_LIMIT = 64, 200, 10_000
FIRST_BIRTH_YEAR, LAST_BIRTH_YEAR = 1890, 2100
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)


def checked_text(field: str, text: str, limit: int) -> str:
    """`text` without blanks at its ends.

    Raises
    ------
    InvalidEntry
        Longer than `limit`, or characters that are no text (control characters other than line breaks and tabs).
    """
    text = text.strip()
    if len(text) > limit:
        raise InvalidEntry(EntryProblem.TEXT_TOO_LONG, field, length=len(text), limit=limit)
    if any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\r\t" for character in text):
        raise InvalidEntry(EntryProblem.TEXT_UNPRINTABLE, field)
    return text


def checked_number(field: str, value: float | None, minimum: float, maximum: float) -> float | None:
    """`value` where it can be; None stays: it was not measured.

    Raises
    ------
    InvalidEntry
        Not a number, or out of these bounds.
    """
    if value is not None and not (math.isfinite(value) and minimum <= value <= maximum):
        raise InvalidEntry(
            EntryProblem.NUMBER_OUT_OF_RANGE, field, value=f"{value:g}", minimum=f"{minimum:g}", maximum=f"{maximum:g}"
        )
    return value


def checked_day(field: str, day: date) -> date:
    """`day` where it can be.

    Raises
    ------
    InvalidEntry
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidEntry(
            EntryProblem.DAY_OUT_OF_RANGE, field, value=day.isoformat(), minimum=FIRST_DAY.year, maximum=LAST_DAY.year
        )
    return day


def reason_of(field: str, text: str, problem: EntryProblem) -> str:
    """A reason that was given.

    Raises
    ------
    InvalidEntry
        `problem`: it was not.
    """
    reason = checked_text(field, text, NOTE_LIMIT)
    if not reason:
        raise InvalidEntry(problem, field)
    return reason
