"""The archive's own format, version 1: patients with everything that was filed, in one ZIP file. `docs/formats.md`.

Which rows belong to it is decided in one moment. They are then read in small portions, so that nobody who files has
to wait; nothing is ever deleted from an archive, so that they fit together.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa

from records import audit, clinic_schema, migrations, schema
from records.errors import Kind, RecordingDamaged
from records.model import Act, Actor
from records.permissions import require
from records.recording_file import unpack
from records.row_text import row_document, stored_form, text_columns
from records.schema import sha256_of
from records.scope import CARRIED, Scope, key_of, pages, scope_of
from records.sealing import Seal, sealed_file
from records.store import RecordStore

FORMAT, FORMAT_VERSION = "stancelab-archive", 1
SUFFIX = ".stancelab"
MANIFEST, AUDIT = "manifest.json", "audit.jsonl"


def export_archive(
    store: RecordStore, actor: Actor, path: Path, patients: Sequence[str] | None, seal: Seal | None = None
) -> dict[str, int]:
    """Write patients (ids; None: the whole archive) to the new file `path`; how many rows of each table.

    Every recording is decoded and compared with its SHA-256 on the way. One audit event.

    Raises
    ------
    NotPermitted, StoreError, SealRefused
    RecordingDamaged
        A recording is not what was filed: no file is made of half an archive.
    OSError
        The file can't be written, or is there already.
    """
    require(actor, Act.EXPORTED)
    with sealed_file(path, seal) as written:
        manifest, scope = write_archive(store, actor, written, patients)
        note_export(store, actor, "archive", scope.patients, {"rows": manifest["rows"], "heads": manifest["heads"]})
    return dict(manifest["rows"])


def write_archive(
    store: RecordStore, actor: Actor, written: BinaryIO, patients: Sequence[str] | None
) -> tuple[dict[str, Any], Scope]:
    """Write what `export_archive` says, without an event; the manifest, and what belongs to it.

    Raises
    ------
    StoreError, RecordingDamaged, OSError
    """
    with store.reading() as connection:
        scope = scope_of(connection, patients)
        heads = audit.heads(connection)
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as pack:
        members = Members(pack)
        for table in CARRIED:
            members.add(f"rows/{table.name}.jsonl", _lines(store, table, scope))
        for name, content in _contents(store, scope):
            members.add(name, [content])
        members.add(AUDIT, _audit_lines(store, scope))
        manifest = _manifest(actor, scope, heads)
        members.finish(manifest)
    return manifest, scope


def note_export(
    store: RecordStore, actor: Actor, form: str, patients: Sequence[str] | None, details: dict[str, object]
) -> None:
    """The one audit event of an export, before the file has its name."""
    subject = (Kind.PATIENT, patients[0]) if patients and len(patients) == 1 else (Kind.ARCHIVE, "all")
    with store.writing() as archive:
        audit.append(archive, actor, Act.EXPORTED, store.station, subject, {"what": form, **details})


class Members:
    """Adds files to the ZIP, each with its SHA-256; the manifest, which lists them, comes last."""

    def __init__(self, pack: zipfile.ZipFile) -> None:
        self._pack = pack
        self._listed: dict[str, dict[str, object]] = {}

    def add(self, name: str, parts: Iterable[bytes]) -> None:
        """One file, in pieces."""
        digest, size = hashlib.sha256(), 0
        with self._pack.open(name, "w", force_zip64=True) as member:
            for part in parts:
                member.write(part)
                digest.update(part)
                size += len(part)
        self._listed[name] = {"sha256": digest.hexdigest(), "size": size}

    def finish(self, manifest: dict[str, Any]) -> None:
        """Write the manifest."""
        self._pack.writestr(MANIFEST, json.dumps({**manifest, "members": self._listed}, indent=1, sort_keys=True))


def format_document() -> dict[str, Any]:
    """What every manifest says first."""
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "schema": migrations.newest(),
        "program": version("stancelab"),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _manifest(actor: Actor, scope: Scope, heads: dict[str, str]) -> dict[str, Any]:
    return {
        **format_document(),
        "made_by": actor.name,
        "whole": scope.patients is None,
        "rows": {name: len(ids) for name, ids in scope.ids.items()},
        "heads": heads,
    }


def documents(store: RecordStore, table: sa.Table, ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Rows as JSON objects, in the order of their ids."""
    stored, names = stored_form(table), [column.name for column in text_columns(table)]
    key = stored.c[key_of(table).name]
    for page in pages(ids):
        with store.reading() as connection:
            rows = connection.execute(sa.select(*(stored.c[name] for name in names)).where(key.in_(page)).order_by(key))
            found = [row_document(table, dict(row._mapping)) for row in rows]
        yield from found


def json_line(document: Any) -> bytes:
    """One object, one line, UTF-8."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _lines(store: RecordStore, table: sa.Table, scope: Scope) -> Iterator[bytes]:
    return (json_line(document) for document in documents(store, table, scope.ids[table.name]))


def _contents(store: RecordStore, scope: Scope) -> Iterator[tuple[str, bytes]]:
    """Recordings as they are kept, files that were imported as they came, and reports; each verified."""
    recording = schema.recording
    for id in scope.ids[recording.name]:
        with store.reading() as connection:
            content, filed = connection.execute(
                sa.select(recording.c.content, recording.c.sha256).where(recording.c.id == id)
            ).one()
        _, sha256 = unpack(content)
        if sha256 != filed:
            raise RecordingDamaged(f"SHA-256 is {sha256[:12]}..., was filed as {filed[:12]}...", id)
        yield f"recordings/{id}.stance", content
    for sha256 in scope.ids[schema.source.name]:
        content = store.source(sha256)
        if sha256_of(content) != sha256:
            raise RecordingDamaged("the file it was imported from was changed", sha256)
        yield f"sources/{sha256}", content
    for id in scope.ids[clinic_schema.report.name]:
        report, pdf = store.report_pdf(id)
        if not report.erased:
            yield f"reports/{id}.pdf", pdf


def _audit_lines(store: RecordStore, scope: Scope) -> Iterator[bytes]:
    """Every event for a whole archive: its chains verify. Of patients: what was done to their rows."""
    about = None if scope.patients is None else frozenset(id for ids in scope.ids.values() for id in ids)
    with store.reading() as connection:
        rows = [row for row in audit.stored_rows(connection) if about is None or row["subject_id"] in about]
    return (json_line(row) for row in rows)
