"""Types of columns, the same on every engine, and what tables are made of: of `records.schema` in a file of its own."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from records.errors import EntryProblem, InvalidEntry

#: The zero byte, and halves of a character.
_NOT_KEPT = re.compile("[\0\ud800-\udfff]")


def fold(text: str) -> str:
    """`text` as it is searched: without case and accents, one blank between words."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(plain.casefold().split())


def sha256_of(content: bytes) -> str:
    """SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


class _Sought(TypeDecorator[str]):
    """A text that rows are looked for by. One that no row can hold finds nothing, on every engine."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """With a sign that stands for each that is not kept."""
        return None if value is None else _NOT_KEPT.sub("\N{REPLACEMENT CHARACTER}", value)


class Words(TypeDecorator[str]):
    """A text that every engine keeps as it is."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, field: str, length: int | None = None) -> None:
        super().__init__()
        self.field, self.length = field, length

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Of a length where it has one."""
        return sa.String(self.length) if self.length else sa.Text()

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        """What it is compared with need not be such a text."""
        return _Sought() if isinstance(value, str) else super().coerce_compared_value(op, value)

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:
        """Refuse the signs that PostgreSQL has no text for.

        Raises
        ------
        InvalidEntry
        """
        if value is not None and _NOT_KEPT.search(value):
            raise InvalidEntry(EntryProblem.TEXT_UNPRINTABLE, self.field)
        return value


class UtcTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC on every engine (SQLite has no time zones: its text is UTC)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Aware -> UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time {value} has no zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """UTC -> aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def iso_time(at: datetime) -> str:
    """An aware time as text in UTC, always with microseconds: sorts as it should."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


class IsoTime(TypeDecorator[datetime]):
    """An aware time, kept as the text that is hashed."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:
        """Aware -> text."""
        return None if value is None else iso_time(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> datetime | None:
        """Text -> aware."""
        return None if value is None else datetime.fromisoformat(value)


class Choice(TypeDecorator[StrEnum]):
    """A member of a StrEnum, kept as its value."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, members: type[StrEnum]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: StrEnum | None, dialect: sa.Dialect) -> str | None:
        """Member -> value; a text that is no value is refused."""
        return None if value is None else self.members(value).value

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> StrEnum | None:
        """Value -> member."""
        return None if value is None else self.members(value)


class Document(TypeDecorator[Any]):
    """A frozen object, kept as a JSON document made by `to_document` and read by `from_document`."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    def __init__(self, to_document: Callable[[Any], Any], from_document: Callable[[Any], Any]) -> None:
        super().__init__()
        self.to_document, self.from_document = to_document, from_document

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        """Object -> document."""
        return None if value is None else self.to_document(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """Document -> object."""
        return None if value is None else self.from_document(value)


#: Names of constraints are given, not made up by the engine: a later migration must be able to name them.
metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def row_id() -> sa.Column[str]:
    """The key of a row: a UUIDv7."""
    return sa.Column("id", Words("id", 36), primary_key=True)


def refers(name: str, target: str, length: int | None = 36, required: bool = True) -> sa.Column[Any]:
    """A reference to a row of another table."""
    return sa.Column(name, Words(name, length), sa.ForeignKey(target), nullable=not required)


def column(name: str, type_: Any, required: bool = True) -> sa.Column[Any]:
    """A column; a text keeps what every engine keeps."""
    if type_ is sa.Text or isinstance(type_, sa.String):
        type_ = Words(name, getattr(type_, "length", None))
    return sa.Column(name, type_, nullable=not required)
