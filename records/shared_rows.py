"""Rows of any table whole, with their bytes, read from one archive to be written into another of the same schema."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from records.exchange_schema import agreed_row
from records.row_text import row_document, stored_form
from records.schema import sha256_of
from records.scope import NEVER_CHANGED, SHARED, key_of, pages

TABLES: Mapping[str, sa.Table] = {table.name: table for table in SHARED}

Row = dict[str, Any]
#: Table and key: a row, whichever archive it lies in.
Place = tuple[str, str]


def read_rows(connection: sa.Connection, table: sa.Table, keys: Collection[str]) -> dict[str, Row]:
    """The rows of these keys that are there, with their bytes."""
    stored = stored_form(table)
    key = key_of(table).name
    return {
        row._mapping[key]: dict(row._mapping)
        for page in pages(sorted(keys))
        for row in connection.execute(sa.select(stored).where(stored.c[key].in_(page)))
    }


def present(connection: sa.Connection, table: sa.Table, keys: Collection[str]) -> frozenset[str]:
    """Which of these keys are there."""
    key = key_of(table)
    return frozenset(
        found for page in pages(sorted(keys)) for found in connection.scalars(sa.select(key).where(key.in_(page)))
    )


def marks_of(connection: sa.Connection, table: sa.Table, keys: Collection[str]) -> dict[str, str]:
    """The `mark` of each of these rows that is there; their bytes are not read."""
    stored = stored_form(table)
    text = [stored.c[column.name] for column in table.columns if not isinstance(column.type, sa.LargeBinary)]
    name = key_of(table).name
    return {
        row._mapping[name]: mark(table, dict(row._mapping))
        for page in pages(sorted(keys))
        for row in connection.execute(sa.select(*text).where(stored.c[name].in_(page)))
    }


def mark(table: sa.Table, row: Mapping[str, Any]) -> str:
    """SHA-256 of all that a row says: two rows with one mark are the same, whichever database holds them.

    Bytes have their own SHA-256 among the columns, which is checked where they are moved.
    """
    said = json.dumps(row_document(table, row), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256_of(said.encode())


def has_bytes(table: sa.Table) -> bool:
    """Whether its rows hold bytes."""
    return any(isinstance(column.type, sa.LargeBinary) for column in table.columns)


def insert(connection: sa.Connection, table: sa.Table, rows: Iterable[Row]) -> list[str]:
    """Add rows; the keys of those that the database refuses, for something that must be there once only."""
    new = list(rows)
    if not new:
        return []
    stored = stored_form(table)
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(stored), new)
    except sa.exc.IntegrityError:
        return [row[key_of(table).name] for row in new if not _inserted(connection, stored, row)]
    return []


def _inserted(connection: sa.Connection, stored: sa.TableClause, row: Row) -> bool:
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(stored), [row])
    except sa.exc.IntegrityError:
        return False
    return True


def overwrite(connection: sa.Connection, table: sa.Table, row: Row) -> None:
    """Let a row that is there say what another archive's says."""
    stored = stored_form(table)
    key = key_of(table).name
    connection.execute(sa.update(stored).where(stored.c[key] == row[key]).values(row))


def sources_left(before: Row, after: Row) -> set[str]:
    """The imported file that a recording came from, where it is said no longer: by an erasure."""
    source = before.get("source_sha256")
    return {source} if source is not None and after.get("source_sha256") is None else set()


def agreed(connection: sa.Connection, table: sa.Table, keys: Collection[str]) -> dict[str, str]:
    """Marks that the server's rows had when both archives last agreed."""
    chosen = sa.select(agreed_row.c.row_key, agreed_row.c.sha256).where(agreed_row.c.table_name == table.name)
    return {
        row.row_key: row.sha256
        for page in pages(sorted(keys))
        for row in connection.execute(chosen.where(agreed_row.c.row_key.in_(page)))
    }


def set_agreed(connection: sa.Connection, table: sa.Table, marks: Mapping[str, str]) -> None:
    """Both archives have these rows now, with these marks. Rows that never change need no memory."""
    if table.name in NEVER_CHANGED or not marks:
        return
    for page in pages(sorted(marks)):
        connection.execute(
            agreed_row.delete().where(agreed_row.c.table_name == table.name, agreed_row.c.row_key.in_(page))
        )
    rows = [{"table_name": table.name, "row_key": key, "sha256": marks[key]} for key in sorted(marks)]
    connection.execute(agreed_row.insert(), rows)
