"""A file that someone else made, or that was damaged: refused, and nothing of it filed."""

from __future__ import annotations

import dataclasses
import struct
from pathlib import Path

import pytest
from exports import Rewrite, added, bytes_changed, removed, rewritten, row_changed, rows
from shelf import CLINICIAN

from records.archive_reading import LARGE, Limits
from records.errors import MergeProblem, MergeRefused
from records.merge import merge_archive
from records.store import RecordStore

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
