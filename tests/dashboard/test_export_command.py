"""`stancelab export`: what another program reads out of the files."""

from __future__ import annotations

import csv
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from shelf import CLINICIAN, TRIALS, calibration, raw_input, result

from dashboard.cli import main
from records import filing
from records.csv_text import cell_text
from records.model import NewPatient
from records.pseudonyms import Pseudonyms
from records.store import RecordStore, sqlite_url

Capture = pytest.CaptureFixture[str]
FORMULA = '=HYPERLINK("http://evil.example","P-1")'
NAME = "Zoë Žižková"
VISITS = (datetime(2025, 3, 1, 23, 30, tzinfo=UTC), datetime(2026, 3, 1, 12, 0, tzinfo=UTC))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A patient aged 95 whose code is a formula, with two visits a year apart, two trials each, one of four void."""
    for variable in ("STANCELAB_DATA", "STANCELAB_STORE"):
        monkeypatch.delenv(variable, raising=False)
    store = RecordStore(sqlite_url(tmp_path / "stancelab.db"), station="room 2")
    store.upgrade()
    filing.add_calibration(store, CLINICIAN, calibration())
    patient = filing.add_patient(store, CLINICIAN, NewPatient(FORMULA, NAME, 1930, note="lives in Example Street"))
    for at in VISITS:
        visit = filing.open_visit(store, CLINICIAN, patient.id, station="room 2", at=at, note="with her son")
        for value in (-12.3, 1 / 3):
            (trial,) = filing.file_recording(store, CLINICIAN, visit.id, raw_input(), TRIALS)
            filing.file_result(store, CLINICIAN, trial.id, result(99.0))
            filing.file_result(store, CLINICIAN, trial.id, result(value))
    filing.void_trial(store, CLINICIAN, trial.id, "her other leg, says Zoë")
    store.close()
    return tmp_path


def exported(folder: Path, *arguments: str, out: str = "out") -> Path:
    assert main(["export", "--data", str(folder), "--out", str(folder / out), *arguments]) == 0
    return folder / out


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as read:
        return list(csv.DictReader(read, strict=True))


def only_patient(path: Path) -> dict[str, Any]:
    (patient,) = json.loads(path.read_text(encoding="utf-8"))["patients"]
    return dict(patient)


def test_the_csv_has_a_row_for_each_metric_of_each_trial_that_counts(folder: Path) -> None:
    rows = read_csv(exported(folder, "--all", "--format", "csv"))
    metrics = result().values
    assert len(rows) == 3 * len(metrics)
    (wanted,) = {id for id, value in result(-12.3).values.items() if value.value == -12.3}
    values = [float(row["value"]) for row in rows if row["metric"] == wanted]
    assert sorted(values) == [-12.3, -12.3, 1 / 3]  # newest results only, every digit; the void trial is not there
    assert all(row["reason"] for row in rows if not row["value"])


def test_a_number_below_zero_stays_a_number_and_a_formula_becomes_text(folder: Path) -> None:
    rows = read_csv(exported(folder, "--all", "--format", "csv"))
    assert {row["patient"] for row in rows} == {f"'{FORMULA}"}
    assert any(row["value"] == "-12.3" for row in rows)


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_every_text_that_a_spreadsheet_would_run_gets_a_quote_mark(begin: str) -> None:
    assert cell_text(f"{begin}1") == f"'{begin}1"
    assert cell_text(f"1{begin}") == f"1{begin}"
    assert (cell_text(-1.5), cell_text(-2), cell_text(None), cell_text(True)) == ("-1.5", "-2", "", "true")


def test_only_the_excel_flavour_begins_with_the_mark(folder: Path) -> None:
    plain = exported(folder, "--all", "--format", "csv").read_bytes()
    excel = exported(folder, "--all", "--format", "csv", "--excel", out="excel.csv").read_bytes()
    assert plain.startswith(b"patient,visit_at,")
    assert excel == b"\xef\xbb\xbf" + plain


def test_other_dialects_read_the_same_table(folder: Path) -> None:
    """A reader that guesses, as many programs do, and one with Unix line ends."""
    text = exported(folder, "--all", "--format", "csv").read_text(encoding="utf-8")
    guessed = csv.Sniffer().sniff(text[:2000])
    unix = list(csv.reader(text.splitlines(), dialect="unix"))
    assert list(csv.reader(text.splitlines(), guessed)) == unix
    assert {len(row) for row in unix} == {len(unix[0])}


def test_the_sidecar_says_what_every_column_and_metric_is(folder: Path) -> None:
    path = exported(folder, "--all", "--format", "csv", out="a.csv")
    about = json.loads((folder / "a.csv.json").read_text(encoding="utf-8"))
    rows = read_csv(path)
    assert set(about["columns"]) == set(rows[0])
    assert about["rows"] == len(rows)
    for row in rows:
        if row["metric"] in about["metrics"]:
            assert about["metrics"][row["metric"]]["unit"] == row["unit"]


def test_the_time_of_a_visit_is_the_one_of_its_place(folder: Path) -> None:
    rows = read_csv(exported(folder, "--all", "--format", "csv"))
    assert {datetime.fromisoformat(row["visit_at"]) for row in rows} == set(VISITS)


def test_the_json_holds_every_result_and_void_trials_with_their_reason(folder: Path) -> None:
    patient = only_patient(exported(folder, "--patient", FORMULA.lower(), "--format", "json"))
    assert (patient["code"], patient["name"]) == (FORMULA, NAME)
    trials = [trial for visit in patient["visits"] for trial in visit["trials"]]
    assert [len(trial["results"]) for trial in trials] == [2, 2, 2, 2]
    assert [trial["void_reason"] for trial in trials if trial["status"] == "void"] == ["her other leg, says Zoë"]


# ---- pseudonymised


@pytest.mark.parametrize("form", ["csv", "json"])
def test_nothing_that_names_a_person_or_place_leaves(folder: Path, form: str) -> None:
    store = RecordStore(sqlite_url(folder / "stancelab.db"))
    (row,) = store.search_patients()
    ids = [row.patient.id, *store.trial_ids(), *(visit.id for visit in store.visits_of(row.patient.id))]
    path = exported(folder, "--all", "--format", form, "--pseudonym", out="veiled")
    text = "".join(each.read_text(encoding="utf-8") for each in (path, folder / "veiled.json") if each.exists())
    secret = [FORMULA, "Zoë", "Example Street", "her son", "room 2", "Ann Example", "FP-7", "1930", 'birth_year"']
    assert [word for word in (*secret, *ids) if word in text] == []


def test_dates_move_together_within_a_year_and_ages_are_pooled(folder: Path) -> None:
    patient = only_patient(exported(folder, "--all", "--format", "json", "--pseudonym"))
    moved = [datetime.fromisoformat(visit["at"]) for visit in patient["visits"]]
    assert moved[1] - moved[0] == VISITS[1] - VISITS[0]
    assert timedelta(0) <= VISITS[0] - moved[0] < timedelta(days=365)
    assert [visit["age_years"] for visit in patient["visits"]] == [90, 90]  # 95 and 96


def test_one_site_gives_one_person_one_code_and_another_site_another(folder: Path) -> None:
    first = only_patient(exported(folder, "--all", "--format", "json", "--pseudonym", out="1"))
    second = only_patient(exported(folder, "--patient", FORMULA, "--format", "json", "--pseudonym", out="2"))
    assert first == second
    assert Pseudonyms(b"a" * 32).code("x") != Pseudonyms(b"b" * 32).code("x")


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_the_key_of_the_site_is_this_users_only(folder: Path) -> None:
    exported(folder, "--all", "--format", "json", "--pseudonym")
    assert (folder / "site.key").stat().st_mode & 0o077 == 0
    assert len((folder / "site.key").read_bytes()) == 32


# ---- the verb


def test_an_export_is_one_event(folder: Path) -> None:
    store = RecordStore(sqlite_url(folder / "stancelab.db"))
    before = len(store.audit_events())
    for number, form in enumerate(("archive", "csv", "json"), 1):
        exported(folder, "--all", "--format", form, out=form)
        events = store.audit_events()
        assert len(events) == before + number
        assert (events[0].act.value, events[0].details["what"]) == ("exported", form)


def test_out_of_one_archive_into_another(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    path = exported(folder, "--all")
    other = sqlite_url(tmp_path / "other.db")
    RecordStore(other).upgrade()
    for new in ("New patients: 1, visits: 2, trials: 4, recordings: 4, results: 8.", "New patients: 0, visits: 0"):
        assert main(["store", "merge", str(path), "--store", other]) == 0
        assert new in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--all", "--excel"], "--format csv"),
        (["--patient", "nobody"], "not in the archive"),
    ],
)
def test_what_cannot_be_exported_is_said(folder: Path, capsys: Capture, arguments: list[str], said: str) -> None:
    assert main(["export", "--data", str(folder), "--out", str(folder / "x"), *arguments]) == 1
    assert said in capsys.readouterr().err
    assert not (folder / "x").exists()


@pytest.mark.parametrize("form", ["archive", "csv", "json"])
def test_no_file_is_overwritten(folder: Path, capsys: Capture, form: str) -> None:
    (folder / "mine").write_text("mine")
    assert main(["export", "--data", str(folder), "--all", "--format", form, "--out", str(folder / "mine")]) == 1
    assert "was not written" in capsys.readouterr().err
    assert (folder / "mine").read_text() == "mine"
