"""What is left when the server is killed: everything committed, nothing else, and the station is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres_server import Databases, PostgresServer, running_server
from shelf import CLINICIAN, TRIALS, filed_trial, raw, raw_input, result

from dashboard.words import load_words
from records import filing
from records.errors import Conflict, StoreUnreachable
from records.ids import new_id
from records.model import NewTrial
from records.recording_file import content_sha256
from records.store import RecordStore

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux lists a server's processes in /proc"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One of these tests' own, to be killed."""
    with running_server() as started:
        yield started


@pytest.fixture
def address(server: PostgresServer) -> str:
    return Databases(server.url).archive()


@pytest.fixture
def store(address: str) -> Iterator[RecordStore]:
    opened = RecordStore(address)
    yield opened
    opened.close()


def test_a_server_killed_between_the_two_commits_leaves_the_counts(server: PostgresServer, store: RecordStore) -> None:
    """The result is refused in words that say why; when the server is back it is filed, by the same store."""
    trial = filed_trial(store)
    server.kill()
    with pytest.raises(StoreUnreachable) as lost:
        filing.file_result(store, CLINICIAN, trial.id, result())
    with pytest.raises(StoreUnreachable) as down:
        store.search_patients()
    for error in (lost.value, down.value):
        assert "that the server is running" in load_words()(f"errors.{error.code}", **error.values)
    assert "Connection refused" in str(down.value)
    server.start()
    stored = store.recording(trial.recording_id)
    assert stored.raw is not None
    assert content_sha256(stored.raw) == content_sha256(raw())
    assert store.trials_of(trial.visit_id) == (trial,)
    assert store.latest_result(trial.id) is None
    assert store.verify_audit().faults == ()
    assert filing.file_result(store, CLINICIAN, trial.id, result()).number == 1


class Stations:
    """Stations that file until their server is gone; what they know to be filed, and what they do not know of."""

    def __init__(self, address: str, visit_id: str) -> None:
        self._address, self._visit_id = address, visit_id
        self.known: list[NewTrial] = []
        self.in_doubt: list[NewTrial] = []
        self.failures: list[BaseException] = []
        self.many = threading.Event()

    def file(self, number: int) -> None:
        """What one station does."""
        own = RecordStore(self._address, station=f"room {number}")
        try:
            while self._filed_one(own):
                if len(self.known) >= 40:
                    self.many.set()
        except BaseException as failure:
            self.failures.append(failure)
        finally:
            own.close()

    def _filed_one(self, own: RecordStore) -> bool:
        trial = NewTrial(TRIALS[0].side, 0.0, 5.0, id=new_id())
        try:
            filing.file_recording(own, CLINICIAN, self._visit_id, raw_input(), [trial])
        except StoreUnreachable:
            self.in_doubt.append(trial)
            return False
        self.known.append(trial)
        return True


def test_a_server_killed_while_stations_file_loses_no_commit_and_keeps_nothing_half(
    server: PostgresServer, store: RecordStore, address: str
) -> None:
    """Four stations; after the crash each may have one trial more than it knows of, and files it once only."""
    first = filed_trial(store)
    stations = Stations(address, first.visit_id)
    threads = [threading.Thread(target=stations.file, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    assert stations.many.wait(60)
    server.kill()
    for thread in threads:
        thread.join(30)
    server.start()
    assert stations.failures == []
    known, in_doubt = stations.known, stations.in_doubt
    there = {trial.id for trial in store.trials_of(first.visit_id)} - {first.id}
    assert {trial.id for trial in known} <= there <= {trial.id for trial in (*known, *in_doubt)}
    assert store.damaged_recordings() == (len(there) + 1, ())
    assert store.verify_audit().faults == ()
    for trial in in_doubt:
        try:
            filing.file_recording(store, CLINICIAN, first.visit_id, raw_input(), [trial])
        except Conflict:
            assert trial.id in there
    assert len(store.trials_of(first.visit_id)) == 1 + len(known) + len(in_doubt)
