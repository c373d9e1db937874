"""A template and a document of plain values -> PDF. The same input gives the same bytes, on every computer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import typst

#: Time stamp of what has no time of its own: a sheet of paper.
NO_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def typeset(template: str, document: Mapping[str, Any], made_at: datetime = NO_TIME, archival: bool = False) -> bytes:
    """Typeset `template` of this folder with the values of `document`.

    Parameters
    ----------
    template : str
        File name without ".typ".
    document : mapping
        What goes on the paper: texts as the catalogue made them, lengths in mm. Read by the template as JSON.
    made_at : datetime
        Time in the file; no clock is read.
    archival : bool
        PDF/A-2b: everything inside that is needed to show it in thirty years.
    """
    source = files("dashboard.report").joinpath(f"{template}.typ").read_bytes()
    return typst.compile(
        source,
        format="pdf",
        ignore_system_fonts=True,  # only those inside typst: no computer sets it differently
        sys_inputs={"document": json.dumps(document, sort_keys=True)},
        timestamp=made_at.astimezone(UTC).replace(microsecond=0),
        pdf_standards="a-2b" if archival else [],
    )
