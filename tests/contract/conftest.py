"""The databases the contract of the store runs on: one line each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from records.store import RecordStore, sqlite_url


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where an archive may be made: nothing is there yet."""
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "archive.db")
    return str(request.getfixturevalue("databases").archive())


@pytest.fixture
def store(address: str) -> Iterator[RecordStore]:
    """An empty archive of this program's schema."""
    opened = RecordStore(address, station="room 2")
    opened.upgrade()
    yield opened
    opened.close()
