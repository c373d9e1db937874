"""Who looked at whom is in the archive's chain, once a session, patient and quarter of an hour, on every database."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from shelf import filed_patient

from records.errors import Kind, StoreMissing
from records.ids import new_id
from records.model import Act, Actor, AuditEvent, Role
from records.reads import ONCE_IN, Read, ReadLog, file_read
from records.store import RecordStore, sqlite_url

VIEWER = Actor("Vera Viewer", Role.VIEWER)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def look(store: RecordStore) -> Read:
    """Just now, at a patient of the archive."""
    return Read(datetime.now(UTC), VIEWER, new_id(), filed_patient(store, "P-1").id, "result")


def looks(store: RecordStore) -> list[AuditEvent]:
    return [event for event in store.audit_events(limit=1000) if event.act is Act.PATIENT_READ]


def test_a_look_is_one_event_of_the_chain_and_names_nobody_but_who_looked(
    store: RecordStore, look: Read, tmp_path: Path
) -> None:
    noted = ReadLog(tmp_path / "reads")
    noted.note(look)
    assert noted.bring_in(store) == 1
    (event,) = looks(store)
    assert (event.actor, event.role, event.station) == ("Vera Viewer", Role.VIEWER, "room 2")
    assert (event.subject_kind, event.subject_id) == (Kind.PATIENT, look.patient_id)
    assert event.details == {"session": look.session_id, "page": "result", "read_at": look.at.isoformat()}
    assert store.verify_audit().faults == ()
    assert noted.waiting() == []
    assert noted.bring_in(store) == 0


def test_the_same_look_is_noted_once_in_a_quarter_of_an_hour(store: RecordStore, look: Read, tmp_path: Path) -> None:
    """Another session, or another patient, is another look. So is the sixteenth minute: counted from the first."""
    other = filed_patient(store, "P-2").id
    noted = ReadLog(tmp_path / "reads")
    assert noted.note(look)
    assert not noted.note(replace(look, at=look.at + MINUTE, page="patient"))
    assert not noted.note(replace(look, at=look.at + ONCE_IN - timedelta(seconds=1)))
    assert noted.note(replace(look, at=look.at + MINUTE, session_id=new_id()))
    assert noted.note(replace(look, at=look.at + MINUTE, patient_id=other))
    assert noted.note(replace(look, at=look.at + ONCE_IN))
    assert noted.bring_in(store) == len(looks(store)) == 4


def test_a_program_that_began_anew_does_not_note_the_same_look_again(
    store: RecordStore, look: Read, tmp_path: Path
) -> None:
    """Also where it was killed between the event and the end of the file: both are one question to the archive."""
    assert file_read(store, look)
    assert not file_read(store, look)
    again = ReadLog(tmp_path / "reads")
    assert again.note(replace(look, at=look.at + MINUTE))
    assert again.bring_in(store) == 0
    assert again.waiting() == []
    assert len(looks(store)) == 1
    assert file_read(store, replace(look, at=look.at + ONCE_IN))


def test_what_the_archive_does_not_take_waits_and_comes_in_its_order(
    store: RecordStore, look: Read, tmp_path: Path
) -> None:
    """By another program, too: nothing of it is in memory."""
    folder, away = tmp_path / "reads", RecordStore(sqlite_url(tmp_path / "nowhere.db"))
    later = replace(look, at=look.at + ONCE_IN, page="progress")
    for each in (look, later):
        ReadLog(folder).note(each)
    with pytest.raises(StoreMissing):
        ReadLog(folder).bring_in(away)
    assert len(ReadLog(folder).waiting()) == 2
    assert ReadLog(folder).bring_in(store) == 2
    assert [event.details["page"] for event in looks(store)] == ["progress", "result"]
    assert store.verify_audit().faults == ()


def test_a_torn_file_is_put_aside_and_keeps_no_other_back(store: RecordStore, look: Read, tmp_path: Path) -> None:
    noted = ReadLog(tmp_path)
    (tmp_path / "0000.json").write_text('{"at": "2026-', encoding="utf-8")
    noted.note(look)
    assert noted.bring_in(store) == 1
    assert [path.name for path in tmp_path.glob("*.unreadable")] == ["0000.unreadable"]
    assert noted.waiting() == []


def test_a_file_of_a_look_is_its_owners_and_holds_no_name_of_the_patient(look: Read, tmp_path: Path) -> None:
    ReadLog(tmp_path / "reads").note(look)
    (file,) = (tmp_path / "reads").iterdir()
    who = {"actor": "Vera Viewer", "role": "viewer", "session": look.session_id}
    assert json.loads(file.read_text()) == {
        "at": look.at.isoformat(),
        **who,
        "patient": look.patient_id,
        "page": "result",
    }
    if os.name == "posix":  # Windows: the user's own folder has the rights of its owner
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_look_that_the_disk_does_not_take_waits_in_memory(store: RecordStore, look: Read, tmp_path: Path) -> None:
    (tmp_path / "reads").write_text("a file where the folder would be", encoding="utf-8")
    noted = ReadLog(tmp_path / "reads")
    assert noted.note(look)
    assert noted.bring_in(store) == 1
    assert noted.bring_in(store) == 0
    assert len(looks(store)) == 1
