"""`stancelab checkup`: the table, what was found in words, the verdict and its exit code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests_root import ROOT

from acquisition.checkup import CheckupCode, CheckupFinding
from analysis.quality import Severity
from dashboard.cli import main
from dashboard.commands.checkup import finding_text
from dashboard.words import load_words

WORDS = load_words()
OF_CELLS = frozenset(
    {
        CheckupCode.RATE_TOO_LOW,
        CheckupCode.RATE_REDUCED,
        CheckupCode.RATE_UNEVEN,
        CheckupCode.SILENT,
        CheckupCode.DISCONNECTED,
        CheckupCode.FROZEN,
        CheckupCode.SATURATED,
        CheckupCode.LOST_STEP,
        CheckupCode.MISSED,
        CheckupCode.NOISY,
    }
)


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those of whoever runs the tests."""
    monkeypatch.setenv("STANCELAB_CONFIG", str(tmp_path / "settings"))


@pytest.mark.parametrize("code", CheckupCode)
def test_every_finding_has_a_sentence_that_names_its_cell(code: CheckupCode) -> None:
    cell = 2 if code in OF_CELLS else None
    text = finding_text(WORDS, CheckupFinding(code, Severity.CAUTION, cell, {"value": 12.0, "limit": 20.0}))
    assert text.startswith("Caution: ")
    assert ("2 (rear right)" in text) == (cell is not None)


def test_a_fit_plate_is_shown_with_its_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checkup", "sim:?speed=0"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("Plate SIM-0000000000000001 (reference-a): 5.0 s, ")
    for at, place in enumerate(("front left", "front right", "rear right", "rear left")):
        cell = re.fullmatch(rf"{at} {place} +(\d+\.\d\d) +\S+ +(\d+) counts, (\d\.\d\d) N", said[2 + at])
        assert cell is not None, said[2 + at]
        assert float(cell[1]) == pytest.approx(80.0, rel=2e-3)
        assert float(cell[3]) == pytest.approx(0.06, abs=0.01)
    assert said[-1] == "Fit to measure."


def test_an_unfit_plate_says_what_to_do_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checkup", "sim:?speed=0&rate=10"]) == 1
    said = capsys.readouterr().out
    assert said.count("cut the bridge of its RATE jumper") == 4
    assert "Fault: Cell 0 (front left) converts 10.0 times a second, 20 are the least." in said
    assert said.splitlines()[-1].startswith("Not fit to measure")


def test_for_programs_it_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checkup", "--json", "sim:?speed=0&rate=10"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["fit"] is False
    assert [finding["code"] for finding in document["findings"]] == ["RATE_TOO_LOW"] * 4
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    section = text.split("## The object of `checkup --json`")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)) == set(document)


def test_where_no_plate_answers_it_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["checkup", "/no/such/port"]) == 1
    assert "There is no port /no/such/port" in capsys.readouterr().err
