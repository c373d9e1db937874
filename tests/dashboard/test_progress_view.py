"""Progress over visits: numbers of the analysis, breaks said, conditions apart, nothing where nothing came before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from measured import trial

from analysis.assess import TrialResult
from analysis.geometry import Side
from analysis.progress import Break, progress
from dashboard.figures.trend import difference_trend, range_of, span_of, trend
from dashboard.history import PatientHistory, VisitHistory
from dashboard.progress_view import (
    conditions,
    metric_progress,
    sessions_of,
    trend_metrics,
    visit_progress,
    visit_trends,
)
from dashboard.station import FiledTrial, VisitResults
from dashboard.visit_groups import condition_groups
from dashboard.visit_view import visit_view
from dashboard.words import load_words
from records.model import Patient, Trial, TrialStatus, Visit

WORDS = load_words()
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
PATIENT = Patient("p", "P-1", None, 1960, None, None, "", simulated=False, version=1, created_at=START)
OPEN, CLOSED = "eyes_open", "eyes_closed"


def filed(result: TrialResult, id: str, **how: object) -> FiledTrial:
    side = result.side
    state = {"demo": False, "status": TrialStatus.FILED, "void_reason": None, "version": 1, "created_at": START}
    made = Trial(id, "v", "r", side, 0.0, 30.0, OPEN, 1, **state)  # type: ignore[arg-type]
    return FiledTrial(replace(made, **how), result)  # type: ignore[arg-type]


def visit(week: float, trials: Sequence[FiledTrial]) -> VisitHistory:
    at = START + timedelta(weeks=week)
    made = Visit(f"v{week}", "p", at, 60, "Room 1", "Dr. Example", "", 1)
    results = VisitResults(made, PATIENT, tuple(trials))
    return VisitHistory(results, condition_groups(results))


def measured(week: float, left: Sequence[float], right: Sequence[float], **how: object) -> VisitHistory:
    """A visit with these ML velocities."""
    values = [(Side.LEFT, value) for value in left] + [(Side.RIGHT, value) for value in right]
    trials = [
        filed(trial(side, censored=False, velocity_ml=value), f"t{week}-{n}", **how)
        for n, (side, value) in enumerate(values)
    ]
    return visit(week, trials)


def history(*visits: VisitHistory) -> PatientHistory:
    return PatientHistory(PATIENT, tuple(visits), {"c1": "10 kg, 9 crosses"})


TWO = history(measured(0, [30.0] * 3, [20.0] * 3), measured(4, [24.0] * 3, [20.0] * 3))


def test_the_trend_is_the_one_of_the_analysis() -> None:
    seen = metric_progress(WORDS, TWO, OPEN, "velocity_ml")
    own = {side: sessions_of(TWO, OPEN, side) for side in Side}
    assert seen.left.progress == progress("velocity_ml", own[Side.LEFT], own[Side.RIGHT])
    assert seen.left.progress is not None
    assert [point.mean for point in seen.left.progress.points] == pytest.approx([30.0, 24.0])


def test_a_row_holds_means_trials_and_the_comparison_of_its_visit() -> None:
    """30 against 20 mm/s: 1.5 times."""
    first, _ = metric_progress(WORDS, TWO, OPEN, "velocity_ml").rows
    assert (first.at, first.left, first.right) == ("5 Jan 2026", "30.0 mm/s (3)", "20.0 mm/s (3)")
    assert "1.50 ×" in first.difference
    assert first.breaks == ""


def test_a_change_is_told_with_the_day_it_counts_from() -> None:
    """24 for 30 mm/s is -20 %, less the 8 % of practice: exp(ln 0.8 + 0.08) = -13 %."""
    (sentence,) = metric_progress(WORDS, TWO, OPEN, "velocity_ml").left.sentences
    assert sentence.startswith("Since 5 Jan 2026: Left, ML velocity: \N{MINUS SIGN}13 %")
    assert "assumed" in sentence


def test_after_a_practice_trial_nothing_is_taken_off() -> None:
    """Practice is void from the beginning and enters no mean; that there was some is remembered."""
    guided = measured(0, [30.0] * 3, [20.0] * 3, protocol={"practice": False}).results.trials
    practice = filed(trial(Side.LEFT, velocity_ml=99.0), "x", protocol={"practice": True}, status=TrialStatus.VOID)
    (session,) = sessions_of(history(visit(0, [practice, *guided])), OPEN, Side.LEFT)
    assert session.practised
    assert session.values("velocity_ml").tolist() == [30.0] * 3
    (other,) = sessions_of(history(visit(0, guided)), OPEN, Side.LEFT)
    assert not other.practised


def test_conditions_stand_apart() -> None:
    both = history(measured(0, [30.0] * 3, [20.0] * 3), measured(4, [60.0] * 3, [50.0] * 3, condition=CLOSED))
    assert [key for key, _ in conditions(WORDS, both)] == [CLOSED, OPEN]
    seen = metric_progress(WORDS, both, OPEN, "velocity_ml")
    assert len(seen.rows) == 1
    assert seen.left.sentences == (WORDS("progress.one_visit"),)


def test_demonstrations_stand_apart_and_last() -> None:
    both = history(measured(0, [30.0] * 3, [20.0] * 3), measured(4, [24.0] * 3, [20.0] * 3, demo=True))
    assert [key for key, _ in conditions(WORDS, both)] == [OPEN, "eyes_open demo"]
    assert len(metric_progress(WORDS, both, OPEN, "velocity_ml").rows) == 1


def on_another_plate(seen: VisitHistory) -> VisitHistory:
    trials = [
        FiledTrial(one.trial, replace(one.result, plate_serial="OTHER")) for one in seen.results.trials if one.result
    ]
    results = replace(seen.results, trials=tuple(trials))
    return VisitHistory(results, condition_groups(results))


def test_visits_on_two_plates_are_not_compared_and_the_line_between_them_breaks() -> None:
    seen = metric_progress(WORDS, history(TWO.visits[0], on_another_plate(TWO.visits[1])), OPEN, "velocity_ml")
    assert "another plate" in seen.left.sentences[0]
    assert "another plate" in seen.rows[1].breaks
    assert seen.left.progress is not None
    assert seen.left.progress.points[1].breaks == (Break.PLATE,)
    times = [point.at for point in seen.left.progress.points]
    drawn = trend(seen.left.progress, span_of(times), None, (), WORDS)
    assert [each for each in drawn.data if each.mode == "lines"] == []
    assert WORDS("progress.break_mark") in [note.text for note in drawn.layout.annotations]


def test_the_picture_holds_every_trial_and_every_mean() -> None:
    seen = metric_progress(WORDS, TWO, OPEN, "velocity_ml")
    assert seen.left.progress is not None
    span = span_of([point.at for point in seen.left.progress.points])
    drawn = {
        each.name: each for each in trend(seen.left.progress, span, None, (), WORDS).data if each.mode == "markers"
    }
    assert list(drawn[WORDS("progress.trial")].y) == [30.0] * 3 + [24.0] * 3
    assert list(drawn[WORDS("progress.mean")].y) == pytest.approx([30.0, 24.0])
    assert drawn[WORDS("progress.mean")].x[0].hour == 10  # 9 h UTC on a clock one hour ahead


def test_both_legs_are_drawn_on_one_scale_that_holds_trials_and_bands() -> None:
    seen = metric_progress(WORDS, TWO, OPEN, "velocity_ml")
    legs = [leg.progress for leg in seen.legs]
    ends = range_of(legs)
    assert ends is not None
    for leg in legs:
        assert leg is not None
        assert leg.band is not None
        assert ends[0] <= leg.band[0] < leg.band[1] <= ends[1]


def test_the_side_difference_is_drawn_with_its_interval() -> None:
    spread = history(measured(0, [29.0, 30.0, 31.0], [19.0, 20.0, 21.0]))
    (point,) = metric_progress(WORDS, spread, OPEN, "velocity_ml").differences
    assert point.comparison.ci95 is not None
    low, high = point.comparison.ci95
    (marks,) = difference_trend([point], span_of([point.at]), (), WORDS).data
    assert marks.y[0] == pytest.approx(point.comparison.estimate)
    assert marks.y[0] + marks.error_y.array[0] == pytest.approx(high)
    assert marks.y[0] - marks.error_y.arrayminus[0] == pytest.approx(low)


def test_every_metric_that_can_be_chosen_has_a_known_error() -> None:
    for metric in trend_metrics(WORDS):
        assert metric_progress(WORDS, TWO, OPEN, metric).left.progress is not None, metric


# ---- beside the result of a visit


def test_a_first_visit_tells_no_change() -> None:
    past = TWO.until("v0")
    assert visit_progress(WORDS, past, OPEN) == ()
    assert visit_trends(WORDS, past, OPEN) == ()


def test_a_later_visit_tells_what_changed_for_the_metrics_that_get_a_label() -> None:
    lines = visit_progress(WORDS, TWO, OPEN)
    assert {(line.metric, line.side) for line in lines} == {
        (metric, side) for metric in ("velocity_ml", "hold_time") for side in Side
    }
    assert len(visit_trends(WORDS, TWO, OPEN)) == 2


def test_a_visit_in_between_knows_nothing_of_later_ones() -> None:
    three = history(*TWO.visits, measured(8, [60.0] * 3, [20.0] * 3))
    view = visit_view(WORDS, three.visits[1].results, history=three)
    (condition,) = view.conditions
    assert [line.text for line in condition.progress] == [line.text for line in visit_progress(WORDS, TWO, OPEN)]


def test_a_side_that_was_not_measured_this_time_tells_nothing() -> None:
    later = history(TWO.visits[0], measured(4, [24.0] * 3, []))
    assert {line.side for line in visit_progress(WORDS, later, OPEN)} == {Side.LEFT}


def test_days_are_those_of_the_stations_clock() -> None:
    """Half past eleven at night in Greenwich is the next day, one hour ahead."""
    late = replace(TWO.visits[0].results.visit, at=datetime(2026, 1, 5, 23, 30, tzinfo=UTC))
    results = replace(TWO.visits[0].results, visit=late)
    (row,) = metric_progress(WORDS, history(VisitHistory(results, condition_groups(results))), OPEN, "velocity_ml").rows
    assert row.at == "6 Jan 2026"
