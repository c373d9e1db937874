"""Look-up of sentences: dotted key, named placeholders, numbers in the language's own form."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
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
    def __init__(self, decimal_mark: str) -> None:
        self._decimal_mark = decimal_mark

    def format_field(self, value: object, format_spec: str) -> str:
        text = str(super().format_field(value, format_spec))
        return _localised(text, self._decimal_mark) if isinstance(value, float) else text


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
            return _LocalFormatter(self.sentences["language.decimal_mark"]).vformat(sentence, (), values)
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


@cache
def load_words(language: str = "en") -> Words:
    """Read the catalogue of a language ("en")."""
    source = files("dashboard.words").joinpath(f"{language}.toml")
    if not source.is_file():
        raise MissingWords(f"no catalogue {language}.toml")
    return Words(language, _flatten(tomllib.loads(source.read_text(encoding="utf-8"))))
