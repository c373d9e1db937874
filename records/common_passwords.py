"""Passwords that are tried first, whatever their length: of words and rows that head every list of leaked ones.

A list of twelve characters and more would be endless; what people do with a short word is not. A password is common
where hardly anything is left once such words, rows of the keyboard, repetitions, digits and signs are taken away.

Source of the words: the heads of the published rankings of leaked passwords (NCSC and T. Hunt 2019, Hasso Plattner
Institute for German), with the words of this trade that a site would choose.
"""

from __future__ import annotations

import re
import unicodedata

_WORDS = """
password passwort passwd pass letmein login logon welcome willkommen hello hallo admin administrator root user test
iloveyou ichliebedich loveyou love liebe schatz sweetheart princess prinzessin sunshine sonnenschein summer sommer
winter spring autumn herbst monkey dragon tiger master shadow superman batman spiderman starwars pokemon football
fussball baseball basketball soccer hockey michael jennifer jessica daniel ashley charlie thomas andrea computer
internet secret geheim freedom whatever trustno changeme default guest qwerty qwertz azerty clinic clinician klinik
hospital krankenhaus praxis physio physiotherapy therapie doctor doktor patient balance stance stancelab lab
january february march april may june july august september october november december maerz mai
monday friday correct horse battery staple
""".split()  # noqa: SIM905 - read as a text
_ROWS = ("1234567890", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "zxcvbnm", "yxcvbnm")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_AS_LETTERS = str.maketrans("@4301$5!7", "aaeoissit")
#: Fewer characters than this beside what is tried first are no secret.
LEFT_MINIMUM = 5
_RUN = 4


def _runs() -> list[str]:
    """Every piece of a row, in both directions, of four characters and more: the longest first."""
    rows = [row for way in (*_ROWS, _ALPHABET) for row in (way, way[::-1])]
    pieces = {row[a:b] for row in rows for a in range(len(row)) for b in range(a + _RUN, len(row) + 1)}
    return sorted(pieces, key=len, reverse=True)


_TRIED_FIRST = re.compile("|".join(map(re.escape, [*_runs(), *sorted(_WORDS, key=len, reverse=True)])))
_REPEATED = re.compile(r"(.{1,4}?)\1{2,}", re.DOTALL)
_UNSAID = re.compile(r"[\W\d_]+")


def is_common(password: str, name: str = "") -> bool:
    """Whether a password is tried first by whoever guesses. ``name``: of its account, which is tried too."""
    text = unicodedata.normalize("NFKC", password).casefold()
    own = [re.escape(part) for part in re.split(r"\W+", name.casefold()) if len(part) > 2]
    return any(_left(each, own) < LEFT_MINIMUM for each in (text, text.translate(_AS_LETTERS)))


def _left(text: str, own: list[str]) -> int:
    """How many different characters are not what is tried first."""
    if own:
        text = re.sub("|".join(own), " ", text)
    text = _REPEATED.sub(" ", _TRIED_FIRST.sub(" ", text))
    return len(_UNSAID.sub("", text)) if len(set(text)) > 2 else 0
