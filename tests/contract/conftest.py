"""The databases the contract of the store runs on: one line each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from records.store import RecordStore, sqlite_url

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(params=DATABASES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RecordStore]:
    """An empty archive of this program's schema."""
    addresses = {
        "sqlite": lambda: sqlite_url(tmp_path / "archive.db"),
        "postgresql": lambda: request.getfixturevalue("databases").archive(),
    }
    opened = RecordStore(addresses[request.param](), station="room 2")
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
