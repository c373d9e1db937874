"""Entries that people file, edit, make void and restore: the one way it is done, whatever the entry says."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import sqlalchemy as sa

from records import clinic_queries, rows
from records.audit import append
from records.entries import reason_of
from records.errors import Conflict, EntryProblem, InvalidEntry, Kind
from records.filing.amendments import amend
from records.filing.changes import Versioned, changed, check_version, entered
from records.model import Act, Actor
from records.permissions import require
from records.store import RecordStore


class Entry(Versioned, Protocol):
    """A filed entry."""

    @property
    def void_reason(self) -> str | None: ...  # noqa: D102


T = TypeVar("T", bound=Entry)


@dataclass(frozen=True, slots=True)
class EntryKind(Generic[T]):
    """One kind of entry.

    Parameters
    ----------
    kind : Kind
    table : Table
    stored, entry : type
        The filed dataclass, and the one with what a person enters: the only fields that an edit changes.
    added, edited, voided, restored : Act
    check : function of (connection, entry)
        Raises where it may not be filed or changed.
    """

    kind: Kind
    table: sa.Table
    stored: type[T]
    entry: type[Any]
    added: Act
    edited: Act
    voided: Act
    restored: Act
    check: Callable[[sa.Connection, T], object]

    def add(self, store: RecordStore, actor: Actor, record: T) -> T:
        """File a new one."""
        require(actor, self.added)
        with store.writing() as archive:
            self.check(archive, record)
            rows.insert(archive, self.table, record)
            after = entered(record, self.entry)
            details = {"after": after, **_belongs(record)}
            append(archive, actor, self.added, store.station, (self.kind, record.id), details)
            self._amend(archive, actor, self.added, record, ({}, after), "", explained=True)
        return record

    def edit(self, store: RecordStore, actor: Actor, record: T, reason: str = "") -> T:
        """File changed fields. Raises Conflict where it was changed since it was read."""
        require(actor, self.edited)
        with store.writing() as archive:
            stored = self._find(archive, record.id)
            check_version(self.kind, record, stored, self.entry)
            if stored.void_reason is not None:
                raise InvalidEntry(EntryProblem.IS_VOID, "id")
            after = self._next(stored, **_fields(record, self.entry))
            self.check(archive, after)
            rows.update(archive, self.table, self.kind, after)
            was, now = changed(stored, after, self.entry)
            subject = (self.kind, record.id)
            append(archive, actor, self.edited, store.station, subject, {"before": was, "after": now})
            self._amend(archive, actor, self.edited, after, (was, now), reason, explained=False)
        return after

    def void(self, store: RecordStore, actor: Actor, id: str, reason: str, version: int | None) -> T:
        """Take it out of every result; it stays, with its reason."""
        require(actor, self.voided)
        said = reason_of("reason", reason, EntryProblem.VOID_REASON_MISSING)
        return self._mark(store, actor, id, version, said, self.voided)

    def restore(self, store: RecordStore, actor: Actor, id: str, version: int | None) -> T:
        """Take it back."""
        require(actor, self.restored)
        return self._mark(store, actor, id, version, None, self.restored)

    def _mark(self, store: RecordStore, actor: Actor, id: str, version: int | None, reason: str | None, act: Act) -> T:
        with store.writing() as archive:
            stored = self._find(archive, id)
            read = stored.version if version is None else version
            if stored.version != read or (stored.void_reason is None) is (reason is None):
                raise Conflict(self.kind, id, read, stored.version)
            after = self._next(stored, void_reason=reason)
            self.check(archive, after)
            rows.update(archive, self.table, self.kind, after)
            details = {"reason": reason or stored.void_reason}
            append(archive, actor, act, store.station, (self.kind, id), details)
            marks = ({"void_reason": stored.void_reason}, {"void_reason": reason})
            self._amend(archive, actor, act, after, marks, reason or "", explained=True)
        return after

    def _amend(
        self,
        archive: sa.Connection,
        actor: Actor,
        act: Act,
        record: T,
        change: tuple[dict[str, Any], dict[str, Any]],
        reason: str,
        *,
        explained: bool,
    ) -> None:
        """Keep both versions where it belongs to a signed visit."""
        visit_id = getattr(record, "visit_id", None)
        if visit_id is not None:
            subject = (self.kind, record.id)
            amend(archive, actor, visit_id, act, subject, *change, reason, explained=explained)

    def _find(self, archive: sa.Connection, id: str) -> T:
        return clinic_queries.find(archive, self.table, self.stored, self.kind, id)

    def _next(self, stored: T, **fields: Any) -> T:
        return dataclasses.replace(stored, version=stored.version + 1, **fields)  # type: ignore[type-var]


def _fields(record: Any, entry: type[Any]) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(entry)}


def _belongs(record: Any) -> dict[str, str]:
    """Whose it is."""
    return {name: getattr(record, name) for name in ("patient_id", "visit_id") if hasattr(record, name)}
