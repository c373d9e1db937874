"""`stancelab calibrate` from zero to certificate on a simulated plate, and everything around it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from acquisition.calibration_run import CalibrationRun
from dashboard.cli import main
from hardware.plates import load_plate_model
from records.model import Act
from records.store import RecordStore, sqlite_url

DRAWING = load_plate_model("reference-a").drawing
Said = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A station's folder, and no settings of whoever runs the tests."""
    for variable in ("STANCELAB_DATA", "STANCELAB_STORE"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def calibrate(folder: Path, plate: int, *options: str, fault: str = "") -> int:
    url = f"sim:weights?speed=0&plate={plate}{'&fault=' if fault else ''}{fault}"
    return main(["calibrate", url, "--data", str(folder), "--by", "Ann Example", *options])


def store(folder: Path) -> RecordStore:
    return RecordStore(sqlite_url(folder / "stancelab.db"))


def text_of(path: Path) -> str:
    return re.sub(r"\s+", " ", "".join(page.extract_text() for page in PdfReader(path).pages))


def test_a_whole_calibration_is_filed_audited_carried_by_the_plate_and_certified(folder: Path, capsys: Said) -> None:
    options = ("--weight-kg", "10", "--tolerance-g", "5", "--scale-kg", "72.5", "--write-plate")
    assert calibrate(folder, 101, *options) == 0
    told = capsys.readouterr().out
    assert told.count("taken: ") == 16
    assert "[3/16] Put the weight on cross 2 (front)." in told
    assert "Stored on the plate too." in told
    serial = "SIM-0000000000000065"
    made = store(folder).latest_calibration(serial)
    assert made is not None
    assert (made.made_by, made.reference) == ("Ann Example", "10 kg+scale, 9 crosses A3")
    assert made.valid_until is not None
    assert (made.valid_until - made.made_at).days == 365
    assert [event.act for event in store(folder).audit_events(made.id)] == [Act.CALIBRATION_ADDED]
    (paper,) = (folder / "calibrations").glob("*.pdf")
    said = text_of(paper)
    for wanted in (
        serial,
        "Ann Example",
        "10 kg ± 5 g",
        "72.5 kg",
        made.id,
        "Passed",
        "not a medical device",
        "Simulated",
    ):
        assert wanted in said
    assert f"{made.cop_error_mm:.2f} mm" in said
    run = CalibrationRun.from_document(json.loads(paper.with_suffix(".json").read_text()), DRAWING)
    assert run.report().matrix == pytest.approx(made.matrix)


def test_what_the_plate_carries_is_taken_over_at_another_station(folder: Path, capsys: Said) -> None:
    first, second = folder / "first", folder / "second"
    assert calibrate(first, 102, "--weight-kg", "10", "--grid", "a2", "--write-plate") == 0
    assert calibrate(second, 102, "--from-plate") == 0
    assert "Taken over from the plate" in capsys.readouterr().out
    serial = "SIM-0000000000000066"
    made, taken = store(first).latest_calibration(serial), store(second).latest_calibration(serial)
    assert made is not None
    assert taken is not None
    assert taken.id == made.id
    assert taken.matrix == pytest.approx(made.matrix, rel=1e-6)
    assert calibrate(second, 102, "--from-plate") == 1
    assert "is in the archive already" in capsys.readouterr().err


def test_a_plate_that_carries_nothing_says_so(folder: Path, capsys: Said) -> None:
    assert calibrate(folder, 103, "--from-plate") == 1
    assert "carries no calibration" in capsys.readouterr().err


def test_checks_make_the_drift_log(folder: Path, capsys: Said) -> None:
    for _ in range(2):
        assert calibrate(folder, 104, "--check", "--weight-kg", "10") == 0
    told = capsys.readouterr().out
    assert told.count("First check of this plate") == 1
    assert told.count("Zero since the last check: ") == 1
    assert told.count("Passed.") == 2
    newest, first = store(folder).drift_checks("SIM-0000000000000068")
    assert first.outcome.zero_drift_n is None
    assert newest.outcome.zero_drift_n == pytest.approx(0, abs=0.05)
    assert newest.outcome.rate_hz == pytest.approx(80, rel=2e-3)
    assert [event.act for event in store(folder).audit_events(newest.id)] == [Act.DRIFT_CHECK_ADDED]


def test_a_converter_left_at_ten_samples_a_second_fails_the_check(folder: Path, capsys: Said) -> None:
    url = "sim:weights?speed=0&plate=105&rate=10"
    assert main(["calibrate", url, "--data", str(folder), "--check", "--weight-kg", "10"]) == 1
    told = capsys.readouterr().out
    assert "change its RATE jumper to 80" in told
    assert "do not measure with this plate" in told
    assert not store(folder).drift_checks("SIM-0000000000000069")[0].passed


@pytest.mark.parametrize("options", [[], ["--weight-kg", "0"], ["--weight-kg", "10", "--scale-kg", "-1"]])
def test_without_a_weight_nothing_begins(folder: Path, capsys: Said, options: list[str]) -> None:
    with pytest.raises(SystemExit) as usage:
        calibrate(folder, 106, *options)
    assert usage.value.code == 2
    assert "has to be given" in capsys.readouterr().err


def test_a_certificate_that_cannot_be_written_is_said_and_the_calibration_is_kept(folder: Path, capsys: Said) -> None:
    blocked = folder / "a file"
    blocked.write_text("")
    assert calibrate(folder, 107, "--weight-kg", "10", "--certificate", str(blocked / "c.pdf")) == 1
    assert "cannot be written" in capsys.readouterr().err
    assert store(folder).latest_calibration("SIM-000000000000006B") is not None
    assert len(list((folder / "calibrations").glob("*.json"))) == 1


def test_sheets_are_written_without_a_plate(folder: Path, capsys: Said) -> None:
    for option, value in (("--print-grid", ["a3"]), ("--print-grid", ["a2"]), ("--print-template", [])):
        path = folder / "sheet.pdf"
        assert main(["calibrate", option, *value, "--out", str(path)]) == 0
        assert "print it at 100 %" in capsys.readouterr().out
        assert "Print at 100 %" in text_of(path)


# ---- what goes wrong


@pytest.mark.parametrize(
    "options", [("--weight-kg", "20"), ("--grid", "a2"), ("--scale-kg", "70"), ("--tolerance-g", "5")]
)
def test_a_run_that_was_begun_otherwise_is_not_gone_on_with(
    folder: Path, capsys: Said, options: tuple[str, str]
) -> None:
    assert calibrate(folder, 109, "--weight-kg", "10", fault="cut@60") == 1
    assert calibrate(folder, 109, "--resume", *options) == 1
    assert "was begun with --weight-kg 10, --grid a3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("url", "said"), [("sim:healthy?speed=0", "sim:weights"), ("replay:old.fpr", "calibrate the plate itself")]
)
@pytest.mark.parametrize("how", [(), ("--check",)])
def test_what_no_weight_can_stand_on_is_refused_before_anything_is_asked(
    folder: Path, capsys: Said, url: str, said: str, how: tuple[str, ...]
) -> None:
    assert main(["calibrate", url, "--data", str(folder), "--weight-kg", "10", *how]) == 1
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""


def test_a_run_that_was_cut_off_goes_on_where_it_was(folder: Path, capsys: Said) -> None:
    """The cable is pulled after a minute: what was measured is kept, and the rest makes the same calibration."""
    assert calibrate(folder, 108, "--weight-kg", "10", fault="cut@60") == 1
    told = capsys.readouterr()
    assert "--resume goes on from here" in told.out
    taken = told.out.count("taken: ") - told.out.count("not taken")
    assert taken >= 5
    assert calibrate(folder, 108, "--resume") == 0
    told = capsys.readouterr()
    assert f"Going on after step {taken};" in told.out
    assert f"[{taken + 1}/15]" in told.out
    assert store(folder).latest_calibration("SIM-000000000000006C") is not None
    assert calibrate(folder, 108, "--resume") == 1
    assert "no unfinished calibration" in capsys.readouterr().err


@pytest.mark.fault(row=18)
def test_exchanged_cables_are_named_and_nothing_is_filed(folder: Path, capsys: Said) -> None:
    """Row 18: cells 0 and 1 on each other's sockets -> calibration refused with both named, nothing is filed."""
    assert calibrate(folder, 109, "--weight-kg", "10", "--grid", "a2", fault="swapped-0-1") == 1
    told = capsys.readouterr()
    assert "nearest to cell 0 (front left), but cell 1 (front right) carries most" in told.err
    assert store(folder).latest_calibration("SIM-000000000000006D") is None


def test_a_zero_that_does_not_come_back_ends_the_run(folder: Path, capsys: Said) -> None:
    """Cell 2 creeps by 3 N in the middle of the run."""
    assert calibrate(folder, 110, "--weight-kg", "10", fault="drift-2:60@60..63") == 1
    told = capsys.readouterr()
    assert len(re.findall(r"zero of cell 2 \(rear right\) moved by \+(2\.9|3\.0)", told.out)) == 3  # gain within 3 %
    assert "The zero does not come back" in told.err
    assert store(folder).latest_calibration("SIM-000000000000006E") is None


def test_an_unplugged_cell_never_becomes_a_calibration(folder: Path, capsys: Said) -> None:
    assert calibrate(folder, 111, "--weight-kg", "10", fault="unplugged-3") == 1
    assert "Cell 3 (rear left) is restless" in capsys.readouterr().err


@pytest.mark.parametrize("instead", [(), ("--check",)])
@pytest.mark.parametrize(("weight_kg", "limit"), [("7", "needs 78 N"), ("250", "limit 1961 N")])
def test_a_weight_that_this_plate_cannot_be_calibrated_with_is_said_before_it_is_put_down(
    folder: Path, capsys: Said, weight_kg: str, limit: str, instead: tuple[str, ...]
) -> None:
    """Four cells of 200 kg: 1 % of 800 kg is 78 N, and a cell at whose corner the weight stands holds 1961 N."""
    assert calibrate(folder, 112, "--weight-kg", weight_kg, *instead) == 1
    told = capsys.readouterr()
    assert limit in told.err
    assert "[1/" not in told.out


def test_a_plate_that_falls_silent_ends_the_run_and_what_was_measured_is_kept(folder: Path, capsys: Said) -> None:
    assert calibrate(folder, 113, "--weight-kg", "10", fault="silent@60") == 1
    told = capsys.readouterr()
    assert "connection to the plate broke" in told.err
    assert "--resume goes on from here" in told.out


def test_a_cell_that_does_not_see_the_weight_is_no_reason_for_a_heavier_one(folder: Path, capsys: Said) -> None:
    """10 kg are enough for this plate; an inverted cell makes half of them of it."""
    assert calibrate(folder, 114, "--weight-kg", "10", fault="inverted-3") == 1
    told = capsys.readouterr()
    assert "heavier" not in told.out + told.err
    assert "the load should be 98 N" in told.err


def test_a_folder_that_cannot_be_made_is_said(folder: Path, capsys: Said) -> None:
    blocked = folder / "a file"
    blocked.write_text("")
    assert calibrate(blocked / "station", 115, "--weight-kg", "10") == 1
    assert "cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize("content", ["[]", "{", '{"format": 1}', "7"])
def test_a_damaged_unfinished_run_is_none(folder: Path, capsys: Said, content: str) -> None:
    kept = folder / "calibrations" / "SIM-0000000000000074-unfinished.json"
    kept.parent.mkdir()
    kept.write_text(content)
    assert calibrate(folder, 116, "--resume") == 1
    assert "no unfinished calibration" in capsys.readouterr().err
