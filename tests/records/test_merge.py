"""The archive's own format: out of one archive, into another, nothing lost, nothing twice, nothing trusted."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from exports import rewritten, rows
from shelf import CLINICIAN, calibration, filed_patient

from records import filing, people_schema
from records.archive_file import export_archive
from records.errors import Kind, MergeProblem, MergeRefused, NotPermitted, RecordingDamaged
from records.merge import merge_archive
from records.model import Act, Actor, Role
from records.recording_file import content_sha256
from records.scope import CARRIED, NOT_CARRIED
from records.store import RecordStore

#: What the program of schema 0003 exported.
EARLIER_TABLES = {"patient", "calibration", "source", "visit", "drift_check", "recording", "trial", "result"}
EARLIER_PATIENT = ("id", "code", "name", "birth_year", "sex", "involved_side", "note", "simulated", "version")
EARLIER_PATIENT += ("created_at", "code_key", "search_key")
EARLIER_VISIT = ("id", "patient_id", "at", "utc_offset_min", "station", "operator", "note", "version")


def patients(store: RecordStore, *codes: str) -> list[str]:
    return [row.patient.id for code in codes for row in store.search_patients(code)]


def test_every_table_is_carried_or_said_not_to_be() -> None:
    """A new table: put it into scope.CARRIED where rows before it are named first, or into NOT_CARRIED."""
    assert {table.name for table in CARRIED} | NOT_CARRIED == set(people_schema.metadata.tables)
    assert not {table.name for table in CARRIED} & NOT_CARRIED


def test_another_archive_then_holds_the_same_rows_byte_for_byte(
    one: RecordStore, other: RecordStore, file: Path
) -> None:
    merged = merge_archive(other, CLINICIAN, file)
    assert rows(other) == rows(one)
    assert merged.differences == ()
    expected = {name: len(found) for name, found in rows(one).items() if found}
    assert {name: n for name, n in merged.added.items() if n} == expected
    assert set(expected) == {table.name for table in CARRIED} - {"patient_merge", "signature", "amendment"}
    assert other.damaged_recordings() == (2, ())
    other.check_integrity()


def test_merging_again_changes_nothing(one: RecordStore, other: RecordStore, file: Path) -> None:
    merge_archive(other, CLINICIAN, file)
    before = rows(other)
    again = merge_archive(other, CLINICIAN, file)
    assert rows(other) == before
    assert sum(again.added.values()) == 0
    assert sum(again.known.values()) == sum(len(found) for found in before.values())


def test_an_archive_takes_its_own_export_as_known(one: RecordStore, file: Path) -> None:
    before = rows(one)
    assert sum(merge_archive(one, CLINICIAN, file).added.values()) == 0
    assert rows(one) == before


def test_one_patient_brings_what_is_hers_and_what_it_points_to(
    one: RecordStore, other: RecordStore, tmp_path: Path
) -> None:
    found = export_archive(one, CLINICIAN, tmp_path / "p.stancelab", patients(one, "P-1"))
    assert found == {
        **{"patient": 1, "calibration": 1, "source": 1, "visit": 2},
        **{"drift_check": 0, "recording": 2, "trial": 2, "result": 2},
        **dict.fromkeys(("strength_test", "therapy_event", "study", "study_visit", "report"), 1),
        "observation": 2,
        **dict.fromkeys(("patient_merge", "signature", "amendment"), 0),
    }
    merge_archive(other, CLINICIAN, tmp_path / "p.stancelab")
    assert [row.patient.code for row in other.search_patients()] == ["P-1"]


def test_patients_one_by_one_come_to_the_same_as_all_at_once(
    one: RecordStore, other: RecordStore, tmp_path: Path
) -> None:
    for code in ("P-2", "P-1"):
        export_archive(one, CLINICIAN, tmp_path / code, patients(one, code))
        merge_archive(other, CLINICIAN, tmp_path / code)
    of_the_plate = {"drift_check"}  # of no patient
    expected = {name: found for name, found in rows(one).items() if name not in of_the_plate}
    assert {name: found for name, found in rows(other).items() if name not in of_the_plate} == expected


def test_what_differs_is_named_and_left_as_it_is_here(one: RecordStore, other: RecordStore, file: Path) -> None:
    merge_archive(other, CLINICIAN, file)
    (patient,) = (row.patient for row in other.search_patients("P-2"))
    edited = filing.edit_patient(other, CLINICIAN, dataclasses.replace(patient, note="seen twice"))
    merged = merge_archive(other, CLINICIAN, file)
    (difference,) = merged.differences
    assert (difference.table, difference.id, set(difference.columns)) == ("patient", patient.id, {"note", "version"})
    assert other.patient(patient.id) == edited


def test_one_code_for_two_people_is_said(one: RecordStore, other: RecordStore, file: Path) -> None:
    filed_patient(other, "p-2")
    assert merge_archive(other, CLINICIAN, file).same_codes == ("P-2",)
    assert len(other.search_patients("P-2")) == 2


def test_another_calibration_of_the_same_name_stops_everything(other: RecordStore, file: Path) -> None:
    """Its recordings would weigh something else."""
    filing.add_calibration(other, CLINICIAN, dataclasses.replace(calibration(), matrix=np.ones((3, 4))))
    before = rows(other)
    with pytest.raises(MergeRefused) as refused:
        merge_archive(other, CLINICIAN, file)
    assert refused.value.code == MergeProblem.CONFLICT
    assert rows(other) == before


def test_an_export_of_an_earlier_program_is_merged(other: RecordStore, file: Path) -> None:
    """It has neither the tables nor the columns that came after it."""
    earlier = {"patient": EARLIER_PATIENT, "visit": EARLIER_VISIT}

    def back(members: dict[str, bytes]) -> None:
        for name in [name for name in members if name.startswith("rows/") and name[5:-6] not in EARLIER_TABLES]:
            members.pop(name)
        for table, columns in earlier.items():
            found = [json.loads(line) for line in members[f"rows/{table}.jsonl"].splitlines()]
            kept = [{column: row[column] for column in columns} for row in found]
            members[f"rows/{table}.jsonl"] = b"".join(json.dumps(row).encode() + b"\n" for row in kept)
        for name in [name for name in members if name.startswith("reports/")]:
            members.pop(name)
        members["manifest.json"] = members["manifest.json"].replace(b'"0005"', b'"0004"')

    merged = merge_archive(other, CLINICIAN, rewritten(file, back))
    assert (merged.added["patient"], merged.added["visit"], merged.added["trial"]) == (2, 3, 2)


# ---- the record of it


def test_an_export_and_a_merge_are_one_event_each(one: RecordStore, other: RecordStore, tmp_path: Path) -> None:
    (id,) = patients(one, "P-1")
    before = len(one.audit_events())
    heads = one.verify_audit().heads
    export_archive(one, CLINICIAN, tmp_path / "p", [id])
    events = one.audit_events()
    assert len(events) == before + 1
    assert (events[0].act, events[0].subject_kind, events[0].subject_id) == (Act.EXPORTED, Kind.PATIENT, id)
    assert events[0].details["heads"] == heads
    merge_archive(other, CLINICIAN, tmp_path / "p")
    (event,) = other.audit_events()
    assert (event.act, event.details["file_sha256"]) == (
        Act.ARCHIVE_MERGED,
        hashlib.sha256((tmp_path / "p").read_bytes()).hexdigest(),
    )
    assert other.verify_audit().faults == one.verify_audit().faults == ()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
def test_who_may_not_file_a_recording_merges_none(other: RecordStore, file: Path, role: Role) -> None:
    with pytest.raises(NotPermitted):
        merge_archive(other, Actor("X", role), file)


def test_a_viewer_exports_nothing(one: RecordStore, tmp_path: Path) -> None:
    with pytest.raises(NotPermitted):
        export_archive(one, Actor("V", Role.VIEWER), tmp_path / "x", None)
    assert not (tmp_path / "x").exists()


# ---- the file


@pytest.mark.process
def test_another_program_finds_the_zip_sound_and_the_rows_by_their_documentation(one: RecordStore, file: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "zipfile", "-t", str(file)], capture_output=True, text=True, check=True
    )
    assert "bad" not in done.stdout.lower().replace("done testing", "")
    with zipfile.ZipFile(file) as pack:
        manifest = json.loads(pack.read("manifest.json"))
        for name, listed in manifest["members"].items():
            assert hashlib.sha256(pack.read(name)).hexdigest() == listed["sha256"]
        filed = [json.loads(line) for line in pack.read("rows/recording.jsonl").splitlines()]
        audit = pack.read("audit.jsonl").splitlines()
    assert {row["sha256"] for row in filed} == {
        content_sha256(stored.raw or stored.imported)  # type: ignore[arg-type]
        for stored in map(one.recording, [row["id"] for row in filed])
    }
    assert json.loads(audit[-1])["hash"] == manifest["heads"]["room 1"]


def test_no_export_is_made_of_a_damaged_recording(one: RecordStore, tmp_path: Path) -> None:
    assert one.file is not None
    with closing(sqlite3.connect(one.file)) as connection:
        connection.execute("UPDATE recording SET content = zeroblob(500) WHERE kind = 'raw'")
        connection.commit()
    before = one.audit_events()
    with pytest.raises(RecordingDamaged):
        export_archive(one, CLINICIAN, tmp_path / "x.stancelab", None)
    assert not [path for path in tmp_path.iterdir() if "stancelab" in path.name]
    assert one.audit_events() == before
