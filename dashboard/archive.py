"""The archive of this station, opened; and who works at its console."""

from __future__ import annotations

from getpass import getuser

from dashboard.cli import Stopped
from dashboard.config import Config
from dashboard.words import load_words
from records.model import Actor, Role
from records.store import RecordStore


def local_actor() -> Actor:
    """Who types a command: the user of this computer. In the browser it is who logged in."""
    return Actor(getuser(), Role.CLINICIAN)


def console_actor() -> Actor:
    """Who can open the archive's file or server from the console can manage its accounts anyway; the trail says so."""
    return Actor(f"{getuser()} (console)", Role.ADMIN)


def open_store(config: Config) -> RecordStore:
    """The archive, made where there is none yet.

    Raises
    ------
    StoreTooOld, StoreTooNew, StoreError
    Stopped
        The station's folder cannot be made.
    """
    try:
        config.data_folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or str(error)
        raise Stopped(load_words()("command.serve.no_folder", folder=config.data_folder, why=why)) from error
    store = RecordStore(config.store_url)
    if store.revision() is None:
        store.upgrade()
    store.check_schema()
    return store
