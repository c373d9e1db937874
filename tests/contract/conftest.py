"""The databases the contract of the store runs on: one line each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from records.store import RecordStore, sqlite_url

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(params=DATABASES)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of the archive that `store` opens; others may open it too."""
    addresses = {
        "sqlite": lambda: sqlite_url(tmp_path / "archive.db"),
        "postgresql": lambda: request.getfixturevalue("databases").archive(),
    }
    return str(addresses[request.param]())


@pytest.fixture
def store(address: str) -> Iterator[RecordStore]:
    """An empty archive of this program's schema."""
    opened = RecordStore(address, station="room 2")
    opened.upgrade()
    yield opened
    opened.close()


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address where no archive is yet."""
    addresses = {
        "sqlite": lambda: sqlite_url(tmp_path / "archive.db"),
        "postgresql": lambda: request.getfixturevalue("databases").empty(),
    }
    return str(addresses[request.param]())
