"""Three stances in one recording of a Wii board: found, with their sides, where the CoP was seen to lie.

Phases inferred by hand from the CoP, +-0.3 s: on the board, both feet, right, both feet, left, both feet, right, both
feet. The board's + ML is documented: to the right.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from published import Analyse, table

FOLDER = "02_wii_board_single_leg_alternating"
FORMS = ["wbb_first_half.csv", "wbb_first_half.txt"]


def inferred(recordings: Path) -> list[tuple[str, float, float]]:
    """Side, start and end of each single-leg phase. [s]"""
    rows = table(recordings / FOLDER / "phases_inferred.csv")
    return [
        (row["phase"].split()[2].lower(), float(row["start_s"]), float(row["end_s"]))
        for row in rows
        if row["phase"].startswith("single leg")
    ]


@pytest.mark.parametrize("form", FORMS)
def test_right_left_right_are_found_where_they_were(recordings: Path, analysed: Analyse, form: str) -> None:
    seen = inferred(recordings)
    assert [side for side, _, _ in seen] == ["right", "left", "right"]
    trials = analysed(recordings / FOLDER / form)
    assert [trial["side"] for trial in trials] == [side for side, _, _ in seen]
    for trial, (_, start_s, end_s) in zip(trials, seen, strict=True):
        assert trial["phases"]["foot_off_s"] == pytest.approx(start_s, abs=0.5)
        assert trial["phases"]["touch_down_s"] == pytest.approx(end_s, abs=0.5)
        assert trial["phases"]["hold_time_s"] == pytest.approx(end_s - start_s, abs=0.5)


@pytest.mark.parametrize("form", FORMS)
def test_each_stance_lies_over_its_own_foot(recordings: Path, analysed: Analyse, form: str) -> None:
    """Lateral of the middle on both sides, after one mirroring: 118 to 132 mm were seen, the middle is inferred."""
    for trial in analysed(recordings / FOLDER / form):
        assert 110 <= trial["metrics"]["mean_ml"]["value"] <= 140


def test_where_the_feet_stood_is_not_known(recordings: Path, analysed: Analyse) -> None:
    for trial in analysed(recordings / FOLDER / FORMS[0]):
        assert trial["metrics"]["lateral_shift"]["reason"] == "NO_FOOT_PLACEMENT"
        assert trial["usable"]
        assert trial["phases"]["short"]
