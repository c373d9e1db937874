"""Progress in words: sizes with their intervals, labels for what they are, breaks by name, no importance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.geometry import Side
from analysis.progress import Break, Change, Label, Slope
from dashboard.progress_sentences import break_text, change_text, slope_text
from dashboard.words import load_words

WORDS = load_words()
FELL = Change(-28.0, (-41.0, -12.0), 0.0, -2.7, Label.IMPROVED, (), assumed=False)


def said(change: Change, metric_id: str = "velocity_ml") -> str:
    return change_text(WORDS, metric_id, Side.LEFT, change)


def test_an_improvement_is_said_with_its_interval_and_without_importance() -> None:
    text = said(FELL)
    assert text.startswith("Left")
    assert (
        "\N{MINUS SIGN}28 % (95 % CI \N{MINUS SIGN}41 % to \N{MINUS SIGN}12 %). Improved beyond measurement error."
        in text
    )
    assert "cannot be judged from this number" in text
    assert "clinical" not in text


def test_what_is_assumed_is_called_assumed_and_what_is_not_is_not() -> None:
    assert "assumed" not in said(FELL)
    assert "assumed" in said(replace(FELL, assumed=True))


def test_practice_that_was_taken_off_is_said() -> None:
    assert "\N{MINUS SIGN}8 %, expected of practice" in said(replace(FELL, practice=-8.0))


def test_a_signed_metric_changes_in_its_unit() -> None:
    text = said(Change(6.0, (-4.0, 16.0), 0.0, 1.2, None, (), assumed=False), "lateral_shift")
    assert "+6.00 mm (95 % CI \N{MINUS SIGN}4.00 mm to +16.0 mm)" in text
    assert "measurement error" not in text


@pytest.mark.parametrize("what", Break)
def test_every_break_has_a_name_and_stops_the_sentence(what: Break) -> None:
    text = said(Change(None, None, 0.0, None, Label.NOT_COMPARABLE, (what,), assumed=True))
    assert f"Not compared: {break_text(WORDS, what)}." in text


@pytest.mark.parametrize("label", Label)
def test_every_label_has_a_sentence(label: Label) -> None:
    assert WORDS(f"progress.label.{label}").endswith(".")


def test_a_visit_without_enough_trials_says_what_it_takes() -> None:
    text = said(Change(None, None, 0.0, None, Label.NOT_ENOUGH, (), assumed=True))
    assert "two usable trials at each visit" in text


def test_a_trend_has_its_visits_and_its_interval_where_there_is_one() -> None:
    assert slope_text(WORDS, "velocity_ml", Slope(-10.0, None, 4)) == "\N{MINUS SIGN}10 % in 4 weeks, over 4 visits."
    text = slope_text(WORDS, "velocity_ml", Slope(-10.0, (-15.0, -5.0), 6))
    assert "(95 % CI \N{MINUS SIGN}15 % to \N{MINUS SIGN}5 %), over 6 visits" in text


def test_a_hold_that_is_only_a_bound_has_no_change_and_no_interval() -> None:
    """Both reached 30 s: that their difference is 0 s, give or take something, was not measured."""
    text = said(replace(FELL, change=0.0, ci95=(-24.1, 24.1), label=Label.CENSORED), "hold_time")
    assert "at least that long" in text
    assert not set("0123456789") & set(text)
