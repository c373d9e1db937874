"""Which pages are a look at a patient, and the thread that brings the looks into the archive's audit."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Event, Thread

from dashboard.gate.person import person
from records.errors import RecordsError
from records.reads import Read, ReadLog
from records.store import RecordStore

log = logging.getLogger(__name__)

#: While the archive takes nothing.
AGAIN_S = 30.0


class Reading:
    """Notes who looked at whom. Nothing of it keeps a page from being shown.

    Parameters
    ----------
    store : RecordStore
    looks : ReadLog
    """

    def __init__(self, store: RecordStore, looks: ReadLog) -> None:
        self._store, self.looks = store, looks
        self._something, self._ended = Event(), False
        self._something.set()  # what an earlier run of the program left
        self._thread = Thread(target=self._run, name="looks at patients", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; what waits is brought in first, where the archive takes it."""
        self._ended = True
        self._something.set()
        if self._thread.is_alive():
            self._thread.join()

    def shown(self, page: str, ids: Mapping[str, str]) -> None:
        """A page was shown: note whom it is about, if anybody. ``ids``: ``patient_id`` or ``visit_id``."""
        try:
            self._note(page, ids)
        except (RecordsError, OSError):
            log.exception("who looked at %s was not noted", page)

    def bring_in(self) -> bool:
        """Make events of what waits; whether the archive took it."""
        try:
            self.looks.bring_in(self._store)
        except (RecordsError, OSError) as error:
            log.warning("looks at patients wait for the archive: %s", type(error).__name__)
            return False
        return True

    def _note(self, page: str, ids: Mapping[str, str]) -> None:
        who = person()
        patient_id = ids.get("patient_id")
        if patient_id is None and "visit_id" in ids:
            patient_id = self._store.visit(ids["visit_id"]).patient_id
        if who is None or patient_id is None:
            return
        read = Read(datetime.now(UTC), who.account.actor, who.session.id, patient_id, page)
        if self.looks.note(read):
            self._something.set()

    def _run(self) -> None:
        took = True
        while not self._ended:
            self._something.wait(None if took else AGAIN_S)
            self._something.clear()
            took = self.bring_in()
        self.bring_in()
