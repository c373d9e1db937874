"""The archive of this station, opened; and who works at its console."""

from __future__ import annotations

from getpass import getuser

from dashboard.cli import Stopped
from dashboard.config import Config
from dashboard.exchange_text import problem_text, refusal_lines, waiting_lines
from dashboard.sender import Sender
from dashboard.words import load_words
from records.exchange import Exchange
from records.model import Actor, Role
from records.outbox import open_station
from records.store import RecordStore, sqlite_url

#: Of an exchange that somebody waits for: some thousands of rows. The rest follows while the station runs.
ROUNDS_AT_ONCE = 60


def local_actor() -> Actor:
    """Who types a command: the user of this computer. In the browser it is who logged in."""
    return Actor(getuser(), Role.CLINICIAN)


def console_actor() -> Actor:
    """Who can open the archive's file or server from the console can manage its accounts anyway; the trail says so."""
    return Actor(f"{getuser()} (console)", Role.ADMIN)


def open_store(config: Config) -> RecordStore:
    """The archive this station works in, made where there is none yet: its own, also where several share a server.

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
    if server_of(config) is not None:
        return open_station(sqlite_url(config.station_file))
    store = RecordStore(config.store_url)
    if store.revision() is None:
        store.upgrade()
    store.check_schema()
    return store


def hand_over(config: Config, store: RecordStore) -> list[str]:
    """Exchange with the server now, where this station has one; what is to be said about it."""
    server = server_of(config)
    if server is None:
        return []
    words, sender = load_words(), Sender(Exchange(store, server))
    for _ in range(ROUNDS_AT_ONCE):
        progress = sender.step()
        if progress is None or not progress.more:
            break
    server.close()
    state = sender.state()
    lines = list(waiting_lines(words, state.waiting))
    if state.error is not None and state.failing_since is not None:
        lines = [*problem_text(words, state.error, state.failing_since), *lines]
    return [*(lines or [words("exchange.all_sent")]), *refusal_lines(words, state.waiting, store)]


def server_of(config: Config) -> RecordStore | None:
    """The archive on a server that this station exchanges with; None where it has none. Not opened yet."""
    store = RecordStore(config.store_url)
    return store if store.file is None else None
