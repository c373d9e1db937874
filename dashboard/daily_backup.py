"""A verified backup of the archive each day, while the station runs; then filed spools that it holds may go."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from threading import Event, Thread

from dashboard.keeping import Keeper
from records.backup import back_up, backed_up, backups_in
from records.errors import RecordsError, StoreDamaged
from records.model import Actor, Role
from records.snapshot import folder_of
from records.store import RecordStore

log = logging.getLogger(__name__)

FIRST_S, EVERY_S = 60.0, 3600.0
SCHEDULE = Actor("daily backup", Role.ADMIN)


class DailyBackup:
    """Looks a minute after the start, then every hour, whether this day (UTC) has its backup.

    Only of an archive in a file. What fails is logged and tried again an hour later; nothing waits for it.
    """

    def __init__(self, store: RecordStore, keeper: Keeper) -> None:
        self._store, self._keeper = store, keeper
        self._ended = Event()
        self._thread = Thread(target=self._run, name="daily backup", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; a backup that is being made is finished first."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self, now: datetime | None = None) -> bool:
        """Make today's backup where there is none yet; whether one was made.

        Raises
        ------
        RecordsError, OSError
        """
        file = self._store.file
        if file is None:
            return False
        at = (now or datetime.now(UTC)).astimezone(UTC)
        made = backups_in(folder_of(file), file.stem)
        if made and made[-1].made_at.date() >= at.date():
            return False
        back_up(self._store, SCHEDULE, now=at)
        removed = self._keeper.tidy(backed_up=backed_up(self._store, self._keeper.filed()))
        log.info("backup made; %d spools that it holds removed", removed)
        return True

    def _run(self) -> None:
        wait_s = FIRST_S
        while not self._ended.wait(wait_s):
            wait_s = EVERY_S
            try:
                self.look()
            except StoreDamaged as error:
                log.exception("no backup was made")
                self._store.damage = self._store.damage or error
            except (RecordsError, OSError):
                log.exception("no backup was made")
