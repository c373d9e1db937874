"""One running station: archive, plate, guided test and web server, put together and taken apart in order."""

from __future__ import annotations

import logging
import signal
import socket
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from platform import node
from threading import Event, current_thread, main_thread
from types import FrameType
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from acquisition.hub import Hub
from acquisition.plate import REPLAY
from acquisition.spool import Tap
from dashboard.app import make_app
from dashboard.archive import server_of
from dashboard.conductor import Conductor
from dashboard.config import Config
from dashboard.daily_backup import DailyBackup
from dashboard.gate.gate import gate_of
from dashboard.keeping import Keeper
from dashboard.plates import finder
from dashboard.protocol import DEMO, STANDARD, Protocol
from dashboard.reading import Reading
from dashboard.rescue import rescue
from dashboard.sender import LONGEST_S, Sender
from dashboard.services import Services
from dashboard.station import Station
from dashboard.words import ChosenWords
from records.exchange import Exchange
from records.model import Actor, Role
from records.reads import ReadLog
from records.store import RecordStore

#: Each live stream holds a thread for as long as its page is open.
THREADS = 16
#: A stream to a client that stopped reading is held back early instead of being kept in memory.
HELD_BACK_BYTES = 65536
LOOPBACK = "127.0.0.1"
#: Ctrl-C, end of the program, its terminal closed or the user logged out; the last is Windows' Ctrl-Break.
ENDINGS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
LOOP_S = 1.0  # the server looks about at least this often
#: Files what a program that was killed left behind: nobody is logged in yet.
RECOVERY = Actor("recovery at start", Role.CLINICIAN)


@contextmanager
def running(config: Config, store: RecordStore, longest_s: float = LONGEST_S) -> Iterator[Services]:
    """Plate and guided test at work; what they hold is filed and let go at the end.

    Before they begin, recordings that the archive does not have yet are filed: of a program that was killed. A server
    that is away is asked again after `longest_s` at most. [s]
    """
    tap, keeper = Tap(), Keeper(config.spool_folder)
    hub = Hub(finder(config.plate_url, tap.wrap), tap) if config.plate_url else None
    station = Station(store, RECOVERY, node() or "station", hub)
    conductor = Conductor(station, protocol_of(config), keeper) if hub is not None else None
    rescued = rescue(station, keeper)
    keeper.tidy()
    backups, reading = DailyBackup(store, keeper), Reading(store, ReadLog(config.reads_folder))
    server = server_of(config)
    sender = Sender(Exchange(store, server), longest_s=longest_s) if server is not None else None
    try:
        reading.start()
        if sender is not None:
            sender.start()
        if hub is not None and conductor is not None:
            hub.start()
            conductor.start()
        if not config.demo:
            backups.start()
        yield Services(station, ChosenWords(), config, conductor, rescued, sender, reading)
    finally:
        if conductor is not None:
            conductor.close()
        if hub is not None:
            hub.close()
        backups.close()
        reading.close()
        if sender is not None:
            sender.close()
        store.close()


def protocol_of(config: Config) -> Protocol:
    """What is guided here. A recording that is played measures nobody: its trials are stamped as a demonstration's."""
    if config.demo:
        return DEMO
    return replace(STANDARD, demo=True) if (config.plate_url or "").startswith(REPLAY) else STANDARD


class Server:
    """The web server of one station, on this computer only.

    Raises
    ------
    OSError
        The port is in use.
    """

    def __init__(self, config: Config, services: Services) -> None:
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # streams hold threads: a queue is no news
        listening = socket.create_server(
            (LOOPBACK, config.http_port)
        )  # before the pages: a port in use is said at once
        self._sockets: dict[int, Any] = {}
        self._ended = Event()
        app = make_app(config, services)
        self._links = gate_of(app).links
        self._server = create_server(
            app.server,
            sockets=[listening],
            map=self._sockets,
            threads=THREADS,
            outbuf_high_watermark=HELD_BACK_BYTES,
            ident="stancelab",
        )
        self._opens_browser = config.open_browser
        self._conductor = services.conductor

    @property
    def address(self) -> str:
        """What to open in the browser."""
        return f"http://{LOOPBACK}:{self._server.effective_port}/"

    def link_for(self, account_id: str, tell: Callable[[str], None]) -> str:
        """An address that logs this account in, once: of a demonstration. ``tell`` is given the next one then."""
        key = self._links.made_for(account_id, lambda: tell(self.link_for(account_id, tell)))
        return f"{self.address}enter?key={key}"

    def run(self, opens: str | None = None) -> None:
        """Serve until interrupted. ``opens``: what the browser shows first; None: the address."""
        if self._opens_browser:
            webbrowser.open(opens or self.address)  # the socket listens already: the page waits, it does not fail
        if current_thread() is main_thread():
            for name in ENDINGS:
                if hasattr(signal, name):
                    signal.signal(getattr(signal, name), self._interrupted)
        while not self._ended.is_set():
            wasyncore.loop(timeout=LOOP_S, map=self._sockets, count=1)
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._sockets, ignore_all=True)

    def _interrupted(self, _number: int, _frame: FrameType | None) -> None:
        """End at Ctrl-C, also when the system ends the program: what is measured is filed, streams let go."""
        self.close()

    def close(self) -> None:
        """Let `run` end; may be called from another thread. Sockets are closed by the thread that waits on them."""
        if self._conductor is not None:
            self._conductor.ending.set()
        self._ended.set()
        self._server.pull_trigger()
