"""Three stances in one recording of a Wii board: found, with their sides, where the CoP was seen to lie.

Phases inferred by hand from the CoP, +-0.3 s: on the board, both feet, right, both feet, left, both feet, right, both
feet. The board's + ML is documented: to the right.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from published import Analyse, table
from standing import FOOTING

from acquisition.files import read_file
from analysis.assess import assess_import
from analysis.cop import ForceSeries
from analysis.geometry import Footing
from analysis.online import StanceWatch
from analysis.phases import EndedBy
from analysis.settings import AnalysisSettings

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


def feet_at(half_spacing_mm: float) -> Footing:
    """Feet of the usual size this far from the middle."""
    left, right = (
        replace(foot, heel_mm=(x_mm, foot.heel_mm[1]), toe_mm=(x_mm, foot.toe_mm[1]))
        for foot, x_mm in ((FOOTING.left, -half_spacing_mm), (FOOTING.right, half_spacing_mm))
    )
    return Footing(left, right)


def test_replayed_sample_by_sample_each_moment_is_known_half_a_second_after_it(recordings: Path) -> None:
    """The watch of the guided test, from 4 s before each lift; moments as the whole recording has them."""
    (recording,) = read_file(recordings / FOLDER / FORMS[0]).recordings
    assert recording.geometry is not None
    load = recording.values @ recording.geometry.load_matrix().T
    for trial in assess_import(recording, settings=AnalysisSettings()):
        phases, side, weight_n = trial.result.phases, trial.result.side, trial.stance.weight_n
        assert side is not None
        assert weight_n is not None
        assert phases.foot_off_s is not None
        assert phases.touch_down_s is not None
        watch, known_off_s, known_end_s = StanceWatch(feet_at(125.0), side, weight_n), None, None
        for at in np.flatnonzero(recording.time_s > phases.foot_off_s - 4.0):
            watch.feed(ForceSeries(recording.time_s[at : at + 1], load[at : at + 1]))
            now_s = float(recording.time_s[at])
            known_off_s = None if watch.foot_off_s is None else known_off_s or now_s
            if watch.end is not None:
                known_end_s = now_s
                assert watch.end.ended_by is EndedBy.TOUCHDOWN
                break
        assert known_off_s is not None
        assert known_end_s is not None
        assert 0 < known_off_s - phases.foot_off_s <= 0.5
        assert 0 < known_end_s - phases.touch_down_s <= 0.5
