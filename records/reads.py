"""Who looked at whom: one event for each log-in session, patient and quarter of an hour.

A page never waits for the archive: what was looked at is first a small file of this computer, written once, and then
an event of the archive's own chain. While the archive cannot be written the files wait.
"""

from __future__ import annotations

import json
import logging
import os
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any

import sqlalchemy as sa

from records.audit import append
from records.errors import Kind
from records.ids import new_id
from records.model import Act, Actor, Role
from records.permissions import require
from records.schema import audit_detail, audit_event
from records.store import RecordStore

log = logging.getLogger(__name__)

#: Looking again within this is the same look.
ONCE_IN = timedelta(minutes=15)
_MOST = 2000
_ENDING, _BEING_WRITTEN, _UNREADABLE = ".json", ".part", ".unreadable"


@dataclass(frozen=True, slots=True)
class Read:
    """One look at a patient. ``page``: what was shown; ``session_id``: of the log-in."""

    at: datetime
    actor: Actor
    session_id: str
    patient_id: str
    page: str


def file_read(store: RecordStore, read: Read) -> bool:
    """Make it an event; False where the same look is in this station's chain already.

    Raises
    ------
    NotPermitted, StoreError
    """
    require(read.actor, Act.PATIENT_READ)
    told = {"session": read.session_id, "page": read.page, "read_at": read.at.isoformat()}
    with store.writing() as archive:
        if _is_filed(archive, store.station, read):
            return False
        append(archive, read.actor, Act.PATIENT_READ, store.station, (Kind.PATIENT, read.patient_id), told)
    return True


def _is_filed(archive: sa.Connection, station: str, read: Read) -> bool:
    """An event is never older than its look: only the newest ones of this patient are read."""
    chosen = (
        sa.select(audit_detail.c.document)
        .join(audit_event)
        .where(audit_event.c.subject_id == read.patient_id, audit_event.c.act == Act.PATIENT_READ)
        .where(audit_event.c.station == station, audit_event.c.at > read.at - ONCE_IN)
    )
    filed = [json.loads(document) for document in archive.scalars(chosen) if document]
    own = [datetime.fromisoformat(told["read_at"]) for told in filed if told["session"] == read.session_id]
    return any(abs(read.at - at) < ONCE_IN for at in own)


class ReadLog:
    """The looks that the archive does not have yet, a file for each.

    A file is written once, gets its name when it is whole, and goes when its event is in the archive. Safe to share
    between threads and between programs.

    Parameters
    ----------
    folder : Path
        Made at the first look.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last: OrderedDict[tuple[str, str], datetime] = OrderedDict()
        self._held: list[Read] = []  # the disk did not take them
        self._lock = Lock()

    def note(self, read: Read) -> bool:
        """Keep a look, unless it is the same as the last one; whether it was kept. Costs no wait for the archive."""
        key = (read.session_id, read.patient_id)
        with self._lock:
            last = self._last.get(key)
            if last is not None and abs(read.at - last) < ONCE_IN:
                return False
            self._last[key] = read.at
            self._last.move_to_end(key)
            while len(self._last) > _MOST:
                self._last.popitem(last=False)
        self._keep(read)
        return True

    def bring_in(self, store: RecordStore) -> int:
        """Make events of all that waits, oldest first; how many.

        Raises
        ------
        StoreError
            The archive cannot be written: what it has not taken waits on.
        """
        filed = 0
        for path in self.waiting():
            read = _parsed(path)
            if read is not None:
                filed += file_read(store, read)
                path.unlink(missing_ok=True)
        with self._lock:
            held = list(self._held)
        for read in held:
            filed += file_read(store, read)
            with self._lock:
                self._held.remove(read)
        return filed

    def waiting(self) -> list[Path]:
        """Files that wait, oldest first: their names begin with the time."""
        return sorted(self.folder.glob(f"*{_ENDING}"))

    def _keep(self, read: Read) -> None:
        path = self.folder / f"{new_id()}{_ENDING}"
        part = path.with_suffix(_BEING_WRITTEN)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump(_document(read), file)
            part.replace(path)
        except OSError:
            log.exception("a look at patient %s waits in memory only", read.patient_id)
            with self._lock:
                self._held.append(read)


def _document(read: Read) -> dict[str, Any]:
    who = {"actor": read.actor.name, "role": read.actor.role.value, "session": read.session_id}
    return {"at": read.at.isoformat(), **who, "patient": read.patient_id, "page": read.page}


def _parsed(path: Path) -> Read | None:
    """The look a file tells of; one that tells of none (a power cut) is put aside, under a name of its own."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        actor = Actor(told["actor"], Role(told["role"]))
        at = datetime.fromisoformat(told["at"])
        return Read(at, actor, str(told["session"]), str(told["patient"]), str(told["page"]))
    except FileNotFoundError:
        return None  # another program brought it in meanwhile
    except (ValueError, KeyError, TypeError):
        log.warning("%s tells of no look at a patient", path.name)
        path.replace(path.with_suffix(_UNREADABLE))
        return None
