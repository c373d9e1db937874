"""What keeps a station's archive and the server's alike says so when it cannot, whatever the reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from lab import Lab
from shelf import filed_patient

from dashboard.exchange_text import exchange_view
from dashboard.sender import Sender
from dashboard.words import load_words
from records.errors import ExchangeFailed
from records.exchange import Exchange, Progress
from records.outbox import waiting
from records.store import sqlite_url

WORDS = load_words("en")


class Breaks(Exchange):
    """As long as ``broken``, every round ends as no round of this program should."""

    broken = True

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange.station, exchange.server)
        self.asked = Event()

    def round(self) -> Progress:
        """Fails, or does what it should."""
        self.asked.set()
        return {}["a fault of this program"] if self.broken else super().round()


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Breaks]:
    address = sqlite_url(tmp_path / "server.db")
    lab = Lab(tmp_path, address)
    yield Breaks(lab.station("a"))
    lab.close()


def test_a_fault_nobody_foresaw_is_said_and_the_next_round_is_tried(exchange: Breaks) -> None:
    sender = Sender(exchange)
    filed_patient(exchange.station)
    assert sender.step() is None
    assert isinstance(sender.state().error, ExchangeFailed)
    view = exchange_view(WORDS, sender.state(), exchange.station)
    assert view.badge == "Server away: 1 entry waits"
    assert "KeyError" in " ".join(view.lines)
    exchange.broken = False
    assert sender.step() is not None
    assert exchange_view(WORDS, sender.state(), exchange.station).badge == "Server: up to date"


def test_a_fault_nobody_foresaw_does_not_keep_a_station_from_ending(exchange: Breaks) -> None:
    """The thread outlives it, `close` comes back, and the archive can be asked and closed after it."""
    sender = Sender(exchange)
    filed_patient(exchange.station)
    sender.start()
    assert exchange.asked.wait(10.0)
    sender.close()
    assert waiting(exchange.station).rows == 1
