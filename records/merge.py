"""Bring what another archive exported into this one: what is here already is left, what differs is named.

A row is known by its id, made on the station that filed it. So a file can be merged again, or in any order with
others, and nothing is there twice.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from records import clinic_schema, queries, schema
from records.archive_reading import ArchiveFile, Limits
from records.audit import append
from records.errors import InvalidEntry, Kind, MergeProblem, MergeRefused, RecordingDamaged
from records.examination import Observation, StrengthTest
from records.model import Act, Actor
from records.patient_rows import keep_erased
from records.permissions import require
from records.recording_file import unpack
from records.row_text import row_document, row_from, stored_form, text_columns
from records.schema import fold, sha256_of
from records.scope import CARRIED, key_of, pages
from records.sealing import Seal, unsealed
from records.store import RecordStore
from records.studies import Study, StudyVisit
from records.therapy import TherapyEvent

_AT_ONCE = 200
#: Rows that are read back as what a person may enter.
_ENTRIES: dict[str, Callable[..., object]] = {
    "observation": Observation,
    "strength_test": StrengthTest,
    "therapy_event": TherapyEvent,
    "study": Study,
    "study_visit": StudyVisit,
}
#: Rows that others are worth nothing without: where one differs, nothing is merged.
_MEASURED = frozenset({"calibration", "recording", "source"})
#: What an erasure takes from them.
_ERASABLE = frozenset({"file_name", "source_sha256"})


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is here already and says something else: the one here was kept. ``columns``: what differs."""

    table: str
    id: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """What was done. ``same_codes``: codes that another patient of this archive has too; both are kept."""

    added: dict[str, int]
    known: dict[str, int]
    differences: tuple[Difference, ...]
    same_codes: tuple[str, ...]


def merge_archive(
    store: RecordStore, actor: Actor, path: Path, limits: Limits | None = None, seal: Seal | None = None
) -> Merged:
    """Merge an export: all that is new in it, or nothing where anything is wrong. One audit event.

    Raises
    ------
    NotPermitted, StoreError
    SealRefused
        It is sealed, and not opened by `seal`.
    MergeRefused
        Not an export; damaged or changed; too large; or a calibration, recording or file that differs from the one
        of the same id here.
    """
    require(actor, Act.ARCHIVE_MERGED)
    with _content(path, seal) as content, ArchiveFile(content, limits or Limits()) as file:
        file.verify()
        checked_rows(file)  # everything is read and decoded once before the archive is locked
        merging = _Merging(file)
        try:
            with store.writing() as archive:
                for table in CARRIED:
                    merging.merge(archive, table)
                keep_erased(archive, merging.patients, merging.sources)
                merged = merging.done()
                details: dict[str, object] = {
                    "added": merged.added,
                    "known": merged.known,
                    "file_sha256": _sha256_of_file(path),
                }
                details["kept"] = [[each.table, each.id] for each in merged.differences]
                append(archive, actor, Act.ARCHIVE_MERGED, store.station, (Kind.ARCHIVE, path.name), details)
        except IntegrityError as error:
            raise MergeRefused(MergeProblem.ORPHAN, str(error.orig)) from error
    return merged


@contextmanager
def _content(path: Path, seal: Seal | None) -> Iterator[BinaryIO]:
    try:
        with unsealed(path, seal) as content:
            yield content
    except OSError as error:
        raise MergeRefused(MergeProblem.NOT_ARCHIVE, str(error.strerror or error)) from error


def checked_rows(file: ArchiveFile) -> dict[str, int]:
    """Read and decode every row, recording and imported file; how many rows of each table.

    Raises
    ------
    MergeRefused
    """
    found = dict.fromkeys((table.name for table in CARRIED), 0)
    for table in CARRIED:
        for document in file.documents(table.name):
            row = row_from(table, document)
            if table is schema.recording:
                _recording_content(file, row)
            elif table is schema.source:
                _source_content(file, row)
            elif table is clinic_schema.report:
                _report_content(file, row)
            elif table.name in _ENTRIES:
                _check_entry(table, row)
            found[table.name] += 1
    return found


def _recording_content(file: ArchiveFile, row: dict[str, Any]) -> bytes:
    content = file.content(f"recordings/{row['id']}.stance")
    try:
        _, sha256 = unpack(content)
    except RecordingDamaged as error:
        raise MergeRefused(MergeProblem.RECORDING, f"{row['id']}: {error.why}") from error
    if sha256 != row["sha256"]:
        raise MergeRefused(MergeProblem.RECORDING, f"{row['id']}: SHA-256")
    return content


def _source_content(file: ArchiveFile, row: dict[str, Any]) -> bytes:
    content = file.content(f"sources/{row['sha256']}")
    if sha256_of(content) != row["sha256"] or len(content) != row["size"]:
        raise MergeRefused(MergeProblem.RECORDING, str(row["sha256"]))
    return zlib.compress(content)


def _report_content(file: ArchiveFile, row: dict[str, Any]) -> bytes:
    if row["erased"]:
        return b""
    content = file.content(f"reports/{row['id']}.pdf")
    if sha256_of(content) != row["sha256"] or len(content) != row["size"]:
        raise MergeRefused(MergeProblem.RECORDING, str(row["id"]))
    return content


def _check_entry(table: sa.Table, row: dict[str, Any]) -> None:
    """What a person could not have entered is not taken from a file either."""
    try:
        _ENTRIES[table.name](**row)
    except InvalidEntry as problem:
        raise MergeRefused(MergeProblem.ROW, f"{table.name}.{problem.field}: {problem.code}") from problem


class _Merging:
    """One file, table by table, inside one transaction."""

    def __init__(self, file: ArchiveFile) -> None:
        self._file = file
        self._added: Counter[str] = Counter()
        self._known: Counter[str] = Counter()
        self._differences: list[Difference] = []
        self._same_codes: list[str] = []
        self.patients: list[str] = []
        self.sources: list[str] = []

    def done(self) -> Merged:
        return Merged(dict(self._added), dict(self._known), tuple(self._differences), tuple(self._same_codes))

    def merge(self, archive: sa.Connection, table: sa.Table) -> None:
        portion: list[dict[str, Any]] = []
        for document in self._file.documents(table.name):
            portion.append(row_from(table, document))
            if len(portion) == _AT_ONCE:
                self._merge(archive, table, portion)
                portion = []
        self._merge(archive, table, portion)

    def _merge(self, archive: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        key = key_of(table).name
        if table is schema.patient:
            self.patients += [row[key] for row in rows]
        elif table is schema.source:
            self.sources += [row[key] for row in rows]
        here = _here(archive, table, [row[key] for row in rows])
        new = []
        for row in rows:
            stored = here.get(row[key])
            if stored is None:
                new.append(self._complete(archive, table, row))
                here[row[key]] = row_document(table, row)  # the same id twice in one file is a difference or nothing
            else:
                self._compare(table, row, stored)
        if new:
            archive.execute(sa.insert(stored_form(table)), new)
        self._added[table.name] += len(new)
        self._known[table.name] += len(rows) - len(new)

    def _compare(self, table: sa.Table, row: dict[str, Any], stored: dict[str, Any]) -> None:
        document = row_document(table, row)
        different = tuple(name for name, value in document.items() if value != stored[name])
        if not different:
            return
        id = str(row[key_of(table).name])
        if table.name in _MEASURED and set(different) - _ERASABLE:
            raise MergeRefused(MergeProblem.CONFLICT, f"{table.name} {id}: {', '.join(different)}")
        self._differences.append(Difference(table.name, id, different))

    def _complete(self, archive: sa.Connection, table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
        """With what does not stand in its text: its bytes, and the keys that search goes by."""
        if table is schema.recording:
            return {**row, "content": _recording_content(self._file, row)}
        if table is schema.source:
            return {**row, "content": _source_content(self._file, row)}
        if table is clinic_schema.report:
            return {**row, "content": _report_content(self._file, row)}
        if table is schema.patient:
            if queries.patient_with_code(archive, row["code"], other_than=row["id"]) is not None:
                self._same_codes.append(row["code"])
            keys = {"code_key": fold(row["code"]), "search_key": fold(f"{row['code']} {row['name'] or ''}")}
            return {**row, **keys}
        return row


def _here(archive: sa.Connection, table: sa.Table, ids: list[str]) -> dict[str, dict[str, Any]]:
    stored = stored_form(table)
    key = key_of(table).name
    columns = [stored.c[column.name] for column in text_columns(table)]
    return {
        row._mapping[key]: row_document(table, dict(row._mapping))
        for page in pages(ids)
        for row in archive.execute(sa.select(*columns).where(stored.c[key].in_(page)))
    }


def _sha256_of_file(path: Path) -> str:
    with path.open("rb") as read:
        return hashlib.file_digest(read, "sha256").hexdigest()
