"""Backups of an SQLite archive: made while others write, verified, named by their time; which are kept.

::

    backups/stancelab-20261125T160000Z.db               removed when it is none of 7 daily, 4 weekly, 12 monthly ones
    backups/stancelab-20261125T160000Z.db.age           sealed, thinned in the same way
    backups/stancelab-20261125T160000Z-schema-0002.db   before an upgrade from schema 0002: never removed by itself
"""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from records.audit import append
from records.errors import Kind, NotFound, RecordingDamaged, StoreNotAFile, StoreReadOnly
from records.local_disk import check_place
from records.model import Act, Actor
from records.new_file import part_of
from records.permissions import require
from records.sealing import SUFFIX, Seal, check_seal, is_sealed, seal_to, sealed_name, unseal_to
from records.snapshot import (
    NAME_TIME,
    Snapshot,
    backup_name,
    copy_verified,
    end_sessions,
    folder_of,
    os_errors,
    recording_of,
    verify_file,
)
from records.store import RecordStore

log = logging.getLogger(__name__)

UNFINISHED_S = 86400.0  # what another program may still be writing is younger
ENDING = ".db"
KEPT_DAYS, KEPT_WEEKS, KEPT_MONTHS = 7, 4, 12


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup in its folder. ``made_at``: as its name says."""

    path: Path
    made_at: datetime


def back_up(
    store: RecordStore,
    actor: Actor,
    folder: Path | None = None,
    *,
    now: datetime | None = None,
    seal: Seal | None = None,
) -> Snapshot:
    """Make a verified backup of the archive in `folder` (None: ``backups`` beside it), then remove what is too many.

    Its event is written after it, so that the backup of a read-only archive can be made too.

    Raises
    ------
    NotPermitted
    StoreNotAFile
        The archive is on a server, which has tools of its own.
    RestoreRefused, StoreError
        No backup was made; older ones are as they were.
    """
    require(actor, Act.BACKUP_MADE)
    source = archive_file(store)
    store.check_schema()
    at = (now or datetime.now(UTC)).astimezone(UTC)
    folder = folder_of(source) if folder is None else folder
    name = backup_name(source, at)
    if seal is None:
        made = copy_verified(source, folder / name)
    else:
        made = _sealed_copy(source, folder / sealed_name(Path(name), seal), name, seal)
    finish(store, actor, made, at, source.stem, ENDING if seal is None else ENDING + SUFFIX)
    sweep(folder_of(source), source.stem, at)
    return made


def finish(store: RecordStore, actor: Actor, made: Snapshot, at: datetime, stem: str, ending: str) -> None:
    """The event of a backup, and an end to those that are too many or were never finished."""
    details = {"file": made.path.name, "rows": dict(made.inventory.rows), "heads": dict(made.inventory.heads)}
    try:
        with store.writing() as archive:
            append(archive, actor, Act.BACKUP_MADE, store.station, (Kind.ARCHIVE, made.path.name), details)
    except StoreReadOnly:
        log.warning("backup %s has no event: the archive is read-only", made.path.name)
    thin(made.path.parent, stem, ending)
    sweep(made.path.parent, stem, at)


def _sealed_copy(source: Path, target: Path, name: str, seal: Seal) -> Snapshot:
    """The copy is verified on the archive's own disk before it is sealed: nothing of it is readable on another."""
    check_seal(seal)
    plain = part_of(folder_of(source) / name)
    try:
        made = copy_verified(source, plain)
        with os_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            seal_to(plain, target, seal)
    finally:
        plain.unlink(missing_ok=True)
    return Snapshot(target, made.inventory)


def restore(backup: Path, target: Path, seal: Seal | None = None) -> Snapshot:
    """Make the new archive `target` of a backup, or of any archive in a file; opened with `seal` if it is sealed.

    Raises
    ------
    StoreOnNetwork, StoreInCloud
        No archive is kept there.
    SealRefused
        It is sealed, and not opened by `seal`.
    As `copy_verified`.
    """
    check_place(target, str(target))
    if not backup.is_file() or not is_sealed(backup):
        return _restored(backup, target)
    plain = part_of(target)
    try:
        with os_errors(target):
            unseal_to(backup, plain, seal)
        return _restored(plain, target)
    finally:
        plain.unlink(missing_ok=True)


def _restored(backup: Path, target: Path) -> Snapshot:
    copy_verified(backup, target)
    end_sessions(target)
    return Snapshot(target, verify_file(target))


def archive_file(store: RecordStore) -> Path:
    """File of the archive. Raises StoreNotAFile."""
    if store.file is None:
        raise StoreNotAFile(store.shown_url)
    return store.file


def backups_in(folder: Path, stem: str, ending: str = ENDING) -> tuple[Backup, ...]:
    """Backups of the archive named `stem`, oldest first; copies made before an upgrade are none of them."""
    named = re.compile(re.escape(stem) + r"-(\d{8}T\d{6}Z)" + re.escape(ending))
    found = []
    for path in folder.glob(f"*{ending}") if folder.is_dir() else ():
        if match := named.fullmatch(path.name):
            try:
                found.append(Backup(path, datetime.strptime(match[1], NAME_TIME).replace(tzinfo=UTC)))
            except ValueError:
                continue  # digits that are no time: not named by this program
    return tuple(sorted(found, key=lambda backup: backup.made_at))


def copies_in(folder: Path, stem: str) -> tuple[Backup, ...]:
    """Every copy of the archive that this program made there, oldest first.

    Sealed ones and those of a server too, and those made before an upgrade, which stay until somebody removes them.
    """
    named = re.compile(re.escape(stem) + r"-(\d{8}T\d{6}Z)(-schema-[0-9a-z]+)?\.(db|stancelab)(\.age)?")
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if match := named.fullmatch(path.name):
            with contextlib.suppress(ValueError):  # digits that are no time: not named by this program
                found.append(Backup(path, datetime.strptime(match[1], NAME_TIME).replace(tzinfo=UTC)))
    return tuple(sorted(found, key=lambda backup: (backup.made_at, backup.path.name)))


def kept(made_at: Collection[datetime]) -> frozenset[datetime]:
    """Which of these backups are kept: the newest of each of the last 7 days, 4 weeks and 12 months that have any.

    Days, weeks (from Monday) and months in which no backup was made do not count: who stops making backups keeps
    those there are.
    """
    newest_first = sorted(made_at, reverse=True)
    chosen: set[datetime] = set()
    for most, period in ((KEPT_DAYS, _day), (KEPT_WEEKS, _week), (KEPT_MONTHS, _month)):
        seen: set[Hashable] = set()
        for at in newest_first:
            if len(seen) < most and period(at) not in seen:
                seen.add(period(at))
                chosen.add(at)
    return frozenset(chosen)


def _day(at: datetime) -> Hashable:
    return at.date()


def _week(at: datetime) -> Hashable:
    return at.isocalendar()[:2]


def _month(at: datetime) -> Hashable:
    return at.year, at.month


def thin(folder: Path, stem: str, ending: str = ENDING) -> tuple[Path, ...]:
    """Remove the backups that are none of those `kept`; which they were. Sealed ones are a row of their own."""
    backups = backups_in(folder, stem, ending)
    keep = kept([backup.made_at for backup in backups])
    gone = tuple(backup.path for backup in backups if backup.made_at not in keep)
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def sweep(folder: Path, stem: str, now: datetime) -> tuple[Path, ...]:
    """Remove what backups that were killed a day ago or longer left unfinished; which files it was."""
    unfinished = re.compile(rf"\.{{1,2}}{re.escape(stem)}-\d{{8}}T\d{{6}}Z[^/]*\.part(-journal)?")
    gone = []
    for path in folder.glob(".*.part*"):
        if unfinished.fullmatch(path.name) and path.stat().st_mtime < now.timestamp() - UNFINISHED_S:
            path.unlink(missing_ok=True)
            gone.append(path)
    return tuple(gone)


def backed_up(store: RecordStore, trial_ids: Iterable[str], folder: Path | None = None) -> frozenset[str]:
    """Which of these trials have their recording in the archive and, the same to the last bit, in the newest backup.

    Each is read from the backup's file and decoded: nothing is taken on trust of a name or a count.

    Raises
    ------
    StoreError
        Archive or backup can't be read.
    """
    if store.file is None:
        return frozenset()
    backups = backups_in(folder_of(store.file) if folder is None else folder, store.file.stem)
    if not backups:
        return frozenset()
    return frozenset(id for id in trial_ids if _is_in(backups[-1].path, store, id))


def _is_in(backup: Path, store: RecordStore, trial_id: str) -> bool:
    try:
        filed = store.recording(store.trial(trial_id).recording_id)
        return recording_of(backup, trial_id, store.file) == filed.sha256
    except (NotFound, RecordingDamaged) as error:
        log.warning("trial %s is not safe in %s: %s", trial_id, backup.name, error)
        return False
