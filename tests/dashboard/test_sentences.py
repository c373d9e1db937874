"""Sentences say what the numbers allow: every code has words, every number fits them, no verdict slips in."""

from __future__ import annotations

import math
import re
from enum import StrEnum

import pytest

import analysis  # noqa: F401  (registers every metric)
from analysis.assess import Value
from analysis.geometry import Side
from analysis.metrics import METRICS, Reason
from analysis.phases import EndedBy, StancePhases
from analysis.quality import Finding, FindingCode, Severity
from analysis.sides import MetricComparison, NoComparison, SideComparison, SideResult
from dashboard import sentences
from dashboard.words import load_words

words = load_words()


def method_words() -> dict[str, str]:
    """Sentences of the method: everything said about a result."""
    spoken = ("metric", "finding", "reason", "no_comparison", "comparison", "ended", "severity", "usable", "value")
    return {key: text for key, text in words.sentences.items() if key.split(".")[0] in spoken}


@pytest.mark.parametrize(
    ("codes", "prefix"),
    [
        (Reason, "reason"),
        (NoComparison, "no_comparison"),
        (EndedBy, "ended"),
        (Severity, "severity"),
    ],
)
def test_every_code_has_words(codes: type[StrEnum], prefix: str) -> None:
    assert [code for code in codes if not words.has(f"{prefix}.{code.value}")] == []


def test_every_finding_has_words_with_both_plural_forms_where_it_counts() -> None:
    for code in FindingCode:
        key = f"finding.{code.value}"
        assert words.has(key) or (words.has(f"{key}.one") and words.has(f"{key}.other")), code


@pytest.mark.parametrize("id", METRICS)
def test_every_metric_has_a_label_its_limits_and_a_unit_people_read(id: str) -> None:
    assert sentences.metric_label(words, id)
    assert sentences.metric_limits(words, id).endswith(".")
    assert words.has(f"unit.{METRICS[id].unit}")


def test_no_two_metrics_share_a_label() -> None:
    labels = [sentences.metric_label(words, id) for id in METRICS]
    assert len(set(labels)) == len(labels)


def test_no_words_are_left_of_a_metric_that_is_gone() -> None:
    spoken = {key.split(".")[1] for key in words.sentences if key.startswith("metric.")}
    assert spoken == set(METRICS)


@pytest.mark.parametrize(
    "avoided", ["abnormal", "positive", "recovered", "risk", "diagnosis", "clinically significant"]
)
def test_words_that_judge_a_person_do_not_occur(avoided: str) -> None:
    found = [key for key, text in words.sentences.items() if re.search(rf"\b{avoided}", text, re.IGNORECASE)]
    assert [key for key in found if not key.startswith("field.")] == []  # a field is named for what people write in it


def test_no_result_calls_anyone_weak() -> None:
    assert [key for key, text in method_words().items() if re.search(r"\bweak\b", text, re.IGNORECASE)] == []


@pytest.mark.parametrize(
    ("id", "number", "text"),
    [
        ("velocity_ml", 41.23456, "41.2 mm/s"),
        ("rms_ml", 7.60208, "7.60 mm"),
        ("prediction_ellipse_area", 1551.6, "1552 mm²"),
        ("mean_frequency", 0.5634, "0.56 Hz"),
        ("settling_ratio", 1.304, "1.30"),
        ("prediction_ellipse_angle", -12.34, "−12.3°"),
        ("lateral_shift", 12.34, "+12.3 mm"),
        ("lateral_shift", -0.001, "0.00 mm"),
        ("failures", 1.0, "1"),
        ("path", 0.0, "0.00 mm"),
    ],
)
def test_numbers_have_three_significant_digits_and_their_unit(id: str, number: float, text: str) -> None:
    assert sentences.value_text(words, id, Value(number)) == text


def test_a_standard_error_stands_behind_its_value() -> None:
    assert sentences.value_text(words, "velocity", Value(41.2, se=1.5)) == "41.2 mm/s ± 1.50 mm/s"


def test_a_missing_value_says_why() -> None:
    missing = Value(None, reason=Reason.NO_FOOT_PLACEMENT)
    assert sentences.value_text(words, "lateral_shift", missing) == "none: place of the foot not known"


def phases(hold_s: float, ended_by: EndedBy, censored: bool) -> StancePhases:
    return StancePhases(Side.LEFT, 0.0, hold_s, 0.0, None, None, ended_by, hold_s, censored)


@pytest.mark.parametrize("ended_by", EndedBy)
def test_every_end_names_the_hold_time(ended_by: EndedBy) -> None:
    assert "12.3 s" in sentences.ended_text(words, phases(12.34, ended_by, censored=False))


def test_a_censored_hold_is_shown_as_a_bound() -> None:
    assert "≥ 30.0 s" in sentences.ended_text(words, phases(30.0, EndedBy.TARGET_REACHED, censored=True))


def test_a_mismatch_of_sides_names_both() -> None:
    finding = Finding(FindingCode.SIDE_MISMATCH, Severity.NOT_USABLE, {"declared": "left", "found": "right"})
    text = sentences.finding_text(words, finding)
    assert "left stance" in text
    assert "right foot" in text


def test_one_and_many_are_said_differently() -> None:
    one = Finding(FindingCode.REPEATED_ROWS, Severity.NOTE, {"n": 1})
    many = Finding(FindingCode.REPEATED_ROWS, Severity.NOTE, {"n": 18})
    assert sentences.finding_text(words, one).startswith("One row repeats")
    assert sentences.finding_text(words, many).startswith("18 rows repeat")


def test_an_unknown_cause_of_interruption_is_shown_as_its_code() -> None:
    finding = Finding(FindingCode.INTERRUPTED, Severity.NOT_USABLE, {"reason": "METEOR"})
    assert "METEOR" in sentences.finding_text(words, finding)


def compared(id: str, entry: MetricComparison, failures: tuple[int, int] = (0, 0)) -> str:
    left = SideResult(Side.LEFT, 3, 3, failures[0], {})
    right = SideResult(Side.RIGHT, 3, 3, failures[1], {})
    return sentences.comparison_text(words, id, SideComparison(left, right, {id: entry}))


def test_a_flagged_ratio_reads_as_the_method_wants_it() -> None:
    entry = MetricComparison("ratio", 1.4, (1.1, 1.8), True, 4.8, None)
    assert compared("velocity_ml", entry) == (
        "Left less steady than right: ML velocity 1.40 × (95 % CI 1.10 to 1.80), beyond the assumed MDC of 4.8 mm/s."
    )


def test_the_less_steady_side_is_named_first() -> None:
    """0.5 left over right (0.4 to 0.8) is 2.0 right over left (1.25 to 2.5)."""
    entry = MetricComparison("ratio", 0.5, (0.4, 0.8), True, None, None)
    assert compared("rms_ml", entry) == (
        "Right less steady than left: ML RMS 2.00 × (95 % CI 1.25 to 2.50), beyond the ratio of 1.25."
    )


def test_a_flagged_shift_says_which_side_lies_further_lateral() -> None:
    entry = MetricComparison("difference", -14.0, (-20.5, -7.5), True, 10.0, None)
    assert compared("lateral_shift", entry) == (
        "Right further lateral than left: Lateral shift 14.0 mm (95 % CI 7.5 to 20.5 mm),"
        " beyond the assumed MDC of 10 mm."
    )


def test_only_an_interval_within_the_limit_says_that_there_is_no_difference_beyond_variability() -> None:
    entry = MetricComparison("ratio", 1.1, (0.98, 1.14), False, 4.8, None, within=True)
    assert compared("velocity_ml", entry) == (
        "ML velocity: left 1.10 × right (95 % CI 0.98 to 1.14). No side difference beyond test variability."
    )


def test_a_wide_interval_neither_shows_nor_excludes_a_difference() -> None:
    entry = MetricComparison("ratio", 1.91, (0.16, 23.3), False, 4.8, None)
    assert compared("velocity_ml", entry) == (
        "ML velocity: left 1.91 × right (95 % CI 0.16 to 23.30). A side difference is neither shown nor excluded."
    )


def test_a_difference_whose_measurement_error_is_unknown_is_not_judged() -> None:
    entry = MetricComparison("difference", 5.0, (1.0, 9.0), False, None, None)
    assert "Not judged" in compared("drift", entry)


def test_one_trial_a_side_states_no_difference() -> None:
    entry = MetricComparison("ratio", 1.28, None, False, 4.8, NoComparison.ONE_TRIAL_A_SIDE)
    text = compared("velocity_ml", entry)
    assert text.startswith("ML velocity: left 1.28 × right;")
    assert "no difference can be stated" in text


def test_a_bound_says_which_way_it_binds() -> None:
    """The left leg was still up at 30 s, the right touched down at 12 s: at least 18 s more on the left."""
    entry = MetricComparison("bound", 18.0, None, False, None, NoComparison.ONE_CENSORED, "at_least")
    assert compared("hold_time", entry).startswith("Hold time: left minus right at least +18.0 s")


@pytest.mark.parametrize("reason", NoComparison)
def test_a_comparison_without_a_number_says_why(reason: NoComparison) -> None:
    entry = MetricComparison("ratio", None, None, False, None, reason)
    assert sentences.no_comparison_text(words, reason) in compared("velocity", entry)


def test_failures_are_counted_beside_their_attempts() -> None:
    entry = MetricComparison("difference", 2.0, None, False, None, NoComparison.COUNTED)
    assert compared("failures", entry, failures=(2, 0)) == "Failures: left 2 of 3, right 0 of 3 attempts."


def test_a_side_without_an_attempt_says_so() -> None:
    none = SideResult(Side.RIGHT, 0, 0, 0, {})
    assert sentences.attempts_text(words, none) == "Right: no attempt."
    one = SideResult(Side.LEFT, 1, 1, 0, {})
    assert sentences.attempts_text(words, one) == "Left: one attempt, 1 usable, 0 ended early."


def test_a_minus_sign_is_no_hyphen_and_zero_has_no_sign() -> None:
    assert words.number(-1.25, 1) == "−1.2"
    assert words.number(-0.01, 1) == "0.0"
    assert not math.copysign(1, float(words.number(-0.0, 0))) < 0
