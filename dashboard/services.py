"""What pages and the live view may ask for: handed to each `register(app, services)`, no globals."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.conductor import Conductor
from dashboard.config import Config
from dashboard.reading import Reading
from dashboard.rescue import Rescued
from dashboard.sender import Sender
from dashboard.station import Station
from dashboard.words import Words


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one process.

    ``conductor`` runs the guided test; None where nothing is to be measured (tests of other pages). ``rescued``: what
    the program found of recordings that the archive did not have when it started. ``sender``: exchanges with the
    server; None where this station has none. ``reading``: notes who looked at whom; None in tests of other things.
    """

    station: Station
    words: Words
    config: Config
    conductor: Conductor | None = None
    rescued: tuple[Rescued, ...] = ()
    sender: Sender | None = None
    reading: Reading | None = None
