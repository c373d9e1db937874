"""Whatever a file holds, it is read or refused: nothing else happens, and what is read is a valid recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from written_files import CELLS, kinvent, own_cells, own_cop, wii

from acquisition.files import ColumnMap, FileRefused, ReadFile, ReadOptions, parse_cells, read_bytes
from dashboard.file_sentences import file_text
from dashboard.words import load_words

OPTIONS = {
    "nothing": ReadOptions(),
    "a rate and places": ReadOptions(rate_hz=100.0, geometry=parse_cells(CELLS)),
    "a map by names": ReadOptions(columns=ColumnMap.parse("time=time_s,cop_ml=cop_ml_mm,cop_ap=cop_ap_mm,fz=fz_n")),
    "a map by places": ReadOptions(rate_hz=100.0, columns=ColumnMap.parse("cop_ml=#1,cop_ap=#2,fz=#3")),
    "a map with a dialect": ReadOptions(
        columns=ColumnMap.parse("time=#1,cop_ml=#2,cop_ap=#3,delimiter=comma,decimal=comma")
    ),
}
GOOD = {"own cop": own_cop(30), "own cells": own_cells(30), "wii": wii(30), "kinvent": kinvent(30)}
WORDS = load_words()


def read_or_refused(content: bytes, options: ReadOptions) -> ReadFile | None:
    """What is read; whatever is said about it must have words that its values fit."""
    try:
        read = read_bytes("any", content, options)
    except FileRefused as refused:
        file_text(WORDS, "any", refused)
        return None
    for problem in read.problems:
        file_text(WORDS, "any", problem)
    assert len(read.facts) == len(read.recordings) > 0
    for recording in read.recordings:
        assert not np.isinf(recording.values).any()
        assert recording.rate_hz > 0
    return read


options = st.sampled_from(list(OPTIONS.values()))


@given(st.binary(max_size=400), options)
def test_any_bytes_are_read_or_refused(content: bytes, chosen: ReadOptions) -> None:
    read_or_refused(content, chosen)


@given(st.text(alphabet="0123456789.,;\t \n-+eE\"'abNan#|\r", max_size=600), options)
@example("\x0c\n" * 40, OPTIONS["a map by places"])
@example("1 2 3\n" * 30 + "\x0b\n", OPTIONS["a map by places"])
@example('"\n' * 30, OPTIONS["a map by places"])
@example(",,,\n" * 30, OPTIONS["a map by places"])
@example("nan,nan,nan\n" * 30, OPTIONS["a map by places"])
@example("1,2,1e999\n" * 30, OPTIONS["a map by places"])
@example("1\u20032,3\u3000,4\n" * 30, OPTIONS["a map by places"])
@example("\u0661,\u0662,\u0663\n" * 30, OPTIONS["a map by places"])
def test_any_text_like_a_table_is_read_or_refused(text: str, chosen: ReadOptions) -> None:
    read_or_refused(text.encode(), chosen)


def mutated(good: bytes, changes: list[tuple[float, str, bytes]]) -> bytes:
    """`good` with bytes replaced, put in, or taken out at fractions of its length, or cut there."""
    content = good
    for place, how, some in changes:
        at = int(place * len(content))
        if how == "replace":
            content = content[:at] + some + content[at + len(some) :]
        elif how == "insert":
            content = content[:at] + some + content[at:]
        elif how == "delete":
            content = content[:at] + content[at + 1 + len(some) :]
        else:
            content = content[:at]
    return content


changes = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.sampled_from(["replace", "insert", "delete", "cut"]),
        st.one_of(
            st.binary(max_size=3), st.sampled_from([b"\n", b",", b".", b"-", b"e", b"NaN", b'"', b"\t", b"99", b"\n\n"])
        ),
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("form", GOOD)
@given(changes=changes, chosen=options)
def test_a_damaged_file_is_read_or_refused(
    form: str, changes: list[tuple[float, str, bytes]], chosen: ReadOptions
) -> None:
    read_or_refused(mutated(GOOD[form].encode(), changes), chosen)


@pytest.mark.parametrize("form", GOOD)
@given(place=st.floats(0, 1))
def test_a_cut_file_gives_the_samples_before_the_cut_or_is_refused(form: str, place: float) -> None:
    whole = read_or_refused(GOOD[form].encode(), OPTIONS["a rate and places"])
    cut = read_or_refused(GOOD[form].encode()[: int(place * len(GOOD[form]))], OPTIONS["a rate and places"])
    assert whole is not None
    for before, after in zip(whole.recordings, cut.recordings if cut else (), strict=False):
        assert np.array_equal(after.values, before.values[: len(after.values)])
        assert np.array_equal(after.time_s, before.time_s[: len(after.time_s)])


@pytest.mark.recordings
@given(place=st.floats(0.3, 1))
def test_a_cut_export_of_kinvent_gives_the_samples_before_the_cut_or_is_refused(recordings: Path, place: float) -> None:
    content = (recordings / "01_kinvent_single_leg" / "kinvent_sls_30s_original_export.csv").read_bytes()
    whole, cut = read_bytes("k.csv", content), read_or_refused(content[: int(place * len(content))], ReadOptions())
    for before, after in zip(whole.recordings, cut.recordings if cut else (), strict=False):
        assert np.array_equal(after.values, before.values[: len(after.values)])
