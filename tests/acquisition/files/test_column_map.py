"""The column map as it is typed; its examples in the documentation are read here."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests_root import ROOT
from written_files import sway, table

from acquisition.files import ColumnMap, FileProblem, FileRefused, ReadOptions, read_bytes
from analysis.geometry import Side
from analysis.recording import MlAxis
from dashboard.file_sentences import file_text
from dashboard.words import load_words

SECTION = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8").partition("## Formats read")[2].split("\n## ")[0]
EXAMPLES = re.findall(r'--map "((?:[^"\\]|\\")*)"', SECTION)


def test_a_map_says_columns_units_side_and_axis() -> None:
    assert ColumnMap.parse(
        "time=Time[s],cop_ml=COPy[cm],cop_ap=COPx[cm],fz=Fz[N],length=cm,ml=right,side=left"
    ) == ColumnMap(
        time="Time[s]",
        cop_ml="COPy[cm]",
        cop_ap="COPx[cm]",
        fz="Fz[N]",
        length_unit="cm",
        ml_axis=MlAxis.PLUS_RIGHT,
        side=Side.LEFT,
    )


def test_a_map_of_cells_has_four_names_between_semicolons() -> None:
    stated = ColumnMap.parse("time = t , cells = FL; FR; RR; RL, force=kg, time_unit=ms, delimiter=tab, decimal=comma")
    assert stated.cells == ("FL", "FR", "RR", "RL")
    assert (stated.time, stated.force_unit, stated.time_unit) == ("t", "kg", "ms")
    assert (stated.delimiter, stated.decimal) == ("\t", ",")


@pytest.mark.parametrize("typed", ["decimal=,", "decimal=,,ml=right", "decimal=comma", "ml=right,decimal=,"])
def test_a_decimal_comma_may_be_typed_as_a_comma(typed: str) -> None:
    assert ColumnMap.parse(typed).decimal == ","


def test_names_with_commas_semicolons_and_equals_signs_stand_in_quotes() -> None:
    stated = ColumnMap.parse('time="t, s",cells="a;b";c;d;"e,f",force=kg')
    assert (stated.time, stated.cells) == ("t, s", ("a;b", "c", "d", "e,f"))
    assert ColumnMap.parse("cop_ml=x=1,cop_ap=y").cop_ml == "x=1"


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("time", FileProblem.MAP_SYNTAX),
        ("time=a,time=b", FileProblem.MAP_SYNTAX),
        ('time="a,cop_ml=b', FileProblem.MAP_SYNTAX),
        ("clock=a", FileProblem.MAP_UNKNOWN_KEY),
        ("length=inch", FileProblem.MAP_VALUE),
        ("force=kN", FileProblem.MAP_VALUE),
        ("side=middle", FileProblem.MAP_VALUE),
        ("cells=a;b;c;d,cop_ml=x,cop_ap=y", FileProblem.MAP_VALUE),
        ("cells=a;b;c", FileProblem.MAP_INCOMPLETE),
        ("time=t", FileProblem.MAP_INCOMPLETE),
        ("cop_ml=x", FileProblem.MAP_INCOMPLETE),
        ("cop_ap=x", FileProblem.MAP_INCOMPLETE),
        ("fz=x", FileProblem.MAP_INCOMPLETE),
    ],
)
def test_a_wrong_map_is_refused_with_what_is_wrong(typed: str, code: FileProblem) -> None:
    with pytest.raises(FileRefused) as refused:
        ColumnMap.parse(typed)
    assert refused.value.code == code
    assert file_text(load_words(), "--map", refused.value).endswith(".")


@given(st.text(max_size=60))
def test_any_text_is_a_map_or_refused(typed: str) -> None:
    try:
        ColumnMap.parse(typed)
    except FileRefused as refused:
        file_text(load_words(), "--map", refused)


@pytest.mark.parametrize(
    ("length", "per_mm", "force", "per_n", "clock", "per_s"),
    [("mm", 1, "N", 1, "s", 1), ("cm", 0.1, "kg", 1 / 9.80665, "ms", 1e3), ("m", 0.001, "N", 1, "us", 1e6)],
)
def test_units_become_ours(length: str, per_mm: float, force: str, per_n: float, clock: str, per_s: float) -> None:
    time_s, cop_mm = sway()
    text = table("txyf", np.column_stack([time_s * per_s, cop_mm * per_mm, np.full(60, 700 * per_n)]), decimals=12)
    stated = ColumnMap.parse(f"time=t,cop_ml=x,cop_ap=y,fz=f,length={length},force={force},time_unit={clock}")
    [recording] = read_bytes("trial.csv", text.encode(), ReadOptions(columns=stated)).recordings
    assert np.allclose(recording.time_s, time_s, atol=1e-9)
    assert np.allclose(recording.values, np.column_stack([cop_mm, np.full(60, 700.0)]), atol=1e-6)


def test_columns_may_be_named_by_their_place() -> None:
    time_s, cop_mm = sway()
    text = table("aabb", np.column_stack([time_s, cop_mm, np.full(60, 700.0)]))
    stated = ColumnMap.parse("time=#1,cop_ml=#2,cop_ap=#3,fz=#4")
    [recording] = read_bytes("trial.csv", text.encode(), ReadOptions(columns=stated)).recordings
    assert np.allclose(recording.values[:, :2], cop_mm, atol=1e-5)


def test_a_mapped_cop_does_not_say_where_ml_points_unless_stated() -> None:
    time_s, cop_mm = sway()
    text = table("txy", np.column_stack([time_s, cop_mm])).encode()
    unknown = read_bytes("trial.csv", text, ReadOptions(columns=ColumnMap.parse("time=t,cop_ml=x,cop_ap=y")))
    stated = read_bytes("trial.csv", text, ReadOptions(columns=ColumnMap.parse("time=t,cop_ml=x,cop_ap=y,ml=left")))
    assert unknown.recordings[0].ml_axis is MlAxis.UNKNOWN
    assert stated.recordings[0].ml_axis is MlAxis.PLUS_LEFT
    assert np.array_equal(stated.recordings[0].values, unknown.recordings[0].values)  # nothing is mirrored here


def test_the_documentation_has_examples() -> None:
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("typed", EXAMPLES)
def test_every_example_of_the_documentation_is_a_map(typed: str) -> None:
    ColumnMap.parse(typed.replace('\\"', '"'))


#: Codes of our own plate's recordings, which no reader of files of other systems gives.
OF_OUR_PLATE = {"NO_ZERO", "SPOOL_CUT", "SPOOL_DAMAGED"}


def test_every_code_in_the_documentation_is_one_and_every_one_of_a_file_is_there() -> None:
    named = {name for name in re.findall(r"`([A-Z]+(?:_[A-Z]+)*)`", SECTION) if name not in ("N", "HZ")}
    asked_before = {code for code in FileProblem if code.startswith("MAP_")}
    assert named == set(FileProblem) - asked_before | OF_OUR_PLATE
