"""Letters of names: what the report's fonts have is drawn, what they lack stands as its code and never as a box."""

from __future__ import annotations

from io import BytesIO

import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from dashboard.report.glyphs import FONTS, covered_characters, is_printable, printable
from dashboard.report.typeset import typeset

NAMES = ("Müller-Lüdenscheid", "Łukasz Żółć", "Ayşe Öztürk", "Nguyễn Thị Hồng", "Ελένη Παπαδοπούλου", "Щербакова Ольга")


def set_alone(text: str) -> bytes:
    """`text` under PDF/A-2a and PDF/UA-1 with the report's fonts. Typst refuses a character without a glyph."""
    source = b'#set document(title: "t")\n#set text(font: "Inter", lang: "en")\n#sys.inputs.text'
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    return typst.compile(
        source,
        format="pdf",
        font_paths=fonts,
        ignore_system_fonts=True,
        sys_inputs={"text": text},
        pdf_standards=["a-2a", "ua-1"],
    )


@pytest.mark.parametrize("name", NAMES)
def test_names_in_latin_greek_and_cyrillic_letters_are_printed_as_they_are(name: str) -> None:
    assert is_printable(name)
    assert printable(name) == name


def test_every_character_said_to_be_covered_is_drawn_by_typst() -> None:
    text = " ".join(sorted(character for character in covered_characters() if character.isprintable()))
    assert PdfReader(BytesIO(set_alone(text))).pages


@pytest.mark.parametrize("text", ["王伟", "مرحبا", "שלום", "สวัสดี", "\U0001f600"])
def test_a_character_that_typst_refuses_is_said_to_be_uncovered(text: str) -> None:
    assert not is_printable(text)
    with pytest.raises(typst.TypstError, match="could not be displayed"):
        set_alone(text)


def test_a_character_without_a_glyph_stands_as_its_code() -> None:
    assert printable("Li 王") == "Li [U+738B]"


def test_an_accent_typed_apart_from_its_letter_joins_it() -> None:
    assert printable("Rene\u0301") == "Ren\u00e9"


def test_direction_marks_are_left_out_and_line_breaks_stay() -> None:
    assert printable("a\u200e b\tc\r\nd") == "a b c\nd"


@given(st.text())
def test_whatever_is_typed_becomes_printable(text: str) -> None:
    assert is_printable(printable(text))


def test_a_document_with_any_text_is_typeset_and_not_refused() -> None:
    document = {"title": "王", "width_mm": 50.0, "height_mm": 20.0, "shapes": []}
    about = PdfReader(BytesIO(typeset("drawing", document))).metadata
    assert about is not None
    assert about.title == "[U+738B]"
