"""`stancelab analyse`: files in, one object or a page of text out, and an exit code that says which."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from metric_ids import BOUNDARY, QUALITY, RESEARCH
from one_leg import in_turn, signals
from tests_root import ROOT
from written import CELLS_HEADER, COP_HEADER, rows, write, write_places, write_stance

from analysis.geometry import Side
from analysis.metrics import METRICS
from dashboard.cli import main
from dashboard.sentences import metric_label
from dashboard.words import load_words

words = load_words()

#: Every metric of the method that is always computed, literally.
# fmt: off
IDS = {
    "hold_time", "velocity_ml", "velocity", "rms_ml", "lateral_shift", "lateral_shift_pct", "failures", "path",
    "path_ml", "path_ap", "velocity_ap", "rms_ap", "rms", "sd_ml", "sd_ap", "range_ml", "range_ap", "range",
    "range95_ml", "range95_ap", "mean_distance", "mean_distance_ml", "mean_distance_ap", "max_distance", "mean_ml",
    "mean_ap", "prediction_ellipse_area", "prediction_ellipse_major", "prediction_ellipse_minor",
    "prediction_ellipse_angle", "chi2_ellipse_area", "confidence_circle_area", "hull_area", "sway_area_rate",
    "mean_frequency", "mean_frequency_ml", "mean_frequency_ap", "ml_ap_ratio", "drift", "shift_from_bipedal",
    "load_share_bipedal", "apa", "transfer_time", "overshoot", "time_to_stabilisation", "settling_ratio",
    "vertical_unsteadiness", "course_velocity_ml_1", "course_velocity_ml_2", "course_velocity_ml_3", *BOUNDARY,
    *QUALITY,
}
# fmt: on


def no_constant(name: str) -> float:
    raise AssertionError(f"{name} in the output")


def printed(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, Any], str]:
    """Exit code, the object of --json and the error stream."""
    code = main(["analyse", "--json", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, json.loads(captured.out, parse_constant=no_constant), captured.err


def text_of(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main(["analyse", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_one_file_is_the_source_of_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_stance(tmp_path / "x.csv")
    code, document, errors = printed(capsys, path, "--side", "left")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (code, errors) == (0, "")
    assert document["schema"] == 1
    assert document["source"] == {"file": "x.csv", "sha256": sha256, "reader": "csv"}
    assert "sources" not in document
    assert [trial["side"] for trial in document["trials"]] == ["left"]


def test_every_metric_of_the_method_is_in_every_trial_and_in_the_comparison(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, document, _ = printed(capsys, write_stance(tmp_path / "x.csv"), "--side", "right")
    assert set(document["trials"][0]["metrics"]) == IDS
    assert set(document["comparison"]["metrics"]) == IDS


def test_research_stands_in_trials_and_comparison_only_where_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_stance(tmp_path / "x.csv")
    _, document, _ = printed(capsys, path, "--side", "right", "--research")
    assert set(document["trials"][0]["metrics"]) == IDS | RESEARCH
    assert set(document["comparison"]["metrics"]) == IDS | RESEARCH
    assert document["trials"][0]["settings"]["research"]
    assert "Research" in text_of(capsys, path, "--side", "right", "--research")
    assert "Research" not in text_of(capsys, path, "--side", "right")


def test_a_value_or_the_reason_why_there_is_none_never_both_never_neither(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, document, _ = printed(capsys, write_stance(tmp_path / "x.csv"), "--side", "left")
    for id, entry in document["trials"][0]["metrics"].items():
        assert (entry["value"] is None) == (entry["reason"] is not None), id
        assert entry["unit"] == METRICS[id].unit


def test_a_circle_gives_its_own_length(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A 5 mm circle, one in 2 s, over the 20 s window: 2 pi 5 mm x 10 = 314.16 mm, 15.708 mm/s."""
    _, document, _ = printed(capsys, write_stance(tmp_path / "x.csv"), "--lowpass", "none")
    metrics = document["trials"][0]["metrics"]
    assert metrics["path"]["value"] == pytest.approx(314.16, rel=1e-3)
    assert metrics["velocity"]["value"] == pytest.approx(15.708, rel=1e-3)


def test_several_files_are_one_visit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Left circles are twice as large as right ones: velocity left over right is 2."""
    left, right = write_stance(tmp_path / "a.csv", size=2.0), write_stance(tmp_path / "b.csv", size=1.0)
    code, document, _ = printed(capsys, left, right, "--side", "left", "--side", "right")
    assert code == 0
    assert [source["file"] for source in document["sources"]] == ["a.csv", "b.csv"]
    assert "source" not in document
    assert [(trial["side"], trial["source_index"]) for trial in document["trials"]] == [("left", 0), ("right", 1)]
    entry = document["comparison"]["metrics"]["velocity"]
    assert entry["left_over_right"] == pytest.approx(2.0, rel=1e-6)
    assert (entry["ci95"], entry["reason"]) == (None, "ONE_TRIAL_A_SIDE")


def test_both_sides_of_one_recording_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Right and left in turn, twice, circles half as large on the left: left over right is 0.5, with an interval."""
    places = in_turn(20.0, Side.RIGHT, Side.LEFT, Side.RIGHT, Side.LEFT)
    path = write_places(tmp_path / "x.csv", places, left_size=0.5)
    _, document, _ = printed(capsys, path)
    assert [trial["side"] for trial in document["trials"]] == ["right", "left", "right", "left"]
    entry = document["comparison"]["metrics"]["velocity"]
    assert entry["left_over_right"] == pytest.approx(0.5, rel=1e-3)
    assert entry["ci95"] == pytest.approx([0.5, 0.5], rel=1e-2)
    assert document["comparison"]["left"] == {"n": 2, "attempts": 2, "failures": None}


def test_options_of_the_analysis_are_stamped_into_each_trial(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_stance(tmp_path / "x.csv")
    arguments = ("--lowpass-design", "10", "--grid", "native", "--window", "5:20", "--target", "25")
    _, document, _ = printed(capsys, path, *arguments)
    settings = document["trials"][0]["settings"]
    assert (settings["lowpass_hz"], settings["lowpass_design_hz"]) == (None, 10.0)
    assert settings["grid_hz"] is None
    assert settings["window"] == [5.0, 20.0]
    assert document["trials"][0]["phases"]["hold_time_s"] == 25.0


def test_a_target_that_was_reached_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_stance(tmp_path / "x.csv")
    _, known, _ = printed(capsys, path, "--target", "25")
    _, unknown, _ = printed(capsys, path)
    assert known["trials"][0]["metrics"]["failures"]["value"] == 0.0
    assert unknown["trials"][0]["metrics"]["failures"]["reason"] == "TARGET_UNKNOWN"


@pytest.mark.parametrize("rate_hz", [15.0, 40.0])
def test_a_low_pass_above_half_the_rate_has_nothing_to_remove(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rate_hz: float
) -> None:
    time_s, values = signals(30.0, rate_hz)
    path = write(tmp_path / "x.csv", COP_HEADER, rows(time_s, *values.T))
    arguments = ("--grid", "native", "--window", "whole")
    _, filtered, _ = printed(capsys, path, *arguments, "--lowpass", "30")
    _, plain, _ = printed(capsys, path, *arguments, "--lowpass", "none")
    assert filtered["trials"][0]["metrics"]["path"] == plain["trials"][0]["metrics"]["path"]


def cells_file(path: Path) -> Path:
    """700 N on the cell at (-100, -50) alone, then evenly on all: a CoP there, then in the middle of the four."""
    time_s = np.arange(3001) / 100.0
    share = np.clip((time_s - 10.0) / 5.0, 0, 1)[:, None]
    cells = 700.0 * ((1 - share) * [1.0, 0, 0, 0] + share * 0.25)
    return write(path, CELLS_HEADER, rows(time_s, *cells.T))


def test_positions_of_cells_may_begin_with_a_minus_sign(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The mean AP position of evenly loaded cells is the mean of their y: 0 mm."""
    path = cells_file(tmp_path / "x.csv")
    cells = "-100,-50;100,-50;100,50;-100,50"
    _, document, _ = printed(capsys, path, "--cells", cells, "--window", "16:29", "--side", "left")
    assert document["trials"][0]["metrics"]["mean_ap"]["value"] == pytest.approx(0.0, abs=1e-6)


def test_a_plate_model_places_the_cells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document, _ = printed(capsys, cells_file(tmp_path / "x.csv"), "--plate", "reference-a")
    assert code == 0
    assert len(document["trials"]) == 1


def lines_with(line: int, text: str) -> list[str]:
    """A good stance whose row at `line` of the file (header: 1) is `text`."""
    time_s, values = signals(30.0)
    good = rows(time_s, *values.T)
    return [*good[: line - 2], text, *good[line - 1 :]]


@pytest.mark.parametrize(
    ("header", "lines", "code", "line"),
    [
        (COP_HEADER, lines_with(50, "0.48,oops,1.0,700.0"), "TEXT_IN_NUMBER", 50),
        (COP_HEADER, lines_with(50, "0.30,1.0,1.0,700.0"), "TIME_BACKWARDS", 50),
        (COP_HEADER, lines_with(50, "0.47,9.0,1.0,700.0"), "TIME_TWICE", 50),
        (COP_HEADER, lines_with(50, "")[:9], "TOO_FEW_ROWS", None),
        (CELLS_HEADER, rows(*[np.arange(100) / 100.0, *[np.full(100, 175.0)] * 4]), "CELLS_WITHOUT_GEOMETRY", None),
        ("a,b,c,d", lines_with(50, ""), "NEEDS_COLUMN_MAP", None),
    ],
)
def test_what_is_no_recording_is_refused_with_its_line_and_nothing_half_filled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], header: str, lines: list[str], code: str, line: int | None
) -> None:
    path = write(tmp_path / "bad.csv", header, lines)
    exit_code, document, errors = printed(capsys, path)
    assert exit_code == 1
    assert document["trials"] == []
    assert document["source"] == {"file": "bad.csv", "sha256": None, "reader": None}
    (problem,) = document["problems"]
    assert problem["code"] == code
    assert problem["refused"] is True
    assert line is None or problem["line"] == line
    assert problem["text"] in errors
    assert "bad.csv" in errors


def test_nobody_on_the_plate_is_refused_with_the_load_it_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """30 N is a bag, not a person."""
    time_s, values = signals(30.0)
    path = write(tmp_path / "bag.csv", COP_HEADER, rows(time_s, values[:, 0], values[:, 1], values[:, 2] * 30 / 700))
    code, document, errors = printed(capsys, path)
    assert code == 1
    assert "NO_LOAD" in [problem["code"] for problem in document["problems"]]
    assert "200 N" in errors


def test_a_refused_file_does_not_take_the_others_with_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write_stance(tmp_path / "good.csv")
    code, document, _ = printed(capsys, tmp_path / "absent.csv", good)
    assert code == 1
    refused = [problem for problem in document["problems"] if problem["refused"]]
    assert [(problem["code"], problem["source_index"]) for problem in refused] == [("NOT_FOUND", 0)]
    assert [trial["source_index"] for trial in document["trials"]] == [1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--lowpass", "-3"],
        ["--lowpass", "nan"],
        ["--lowpass", "5", "--lowpass-design", "5"],
        ["--grid", "50"],
        ["--window", "5:3"],
        ["--window", "5"],
        ["--side", "up"],
        ["--side", "left", "--side", "right"],
        ["--plate", "reference-a", "--cells", "0,0;1,0;1,1;0,1"],
        ["--plate", "unheard-of"],
        ["--cells", "1,2;3"],
        ["--map", "time"],
        ["--rate", "0"],
    ],
)
def test_a_command_typed_wrong_exits_with_2_and_prints_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    path = write_stance(tmp_path / "x.csv")
    with pytest.raises(SystemExit) as stopped:
        main(["analyse", "--json", str(path), *arguments])
    captured = capsys.readouterr()
    assert stopped.value.code == 2
    assert captured.out == ""
    assert arguments[0] in captured.err


def test_the_page_names_every_metric_with_its_unit_and_why_it_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = text_of(capsys, write_stance(tmp_path / "x.csv"), "--side", "left")
    lines = {line.strip() for line in page.splitlines()}
    for id in IDS:
        assert any(line.startswith(metric_label(words, id)) for line in lines), id
    (shift,) = [line for line in lines if line.startswith("Lateral shift  ")]
    assert shift.endswith("place of the foot not known")
    (velocity,) = [line for line in lines if line.startswith("Velocity ")]
    assert velocity.split()[1:] == ["mm/s", "15.7"]


def test_the_page_compares_in_sentences_and_ends_with_what_it_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_places(tmp_path / "x.csv", in_turn(20.0, Side.RIGHT, Side.LEFT, Side.RIGHT, Side.LEFT))
    page = " ".join(text_of(capsys, path).split())
    assert "Velocity: left 1.00 × right (95 % CI" in page
    assert "No side difference beyond test variability." in page
    assert page.endswith("Not a medical device.")


def test_no_line_of_prose_is_wider_than_a_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = text_of(capsys, write_stance(tmp_path / "x.csv"), "--side", "left")
    assert max(len(line) for line in page.splitlines()) <= 110


@pytest.mark.process
def test_a_terminal_without_our_signs_still_gets_its_page(tmp_path: Path) -> None:
    path = write_stance(tmp_path / "x.csv")
    command = [sys.executable, "-m", "dashboard.cli", "analyse", str(path)]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert b"mm/s" in done.stdout
