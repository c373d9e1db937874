"""The abductor panel's words: complete, numbers with their intervals, no moment without a tilt, no verdict."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from analysis.abductors import Observation, Pattern, PelvicDrop, SidePanel
from analysis.demand import Body, EntryRefused, Estimate, Reading, Term, demand
from analysis.geometry import Side
from dashboard.abductor_sentences import (
    budget_text,
    deficit_text,
    demand_text,
    entry_text,
    help_texts,
    observation_text,
    panel_rows,
    pattern_text,
    reserve_text,
    rule_text,
    strength_text,
)
from dashboard.words import load_words

WORDS = load_words()
EMPTY = SidePanel(Side.LEFT, {}, None, None, None, None, None, None, Pattern.NO_DIFFERENCE)
BODY = Body(70.0, 840.0, 86.0)
#: Words a clinician could take for a verdict that no number here allows.
VERDICTS = re.compile(r"\b(abnormal|positive|weak|recovered|risk|clinically significant)\b", re.IGNORECASE)


@pytest.mark.parametrize("pattern", Pattern)
def test_every_pattern_names_its_side_its_rule_and_no_verdict(pattern: Pattern) -> None:
    panel = replace(EMPTY, pattern=pattern)
    sentence, rule = pattern_text(WORDS, panel), rule_text(WORDS, panel)
    assert sentence.startswith("Left")
    assert rule.startswith("Rule")
    assert not VERDICTS.search(sentence + rule)


def test_no_difference_never_excludes_weakness() -> None:
    assert "does not exclude weakness" in pattern_text(WORDS, EMPTY)


def test_a_panel_without_entries_shows_no_number() -> None:
    texts = " ".join(text for _, text in panel_rows(WORDS, EMPTY))
    assert not re.search(r"\d", texts)
    assert "cannot give a moment" in texts


def test_a_demand_is_said_with_its_interval_and_its_trials() -> None:
    """Ratio 1.00, one standard error 0.18: from 0.66 to 1.34; 59 Nm and 0.84 Nm/kg."""
    found = replace(demand([Reading(0.0, 6.32)], BODY), ratio=Estimate(1.0, 0.175))
    text = demand_text(WORDS, found)
    assert "1.00 of a level pelvis (95 % CI 0.66 to 1.34)" in text
    assert "59 N m, 0.84 N m/kg, 1 trial" in text


def test_the_budget_names_the_largest_error_first() -> None:
    text = budget_text(WORDS, demand([Reading(0.0, 6.32)], BODY))
    assert re.search(r"level pelvis: tilt reading 16 %, foot on the template 6 %", text)


@pytest.mark.parametrize("term", Term)
def test_every_term_of_the_budget_has_a_name(term: Term) -> None:
    assert WORDS(f"abductors.term.{term}")


def test_a_stronger_side_is_called_stronger() -> None:
    assert deficit_text(WORDS, Estimate(-20.0, 10.0)).startswith(
        "20 % stronger than the other side (95 % CI 0 to 40 %)"
    )
    assert deficit_text(WORDS, Estimate(20.0, 10.0)).startswith("20 % weaker than the other side (95 % CI 0 to 40 %)")


def test_strength_and_reserve_are_said_with_their_intervals() -> None:
    panel = replace(EMPTY, strength_nm=Estimate(100.0, 10.0), strength_nm_per_kg=Estimate(1.25, 0.125))
    assert strength_text(WORDS, panel) == "100 N m (80 to 120), 1.25 N m/kg"
    assert reserve_text(WORDS, Estimate(2.0, 0.5)).startswith("2.00 (95 % CI 1.02 to 2.98)")


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        (None, "not entered"),
        (Observation(), "not entered"),
        (Observation(PelvicDrop.NONE, trunk_lean=False), "pelvis level; trunk upright"),
        (Observation(PelvicDrop.LATER, drop_at_s=12.0), "pelvis dropped after 12 s"),
        (Observation(PelvicDrop.LATER), "pelvis dropped"),
        (Observation(trunk_lean=True, trunk_lean_deg=8.0), "trunk leaned 8 degrees to the stance side"),
    ],
)
def test_what_was_not_looked_at_is_not_said_to_be_absent(seen: Observation | None, text: str) -> None:
    assert observation_text(WORDS, seen) == text


ENTRIES = (
    "mass_kg leg_length_mm hip_half_spacing_mm lateral_shift_mm tilt_deg hand_load"
    " drop_at_s trunk_lean_deg moment_nm force_n lever_m"
)


@pytest.mark.parametrize("name", ENTRIES.split())
def test_every_entry_that_can_be_refused_has_a_name(name: str) -> None:
    assert "must be from 10 to 300" in entry_text(WORDS, EntryRefused(name, 5.0, 10.0, 300.0))


def test_the_help_ends_with_what_the_plate_does_not_do() -> None:
    assert "does not diagnose" in help_texts(WORDS)[-1]
