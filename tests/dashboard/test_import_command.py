"""`stancelab import`: a recording becomes a visit, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.geometry import Side
from dashboard.cli import main
from records.store import RecordStore

HEADER = "time_s,cop_ml_mm,cop_ap_mm,fz_n\n"


def standing(folder: Path, rows: int = 3200) -> Path:
    """Write 32 s of quiet standing in one place at 100 Hz."""
    lines = [f"{n / 100:.2f},{5 * ((n // 25) % 2):.1f},{3 * ((n // 40) % 2):.1f},{700 + n % 3}\n" for n in range(rows)]
    path = folder / "standing.csv"
    path.write_text(HEADER + "".join(lines), encoding="utf-8")
    return path


def archive(folder: Path) -> RecordStore:
    return RecordStore(f"sqlite:///{(folder / 'stancelab.db').as_posix()}")


def codes(folder: Path) -> list[str]:
    if not (folder / "stancelab.db").exists():
        return []
    store = archive(folder)
    found = [row.patient.code for row in store.search_patients()]
    store.close()
    return found


def imported(path: Path, folder: Path, *options: str) -> int:
    return main(["import", str(path), "--data", str(folder), *options])


def test_the_kinvent_export_becomes_a_visit_with_both_sides(recordings: Path, tmp_path: Path) -> None:
    path = recordings / "01_kinvent_single_leg" / "kinvent_sls_30s_original_export.csv"
    assert imported(path, tmp_path, "--new-patient", "K-1") == 0
    store = archive(tmp_path)
    (row,) = store.search_patients()
    (visit,) = store.visits_of(row.patient.id)
    trials = store.trials_of(visit.id)
    assert [trial.side for trial in trials] == [Side.LEFT, Side.RIGHT]
    assert all(result.result.usable for result in store.latest_results(visit.id).values())
    store.close()


def test_one_file_is_filed_once_unless_asked_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = standing(tmp_path)
    folder = tmp_path / "station"
    assert imported(path, folder, "--new-patient", "A") == 0
    assert imported(path, folder, "--patient", "A") == 1
    assert "Nothing was filed" in capsys.readouterr().err
    assert imported(path, folder, "--patient", "A", "--again") == 0
    store = archive(folder)
    assert len(store.visits_of(store.search_patients()[0].patient.id)) == 2
    store.close()


@pytest.mark.parametrize("content", ["", "name,age\nA,3\n", HEADER + "0.00,1,2,700\n0.01,x,2,700\n"])
def test_a_file_that_is_refused_leaves_nothing_behind(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(content, encoding="utf-8")
    assert imported(path, tmp_path / "station", "--new-patient", "A") == 1
    assert "bad.csv" in capsys.readouterr().err
    assert codes(tmp_path / "station") == []


def test_a_recording_too_short_to_analyse_leaves_nothing_behind(tmp_path: Path) -> None:
    assert imported(standing(tmp_path, rows=10), tmp_path / "station", "--new-patient", "A") == 1
    assert codes(tmp_path / "station") == []


def test_an_unknown_patient_is_not_invented(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(standing(tmp_path), tmp_path / "station", "--patient", "NOBODY") == 1
    assert "--new-patient NOBODY" in capsys.readouterr().err
    assert codes(tmp_path / "station") == []
