"""Every sentence in every language: the same keys, the same numbers in it, and none left as it was in English."""

from __future__ import annotations

import re
import string
from datetime import UTC, datetime

import pytest

from dashboard.words import Words, languages, load_words
from dashboard.words.dates import date_text, moment_text

ENGLISH = load_words("en")
OTHERS = [load_words(language) for language in languages() if language != "en"]
TO_DO = "add each sentence to dashboard/words/en.toml AND to dashboard/words/{language}.toml, in the same section"
#: Three words in a row make a sentence that is translated; two may be a name.
SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}")


def named(language: Words) -> str:
    return language.language


def placeholders(sentence: str) -> list[tuple[str, str]]:
    """Names of the placeholders with their formats, in the order of the alphabet."""
    parts = string.Formatter().parse(sentence)
    return sorted((name, form or "") for _, name, form, _ in parts if name is not None)


def test_there_is_a_second_language() -> None:
    assert [each.language for each in OTHERS] == ["de"]


@pytest.mark.parametrize("other", OTHERS, ids=named)
def test_every_language_has_every_sentence_and_no_other(other: Words) -> None:
    missing = [key for key in ENGLISH.sentences if key not in other.sentences]
    left_over = [key for key in other.sentences if key not in ENGLISH.sentences]
    assert (missing, left_over) == ([], []), TO_DO.format(language=other.language)


@pytest.mark.parametrize("other", OTHERS, ids=named)
def test_every_sentence_shows_the_same_numbers_in_every_language(other: Words) -> None:
    """A language may leave out a word it does not need (which leg stands already in "links"), never a number."""
    both = [(key, text, other.sentences[key]) for key, text in ENGLISH.sentences.items() if key in other.sentences]
    differing = [key for key, english, text in both if numbers(english) != numbers(text)]
    assert differing == []
    unknown = [key for key, english, text in both if not names(text) <= names(english) | BOTH_LEGS]
    assert unknown == []


#: Words for a leg that may stand for one another: the guided test hands in all three.
BOTH_LEGS = {"side", "other", "label"}


def names(sentence: str) -> set[str]:
    return {name for name, _ in placeholders(sentence)}


def numbers(sentence: str) -> list[tuple[str, str]]:
    return [(name, form) for name, form in placeholders(sentence) if name not in BOTH_LEGS]


@pytest.mark.parametrize("other", OTHERS, ids=named)
def test_no_sentence_is_left_in_english(other: Words) -> None:
    same = [
        key for key, text in ENGLISH.sentences.items() if SENTENCE.search(text) and other.sentences.get(key) == text
    ]
    references = [key for key in same if not ENGLISH.sentences[key].startswith(("docs/", "Hardcastle", "stancelab "))]
    assert references == []


def test_german_writes_dates_and_decimals_as_germans_do() -> None:
    german, at = load_words("de"), datetime(2026, 3, 9, 14, 5, tzinfo=UTC)
    assert date_text(german, at) == "9. März 2026"
    assert moment_text(german, at) == "9. März 2026, 14:05 Uhr"
    assert german.number(-1234.5, 1) == "−1234,5"
    assert "1.204 Bytes" in german("errors.NO_ANSWER", port="COM5", received=1204)
    assert "0,5 s" in german("finding.FROZEN_CELL", cell="Zelle 0", value=0.5, limit=0.5, at_s=1.0)
