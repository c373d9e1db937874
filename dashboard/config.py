"""What the program was told at its start: command line and environment, read once, here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path, user_data_path

from acquisition.ports import AUTO
from records.store import shown_address, sqlite_url

DATA_VARIABLE, STORE_VARIABLE = "STANCELAB_DATA", "STANCELAB_STORE"
CONFIG_VARIABLE, PLATE_VARIABLE = "STANCELAB_CONFIG", "STANCELAB_PLATE"
NO_PLATE = "none"
HTTP_PORT = 8050


@dataclass(frozen=True, slots=True)
class Config:
    """How one process runs.

    Parameters
    ----------
    data_folder : Path
        Holds everything this station keeps.
    store_url : str
        Where the archive is, as a database URL; of a server, where the stations' archives meet.
    http_port : int
        0: any free port.
    open_browser : bool
    plate_url : str or None
        Address of the plate, "auto": the first one found; None: this station has none.
    demo : bool
        Simulated people, short protocol; everything is stamped DEMO.
    public_url : str or None
        Where a reverse proxy with TLS shows this station to others; None: this computer only.
    """

    data_folder: Path
    store_url: str
    http_port: int = HTTP_PORT
    open_browser: bool = True
    plate_url: str | None = None
    demo: bool = False
    public_url: str | None = None

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach this station through TLS."""
        return (self.public_url or "").startswith("https://")

    @property
    def options(self) -> str:
        """What a command at the console has to be told to mean this archive; no password of a server is in it."""
        told = []
        if self.data_folder != data_folder(None, {}):
            told.append(f'--data "{self.data_folder}"')
        if self.store_url != sqlite_url(self.station_file):
            told.append(f'--store "{shown_address(self.store_url)}"')
        return " ".join(told)

    @property
    def station_file(self) -> Path:
        """This station's own archive, where several share a server."""
        return station_file(self.data_folder)

    @property
    def spool_folder(self) -> Path:
        """Where recordings are kept until the archive has them."""
        return self.data_folder / "spool"

    @property
    def reads_folder(self) -> Path:
        """Who looked at whom, until the archive has it."""
        return self.data_folder / "reads"


def data_folder(chosen: str | None, environment: Mapping[str, str] | None = None) -> Path:
    """Folder of this station: as typed, else STANCELAB_DATA, else the user's data folder of the system."""
    variables = os.environ if environment is None else environment
    named = chosen or variables.get(DATA_VARIABLE)
    return Path(named).expanduser().resolve() if named else user_data_path("stancelab", appauthor=False)


def plate_url(chosen: str | None, environment: Mapping[str, str] | None = None) -> str | None:
    """Address of the plate: as typed, else STANCELAB_PLATE, else whatever is found; None for a station without one."""
    variables = os.environ if environment is None else environment
    named = chosen or variables.get(PLATE_VARIABLE) or AUTO
    return None if named == NO_PLATE else named


def chosen_ports_file(environment: Mapping[str, str] | None = None) -> Path:
    """Which ports this user chose for a plate: in STANCELAB_CONFIG, else in the user's folder for settings."""
    variables = os.environ if environment is None else environment
    named = variables.get(CONFIG_VARIABLE)
    folder = Path(named).expanduser().resolve() if named else user_config_path("stancelab", appauthor=False)
    return folder / "ports.json"


def station_file(folder: Path) -> Path:
    """The archive in a file that a station keeps in its folder."""
    return folder / "stancelab.db"


def store_url(chosen: str | None, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Archive of this station: as typed, else STANCELAB_STORE, else one SQLite file in `folder`."""
    variables = os.environ if environment is None else environment
    return chosen or variables.get(STORE_VARIABLE) or sqlite_url(station_file(folder))
