"""The archive's own format: out of one archive, into another, nothing lost, nothing twice, nothing trusted."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import sqlite3
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from acts import observation, report, strength, therapy
from shelf import CLINICIAN, TRIALS, calibration, filed_patient, filed_trial, import_input, result, session_check

from records import filing, people_schema
from records.archive_file import export_archive
from records.archive_reading import LARGE, Limits
from records.errors import Kind, MergeProblem, MergeRefused, NotPermitted, RecordingDamaged
from records.examination import GOOD_ANSWER
from records.merge import merge_archive
from records.model import Act, Actor, Role
from records.recording_file import content_sha256
from records.scope import CARRIED, NOT_CARRIED
from records.store import RecordStore, sqlite_url
from records.studies import NewStudy

#: What the program of schema 0003 exported.
EARLIER_TABLES = {"patient", "calibration", "source", "visit", "drift_check", "recording", "trial", "result"}
EARLIER_PATIENT = ("id", "code", "name", "birth_year", "sex", "involved_side", "note", "simulated", "version")
EARLIER_PATIENT += ("created_at", "code_key", "search_key")
EARLIER_VISIT = ("id", "patient_id", "at", "utc_offset_min", "station", "operator", "note", "version")

Rewrite = Callable[[dict[str, bytes]], None]


def archive(path: Path, station: str) -> RecordStore:
    store = RecordStore(sqlite_url(path), station=station)
    store.upgrade()
    return store


@pytest.fixture
def one(tmp_path: Path) -> Iterator[RecordStore]:
    """Two patients, each with a visit; the first with a raw and an imported recording, results and a check."""
    store = archive(tmp_path / "one.db", "room 1")
    trial = filed_trial(store, "P-1")
    filing.file_result(store, CLINICIAN, trial.id, result())
    filing.file_result(store, CLINICIAN, trial.id, result(1 / 3))
    patient_id = store.visit(trial.visit_id).patient_id
    filing.file_import(store, CLINICIAN, patient_id, [(import_input(), TRIALS)], station="room 1")
    filing.add_drift_check(store, CLINICIAN, "FP-7-2026", session_check())
    filing.open_visit(store, CLINICIAN, filed_patient(store, "P-2").id, station="room 1")
    examined(store, trial.visit_id)
    yield store
    store.close()


def examined(store: RecordStore, visit_id: str) -> None:
    """What clinicians enter, every kind of it."""
    (trial, *_) = store.trials_of(visit_id)
    filing.file_observation(store, CLINICIAN, visit_id, observation(trial_id=trial.id))
    filing.file_strength_test(store, CLINICIAN, visit_id, strength())
    filing.add_therapy_event(store, CLINICIAN, store.visit(visit_id).patient_id, therapy())
    study = filing.add_study(store, CLINICIAN, NewStudy("two Mondays"))
    filing.add_study_visit(store, CLINICIAN, study.id, visit_id, 1)
    filing.answer_checklist(store, CLINICIAN, visit_id, GOOD_ANSWER)
    filing.file_report(store, CLINICIAN, visit_id, report())


@pytest.fixture
def other(tmp_path: Path) -> Iterator[RecordStore]:
    store = archive(tmp_path / "other.db", "room 9")
    yield store
    store.close()


@pytest.fixture
def file(one: RecordStore, tmp_path: Path) -> Path:
    export_archive(one, CLINICIAN, tmp_path / "all.stancelab", None)
    return tmp_path / "all.stancelab"


def rows(store: RecordStore) -> dict[str, list[tuple[Any, ...]]]:
    """Every carried row as SQLite holds it; the files that were imported as they came."""
    assert store.file is not None
    with closing(sqlite3.connect(store.file)) as connection:
        names = [table.name for table in CARRIED]
        return {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in names}  # noqa: S608


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
        **dict.fromkeys(("observation", "strength_test", "therapy_event", "study", "study_visit", "report"), 1),
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
        members["manifest.json"] = members["manifest.json"].replace(b'"0004"', b'"0003"')

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


# ---- a file that someone else made


def rewritten(file: Path, change: Rewrite, *, honest: bool = True) -> Path:
    """The export with other members; `honest`: its manifest lists them as they now are."""
    with zipfile.ZipFile(file) as pack:
        members = {name: pack.read(name) for name in pack.namelist()}
    change(members)
    if honest:
        manifest = json.loads(members["manifest.json"])
        manifest["members"] = {
            name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
            for name, content in members.items()
            if name != "manifest.json"
        }
        members["manifest.json"] = json.dumps(manifest).encode()
    target = file.with_name("rewritten.stancelab")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in members.items():
            pack.writestr(name, content)
    return target


def added(name: str, content: bytes = b"x") -> Rewrite:
    return lambda members: members.update({name: content})


def row_changed(table: str, **values: object) -> Rewrite:
    def change(members: dict[str, bytes]) -> None:
        first, *rest = members[f"rows/{table}.jsonl"].splitlines()
        changed = json.dumps({**json.loads(first), **values}).encode()
        members[f"rows/{table}.jsonl"] = b"\n".join([changed, *rest, b""])

    return change


def bytes_changed(prefix: str) -> Rewrite:
    def change(members: dict[str, bytes]) -> None:
        name = next(name for name in members if name.startswith(prefix))
        content = bytearray(members[name])
        content[len(content) // 2] ^= 1
        members[name] = bytes(content)

    return change


def removed(prefix: str) -> Rewrite:
    return lambda members: members.pop(next(name for name in members if name.startswith(prefix))) and None


STRANGE: dict[str, tuple[Rewrite, MergeProblem]] = {
    "path upwards": (added("../../evil.db"), MergeProblem.NAME),
    "path upwards inside a known folder": (added("recordings/../../evil.stance"), MergeProblem.NAME),
    "absolute path": (added("/etc/cron.d/evil"), MergeProblem.NAME),
    "drive": (added("C:\\evil.exe"), MergeProblem.NAME),
    "unknown file": (added("run.py"), MergeProblem.NAME),
    "folder": (added("rows/"), MergeProblem.NAME),
    "no recording": (removed("recordings/"), MergeProblem.MISSING),
    "recording changed": (bytes_changed("recordings/"), MergeProblem.RECORDING),
    "imported file changed": (bytes_changed("sources/"), MergeProblem.RECORDING),
    "sha256 of a recording": (row_changed("recording", sha256="0" * 64), MergeProblem.RECORDING),
    "unknown column": (row_changed("patient", is_admin=True), MergeProblem.ROW),
    "no code": (row_changed("patient", code=None), MergeProblem.ROW),
    "number as text": (row_changed("patient", birth_year="1980"), MergeProblem.ROW),
    "number beyond bounds": (row_changed("patient", birth_year=10**30), MergeProblem.ROW),
    "unknown sex": (row_changed("patient", sex="x'; DROP TABLE patient; --"), MergeProblem.ROW),
    "text of a megabyte": (row_changed("patient", note="x" * 1_000_000), MergeProblem.ROW),
    "control character": (row_changed("patient", name="a\x00b"), MergeProblem.ROW),
    "time without a zone": (row_changed("visit", at="2026-03-01T12:00:00"), MergeProblem.ROW),
    "result that is none": (row_changed("result", result={"side": "left"}), MergeProblem.ROW),
    "calibration that is none": (row_changed("calibration", matrix="all"), MergeProblem.ROW),
    "NaN": (row_changed("trial", start_s=float("nan")), MergeProblem.ROW),
    "a list for a row": (added("rows/patient.jsonl", b"[1]\n"), MergeProblem.ROW),
    "depth": (added("rows/patient.jsonl", b"[" * 200_000 + b"\n"), MergeProblem.ROW),
    "no JSON": (added("rows/patient.jsonl", b"{\n"), MergeProblem.ROW),
    "no report": (removed("reports/"), MergeProblem.MISSING),
    "report changed": (bytes_changed("reports/"), MergeProblem.RECORDING),
    "pain of 11": (row_changed("observation", pain=11), MergeProblem.ROW),
    "force without a lever": (row_changed("strength_test", lever_m=None), MergeProblem.ROW),
    "day that is none": (row_changed("therapy_event", day="2026-02-30"), MergeProblem.ROW),
    "answers that are none": (row_changed("visit", checklist={"answers": 1}), MergeProblem.ROW),
    "visit of nobody": (row_changed("visit", patient_id="0" * 36), MergeProblem.ORPHAN),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_file_that_lies_is_refused_and_nothing_of_it_filed(other: RecordStore, file: Path, name: str) -> None:
    change, problem = STRANGE[name]
    strange = rewritten(file, change)
    before = sorted(path.name for path in file.parent.rglob("*"))
    with pytest.raises(MergeRefused) as refused:
        merge_archive(other, CLINICIAN, strange)
    assert refused.value.code == problem
    assert not any(rows(other).values())
    assert other.audit_events() == ()
    assert sorted(path.name for path in file.parent.rglob("*")) == before


def test_a_change_after_the_export_is_seen(other: RecordStore, file: Path) -> None:
    changed = rewritten(file, row_changed("patient", name="Someone Else"), honest=False)
    with pytest.raises(MergeRefused) as refused:
        merge_archive(other, CLINICIAN, changed)
    assert refused.value.code == MergeProblem.CHANGED


@pytest.mark.parametrize("large", [False, True])
def test_a_zip_bomb_is_stopped_at_the_limit(other: RecordStore, file: Path, large: bool) -> None:
    """300 MB of zeros in 300 kB. Of one's own archive 1 GiB in a member is the limit; here 1 MiB stands for it."""
    bomb = rewritten(file, added("sources/" + "0" * 64, bytes(300 << 20)))
    assert bomb.stat().st_size < 1 << 20
    limits = dataclasses.replace(LARGE, member=1 << 20) if large else Limits()
    with pytest.raises(MergeRefused) as refused:
        merge_archive(other, CLINICIAN, bomb, limits)
    assert refused.value.code == MergeProblem.TOO_LARGE


def test_a_zip_that_understates_its_sizes_is_no_way_around_the_limit(other: RecordStore, file: Path) -> None:
    bomb = rewritten(file, added("sources/" + "0" * 64, bytes(60 << 20)))
    content = bytearray(bomb.read_bytes())
    real = struct.pack("<I", 60 << 20)
    bomb.write_bytes(bytes(content).replace(real, struct.pack("<I", 100)))
    with pytest.raises(MergeRefused) as refused:
        merge_archive(other, CLINICIAN, bomb)
    assert refused.value.code in (MergeProblem.TOO_LARGE, MergeProblem.CHANGED)


def test_too_many_files_are_refused_before_any_is_read(other: RecordStore, file: Path) -> None:
    many = rewritten(file, lambda members: members.update({f"sources/{n:064x}": b"" for n in range(600)}))
    with pytest.raises(MergeRefused) as refused:
        merge_archive(other, CLINICIAN, many)
    assert refused.value.code == MergeProblem.TOO_LARGE


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a zip" * 100])
def test_what_is_no_zip_is_named(other: RecordStore, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(MergeRefused) as refused:
        merge_archive(other, CLINICIAN, tmp_path / "x")
    assert refused.value.code == MergeProblem.NOT_ARCHIVE


def test_an_export_cut_anywhere_is_refused(other: RecordStore, file: Path, tmp_path: Path) -> None:
    content = file.read_bytes()
    for part in range(1, 40):
        (tmp_path / "cut").write_bytes(content[: len(content) * part // 40])
        with pytest.raises(MergeRefused):
            merge_archive(other, CLINICIAN, tmp_path / "cut")
    assert not any(rows(other).values())
