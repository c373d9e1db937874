"""Reports of visits as they were handed out: the PDF itself, once for each version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from records.entries import checked_text
from records.errors import EntryProblem, InvalidEntry

LARGEST_PDF = 20 << 20
LANGUAGE_LIMIT = 16


class ReportKind(StrEnum):
    """Whom a report is for. Values are kept: never rename one."""

    CLINICIAN = "clinician"
    PATIENT = "patient"


@dataclass(frozen=True, slots=True)
class NewReport:
    """A PDF made of a visit.

    Parameters
    ----------
    visit_sha256 : str
        Digest of the visit's content it shows: `records.visit_content`.
    program : str
        What made it, with its version.

    Raises
    ------
    InvalidEntry
        No PDF, or one that is too large.
    """

    kind: ReportKind
    language: str
    pdf: bytes
    visit_sha256: str
    program: str

    def __post_init__(self) -> None:
        if not self.pdf.startswith(b"%PDF-") or len(self.pdf) > LARGEST_PDF:
            raise InvalidEntry(EntryProblem.REPORT_NO_PDF, "pdf", limit=LARGEST_PDF >> 20)
        object.__setattr__(self, "language", checked_text("language", self.language, LANGUAGE_LIMIT))


@dataclass(frozen=True, slots=True)
class Report:
    """A report as filed; its PDF is read by `RecordStore.report_pdf`.

    ``number`` counts the reports of one kind and language of a visit from 1; ``sha256`` and ``size`` are the PDF's.
    ``erased``: the PDF was erased with its patient.
    """

    id: str
    visit_id: str
    kind: ReportKind
    language: str
    number: int
    sha256: str
    size: int
    visit_sha256: str
    program: str
    made_at: datetime
    made_by: str
    erased: bool
