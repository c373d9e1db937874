"""A visit's view -> its two PDFs. Same view, same pictures, same `Made`: same bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.report.clinician import Pictures, TrendView, clinician_document
from dashboard.report.made import Made
from dashboard.report.patient import patient_report_document
from dashboard.report.typeset import Standard, typeset
from dashboard.visit_view import VisitView
from dashboard.words import Words

MOST_PAGES = {"clinician": 2, "patient": 1}
#: Sizes of letters that are tried, as parts of the usual one. Below the last they could not be read.
SCALES = {"clinician": (1.0, 0.92, 0.84), "patient": (1.0, 0.9, 0.8)}
_PAGES = re.compile(rb"/Type/Pages/Count (\d+)")


def clinician_report(
    words: Words, view: VisitView, pictures: Pictures, trends: Sequence[TrendView], made: Made
) -> bytes:
    """The report for the record."""
    return _fitted("clinician", clinician_document(words, view, pictures, trends, made), made)


def patient_report(words: Words, view: VisitView, pictures: Pictures, trends: Sequence[TrendView], made: Made) -> bytes:
    """The patient's version."""
    return _fitted("patient", patient_report_document(words, view, pictures, trends, made), made)


def _fitted(template: str, document: Mapping[str, Any], made: Made) -> bytes:
    """With the largest letters that keep it on its pages; what does not fit with the smallest takes another page.

    Nothing is ever cut: a report that lacks a trial is worse than one that is longer.
    """
    pdf = b""
    for scale in SCALES[template]:
        pdf = typeset(template, {**document, "scale": scale}, made.at, Standard.RECORD)
        if page_count(pdf) <= MOST_PAGES[template]:
            break
    return pdf


def page_count(pdf: bytes) -> int:
    """Pages of a PDF that typst made: its page tree is written in clear."""
    found = _PAGES.search(pdf)
    if found is None:
        raise ValueError("no page tree in the PDF")
    return int(found[1])
