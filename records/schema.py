"""Tables of the archive: the only place with column names. Columns are the fields of `records.model`, one to one.

A change here needs a revision in `records/migrations/versions`; a test compares the two.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from analysis.calibration import Zero
from analysis.documents import trial_document, trial_result_from
from analysis.geometry import Footing, FootPlacement, Side
from analysis.phases import EndedBy, Mark
from analysis.recording import frozen
from analysis.session_check import check_document, check_from
from records.errors import EntryProblem, InvalidEntry, Kind
from records.model import Act, RecordingKind, Role, Sex, TrialStatus

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


def _numbers(array: Any) -> Any:
    return array.tolist()


def _array(numbers: Any) -> Any:
    return frozen(numbers, np.float64)


def _zero_document(zero: Zero) -> dict[str, Any]:
    return {
        "counts": zero.counts.tolist(),
        "sd_counts": zero.sd_counts.tolist(),
        "taken_at": zero.taken_at.isoformat(),
    }


def _zero_from(document: dict[str, Any]) -> Zero:
    return Zero(_array(document["counts"]), _array(document["sd_counts"]), datetime.fromisoformat(document["taken_at"]))


def _foot_document(foot: FootPlacement) -> dict[str, Any]:
    return {
        "heel_mm": list(foot.heel_mm),
        "toe_mm": list(foot.toe_mm),
        "length_mm": foot.length_mm,
        "width_mm": foot.width_mm,
    }


def _foot_from(side: Side, document: dict[str, Any]) -> FootPlacement:
    heel_mm, toe_mm = tuple(document["heel_mm"]), tuple(document["toe_mm"])
    return FootPlacement(side, heel_mm, toe_mm, document["length_mm"], document["width_mm"])


def _footing_document(footing: Footing) -> dict[str, Any]:
    return {side.value: _foot_document(footing.of(side)) for side in Side}


def _footing_from(document: dict[str, Any]) -> Footing:
    return Footing(_foot_from(Side.LEFT, document["left"]), _foot_from(Side.RIGHT, document["right"]))


def _marks_document(marks: tuple[Mark, ...]) -> list[dict[str, Any]]:
    return [{"at_s": mark.at_s, "ended_by": mark.ended_by.value} for mark in marks]


def _marks_from(document: list[dict[str, Any]]) -> tuple[Mark, ...]:
    return tuple(Mark(entry["at_s"], EndedBy(entry["ended_by"])) for entry in document)


#: Names of constraints are given, not made up by the engine: a later migration must be able to name them.
metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _id() -> sa.Column[str]:
    return sa.Column("id", Words("id", 36), primary_key=True)


def _of(name: str, target: str, length: int | None = 36, required: bool = True) -> sa.Column[Any]:
    return sa.Column(name, Words(name, length), sa.ForeignKey(target), nullable=not required)


def _column(name: str, type_: Any, required: bool = True) -> sa.Column[Any]:
    if type_ is sa.Text or isinstance(type_, sa.String):
        type_ = Words(name, getattr(type_, "length", None))
    return sa.Column(name, type_, nullable=not required)


#: `code_key` and `search_key` are folded: they make search independent of case and accents on every engine.
#: The code is not unique in the database: two stations may use one code while they cannot see each other.
patient = sa.Table(
    "patient",
    metadata,
    _id(),
    _column("code", sa.Text),
    _column("name", sa.Text, required=False),
    _column("birth_year", sa.Integer, required=False),
    _column("sex", Choice(Sex), required=False),
    _column("involved_side", Choice(Side), required=False),
    _column("note", sa.Text),
    _column("simulated", sa.Boolean),
    _column("version", sa.Integer),
    _column("created_at", UtcTime),
    _column("code_key", sa.Text),
    _column("search_key", sa.Text),
    sa.Index(None, "code_key"),
)

visit = sa.Table(
    "visit",
    metadata,
    _id(),
    _of("patient_id", "patient.id"),
    _column("at", UtcTime),
    _column("utc_offset_min", sa.Integer),
    _column("station", sa.Text),
    _column("operator", sa.Text),
    _column("note", sa.Text),
    _column("version", sa.Integer),
    sa.Index(None, "patient_id", "at"),
)

calibration = sa.Table(
    "calibration",
    metadata,
    sa.Column("id", Words("id"), primary_key=True),
    _column("plate_serial", sa.Text),
    _column("matrix", Document(_numbers, _array)),
    _column("cell_newton_per_count", Document(_numbers, _array)),
    _column("residual_n", sa.Double),
    _column("cop_error_mm", sa.Double),
    _column("max_load_n", sa.Double),
    _column("reference", sa.Text),
    _column("made_at", UtcTime),
    _column("made_by", sa.Text),
    _column("valid_until", UtcTime, required=False),
    sa.Index(None, "plate_serial", "made_at"),
)

#: The drift log of every plate.
drift_check = sa.Table(
    "drift_check",
    metadata,
    _id(),
    _column("plate_serial", sa.Text),
    _of("calibration_id", "calibration.id", None),
    _column("made_at", UtcTime),
    _column("made_by", sa.Text),
    _column("passed", sa.Boolean),
    _column("outcome", Document(check_document, check_from)),
    sa.Index(None, "plate_serial", "made_at"),
)

#: Files that recordings were imported from, once each, compressed with zlib.
source = sa.Table(
    "source",
    metadata,
    sa.Column("sha256", Words("sha256", 64), primary_key=True),
    _column("size", sa.Integer),
    _column("content", sa.LargeBinary),
)

#: `content` is what `records.recording_file` writes; `sha256` is of the decoded recording.
recording = sa.Table(
    "recording",
    metadata,
    _id(),
    _of("visit_id", "visit.id"),
    _column("kind", Choice(RecordingKind)),
    _column("sha256", sa.String(64)),
    _column("zero", Document(_zero_document, _zero_from), required=False),
    _of("calibration_id", "calibration.id", None, required=False),
    _column("footing", Document(_footing_document, _footing_from), required=False),
    _column("file_name", sa.Text, required=False),
    _column("reader", sa.Text, required=False),
    _of("source_sha256", "source.sha256", 64, required=False),
    _column("created_at", UtcTime),
    _column("content", sa.LargeBinary),
    sa.Index(None, "visit_id"),
    sa.Index(None, "source_sha256"),
)

trial = sa.Table(
    "trial",
    metadata,
    _id(),
    _of("visit_id", "visit.id"),
    _of("recording_id", "recording.id"),
    _column("side", Choice(Side), required=False),
    _column("start_s", sa.Double),
    _column("end_s", sa.Double),
    _column("condition", sa.Text),
    _column("attempt", sa.Integer),
    _column("demo", sa.Boolean),
    _column("status", Choice(TrialStatus)),
    _column("void_reason", sa.Text, required=False),
    _column("version", sa.Integer),
    _column("created_at", UtcTime),
    _column("marks", Document(_marks_document, _marks_from)),
    _column("protocol", sa.JSON(none_as_null=True), required=False),
    sa.Index(None, "visit_id"),
    sa.Index(None, "recording_id"),
)

result = sa.Table(
    "result",
    metadata,
    _id(),
    _of("trial_id", "trial.id"),
    _column("number", sa.Integer),
    _column("result", Document(trial_document, trial_result_from)),
    _column("analysis_version", sa.Text),
    _column("made_at", UtcTime),
    sa.Index(None, "trial_id", "number"),
)

#: Never updated, never deleted: triggers of the first migration see to it.
audit_event = sa.Table(
    "audit_event",
    metadata,
    _id(),
    _column("station", sa.Text),
    _column("number", sa.Integer),
    _column("at", IsoTime),
    _column("actor", sa.Text),
    _column("role", Choice(Role)),
    _column("act", Choice(Act)),
    _column("subject_kind", Choice(Kind)),
    _column("subject_id", sa.Text),
    _column("details_sha256", sa.String(64)),
    _column("previous_hash", sa.String(64)),
    _column("hash", sa.String(64)),
    sa.UniqueConstraint("station", "number"),
    sa.Index(None, "subject_id"),
)

#: What an act changed, apart from the chain: a person's data can be erased here and the chain still verifies.
audit_detail = sa.Table(
    "audit_detail",
    metadata,
    sa.Column("event_id", Words("event_id", 36), sa.ForeignKey("audit_event.id"), primary_key=True),
    _column("document", sa.Text),
)
