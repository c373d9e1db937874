"""What the audit chain proves: each test changes the file behind the program's back."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from shelf import CLINICIAN, NOON, filed_patient, filed_trial

from records import filing
from records.audit import AuditFault, AuditProblem
from records.model import Act
from records.store import RecordStore, sqlite_url


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Seven visits after one patient: eight events of station "room 2"."""
    path = tmp_path / "archive.db"
    store = RecordStore(sqlite_url(path), station="room 2")
    store.upgrade()
    patient = filed_patient(store)
    for _ in range(7):
        filing.open_visit(store, CLINICIAN, patient.id, station="room 2", at=NOON)
    store.close()
    return path


@pytest.fixture
def tampering(archive: Path) -> Iterator[sqlite3.Connection]:
    """The file in the hands of someone who first removes the triggers."""
    connection = sqlite3.connect(archive)
    for trigger in ("event_no_update", "event_no_delete", "detail_no_update", "detail_no_delete"):
        connection.execute(f"DROP TRIGGER audit_{trigger}")
    yield connection
    connection.close()


def faults(archive: Path, heads: dict[str, str] | None = None) -> list[tuple[str, int]]:
    store = RecordStore(sqlite_url(archive))
    report = store.verify_audit(heads)
    store.close()
    assert all(isinstance(fault, AuditFault) and fault.station == "room 2" for fault in report.faults)
    return [(fault.problem.value, fault.number) for fault in report.faults]


def test_an_untouched_chain_is_sound_and_counts_its_events(archive: Path) -> None:
    store = RecordStore(sqlite_url(archive))
    report = store.verify_audit()
    assert (report.events, report.faults, set(report.heads)) == (8, (), {"room 2"})


@pytest.mark.parametrize("number", [1, 4, 8])
@pytest.mark.parametrize(
    "change",
    [
        "actor = 'Someone Else'",
        "role = 'admin'",
        "act = 'trial_voided'",
        "act = 'no act at all'",
        "at = '2020-01-01T00:00:00.000000+00:00'",
        "at = 'never'",
        "subject_id = 'another'",
        "previous_hash = hash",
        f"hash = '{'0' * 64}'",
    ],
)
def test_a_changed_event_is_named(archive: Path, tampering: sqlite3.Connection, change: str, number: int) -> None:
    tampering.execute("UPDATE audit_event SET " + change + " WHERE number = ?", (number,))  # noqa: S608 - listed above
    tampering.commit()
    assert (AuditProblem.CHANGED.value, number) in faults(archive)
    assert {at for _, at in faults(archive)} == {number}


def fitting_hash(row: dict[str, object]) -> str:
    """SHA-256 of the event as the module's document says: JSON list of its columns, no blanks."""
    columns = ("previous_hash", "id", "station", "number", "at", "actor", "role", "act")
    content = [row[name] for name in (*columns, "subject_kind", "subject_id", "details_sha256")]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()


def test_a_changed_event_with_a_fitting_hash_is_named_by_the_one_after_it(
    archive: Path, tampering: sqlite3.Connection
) -> None:
    tampering.row_factory = sqlite3.Row
    row = dict(tampering.execute("SELECT * FROM audit_event WHERE number = 4").fetchone())
    assert fitting_hash(row) == row["hash"]
    row["actor"] = "Someone Else"
    tampering.execute(
        "UPDATE audit_event SET actor = :actor, hash = :new WHERE number = 4", {**row, "new": fitting_hash(row)}
    )
    tampering.commit()
    assert faults(archive) == [("changed", 4)]


@pytest.mark.parametrize("number", [1, 4, 7])
def test_a_removed_event_is_named(archive: Path, tampering: sqlite3.Connection, number: int) -> None:
    tampering.execute("DELETE FROM audit_event WHERE number = ?", (number,))
    tampering.commit()
    assert faults(archive) == [("removed", number)]


def test_a_removed_newest_event_is_found_against_a_head_kept_elsewhere(
    archive: Path, tampering: sqlite3.Connection
) -> None:
    head = RecordStore(sqlite_url(archive)).verify_audit().heads
    tampering.execute("DELETE FROM audit_event WHERE number = 8")
    tampering.commit()
    assert faults(archive) == []
    assert faults(archive, dict(head)) == [("head_missing", 8)]


def test_an_older_head_is_still_in_a_chain_that_went_on(archive: Path) -> None:
    store = RecordStore(sqlite_url(archive), station="room 2")
    head = store.verify_audit().heads
    filed_patient(store, "another")
    assert store.verify_audit(head).faults == ()


def test_a_chain_removed_as_a_whole_is_found_against_its_head(archive: Path, tampering: sqlite3.Connection) -> None:
    head = RecordStore(sqlite_url(archive)).verify_audit().heads
    tampering.execute("DELETE FROM audit_detail")
    tampering.execute("DELETE FROM audit_event")
    tampering.commit()
    assert faults(archive, dict(head)) == [("head_missing", 1)]


def test_exchanged_events_are_named_both(archive: Path, tampering: sqlite3.Connection) -> None:
    for old, new in ((3, 100), (6, 3), (100, 6)):
        tampering.execute("UPDATE audit_event SET number = ? WHERE number = ?", (new, old))
    tampering.commit()
    assert faults(archive) == [("moved", 3), ("moved", 6)]


def test_an_event_removed_and_the_rest_renumbered_is_found_at_its_place(
    archive: Path, tampering: sqlite3.Connection
) -> None:
    tampering.execute("DELETE FROM audit_event WHERE number = 4")
    for number in range(5, 9):
        tampering.execute("UPDATE audit_event SET number = ? WHERE number = ?", (number - 1, number))
    tampering.commit()
    assert min(number for _, number in faults(archive)) == 4


def test_changed_and_removed_details_are_named(archive: Path, tampering: sqlite3.Connection) -> None:
    ids = dict(tampering.execute("SELECT number, id FROM audit_event"))
    tampering.execute("UPDATE audit_detail SET document = '{}' WHERE event_id = ?", (ids[2],))
    tampering.execute("DELETE FROM audit_detail WHERE event_id = ?", (ids[5],))
    tampering.commit()
    assert faults(archive) == [("details_changed", 2), ("details_removed", 5)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET actor = 'x'",
        "UPDATE audit_detail SET document = 'x'",
        "DELETE FROM audit_event",
        "DELETE FROM audit_detail",
        "INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event",
        "INSERT OR REPLACE INTO audit_detail SELECT * FROM audit_detail",
    ],
)
def test_the_database_itself_refuses_to_change_an_event(archive: Path, statement: str) -> None:
    store = RecordStore(sqlite_url(archive))
    with pytest.raises(Exception, match="append-only"), store.writing() as connection:
        connection.exec_driver_sql(statement)
    assert faults(archive) == []


def test_each_station_has_its_own_chain(archive: Path) -> None:
    other = RecordStore(sqlite_url(archive), station="room 3")
    filed_patient(other, "other")
    report = other.verify_audit()
    assert (report.events, set(report.heads), report.faults) == (9, {"room 2", "room 3"}, ())


def test_events_tell_what_changed_without_the_nonce(tmp_path: Path) -> None:
    store = RecordStore(sqlite_url(tmp_path / "a.db"))
    store.upgrade()
    trial = filed_trial(store)
    filing.void_trial(store, CLINICIAN, trial.id, "wrong leg")
    (event,) = store.audit_events(subject_id=trial.id)
    assert (event.act, event.actor, event.details) == (
        Act.TRIAL_VOIDED,
        CLINICIAN.name,
        {"status": "filed", "reason": "wrong leg"},
    )
    newest = store.audit_events(limit=2)
    assert [found.act for found in newest] == [Act.TRIAL_VOIDED, Act.RECORDING_FILED]
    assert store.audit_events(limit=1, offset=1) == newest[1:]


def test_the_chain_names_the_recording_it_saw(tmp_path: Path) -> None:
    """So that exchanged counts would not fit the event, even with a fitting checksum of their own."""
    store = RecordStore(sqlite_url(tmp_path / "a.db"))
    store.upgrade()
    trial = filed_trial(store)
    (event,) = (event for event in store.audit_events() if event.act is Act.RECORDING_FILED)
    recordings = event.details["recordings"]
    assert isinstance(recordings, list)
    assert recordings[0]["sha256"] == store.recording(trial.recording_id).sha256
