"""`stancelab record` and `replay`: from any plate into a file, and what the file says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from benches import simulate
from spools import kept
from tests_root import ROOT

from acquisition.replay import recording_of
from acquisition.spool_file import recover
from dashboard.cli import main

PLATE = "sim:healthy?seed=3&speed=16"


def test_a_plate_is_recorded_for_as_long_as_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """4 s of the plate's clock at 80 sets a second."""
    out = tmp_path / "a.fpr"
    assert main(["record", PLATE, "--seconds", "4", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "Complete: every byte is as it was written." in said
    found = recover(out)
    assert found.complete
    assert main(["replay", str(out)]) == 0
    assert capsys.readouterr().out in said
    assert len(recording_of(found).counts) == pytest.approx(4 * 80, abs=40)  # blocks of 20 ms at 16 times the speed


@pytest.mark.process
def test_what_was_recorded_with_a_zero_is_analysed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The simulated person stands on each leg in turn; the plate's own gains are in the file."""
    out = tmp_path / "a.fpr"
    with simulate("--speed", "16", "--seed", "4") as url:
        assert main(["record", url, "--zero", "1", "--seconds", "70", "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["analyse", "--json", str(out)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["source"]["reader"] == "spool"
    assert document["trials"]
    assert {trial["plate_serial"] for trial in document["trials"]} == {"SIM-0000000000000001"}
    assert document["trials"][0]["calibration_id"] == "simulated-SIM-0000000000000001"
    assert document["trials"][0]["metrics"]["velocity_ml"]["value"] > 0


def test_without_a_zero_counts_are_no_forces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a.fpr"
    assert main(["record", PLATE, "--seconds", "2", "--out", str(out)]) == 0
    assert main(["analyse", str(out)]) == 1
    assert "Record with --zero" in capsys.readouterr().err


def test_a_file_that_exists_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a.fpr"
    out.write_bytes(b"precious")
    assert main(["record", PLATE, "--seconds", "1", "--out", str(out)]) == 1
    assert "exists already" in capsys.readouterr().err
    assert out.read_bytes() == b"precious"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    out = tmp_path / "file" / "a.fpr"
    assert main(["record", PLATE, "--seconds", "1", "--out", str(out)]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_no_plate_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "socket://127.0.0.1:1", "--out", str(tmp_path / "a.fpr")]) == 1
    assert "no plate" in capsys.readouterr().err
    assert not (tmp_path / "a.fpr").exists()


def test_a_damaged_recording_says_how_far_it_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded = kept(tmp_path, 1.0)
    cut = tmp_path / "cut.fpr"
    cut.write_bytes(recorded.content[:-200])
    assert main(["replay", str(cut)]) == 1
    said = capsys.readouterr().out
    assert "Interrupted: the program was killed or the power failed." in said
    assert "at the end of the file are damaged or cut" in said


@pytest.mark.parametrize("content", [b"", b"no recording", b"FPR1\r\n\x1a\n"])
def test_what_is_no_recording_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes) -> None:
    path = tmp_path / "a.fpr"
    path.write_bytes(content)
    assert main(["replay", str(path)]) == 1
    assert "no recording of Stancelab" in capsys.readouterr().err


def test_a_missing_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(tmp_path / "nowhere.fpr")]) == 1
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.process
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_ctrl_c_ends_a_recording_in_order(tmp_path: Path, how: signal.Signals) -> None:
    """What came is whole, its end says that it was stopped; exit code 1, for it is not what was asked for."""
    out = tmp_path / "a.fpr"
    command = [sys.executable, "-m", "dashboard.cli", "record", PLATE, "--seconds", "3600", "--out", str(out)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Recording")
        process.send_signal(how)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (1, "")
    found = recover(out)
    assert found.complete
    assert found.end is not None
    assert found.end.interrupted == "STOPPED"
