"""What is wrong with a file has a name, a line and words that say what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from written_files import CELLS, kinvent, own_cells, own_cop, sway, table, wii, with_line, without_line

from acquisition.files import (
    ColumnMap,
    FileProblem,
    FileRefused,
    Problem,
    ReadOptions,
    parse_cells,
    read_bytes,
    read_file,
    sheet,
)
from analysis.geometry import Side
from dashboard.file_sentences import file_text
from dashboard.words import load_words

NO_OPTIONS = ReadOptions()
HEADER = "time_s,cop_ml_mm,cop_ap_mm,fz_n"


def mapped(text: str) -> ReadOptions:
    return ReadOptions(columns=ColumnMap.parse(text))


PLAIN = mapped("time=t,cop_ml=x,cop_ap=y,fz=f")


def lab(**columns: object) -> str:
    """A table with the lab's own names t, x, y, f; `columns` replaces one or adds one."""
    time_s, cop_mm = sway()
    there = {"t": time_s, "x": cop_mm[:, 0], "y": cop_mm[:, 1], "f": np.full(60, 700.0)} | columns
    return table(list(there), np.column_stack([np.broadcast_to(column, 60) for column in there.values()]))  # type: ignore[call-overload]


@dataclass(frozen=True)
class Case:
    """What is said about a content that is read with some options, and the line that it names."""

    code: FileProblem
    content: str | bytes
    options: ReadOptions = NO_OPTIONS
    line: int | None = None


P = FileProblem

REFUSED = {
    "nothing": Case(P.EMPTY, b""),
    "blank lines": Case(P.EMPTY, "\n \r\n\t\n"),
    "a picture": Case(P.NOT_TEXT, b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"),
    "a byte that no code page has": Case(P.NOT_TEXT, b"time_s,\x81\n"),
    "a workbook": Case(P.SPREADSHEET, b"PK\x03\x04\x14\x00"),
    "an old workbook": Case(P.SPREADSHEET, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    "a letter": Case(P.NO_TABLE, "Dear colleague,\nthe recording follows.\n"),
    "json": Case(P.NO_TABLE, '{"schema": 1,\n "trials": []}\n'),
    "an endless line": Case(P.NO_TABLE, "1," * 100_000),
    "a header and no rows": Case(P.TOO_FEW_ROWS, HEADER + "\n"),
    "10 samples": Case(P.TOO_FEW_ROWS, own_cop(10)),
    "10 samples of KINVENT": Case(P.TOO_FEW_ROWS, kinvent(10)),
    "a table of unknown columns": Case(P.NEEDS_COLUMN_MAP, lab(), line=1),
    "unknown columns and blank lines": Case(P.NEEDS_COLUMN_MAP, lab().replace("\n", "\n\n"), line=1),
    "numbers without a header": Case(P.NEEDS_COLUMN_MAP, lab().split("\n", 1)[1], line=1),
    "cells without their places": Case(P.CELLS_WITHOUT_GEOMETRY, own_cells()),
    "no time and no rate": Case(P.NO_TIME_NO_RATE, lab(), mapped("cop_ml=x,cop_ap=y,fz=f")),
    "time in ms": Case(P.RATE_IMPLAUSIBLE, lab(t=np.arange(60) * 10), PLAIN),
    "a rate of 0 Hz": Case(P.RATE_IMPLAUSIBLE, lab(), ReadOptions(0.0, None, ColumnMap(cop_ml="x", cop_ap="y"))),
    "a rate that is no number": Case(
        P.RATE_IMPLAUSIBLE, lab(), ReadOptions(float("nan"), None, ColumnMap(cop_ml="x", cop_ap="y"))
    ),
    "a column that is not there": Case(P.COLUMN_NOT_FOUND, lab(), mapped("time=t,cop_ml=x,cop_ap=z"), 1),
    "column 9 of 4": Case(P.COLUMN_NOT_FOUND, lab(), mapped("time=#1,cop_ml=#2,cop_ap=#9"), 2),
    "column 0": Case(P.COLUMN_NOT_FOUND, lab(), mapped("time=#0,cop_ml=#2,cop_ap=#3"), 2),
    "two columns of one name": Case(
        P.COLUMN_AMBIGUOUS,
        lab(X=1.0, x2=1.0).replace("x2", "X"),
        mapped("time=t,cop_ml=X,cop_ap=y"),
        1,
    ),
    "a KINVENT column is missing": Case(P.COLUMN_NOT_FOUND, kinvent().replace("CHANNEL_4", "CHANNEL_5"), line=8),
    "a Wii recording without time": Case(P.COLUMN_NOT_FOUND, wii().replace("Time\t", "Clock\t"), line=1),
    "a row with a cell too few": Case(P.ROW_WIDTH, with_line(own_cop(), 12, "0.10000,1.00000,700.00000"), line=12),
    "a row with a cell too many": Case(P.ROW_WIDTH, with_line(own_cop(), 12, "0.10,1.0,1.0,700.0,5.0"), line=12),
    "decimal commas between commas": Case(P.ROW_WIDTH, own_cop().replace(".", ","), line=2),
    "text in a number": Case(P.TEXT_IN_NUMBER, with_line(own_cop(), 12, "0.10000,abc,1.00000,700.00000"), line=12),
    "text in the first row": Case(P.TEXT_IN_NUMBER, with_line(own_cop(), 2, "0.00000,abc,1.00000,700.00000"), line=2),
    "text in KINVENT's right block": Case(
        P.TEXT_IN_NUMBER, kinvent().replace("0.1200,20.00000", "0.1200,2O.00000"), line=21
    ),
    "a number with two points": Case(P.TEXT_IN_NUMBER, with_line(own_cop(), 12, "0.1,1.2.3,1.0,700.0"), line=12),
    "a number with 1_000": Case(P.TEXT_IN_NUMBER, with_line(own_cop(), 12, "0.1,1_0,1.0,700.0"), line=12),
    "1e300 N": Case(P.NUMBER_TOO_LARGE, with_line(own_cop(), 12, "0.10000,1.00000,1.00000,1e300"), line=12),
    "a row without its time": Case(P.TIME_MISSING, with_line(own_cop(), 12, ",1.00000,1.00000,700.00000"), line=12),
    "time not a number": Case(P.TIME_MISSING, with_line(own_cop(), 12, "NaN,1.00000,1.00000,700.00000"), line=12),
    "time runs backwards": Case(P.TIME_BACKWARDS, with_line(own_cop(), 12, "0.05,1.0,1.0,700.0"), line=12),
    "two rows at one time": Case(P.TIME_TWICE, with_line(own_cop(), 12, "0.09000,1.0,1.0,700.0"), line=12),
    "a column that stays empty": Case(P.VALUES_MISSING, re.sub(r",700\.00000", ",", own_cop()), line=2),
    "every tenth load is NaN": Case(
        P.VALUES_MISSING, re.sub(r"(0\.\d5000,.*),700\.00000", r"\1,NaN", own_cop()), line=7
    ),
    "both sides said to be left": Case(P.SIDE_CONTRADICTED, kinvent(), ReadOptions(side=Side.LEFT)),
    "cells of another plate": Case(P.GEOMETRY_DISAGREES, kinvent().replace("0.5605", "0.6605"), line=9),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_bad_file_is_refused_with_its_code_and_line(case: Case) -> None:
    content = case.content.encode() if isinstance(case.content, str) else case.content
    with pytest.raises(FileRefused) as refused:
        read_bytes("trial.csv", content, case.options)
    assert refused.value.code == case.code
    if case.line is not None:
        assert refused.value.line == case.line
    sentence = file_text(load_words(), "trial.csv", refused.value)
    assert sentence.startswith("trial.csv")
    assert ("line" in sentence.split(":")[0]) == (refused.value.line is not None)
    assert sentence.endswith(".")


CELL_PLACES = parse_cells(CELLS)

SAID: dict[str, Case] = {
    "the last line is cut": Case(P.LAST_LINE_CUT, own_cop()[:-14], line=61),
    "one side only": Case(P.ONE_SIDE_ONLY, kinvent(sides=["Right"])),
    "a side that is none": Case(P.SIDE_NOT_STATED, kinvent(sides=["Both"]), line=8),
    "the person says another side": Case(P.SIDE_REPLACED, kinvent(sides=["Left"]), ReadOptions(side=Side.RIGHT), 8),
    "repeated values": Case(P.ROW_REPEATED, wii(), line=3),
    "a row written twice": Case(P.ROW_TWICE_DROPPED, with_line(own_cop(), 12, own_cop().split("\n")[10]), line=12),
    "one load in 200 is missing": Case(
        P.SOME_VALUES_MISSING, with_line(own_cop(200), 12, "0.10000,1.00000,1.00000,n/a"), line=12
    ),
    "loads count downwards": Case(P.FORCE_SIGN_TURNED, own_cop().replace(",700.00000", ",-700.00000")),
    "metres said to be mm": Case(P.LENGTH_DOUBTFUL, lab(x=sway()[1][:, 0] / 1000, y=sway()[1][:, 1] / 1000), PLAIN),
    "kg said to be N": Case(P.LOAD_DOUBTFUL, lab(f=71.0), PLAIN),
    "a rate beside a time column": Case(P.RATE_NOT_USED, own_cop(), ReadOptions(rate_hz=50.0)),
    "places beside a known device": Case(P.GEOMETRY_NOT_USED, wii(), ReadOptions(geometry=CELL_PLACES)),
    "places beside KINVENT's": Case(P.GEOMETRY_NOT_USED, kinvent(), ReadOptions(geometry=CELL_PLACES)),
    "a part begun": Case(P.PART_WITHOUT_SAMPLES, kinvent(sides=["Left"]) + ",,,\n,,,\nEyes Con", line=71),
    "a part shorter than the device says": Case(
        P.SHORTER_THAN_DECLARED,
        kinvent(60, facts=["Total Displacement (mm),300,,,,,,", "Mean Velocity (mm/s),10,,,,,,"]),
    ),
}


@pytest.mark.parametrize("case", SAID.values(), ids=SAID)
def test_what_does_not_prevent_reading_is_said(case: Case) -> None:
    content = case.content.encode() if isinstance(case.content, str) else case.content
    read = read_bytes("trial.csv", content, case.options)
    said = [problem for problem in read.problems if problem.code == case.code]
    assert said != []
    assert said[0].line == case.line
    sentence = file_text(load_words(), "trial.csv", said[0])
    assert sentence.startswith("trial.csv")
    assert ("line" in sentence.split(":")[0]) == (case.line is not None)
    assert sentence.endswith(".")


IN_OTHER_TESTS = {
    P.NOT_FOUND,
    P.NOT_READABLE,
    P.FILE_TOO_LARGE,
    P.TOO_MANY_ROWS,
    P.GEOMETRY_UNUSABLE,
    P.MAP_SYNTAX,
    P.MAP_UNKNOWN_KEY,
    P.MAP_VALUE,
    P.MAP_INCOMPLETE,
}


def test_every_code_is_provoked() -> None:
    """A code that nothing can provoke is dead; one that no test provokes may have words that do not fit its values."""
    provoked = {case.code for case in (*REFUSED.values(), *SAID.values())}
    assert provoked | IN_OTHER_TESTS == set(FileProblem)
    assert provoked & IN_OTHER_TESTS == set()


def refused(read: Callable[[], object]) -> FileRefused:
    with pytest.raises(FileRefused) as error:
        read()
    assert file_text(load_words(), "trial.csv", error.value).endswith(".")
    return error.value


def test_a_path_that_is_no_readable_file_is_refused(tmp_path: Path) -> None:
    assert refused(lambda: read_file(tmp_path / "nowhere.csv")).code == P.NOT_FOUND
    assert refused(lambda: read_file(tmp_path)).code == P.NOT_READABLE


def test_huge_files_are_refused_before_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """200 MB and 10 million rows: the first is seen from the folder's entry, here of a file that takes no room."""
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(200_000_001)
    assert refused(lambda: read_file(path)).code == P.FILE_TOO_LARGE
    monkeypatch.setattr(sheet, "MAXIMUM_BYTES", 1000)
    monkeypatch.setattr(sheet, "MAXIMUM_ROWS", 50)
    assert refused(lambda: read_bytes("trial.csv", own_cop(60).encode())).code == P.FILE_TOO_LARGE
    monkeypatch.setattr(sheet, "MAXIMUM_BYTES", 10_000)
    assert refused(lambda: read_bytes("trial.csv", own_cop(60).encode())).code == P.TOO_MANY_ROWS
    assert read_bytes("trial.csv", own_cop(49).encode()).reader == "csv"


@pytest.mark.parametrize("typed", ["", "1,2", "1,2;3,4;5,6", "a,b;c,d;e,f;g,h", "0,0;1,0;2,0;3,0", "1,2,3;1,2;3,4;5,6"])
def test_cells_that_are_not_four_places_are_refused(typed: str) -> None:
    assert refused(lambda: parse_cells(typed)).code == P.GEOMETRY_UNUSABLE


def test_a_cut_line_is_never_taken_for_a_sample() -> None:
    """Cut at any byte of its last line, every value of the file is one that was written."""
    whole = own_cop()
    written = read_bytes("trial.csv", whole.encode()).recordings[0]
    for end in range(whole.rindex("\n", 0, -1) + 1, len(whole)):
        read = read_bytes("trial.csv", whole[:end].encode())
        [recording] = read.recordings
        n = len(recording.time_s)
        assert n in (59, 60)
        assert np.array_equal(recording.values, written.values[:n])
        line_begun = not whole[:end].endswith("\n")
        assert [problem.code for problem in read.problems] == ([P.LAST_LINE_CUT] if n == 59 and line_begun else [])


def test_a_file_without_a_last_line_end_keeps_its_last_row() -> None:
    read = read_bytes("trial.csv", own_cop().rstrip("\n").encode())
    assert (len(read.recordings[0].time_s), read.problems) == (60, ())


def test_a_blank_line_between_samples_of_kinvent_loses_none() -> None:
    text = kinvent(sides=["Left"])
    lines = text.split("\n")
    lines.insert(30, ",,,,,,,")
    assert len(read_bytes("trial.csv", "\n".join(lines).encode()).recordings[0].time_s) == 60


def test_a_missing_cop_on_an_empty_plate_is_not_counted_as_missing() -> None:
    """A device that writes no CoP while nobody stands on the plate loses nothing."""
    text = own_cop(100)
    for number in range(2, 32):
        text = with_line(text, number, f"{(number - 2) / 100:.5f},NaN,NaN,0.50000")
    read = read_bytes("trial.csv", text.encode())
    assert P.SOME_VALUES_MISSING not in {problem.code for problem in read.problems}
    assert np.isnan(read.recordings[0].values[:30, :2]).all()


def test_text_in_a_column_that_is_not_wanted_does_not_matter() -> None:
    read = read_bytes("trial.csv", lab(note=1.0).replace(",1.00000\n", ",step on\n").encode(), PLAIN)
    assert len(read.recordings[0].time_s) == 60


def test_problems_carry_their_part() -> None:
    problems = read_bytes("trial.csv", kinvent().encode(), ReadOptions(rate_hz=100.0)).problems
    assert {str(problem.values["part"]) for problem in problems if problem.code == P.RATE_NOT_USED} == {
        "LEFT, repetition 1",
        "RIGHT, repetition 1",
    }
    assert file_text(load_words(), "a.csv", Problem(P.LAST_LINE_CUT, 7, {"part": "LEFT"})).startswith(
        "a.csv, LEFT, line 7:"
    )


def test_a_header_that_is_missing_a_line_does_not_lose_the_first_row() -> None:
    """Columns named by their place: the first row counts where it holds numbers."""
    text = without_line(lab(), 1)
    [recording] = read_bytes("trial.csv", text.encode(), mapped("time=#1,cop_ml=#2,cop_ap=#3,fz=#4")).recordings
    assert (len(recording.time_s), recording.time_s[0]) == (60, 0.0)
    broken = with_line(text, 2, "0.01,text,1.0,700.0")
    assert refused(lambda: read_bytes("t.csv", broken.encode(), mapped("time=#1,cop_ml=#2,cop_ap=#3"))).line == 2
