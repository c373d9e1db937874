"""`stancelab export --format parquet`: what another program reads out of the file, its types and its meaning."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from shelf import CLINICIAN, NOON, filed_trial, result

from dashboard.cli import main
from records import filing
from records.export_tables import COLUMNS
from records.store import RecordStore, sqlite_url

parquet = pytest.importorskip("pyarrow.parquet", reason="the extra stancelab[parquet]")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A patient whose code is a formula, with one trial whose newest result has a value below zero."""
    for variable in ("STANCELAB_DATA", "STANCELAB_STORE"):
        monkeypatch.delenv(variable, raising=False)
    store = RecordStore(sqlite_url(tmp_path / "stancelab.db"), station="room 2")
    store.upgrade()
    trial = filed_trial(store, "=1+1")
    filing.file_result(store, CLINICIAN, trial.id, result(-12.3))
    store.close()
    return tmp_path


def exported(folder: Path, name: str, *arguments: str) -> Path:
    assert main(["export", "--data", str(folder), "--all", "--out", str(folder / name), *arguments]) == 0
    return folder / name


def test_it_says_what_the_csv_says_in_types(folder: Path) -> None:
    """A formula is only a text here: there is no spreadsheet to run it, and the code is as it was filed."""
    table = parquet.read_table(exported(folder, "t.parquet", "--format", "parquet"))
    text = exported(folder, "t.csv", "--format", "csv").read_text(encoding="utf-8")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert table.column_names == list(COLUMNS)
    assert [str(table.schema.field(name).type) for name in ("visit_at", "attempt", "usable", "value", "side")] == [
        *("timestamp[us, tz=UTC]", "int32", "bool", "double", "string")
    ]
    rows = table.to_pylist()
    for row, line in zip(rows, lines, strict=True):
        assert (row["patient"], line["patient"]) == ("=1+1", "'=1+1")
        assert row["visit_at"].replace(tzinfo=UTC) == NOON == datetime.fromisoformat(line["visit_at"])
        assert (row["metric"], row["unit"] or "", row["reason"] or "") == (line["metric"], line["unit"], line["reason"])
        assert row["value"] == (float(line["value"]) if line["value"] else None)
    assert -12.3 in [row["value"] for row in rows]


def test_it_carries_its_own_meaning(folder: Path) -> None:
    path = exported(folder, "t.parquet", "--format", "parquet")
    schema = parquet.read_schema(path)
    assert {name: schema.field(name).metadata[b"meaning"].decode() for name in schema.names} == COLUMNS
    about = json.loads(parquet.read_metadata(path).metadata[b"stancelab"])
    assert about["rows"] == len(result().values)
    assert about["pseudonymised"] is False
    assert about["metrics"]["velocity_ml"]["unit"] == "mm/s"


def test_under_another_name_nothing_names_the_person(folder: Path) -> None:
    path = exported(folder, "v.parquet", "--format", "parquet", "--pseudonym")
    table = parquet.read_table(path)
    everything = str(table.to_pylist()) + str(parquet.read_metadata(path).metadata)
    assert [word for word in ("=1+1", "Weiß", "Ann Example", "FP-7", "room 2") if word in everything] == []
    assert "moved back by 0 to 364 days" in everything


def test_an_archive_without_results_is_a_table_without_rows(tmp_path: Path) -> None:
    store = RecordStore(sqlite_url(tmp_path / "stancelab.db"))
    store.upgrade()
    store.close()
    assert parquet.read_table(exported(tmp_path, "t.parquet", "--format", "parquet")).num_rows == 0
