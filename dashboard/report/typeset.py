"""A template and a document of plain values -> PDF. The same input gives the same bytes, on every computer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import typst

from dashboard.report.glyphs import FONTS, printable

#: Time stamp of what has no time of its own: a sheet of paper.
NO_TIME = datetime(2026, 1, 1, tzinfo=UTC)


class Standard(StrEnum):
    """What a file promises. Typst refuses to write one that does not keep it."""

    PAPER = "paper"  # to be printed and used: nothing beyond PDF
    RECORD = "record"  # PDF/A-2a and PDF/UA-1: shown alike in thirty years, read aloud in the right order


PROFILES: Mapping[Standard, list[typst.PDFStandard]] = {Standard.PAPER: [], Standard.RECORD: ["a-2a", "ua-1"]}

#: Templates of several files, one after the other.
PARTS: Mapping[str, tuple[str, ...]] = {"clinician": ("letter", "clinician"), "patient": ("letter", "patient")}


@cache
def _fonts() -> typst.Fonts:
    """The fonts of this folder and no others: no computer sets a text differently."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


@cache
def _template(name: str) -> bytes:
    room = files("dashboard.report")
    return b"".join(room.joinpath(f"{part}.typ").read_bytes() for part in PARTS.get(name, (name,)))


def typeset(
    template: str, document: Mapping[str, Any], made_at: datetime = NO_TIME, standard: Standard = Standard.PAPER
) -> bytes:
    """Typeset `template` of this folder with the values of `document`.

    Parameters
    ----------
    template : str
        File name without ".typ".
    document : mapping
        What goes on the paper: texts as the catalogue made them, lengths in mm, drawings as SVG. Read by the template
        as JSON: what people typed is data there, never markup.
    made_at : datetime
        Time in the file; no clock is read.
    standard : Standard
    """
    return typst.compile(
        _template(template),
        format="pdf",
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"document": json.dumps(_drawable(document), sort_keys=True)},
        timestamp=made_at.astimezone(UTC).replace(microsecond=0),
        pdf_standards=PROFILES[standard],
    )


def _drawable(value: object) -> object:
    """Every text of a document with characters that the fonts have."""
    match value:
        case str():
            return printable(value)
        case Mapping():
            return {key: _drawable(part) for key, part in value.items()}
        case list() | tuple():
            return [_drawable(part) for part in value]
        case _:
            return value
