"""Which characters the report's fonts can draw, and what stands in the place of those they cannot.

Typst refuses a character without a glyph under PDF/UA and PDF/A. A report must come out all the same, and must never
show an empty box where a letter was: a character that cannot be drawn stands as its code, "[U+738B]".
"""

from __future__ import annotations

import struct
import unicodedata
from functools import cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
REGULAR = FONTS / "Inter-Regular.ttf"
_UNICODE_PLATFORMS = ((3, 1), (0, 3))


@cache
def covered_characters() -> frozenset[str]:
    """Characters of the Basic Multilingual Plane that the fonts have a glyph for."""
    font = REGULAR.read_bytes()
    (tables,) = struct.unpack_from(">H", font, 4)
    found = {font[at : at + 4]: struct.unpack_from(">I", font, at + 8)[0] for at in range(12, 12 + 16 * tables, 16)}
    return frozenset(_mapped(font, found[b"cmap"]))


def _mapped(font: bytes, cmap: int) -> set[str]:
    """The characters of a cmap table of format 4, segment by segment (OpenType 1.9, "cmap")."""
    (records,) = struct.unpack_from(">H", font, cmap + 2)
    for record in range(records):
        platform, encoding, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * record)
        if (platform, encoding) in _UNICODE_PLATFORMS:
            return _segments(font, cmap + offset)
    raise ValueError(f"{REGULAR.name} has no Unicode table of characters")


def _segments(font: bytes, at: int) -> set[str]:
    (count,) = struct.unpack_from(">H", font, at + 6)
    count //= 2
    ends = struct.unpack_from(f">{count}H", font, at + 14)
    starts = struct.unpack_from(f">{count}H", font, at + 16 + 2 * count)
    return {
        chr(code) for start, end in zip(starts, ends, strict=True) for code in range(start, end + 1) if end < 0xFFFF
    }


def _is_drawn(character: str) -> bool:
    return character in covered_characters() or character == "\n"


def is_printable(text: str) -> bool:
    """Whether every character of `text` can be drawn."""
    return all(_is_drawn(character) for character in _composed(text))


def printable(text: str) -> str:
    """`text` with each character that has no glyph as its code; composed, without marks that nobody sees."""
    return "".join(character if _is_drawn(character) else f"[U+{ord(character):04X}]" for character in _composed(text))


def _composed(text: str) -> str:
    """Accents joined to their letters; tabs as blanks; direction marks and their like left out."""
    joined = unicodedata.normalize("NFC", text.replace("\t", " ").replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(character for character in joined if unicodedata.category(character) != "Cf")
