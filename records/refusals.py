"""What the exchange refused, by name: an event of the audit for each row, with what it said here and there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from records.audit import append
from records.errors import Kind
from records.model import Act, Actor, Role
from records.row_text import row_document
from records.shared_rows import TABLES, Row

EXCHANGE = Actor("(exchange)", Role.ADMIN)
#: Columns that say nothing a person entered, or are secrets.
_UNSAID = frozenset({"code_key", "search_key", "name_key", "version", "password_hash", "pin_hash"})


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not laid over another one, or that the database does not take (``theirs`` is None then)."""

    table: str
    key: str
    ours: Row
    theirs: Row | None


def note_refusals(archive: sa.Connection, station: str, refused: Iterable[Refused]) -> None:
    """File an event for each, in the caller's transaction."""
    for each in refused:
        kind = Kind(each.table) if each.table in set(Kind) else Kind.ARCHIVE
        ours, theirs = _said(each.table, each.ours), _said(each.table, each.theirs or {})
        differing = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
        details = {
            "table": each.table,
            "entered": {name: ours[name] for name in differing if name in ours},
            "kept": {name: theirs[name] for name in differing if name in theirs},
        }
        append(archive, EXCHANGE, Act.CHANGE_REFUSED, station, (kind, each.key), details)


def _said(table: str, row: Row) -> dict[str, object]:
    if not row:
        return {}
    document = row_document(TABLES[table], row)
    return {name: value for name, value in document.items() if name not in _UNSAID}
