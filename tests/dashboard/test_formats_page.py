"""`docs/formats.md` is held against what `stancelab analyse --json` really prints."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from one_leg import in_turn
from tests_root import ROOT
from written import write_places, write_stance

from acquisition.files import READERS, ColumnMap
from analysis.geometry import Side
from analysis.metrics import METRICS, Reason
from analysis.phases import EndedBy
from analysis.quality import FindingCode, Severity
from analysis.sides import NoComparison
from dashboard.cli import main

PAGE = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """Text under a heading, up to the next one."""
    match = re.search(rf"^#+ {re.escape(title)}$\n(.*?)(?=^#+ |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert match, title
    return match.group(1)


def first_column(text: str) -> set[str]:
    """Names in backticks in the first column of the tables of a text."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def in_backticks(text: str) -> set[str]:
    return set(re.findall(r"`([A-Z][A-Z_]+)`", text))


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    block = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert block
    return dict(json.loads(block.group(1)))


@pytest.fixture
def real(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Output for a recording with stances on both sides."""
    path = write_places(tmp_path / "x.csv", in_turn(20.0, Side.RIGHT, Side.LEFT, Side.RIGHT))
    assert main(["analyse", "--json", str(path)]) == 0
    return dict(json.loads(capsys.readouterr().out))


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["analyse", "--json", str(tmp_path / "absent.csv")]) == 1
    return dict(json.loads(capsys.readouterr().out))


def keys(entries: Iterable[dict[str, Any]]) -> set[str]:
    return {key for entry in entries for key in entry}


def test_the_example_has_the_shape_of_real_output(example: dict[str, Any], real: dict[str, Any]) -> None:
    assert list(example) == list(real)
    assert keys([example["source"]]) == keys([real["source"]])
    assert keys(example["trials"]) == keys(real["trials"])
    shown, printed = example["trials"][0], real["trials"][0]
    for part in ("phases", "settings"):
        assert list(shown[part]) == list(printed[part]), part
    assert keys(shown["findings"]) == keys(printed["findings"])
    assert keys(shown["metrics"].values()) == keys(printed["metrics"].values())
    assert keys([example["comparison"]["left"]]) == keys([real["comparison"]["left"]])
    for id, entry in example["comparison"]["metrics"].items():
        assert list(entry) == list(real["comparison"]["metrics"][id]), id


def test_every_field_is_described_and_every_description_is_a_field(
    real: dict[str, Any], refused: dict[str, Any]
) -> None:
    trials, comparison = real["trials"], real["comparison"]["metrics"]
    assert first_column(section("Top level")) == set(real)
    assert first_column(section("A problem")) == keys(refused["problems"])
    assert first_column(section("A trial")) == keys(trials)
    assert first_column(section("Phases")) == keys(trial["phases"] for trial in trials)
    assert first_column(section("The comparison")) == keys(comparison.values())


@pytest.mark.parametrize(
    ("title", "codes"),
    [
        ("Codes of findings", FindingCode),
        ("Reasons of missing values", Reason),
        ("Phases", EndedBy),
        ("The comparison", NoComparison),
    ],
)
def test_every_code_is_listed(title: str, codes: type[StrEnum]) -> None:
    assert in_backticks(section(title)) == {code.value for code in codes}


def test_every_severity_is_listed() -> None:
    assert [severity for severity in Severity if f"`{severity.value}`" not in section("A trial")] == []


def test_every_metric_is_listed_with_its_unit() -> None:
    listed = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", section("Metric ids"), re.MULTILINE))
    assert listed == {metric.id: metric.unit for metric in METRICS.values()}


def test_every_reader_is_listed() -> None:
    named = {line.split("`")[1] for line in section("Formats read").splitlines() if line.startswith("| `")}
    assert set(READERS) <= named


def test_every_option_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["analyse", "--help"])
    options = set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"}
    assert [option for option in sorted(options) if f"{option}" not in PAGE] == []


def test_the_column_map_of_the_page_can_be_read() -> None:
    typed = re.search(r'--map "(time=[^"]+)"', PAGE)
    assert typed
    stated = ColumnMap.parse(typed.group(1))
    assert (stated.cop_ml, stated.cop_ap, stated.fz, stated.length_unit) == ("COPy[cm]", "COPx[cm]", "Fz[N]", "cm")


def test_several_files_differ_from_one_as_the_page_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = [write_stance(tmp_path / name) for name in ("a.csv", "b.csv")]
    assert main(["analyse", "--json", *map(str, paths)]) == 0
    several = json.loads(capsys.readouterr().out)
    assert main(["analyse", "--json", str(paths[0])]) == 0
    one = json.loads(capsys.readouterr().out)
    assert list(several) == ["sources" if key == "source" else key for key in one]
