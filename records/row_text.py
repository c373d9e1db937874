"""Rows of any table as JSON objects and back: times as ISO 8601 in UTC, choices as their values, documents as stored.

Nothing here knows a table by name: a column that is added travels with the rest.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from records.errors import MergeProblem, MergeRefused
from records.schema import Choice, Document, IsoTime, UtcTime, iso_time

#: No text that this program files is longer.
TEXT_LIMIT = 100_000


def stored_form(table: sa.Table) -> sa.TableClause:
    """The table with documents as the JSON they are stored as: what an older program wrote stays as it wrote it."""
    return sa.table(table.name, *(sa.column(column.name, _stored_type(column)) for column in table.columns))


def _stored_type(column: sa.Column[Any]) -> sa.types.TypeEngine[Any]:
    return sa.JSON(none_as_null=True) if isinstance(column.type, Document) else column.type


def row_document(table: sa.Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the stored form -> JSON object. Bytes are left out: they travel as files."""
    return {column.name: _written(column, row[column.name]) for column in text_columns(table)}


def text_columns(table: sa.Table) -> list[sa.Column[Any]]:
    """Columns whose values stand in the object."""
    return [column for column in table.columns if not isinstance(column.type, sa.LargeBinary)]


def _written(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, UtcTime | IsoTime):
        return iso_time(value)
    if isinstance(column.type, sa.Date):
        return str(value.isoformat())
    return value.value if isinstance(column.type, Choice) else value


def row_from(table: sa.Table, document: Any) -> dict[str, Any]:
    """JSON object -> row of the stored form, every value checked against its column.

    Raises
    ------
    MergeRefused
        A column is missing or unknown, or a value is none of its column.
    """
    columns = {column.name: column for column in text_columns(table)}
    if not isinstance(document, dict) or set(document) - set(columns):
        raise MergeRefused(MergeProblem.ROW, table.name)
    row = {}
    for name, column in columns.items():
        try:
            row[name] = _read(column, document.get(name))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise MergeRefused(MergeProblem.ROW, f"{table.name}.{name}: {error}") from error
    return row


def _read(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        if not column.nullable:
            raise ValueError("is missing")
        return None
    kind = column.type
    if isinstance(kind, Document):
        kind.from_document(value)
        return value
    if isinstance(kind, UtcTime | IsoTime):
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError("time without a zone")
        return at
    if isinstance(kind, Choice):
        return kind.members(value)
    if isinstance(kind, sa.Date):
        return date.fromisoformat(value)
    if isinstance(kind, sa.JSON):
        return value
    return _plain(kind, value)


def _plain(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    if isinstance(kind, sa.Boolean):
        right = isinstance(value, bool)
    elif isinstance(kind, sa.Integer):
        right = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**31
    elif isinstance(kind, sa.Double | sa.Float):
        right = isinstance(value, float | int) and not isinstance(value, bool) and math.isfinite(value)
    else:
        right = isinstance(value, str) and len(value) <= (getattr(kind, "length", None) or TEXT_LIMIT)
        right = right and not any(unicodedata.category(each) in ("Cc", "Cs") and each not in "\n\r\t" for each in value)
    if not right:
        raise ValueError(f"is no {type(kind).__name__}")
    return value
