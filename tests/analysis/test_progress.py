"""Progress: stable people are called stable, improvers improved, and what cannot be compared is not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from measured import trial

from analysis.assess import Value
from analysis.geometry import Side
from analysis.progress import Break, Change, Label, Progress, Session, breaks_between, progress
from analysis.quality import Finding, FindingCode, Severity
from analysis.reliability import known_reliability

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def session(
    week: float,
    values: Sequence[float],
    metric_id: str = "velocity_ml",
    side: Side = Side.LEFT,
    *,
    practised: bool = True,
) -> Session:
    results = tuple(trial(side, censored=False, **{metric_id: float(value)}) for value in values)
    return Session(START + timedelta(weeks=week), side, results, "eyes_open", "standard", "10 kg, 9 crosses", practised)


def of(sessions: Sequence[Session], metric_id: str = "velocity_ml", others: Sequence[Session] = ()) -> Progress:
    found = progress(metric_id, sessions, others)
    assert found is not None
    return found


def change(sessions: Sequence[Session], metric_id: str = "velocity_ml") -> Change:
    found = of(sessions, metric_id).since_first
    assert found is not None
    return found


def patient(random: np.random.Generator, visits: int, fall: float = 0.0) -> list[Session]:
    """A person whose trials differ by 10.6 % and whose visits of three trials differ by 7.4 % (simulated people).

    ``fall``: change of the logarithm at the last visit.
    """
    between = math.sqrt(0.074**2 - 0.106**2 / 3)
    means = math.log(23.0) + random.normal(0, between, visits)
    means[-1] += fall
    return [session(week, np.exp(means[week] + random.normal(0, 0.106, 3))) for week in range(visits)]


def test_stable_people_over_six_visits_are_called_changed_in_at_most_5_of_100() -> None:
    random = np.random.default_rng(11)
    false = 0
    for _ in range(300):
        sessions = patient(random, 6)
        labels = [change([sessions[0], later]).label for later in sessions[1:]]
        false += sum(label is not Label.WITHIN for label in labels)
    assert false / 1500 <= 0.05


def test_people_whose_sway_fell_by_40_percent_are_called_improved_in_at_least_80_of_100() -> None:
    random = np.random.default_rng(12)
    improved = sum(change(patient(random, 2, fall=math.log(0.6))).label is Label.IMPROVED for _ in range(300))
    assert improved / 300 >= 0.80


def test_holds_that_do_not_change_are_called_changed_in_at_most_5_of_100() -> None:
    """Visits of an older person differ by 5 s (SD), trials by 5 s; a stopwatch study found 8.7 s for a visit."""
    random = np.random.default_rng(13)
    false = 0
    for _ in range(300):
        visits = [np.clip(15 + random.normal(0, 5) + random.normal(0, 5, 3), 1, 29) for _ in range(2)]
        found = change([session(week, held, "hold_time") for week, held in enumerate(visits)], "hold_time")
        false += found.label is not Label.WITHIN
    assert false / 300 <= 0.05


def test_the_interval_is_the_one_of_the_formula() -> None:
    """Three equal trials each: s^2 = 6 x 0.12^2 / 10; Var = s^2 2/3 + 2 x 0.12^2; 30 to 20 mm/s is ln(2/3)."""
    found = change([session(0, [30.0] * 3), session(4, [20.0] * 3)])
    se = math.sqrt(6 * 0.12**2 / 10 * (2 / 3) + 2 * 0.12**2)
    assert found.rci == pytest.approx(math.log(2 / 3) / se)
    assert found.change == pytest.approx(100 * (2 / 3 - 1))
    assert found.ci95 == pytest.approx(
        (100 * math.expm1(math.log(2 / 3) - 1.96 * se), 100 * math.expm1(math.log(2 / 3) + 1.96 * se))
    )


def test_where_only_whole_visits_are_known_the_spread_of_trials_does_not_enter() -> None:
    """Holds: no figure from trial to trial, 8.7 s from visit to visit: + 2 s is known to 1.96 sqrt(2) x 8.7 s."""
    found = change([session(0, [10.0, 20.0], "hold_time"), session(4, [12.0, 22.0], "hold_time")], "hold_time")
    half_s = 1.96 * math.sqrt(2) * 8.7
    assert found.ci95 == pytest.approx((2 - half_s, 2 + half_s))


def test_less_sway_is_better_and_longer_holds_are_better() -> None:
    assert change([session(0, [40.0] * 3), session(4, [20.0] * 3)]).label is Label.IMPROVED
    assert change([session(0, [20.0] * 3), session(4, [40.0] * 3)]).label is Label.WORSENED
    assert change([session(0, [2.0] * 3, "hold_time"), session(4, [29.0] * 3, "hold_time")], "hold_time").label is (
        Label.IMPROVED
    )


def test_practice_is_taken_off_what_follows_a_first_visit_without_a_practice_trial() -> None:
    """8 % less is what practice alone brings: nothing is left of exp(-0.08)."""
    after = [30.0 * math.exp(-0.08)] * 3
    unpractised = change([session(0, [30.0] * 3, practised=False), session(4, after)])
    practised = change([session(0, [30.0] * 3), session(4, after)])
    assert unpractised.change == pytest.approx(0.0, abs=1e-9)
    assert practised.change == pytest.approx(100 * math.expm1(-0.08))
    assert practised.practice == 0


def test_practice_is_not_taken_off_between_later_visits() -> None:
    sessions = [session(week, [30.0] * 3, practised=False) for week in range(3)]
    found = of(sessions)
    assert found.since_last is not None
    assert found.since_last.practice == 0
    assert found.since_first is not None
    assert found.since_first.practice < 0


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (lambda s: replace(s, condition="eyes_closed"), Break.CONDITION),
        (lambda s: replace(s, protocol="20 s"), Break.PROTOCOL),
        (lambda s: replace(s, calibration="drawing and datasheet"), Break.CALIBRATION),
        (lambda s: _with(s, plate_serial="OTHER"), Break.PLATE),
        (lambda s: _with(s, analysis_version="0"), Break.VERSION),
        (lambda s: _with(s, settings=replace(s.results[0].settings, lowpass_hz=5.0)), Break.SETTINGS),
    ],
)
def test_what_changed_between_visits_breaks_the_comparison_and_is_named(broken: object, why: Break) -> None:
    assert callable(broken)
    first, last = session(0, [40.0] * 3), broken(session(4, [20.0] * 3))
    found = of([first, last])
    assert found.points[1].breaks == (why,)
    assert found.since_first is not None
    assert found.since_first.label is Label.NOT_COMPARABLE
    assert found.since_first.change is None
    assert found.since_first.breaks == (why,)


def _with(one: Session, **changed: object) -> Session:
    return replace(one, results=tuple(replace(result, **changed) for result in one.results))


def test_short_windows_break_what_grows_with_duration_and_nothing_else() -> None:
    short = session(4, [20.0] * 3)
    short = _with(short, phases=replace(short.results[0].phases, short=True))
    assert breaks_between(session(0, [40.0] * 3), short, "prediction_ellipse_area") == (Break.WINDOW,)
    assert breaks_between(session(0, [40.0] * 3), short, "velocity_ml") == ()


def test_the_band_and_the_slope_belong_to_the_visits_that_compare_with_the_last() -> None:
    """One visit on another plate first, then four that fall by a tenth a week: 0.9^4 in four weeks."""
    other = _with(session(0, [90.0] * 3), plate_serial="OTHER")
    found = of([other, *(session(week, [30.0 * 0.9**week] * 3) for week in range(1, 5))])
    assert found.band is not None
    assert found.band[0] < 27.0 < found.band[1] < 90.0
    assert found.slope is not None
    assert found.slope.visits == 4
    assert found.slope.ci95 is None
    assert found.slope.per_four_weeks == pytest.approx(100 * (0.9**4 - 1))


def test_a_slope_needs_four_visits_and_its_interval_five() -> None:
    sessions = [session(week, [30.0 * 0.9**week] * 3) for week in range(5)]
    assert of(sessions[:3]).slope is None
    slope = of(sessions).slope
    assert slope is not None
    assert slope.ci95 is not None
    assert slope.ci95[0] <= slope.per_four_weeks <= slope.ci95[1]


def test_a_censored_hold_gets_no_label() -> None:
    capped = replace(
        session(4, [30.0] * 3, "hold_time"),
        results=tuple(trial(Side.LEFT, hold_time=30.0, censored=True) for _ in range(3)),
    )
    found = of([session(0, [3.0] * 3, "hold_time"), capped], "hold_time")
    assert found.points[1].censored
    assert found.since_first is not None
    assert found.since_first.label is Label.CENSORED


def test_one_trial_is_not_enough_for_a_label() -> None:
    assert change([session(0, [40.0]), session(4, [20.0] * 3)]).label is Label.NOT_ENOUGH


def test_a_visit_without_a_usable_trial_has_a_point_and_no_change() -> None:
    found = of([session(0, [40.0] * 3), replace(session(4, [20.0]), results=())])
    assert found.points[1].mean is None
    assert found.since_first is not None
    assert found.since_first.label is Label.NOT_ENOUGH


@pytest.mark.parametrize("metric_id", sorted(set(known_reliability()) - {"velocity_ml", "hold_time"}))
def test_other_metrics_are_shown_without_a_label(metric_id: str) -> None:
    assert change([session(0, [40.0] * 3, metric_id), session(4, [4.0] * 3, metric_id)], metric_id).label is None


def test_a_hold_too_short_for_steadiness_counts_as_a_hold_and_as_nothing_else() -> None:
    whole = session(0, [20.0, 20.0])
    held = [replace(one, values={**one.values, "hold_time": Value(12.0)}) for one in whole.results]
    early = replace(
        held[0],
        usable=False,
        values={**held[0].values, "hold_time": Value(3.0)},
        findings=(Finding(FindingCode.NO_STATIC_WINDOW, Severity.NOT_USABLE),),
    )
    visit = replace(whole, results=(*held, early))
    assert of([visit], "hold_time").points[0].values == (12.0, 12.0, 3.0)
    assert of([visit], "velocity_ml").points[0].values == (20.0, 20.0)


def test_a_single_visit_has_nothing_to_be_compared_with() -> None:
    found = of([session(0, [40.0] * 3)])
    assert found.since_first is None
    assert found.since_last is None
    assert found.band is not None


def test_a_metric_of_unknown_reliability_has_no_progress() -> None:
    assert progress("apa", [session(0, [40.0] * 3, "apa"), session(4, [20.0] * 3, "apa")]) is None


def test_the_other_legs_trials_tell_how_much_this_patient_varies() -> None:
    """Wild trials of the other leg widen the interval."""
    own = [session(0, [30.0] * 3), session(4, [20.0] * 3)]
    wild = [session(0, [10.0, 30.0, 90.0], side=Side.RIGHT)]
    calm, warned = of(own).since_first, of(own, others=wild).since_first
    assert calm is not None
    assert warned is not None
    assert calm.ci95 is not None
    assert warned.ci95 is not None
    assert warned.ci95[0] < calm.ci95[0]


def test_trials_of_the_other_leg_never_enter_the_mean() -> None:
    both = session(0, [40.0] * 3)
    both = replace(both, results=(*both.results, trial(Side.RIGHT, velocity_ml=400.0)))
    assert of([both]).points[0].mean == pytest.approx(40.0)
