"""Look-up of sentences: dotted key, named placeholders, numbers in the language's own form."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


class MissingWords(KeyError):
    """Happens when a key or one of its placeholders is not there: a mistake in the program, found by tests."""


def _flatten(table: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, entry in table.items():
        key = f"{prefix}{name}"
        if isinstance(entry, Mapping):
            flat |= _flatten(entry, f"{key}.")
        elif isinstance(entry, str):
            flat[key] = entry
        else:
            raise MissingWords(f"{key} is {entry!r}, must be a sentence")
    return flat


def _localised(text: str, decimal_mark: str) -> str:
    """A formatted number with the language's decimal mark and a minus sign, not a hyphen; never a minus zero."""
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", "\N{MINUS SIGN}").replace(".", decimal_mark)


class _LocalFormatter(string.Formatter):
    def __init__(self, sentences: Mapping[str, str]) -> None:
        self._decimal_mark, self._group_mark = sentences["language.decimal_mark"], sentences["language.group_mark"]

    def format_field(self, value: object, format_spec: str) -> str:
        text = str(super().format_field(value, format_spec))
        if isinstance(value, float):
            return _localised(text, self._decimal_mark)
        return text.replace(",", self._group_mark) if isinstance(value, int) and "," in format_spec else text


@dataclass(frozen=True, slots=True)
class Words:
    """The catalogue of one language."""

    language: str
    sentences: Mapping[str, str]

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the sentence for `key` with its placeholders filled.

        Raises
        ------
        MissingWords
            Unknown key, or a placeholder without a value.
        """
        try:
            sentence = self.sentences[key]
        except KeyError as error:
            raise MissingWords(f"no sentence {key!r} in {self.language}.toml") from error
        try:
            return _LocalFormatter(self.sentences).vformat(sentence, (), values)
        except KeyError as error:
            raise MissingWords(f"sentence {key!r} needs {error}, got {sorted(values)}") from error

    def counted(self, key: str, n: int, /, **values: object) -> str:
        """Return ``key.one`` or ``key.other``, whichever fits `n`, with its placeholders, `n` among them, filled."""
        return self(f"{key}.one" if n == 1 else f"{key}.other", n=n, **values)

    def has(self, key: str) -> bool:
        """Whether the catalogue holds `key`."""
        return key in self.sentences

    def number(self, value: float, decimals: int) -> str:
        """Format a number with the language's decimal mark; a minus sign, not a hyphen, before negative ones."""
        return _localised(f"{value:.{decimals}f}", self.sentences["language.decimal_mark"])


class ChosenWords(Words):
    """The catalogue of whoever is being answered: asks at each sentence anew which language that is."""

    __slots__ = ()

    def __init__(self) -> None:
        """Hold nothing: language and sentences are asked for."""

    @property
    def language(self) -> str:
        """The language spoken now."""
        return spoken_language()

    @property
    def sentences(self) -> Mapping[str, str]:
        """Its catalogue."""
        return load_words().sentences


#: Of the process: what the person at this station chose. Of the request: what the person at the browser chose.
_of_process = ["en"]
_of_request: ContextVar[str | None] = ContextVar("language of the request", default=None)


def speak(language: str) -> None:
    """Choose the language of this process. Raises MissingWords."""
    load_words(language)
    _of_process[0] = language


def speak_now(language: str | None) -> None:
    """Choose the language of what this thread answers now; None: that of the process. Raises MissingWords."""
    if language is not None:
        load_words(language)
    _of_request.set(language)


def spoken_language() -> str:
    """The language in which a person is spoken to now."""
    return _of_request.get() or _of_process[0]


def load_words(language: str | None = None) -> Words:
    """Read the catalogue of a language ("en", "de"); None: of the one spoken now."""
    return _catalogue(language or spoken_language())


@cache
def _catalogue(language: str) -> Words:
    source = files("dashboard.words").joinpath(f"{language}.toml")
    if not source.is_file():
        raise MissingWords(f"no catalogue {language}.toml")
    return Words(language, _flatten(tomllib.loads(source.read_text(encoding="utf-8"))))


def languages() -> tuple[str, ...]:
    """Every language there is a catalogue of, English first."""
    found = sorted(entry.name.removesuffix(".toml") for entry in files("dashboard.words").iterdir())
    known = [name for name in found if files("dashboard.words").joinpath(f"{name}.toml").is_file()]
    return tuple(sorted(known, key=lambda name: name != "en"))
