"""The audit as a file for someone else: JSON lines that verify anywhere, or CSV to be read in a spreadsheet."""

from __future__ import annotations

import json
from pathlib import Path

from records import audit
from records.csv_text import csv_text
from records.errors import Kind
from records.model import Act, Actor
from records.new_file import new_file
from records.permissions import require
from records.store import RecordStore


def export_audit(store: RecordStore, actor: Actor, path: Path) -> int:
    """Write every event as it is stored, tampered ones too, to a new file; how many there are.

    ``.csv``: for a spreadsheet, details as JSON text. Any other name: JSON lines, every column and the details
    document as they are hashed. The copy's own event comes after the last one in it.

    Raises
    ------
    NotPermitted, StoreError
    OSError
        The file can't be written, or is there already.
    """
    require(actor, Act.EXPORTED)
    with store.reading() as connection:
        rows = list(audit.stored_rows(connection))
    if path.suffix.lower() == ".csv":
        names = list(rows[0]) if rows else []
        content = csv_text(names, (list(row.values()) for row in rows), bom=True)
    else:
        content = "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    with new_file(path) as written:
        written.write(content.encode())
    heads = {str(row["station"]): str(row["hash"]) for row in rows}  # the last one of each station stays
    with store.writing() as archive:
        details = {"what": "audit", "events": len(rows), "heads": heads}
        audit.append(archive, actor, Act.EXPORTED, store.station, (Kind.ARCHIVE, "audit"), details)
    return len(rows)
