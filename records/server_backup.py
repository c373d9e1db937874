"""Backup of an archive on a server: a file in the archive's own format, read back whole before it gets its name.

It holds all patients with everything that was filed, of one moment, and the audit for reading. It does not hold
accounts: the server's own ``pg_dump`` does. It is brought back into an empty archive, in a file or on a server, by
``stancelab store merge FILE --large``.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from records.archive_file import SUFFIX as ARCHIVE
from records.archive_file import write_archive
from records.archive_reading import LARGE, ArchiveFile
from records.backup import finish
from records.errors import MergeRefused, StoreDamaged
from records.merge import checked_rows
from records.model import Act, Actor
from records.permissions import require
from records.sealing import SUFFIX, Seal, sealed_file, sealed_name
from records.snapshot import NAME_TIME, Inventory, Snapshot, os_errors
from records.store import RecordStore


def back_up_server(
    store: RecordStore, actor: Actor, folder: Path, *, now: datetime | None = None, seal: Seal | None = None
) -> Snapshot:
    """Make a verified backup of an archive on a server in `folder`, then remove what is too many.

    Raises
    ------
    NotPermitted, SealRefused
    RecordingDamaged
        A recording is not what was filed: no backup is made of half an archive; older ones are as they were.
    RestoreRefused, StoreError
    """
    require(actor, Act.BACKUP_MADE)
    store.check_schema()
    at = (now or datetime.now(UTC)).astimezone(UTC)
    name = f"{store.name}-{at.strftime(NAME_TIME)}{ARCHIVE}"
    path = sealed_name(folder / name, seal)
    with os_errors(path):
        folder.mkdir(parents=True, exist_ok=True)
        with sealed_file(path, seal) as written:
            manifest, _ = write_archive(store, actor, written, None)
            inventory = _verified(written, path)
            if {name: inventory.rows[name] for name in manifest["rows"]} != manifest["rows"]:
                raise StoreDamaged(str(path), "the backup does not hold what was written")
            written.seek(0, os.SEEK_END)
    made = Snapshot(path, inventory)
    finish(store, actor, made, at, store.name, ARCHIVE if seal is None else ARCHIVE + SUFFIX)
    return made


def _verified(written: BinaryIO, path: Path) -> Inventory:
    """Every member against the manifest, every row and recording decoded."""
    written.flush()
    written.seek(0)
    try:
        with ArchiveFile(written, LARGE) as file:
            file.verify()
            rows = {**checked_rows(file), "audit_event": file.audit_lines()}
            return Inventory(rows, file.manifest["heads"])
    except MergeRefused as error:
        raise StoreDamaged(str(path), str(error)) from error
