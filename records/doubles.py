"""One person filed as two patients: which was merged into which, what moved, and how it was undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PatientMerge:
    """Patient ``merged_id`` was merged into ``kept_id``.

    ``moved``: ids of the rows that moved, by table; undoing it puts each back. ``undone_at``: None while it stands.
    """

    id: str
    kept_id: str
    merged_id: str
    merged_at: datetime
    merged_by: str
    reason: str
    moved: Mapping[str, list[str]]
    undone_at: datetime | None
    undone_by: str | None
    version: int
