"""Delimiters, decimal marks and encodings are found in the numbers themselves."""

from __future__ import annotations

import codecs
from collections.abc import Callable

import numpy as np
import pytest
from written_files import CELLS, CELLS_MM, WEIGHT_N, kinvent, own_cells, own_cop, sway, table, wii

from acquisition.files import ColumnMap, ReadFile, ReadOptions, parse_cells, read_bytes
from acquisition.files.dialect import Dialect, find_dialect
from analysis.geometry import Side
from analysis.recording import MlAxis, SignalKind

HEADER = ["time_s", "cop_ml_mm", "cop_ap_mm", "fz_n"]


def columns() -> np.ndarray:
    time_s, cop_mm = sway()
    return np.column_stack([time_s, cop_mm, np.full(60, WEIGHT_N)])


def assert_is_the_circle(read: ReadFile) -> None:
    """The CoP goes round 10 mm; the text has 5 decimals."""
    [recording] = read.recordings
    assert recording.kind is SignalKind.COP_FZ
    assert np.allclose(recording.time_s, columns()[:, 0], atol=1e-5)
    assert np.allclose(recording.values, columns()[:, 1:], atol=1e-5)
    assert read.problems == ()


WRITTEN = {
    "comma": table(HEADER, columns()),
    "semicolon": table(HEADER, columns(), ";"),
    "semicolon, decimal comma": table(HEADER, columns(), ";", ","),
    "tab": table(HEADER, columns(), "\t"),
    "tab, decimal comma": table(HEADER, columns(), "\t", ","),
    "pipe": table(HEADER, columns(), "|"),
    "pipe, decimal comma": table(HEADER, columns(), "|", ","),
    "blank": table(HEADER, columns(), " "),
    "blank, decimal comma": table(HEADER, columns(), " ", ","),
    "comma and blank": table(HEADER, columns(), ", "),
    "aligned columns": table(HEADER, columns(), "    "),
    "padded with blanks before tabs": table(HEADER, columns(), "   \t  "),
    "quoted": table(HEADER, columns(), '","').replace("\n", '"\n"').join('""').removesuffix('""'),
    "quoted decimal commas between commas": table(HEADER, columns(), '","', ",")
    .replace("\n", '"\n"')
    .join('""')
    .removesuffix('""'),
    "only the header quoted": table(HEADER, columns()).replace(",".join(HEADER), '"' + '","'.join(HEADER) + '"'),
    "an empty last column": table(HEADER, columns()).replace("\n", ",\n"),
    "a header on line 5": "Laboratory\nPatient code;7\n\n# 100 Hz\n" + table(HEADER, columns(), ";"),
    "a row of units": table(HEADER, columns()).replace("\n", "\ns,mm,mm,N\n", 1),
    "blank lines": table(HEADER, columns()).replace("\n", "\n\n"),
    "Windows line ends": table(HEADER, columns()).replace("\n", "\r\n"),
    "old Macintosh line ends": table(HEADER, columns()).replace("\n", "\r"),
    "an end-of-file mark": table(HEADER, columns()) + "\x1a",
    "capitals in the header": table([name.upper() for name in HEADER], columns()),
    "a true minus sign": table(HEADER, columns()).replace("-", "\N{MINUS SIGN}"),
    "exponents": "\n".join([",".join(HEADER), *(",".join(f"{x:.9e}" for x in row) for row in columns())]) + "\n",
    "plus signs": "\n".join([",".join(HEADER), *(",".join(f"{x:+.5f}" for x in row) for row in columns())]) + "\n",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_one_table_in_any_dress_is_the_same_recording(text: str) -> None:
    assert_is_the_circle(read_bytes("trial.csv", text.encode()))


ENCODED: dict[str, Callable[[str], bytes]] = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with its mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16 little endian": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16 big endian": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "UTF-16 little endian without mark": lambda text: text.encode("utf-16-le"),
    "UTF-16 big endian without mark": lambda text: text.encode("utf-16-be"),
    "Western Windows": lambda text: text.encode("cp1252"),
}


@pytest.mark.parametrize("encoding", ENCODED.values(), ids=ENCODED)
def test_the_encoding_is_found(encoding: Callable[[str], bytes]) -> None:
    text = "Prüfer,Jörg Müßig\n" + own_cop()
    assert_is_the_circle(read_bytes("trial.csv", encoding(text)))


def test_the_header_tells_the_device_facts_in_any_encoding() -> None:
    text = kinvent(facts=["Ellipse Surface (mm²),1551.553,,,,,,"])
    facts = {
        read_bytes("k.csv", text.encode(encoding)).facts[0]["Ellipse Surface (mm²)"] for encoding in ("utf-8", "cp1252")
    }
    assert facts == {"1551.553"}


def test_kinvents_export_with_decimal_commas_is_the_same_recording() -> None:
    point = read_bytes("point.csv", kinvent().encode()).recordings[0]
    comma = read_bytes("comma.csv", kinvent().replace(",", ";").replace(".", ",").encode())
    assert comma.reader == "kinvent"
    assert np.array_equal(comma.recordings[0].values, point.values)


@pytest.mark.parametrize(
    ("lines", "delimiter", "decimal"),
    [
        (["1.5,2.5", "3.5,4.5"], ",", "."),
        (["1,5;2,5", "3,5;4,5"], ";", ","),
        (["1, 2, 3", "4, 5, 6"], ",", "."),
        (["1,5 2,5", "3,5 4,5"], " ", ","),
        (["note a;1,5;2,5", "note b;3,5;4,5"], ";", ","),
        (["0;1,5;2", "1;2,5;3"], ";", ","),
    ],
)
def test_the_dialect_that_makes_all_cells_numbers_is_chosen(lines: list[str], delimiter: str, decimal: str) -> None:
    assert find_dialect(lines) == Dialect(delimiter, decimal)


def test_a_stated_dialect_is_taken() -> None:
    assert find_dialect(["1,5", "2,5"]) == Dialect(",", ".")
    assert find_dialect(["1,5", "2,5"], delimiter=";", decimal=",") == Dialect(";", ",")
    assert find_dialect(["1,5;2", "2,5;3"], decimal=",").decimal == ","


def test_what_is_read_does_not_depend_on_the_name_of_the_file() -> None:
    for name in ("a.txt", "a.c3d", "", "wii.csv"):
        assert read_bytes(name, kinvent().encode()).reader == "kinvent"
        assert read_bytes(name, wii().encode()).reader == "wii-board"
        assert read_bytes(name, own_cop().encode()).reader == "csv"


def test_cells_of_our_own_header_have_the_cop_that_they_were_made_with() -> None:
    geometry = parse_cells(CELLS)
    read = read_bytes("trial.csv", own_cells().encode(), ReadOptions(geometry=geometry))
    [recording] = read.recordings
    assert (recording.kind, recording.geometry, recording.ml_axis) == (SignalKind.CELLS_N, geometry, MlAxis.PLUS_RIGHT)
    cop_mm = recording.values @ CELLS_MM / recording.values.sum(axis=1, keepdims=True)
    assert np.allclose(cop_mm, sway()[1], atol=1e-4)
    assert np.allclose(recording.values.sum(axis=1), WEIGHT_N, atol=1e-4)


def test_our_own_header_says_that_ml_is_positive_to_the_right() -> None:
    assert read_bytes("trial.csv", own_cop().encode()).recordings[0].ml_axis is MlAxis.PLUS_RIGHT


def test_our_own_header_without_force_is_a_cop_alone() -> None:
    time_s, cop_mm = sway()
    text = table(HEADER[:3], np.column_stack([time_s, cop_mm]))
    assert read_bytes("trial.csv", text.encode()).recordings[0].kind is SignalKind.COP


def test_our_own_header_without_time_takes_the_rate() -> None:
    text = table(HEADER[1:], columns()[:, 1:])
    assert_is_the_circle(read_bytes("trial.csv", text.encode(), ReadOptions(rate_hz=100.0)))


def test_where_both_are_written_cells_come_before_the_cop_if_their_places_are_known() -> None:
    time_s, cop_mm = sway()
    header = [*HEADER[:3], "cell0_n", "cell1_n", "cell2_n", "cell3_n"]
    text = table(header, np.column_stack([time_s, cop_mm, np.full((60, 4), 175.0)])).encode()
    assert read_bytes("trial.csv", text).recordings[0].kind is SignalKind.COP
    known = read_bytes("trial.csv", text, ReadOptions(geometry=parse_cells(CELLS)))
    assert known.recordings[0].kind is SignalKind.CELLS_N


def test_a_map_without_columns_adds_what_the_file_cannot_say() -> None:
    options = ReadOptions(columns=ColumnMap.parse("ml=left"))
    assert read_bytes("k.csv", kinvent().encode(), options).recordings[0].ml_axis is MlAxis.PLUS_LEFT
    assert read_bytes("k.csv", kinvent().encode()).recordings[0].ml_axis is MlAxis.UNKNOWN


def test_the_stated_side_is_the_declared_one() -> None:
    options = ReadOptions(columns=ColumnMap.parse("side=left"))
    assert read_bytes("trial.csv", own_cop().encode(), options).recordings[0].declared_side is Side.LEFT
    both = ReadOptions(side=Side.RIGHT, columns=ColumnMap.parse("side=left"))
    assert read_bytes("trial.csv", own_cop().encode(), both).recordings[0].declared_side is Side.RIGHT


def test_loads_that_count_downwards_are_turned_and_the_cop_is_not() -> None:
    text = own_cop().replace(",700.00000", ",-700.00000")
    [recording] = read_bytes("trial.csv", text.encode()).recordings
    assert np.allclose(recording.values, columns()[:, 1:], atol=1e-5)


def test_kinvents_cells_are_newtons_of_the_kilograms_written() -> None:
    """20, 20, 15 and 15 kg under standard gravity."""
    recording = read_bytes("k.csv", kinvent().encode()).recordings[1]
    assert np.allclose(recording.values, np.array([20, 20, 15, 15]) * 9.80665, rtol=1e-12)
    assert recording.declared_side is Side.RIGHT


def test_the_content_is_kept_as_it_was() -> None:
    content = codecs.BOM_UTF8 + own_cop().replace("\n", "\r\n").encode()
    read = read_bytes("trial.csv", content)
    assert read.content == content
    assert read.name == "trial.csv"
    assert len(read.sha256) == 64
