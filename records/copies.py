"""Where a person is still written down after an erasure: backups on the disk, and exports that were made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from records import queries
from records.audit import events_of_act
from records.backup import Backup, copies_in
from records.errors import Kind
from records.model import Act, AuditEvent
from records.scope import with_doubles
from records.snapshot import folder_of
from records.store import RecordStore


@dataclass(frozen=True, slots=True)
class Copies:
    """Copies that hold a patient as this was before.

    Parameters
    ----------
    backups : tuple of Backup
        Files there are now in the folder of backups, oldest first. Most go by and by, 12 months at the longest; a copy
        made before an upgrade stays until somebody removes it.
    exports : tuple of AuditEvent
        Of this patient or of all, oldest first. Who has the files is not known here.
    server : bool
        The archive is on a server: its backups are made by the server's own tools.
    """

    backups: tuple[Backup, ...]
    exports: tuple[AuditEvent, ...]
    server: bool


def copies_of(store: RecordStore, patient_id: str, folder: Path | None = None) -> Copies:
    """Backups and exports made from the day a patient was filed until the erasure, or now.

    Parameters
    ----------
    folder : Path or None
        Of the backups; None: ``backups`` beside the archive in a file.

    Raises
    ------
    NotFound
    """
    with store.reading() as archive:
        patient = queries.find_patient(archive, patient_id)
        ids = with_doubles(archive, [patient_id])
        exports = tuple(_exports(archive, ids))
    first, last = patient.created_at, patient.erased_at
    backups: tuple[Backup, ...] = ()
    if folder is None and store.file is not None:
        folder = folder_of(store.file)
    if folder is not None:
        backups = copies_in(folder, store.name)
    held = tuple(each for each in backups if last is None or each.made_at <= last)
    return Copies(
        tuple(each for each in held if each.made_at >= first.replace(microsecond=0)),
        tuple(each for each in exports if first <= each.at and (last is None or each.at <= last)),
        store.file is None,
    )


def _exports(archive: sa.Connection, ids: tuple[str, ...]) -> Iterator[AuditEvent]:
    for event in events_of_act(archive, Act.EXPORTED):
        whole = event.subject_kind is Kind.ARCHIVE and event.details.get("what") != "audit"
        pseudonymised = bool(event.details.get("pseudonymised"))
        if (whole or event.subject_id in ids) and not pseudonymised:
            yield event
