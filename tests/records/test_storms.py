"""Short storms; the long ones are `python -m benchmarks storm`. Whatever is killed, nothing that was filed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_server import PostgresServer, running_server

from benchmarks.storm import Storm, threads_at_once

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]  # seconds alone, minutes beside other work
only_linux = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="only Linux lists a server's processes in /proc"
)


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    """One of these storms' own, to be killed."""
    with running_server() as started:
        yield started


@only_linux
@pytest.mark.fault(row=30)
def test_stations_and_their_server_are_killed_and_nothing_is_missing_damaged_or_doubled(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    """Row 30: server and stations are killed at random while three stations file -> nothing missing, nothing twice."""
    outcome = Storm(tmp_path, postgres, stations=3).rage(4.0)
    assert outcome.is_clean, str(outcome)
    assert outcome.filed > 0
    assert outcome.stations_killed > 0
    assert outcome.server_killed > 0


@only_linux
def test_eight_stations_file_at_once(tmp_path: Path, postgres: PostgresServer) -> None:
    outcome = Storm(tmp_path, postgres, stations=8).rage(1.5, kills=False)
    assert outcome.is_clean, str(outcome)
    assert outcome.there == outcome.filed >= 8


def test_four_threads_file_into_one_archive_at_once(tmp_path: Path) -> None:
    outcome = threads_at_once(tmp_path / "archive.db", threads=4, seconds=1.5)
    assert outcome.is_clean, str(outcome)
    assert outcome.there == outcome.filed > 4
