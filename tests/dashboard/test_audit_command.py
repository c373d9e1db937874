"""`stancelab audit`: every test really changes the file, as someone would who can write to it."""

from __future__ import annotations

import csv
import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from shelf import NOON, filed_patient

from dashboard.cli import main
from records import filing
from records.model import Actor, Role
from records.store import RecordStore, sqlite_url

SPY = Actor("=HYPERLINK(1)", Role.CLINICIAN)
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive of six events of the station "room 2: left"."""
    for variable in ("STANCELAB_DATA", "STANCELAB_STORE"):
        monkeypatch.delenv(variable, raising=False)
    store = RecordStore(sqlite_url(tmp_path / "stancelab.db"), station="room 2: left")
    store.upgrade()
    patient = filed_patient(store)
    for _ in range(5):
        filing.open_visit(store, SPY, patient.id, station="room 2", at=NOON)
    store.close()
    return tmp_path


def tampered(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "stancelab.db", isolation_level=None)) as connection:
        for name in ("event_no_update", "event_no_delete", "detail_no_update", "detail_no_delete"):
            connection.execute(f"DROP TRIGGER audit_{name}")
        for statement in statements:
            connection.execute(statement)


def head(folder: Path) -> str:
    return RecordStore(sqlite_url(folder / "stancelab.db")).verify_audit().heads["room 2: left"]


def verify(folder: Path, *more: str) -> int:
    return main(["audit", "verify", "--data", str(folder), *more])


def test_a_sound_audit_says_how_many_events_and_its_head(folder: Path, capsys: Capture) -> None:
    assert verify(folder) == 0
    told = capsys.readouterr().out
    assert "unbroken: 6." in told
    assert head(folder) in told


CHANGED = ("UPDATE audit_event SET actor = 'Nobody' WHERE number = 3",)
REMOVED = (
    "DELETE FROM audit_detail WHERE event_id IN (SELECT id FROM audit_event WHERE number = 4)",
    "DELETE FROM audit_event WHERE number = 4",
)
MOVED = (
    "UPDATE audit_event SET number = 99 WHERE number = 2",
    "UPDATE audit_event SET number = 2 WHERE number = 5",
    "UPDATE audit_event SET number = 5 WHERE number = 99",
)


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        (CHANGED, "event 3 of room 2: left was changed"),
        (REMOVED, "event 4 of room 2: left was removed"),
        (MOVED, "event 2 of room 2: left was moved"),
    ],
)
def test_a_changed_a_removed_and_a_moved_event_are_named(
    folder: Path, capsys: Capture, statements: tuple[str, ...], sentence: str
) -> None:
    tampered(folder, *statements)
    assert verify(folder) == 1
    assert sentence in capsys.readouterr().err


def test_a_removed_tail_is_seen_against_a_head_kept_elsewhere(folder: Path, capsys: Capture) -> None:
    kept = head(folder)
    assert verify(folder, "--head", f"room 2: left:{kept}") == 0
    tampered(
        folder,
        "DELETE FROM audit_detail WHERE event_id IN (SELECT id FROM audit_event WHERE number > 4)",
        "DELETE FROM audit_event WHERE number > 4",
    )
    assert verify(folder) == 0  # what a chain alone cannot show
    assert verify(folder, "--head", f"room 2: left:{kept}") == 1
    assert "events of room 2: left from 5 on were removed" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["room 2", "room 2:abc", ":" + "0" * 64, "room:" + "G" * 64])
def test_what_is_no_head_is_a_usage_error(folder: Path, text: str) -> None:
    with pytest.raises(SystemExit) as ended:
        verify(folder, "--head", text)
    assert ended.value.code == 2


def test_the_exported_lines_verify_without_this_program(folder: Path) -> None:
    """The chain by its definition: SHA-256 of a JSON list, each event holding the hash of the one before."""
    assert verify(folder, "--export", str(folder / "audit.jsonl")) == 0
    rows = [json.loads(line) for line in (folder / "audit.jsonl").read_text(encoding="utf-8").splitlines()]
    before = "0" * 64
    for number, row in enumerate(rows, 1):
        content = [before, row["id"], row["station"], number, row["at"], row["actor"], row["role"], row["act"]]
        content += [row["subject_kind"], row["subject_id"], hashlib.sha256(row["document"].encode()).hexdigest()]
        before = hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()
        assert row["hash"] == before
    assert len(rows) == 6


def test_an_export_is_an_event_after_those_it_holds(folder: Path) -> None:
    last = head(folder)
    assert verify(folder, "--export", str(folder / "audit.jsonl")) == 0
    newest = RecordStore(sqlite_url(folder / "stancelab.db")).audit_events()[0]
    assert (newest.act.value, newest.details["heads"]) == ("exported", {"room 2: left": last})


def test_in_a_spreadsheet_a_name_is_no_formula(folder: Path) -> None:
    assert verify(folder, "--export", str(folder / "audit.csv")) == 0
    with (folder / "audit.csv").open(encoding="utf-8-sig", newline="") as read:
        rows = list(csv.DictReader(read))
    assert {row["actor"] for row in rows} == {"Ann Example", "'=HYPERLINK(1)"}
    assert [row["number"] for row in rows] == ["1", "2", "3", "4", "5", "6"]


def test_an_export_goes_over_no_other_file(folder: Path, capsys: Capture) -> None:
    (folder / "mine.csv").write_text("mine")
    assert verify(folder, "--export", str(folder / "mine.csv")) == 1
    assert (folder / "mine.csv").read_text() == "mine"
    assert "mine.csv was not written" in capsys.readouterr().err


def test_the_list_shows_the_newest_first_and_of_one_subject(folder: Path, capsys: Capture) -> None:
    assert main(["audit", "list", "--data", str(folder), "--limit", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert ["room 2: left 6" in lines[0], "room 2: left 5" in lines[1], len(lines)] == [True, True, 2]
    patient = RecordStore(sqlite_url(folder / "stancelab.db")).search_patients()[0].patient
    assert main(["audit", "list", "--data", str(folder), "--of", patient.id]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "patient_added" in line
