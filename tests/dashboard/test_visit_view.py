"""What a visit says: its numbers are the analysis' own, its conditions never meet, and what is missing says why."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from clinic import Clinic, both_sides, stood, unknown_axis
from one_leg import noisy_cells, place_after_place

from analysis.geometry import Footing, Side
from analysis.metrics import METRICS
from analysis.recording import ImportedRecording
from analysis.settings import AnalysisSettings
from analysis.sides import compare
from dashboard.explaining import TOPICS, explained, parameters_of
from dashboard.pages.result.tables import metric_table
from dashboard.side_view import NumberView, SideView
from dashboard.station import PRACTICE, FiledTrial, VisitResults
from dashboard.visit_groups import condition_groups
from dashboard.visit_view import ConditionView, VisitView, visit_view
from dashboard.words import load_words
from records import filing
from records.model import TrialStatus

WORDS = load_words()


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    made = Clinic(tmp_path)
    yield made
    made.store.close()


def results_of(clinic: Clinic, recordings: list[ImportedRecording], **how: Footing | None) -> VisitResults:
    visit = clinic.visit(clinic.patient(f"P-{len(recordings)}"), recordings, **how)
    return clinic.station.visit_results(visit.id)


def only(results: VisitResults) -> ConditionView:
    """The one condition of a visit."""
    (view,) = visit_view(WORDS, results).conditions
    return view


def numbers(side: SideView) -> dict[str, NumberView]:
    return {number.metric: number for number in side.numbers}


def changed(results: VisitResults, *changes: dict[str, object] | None) -> VisitResults:
    """The same visit with trials filed otherwise: one dict of fields for each trial, None leaves it."""
    trials = [
        FiledTrial(replace(filed.trial, **change), filed.result) if change else filed  # type: ignore[arg-type]
        for filed, change in zip(results.trials, changes, strict=True)
    ]
    return replace(results, trials=tuple(trials))


# ---- numbers of a side


def test_a_side_shows_the_mean_of_its_usable_trials(clinic: Clinic) -> None:
    """Left stood 9, 10, 11 mm lateral: mean 10 mm, SD 1 mm; the 5 mm circle in 2 s has 15.7 mm/s."""
    left = only(results_of(clinic, both_sides())).left
    shift = numbers(left)["lateral_shift"]
    assert (shift.value, shift.more) == ("+10.0 mm", "mean of 3 · SD 1.00 mm")
    assert numbers(left)["velocity"].value == "15.7 mm/s"
    assert left.usable == "3 of 3 usable"


def test_the_interval_of_a_side_is_the_one_of_its_trials(clinic: Clinic) -> None:
    """SD 1 mm on both sides, 4 degrees of freedom: t = 2.776, half width 2.776 / sqrt 3 = 1.60 mm."""
    shift = numbers(only(results_of(clinic, both_sides())).left)["lateral_shift"]
    assert shift.ci95 == pytest.approx((10 - 2.776 / math.sqrt(3), 10 + 2.776 / math.sqrt(3)), abs=0.02)
    assert shift.interval == "95 % CI +8.4 to +11.6 mm"


def test_every_number_of_the_view_is_the_number_of_the_analysis(clinic: Clinic) -> None:
    results = results_of(clinic, both_sides())
    compared = compare([filed.result for filed in results.trials if filed.result])
    view = only(results)
    for side, expected in ((view.left, compared.left), (view.right, compared.right)):
        for number in side.numbers:
            assert number.mean == expected.values[number.metric].mean
            assert number.sd == expected.values[number.metric].sd
    for sentence in view.sentences:
        assert sentence.metric is not None
        assert sentence.comparison == compared.metrics[sentence.metric]


def test_one_trial_has_no_interval(clinic: Clinic) -> None:
    number = numbers(only(results_of(clinic, [stood(Side.LEFT, 3.0)])).left)["velocity"]
    assert (number.ci95, number.interval, number.more) == (None, "", "one trial")


def test_from_five_trials_on_the_median_is_called_one(clinic: Clinic) -> None:
    shifts_mm = (1.0, 2.0, 3.0, 4.0, 20.0)
    number = numbers(only(results_of(clinic, [stood(Side.LEFT, at) for at in shifts_mm])).left)["lateral_shift"]
    assert number.mean == pytest.approx(3.0, abs=0.1)
    assert number.more.startswith("median of 5")
    assert number.ci95 is None


def test_the_trial_drawn_first_is_the_one_nearest_to_the_mean(clinic: Clinic) -> None:
    """Circles of 5 mm, but the second stance has a third of it added sideways: the mean lies nearer to the others."""
    wide = stood(Side.LEFT, 4.0)
    values = wide.values.copy()
    values[1200:3500, 0] += 6 * (values[1200:3500, 0] - values[1200:3500, 0].mean())
    odd = type(wide)(wide.time_s, values, wide.kind, wide.ml_axis, declared_side=Side.LEFT)
    results = results_of(clinic, [stood(Side.LEFT, 4.0), odd, stood(Side.LEFT, 4.0)])
    assert only(results).left.picked in {results.trials[0].trial.id, results.trials[2].trial.id}


def test_the_noise_in_a_velocity_stands_beside_it_where_an_empty_plate_showed_it(clinic: Clinic) -> None:
    noisy = only(results_of(clinic, [noisy_cells(0.3, Side.LEFT)], footing=None)).left
    told = {id: number.more for id, number in numbers(noisy).items()}
    assert all(" · noise " in told[id] for id in ("velocity", "velocity_ml"))
    assert "noise" not in told["rms_ml"]
    assert noisy.noise.startswith("plate noise ")
    silent = only(results_of(clinic, both_sides())).left
    assert silent.noise == ""
    assert not [number for number in silent.numbers if "noise" in number.more]


# ---- the truth about what is not there


def test_an_empty_visit_has_no_condition(clinic: Clinic) -> None:
    patient = clinic.patient("E-1")
    visit = filing.open_visit(clinic.store, clinic.actor, patient.id, station="Room 1")
    view = visit_view(WORDS, clinic.station.visit_results(visit.id))
    assert (view.conditions, view.demo) == ((), False)


def test_one_side_only_is_said_once_and_compares_nothing(clinic: Clinic) -> None:
    view = only(results_of(clinic, [stood(Side.LEFT, 4.0)]))
    (sentence,) = view.sentences
    assert sentence.text == "Only the left side was measured, so there is nothing to compare."
    assert view.right.absent == "No attempt on the right side in this visit."


def test_a_difference_beyond_variability_comes_first(clinic: Clinic) -> None:
    """Left 13, 14, 15 mm lateral against 2, 3, 4 mm: 11 mm is more than the MDC of 10 mm, and the CI excludes 0."""
    left = [stood(Side.LEFT, shift_mm) for shift_mm in (13.0, 14.0, 15.0)]
    right = [stood(Side.RIGHT, shift_mm) for shift_mm in (2.0, 3.0, 4.0)]
    first, *_ = only(results_of(clinic, left + right)).sentences
    assert first.weight == 0
    assert first.text.startswith("Left further lateral than right: Lateral shift 11.0 mm")


def test_a_number_that_is_not_there_says_why(clinic: Clinic) -> None:
    shift = numbers(only(results_of(clinic, unknown_axis(), footing=None)).left)["lateral_shift"]
    assert (shift.value, shift.reason) == (None, WORDS("reason.NO_FOOT_PLACEMENT"))


def test_an_unusable_trial_is_shown_with_its_findings(clinic: Clinic) -> None:
    view = only(results_of(clinic, [stood(Side.LEFT, 3.0), stood(Side.LEFT, 3.0, hold_s=5.0)]))
    good, bad = view.trials
    assert (good.usable, bad.usable) == (True, False)
    assert any("too short" in text for _, text in bad.findings)
    assert [choice.label for choice in view.left.choices] == ["1", "2 ✕"]
    assert view.left.usable == "1 of 2 usable"


def test_a_recording_without_a_stance_is_kept_and_says_so(clinic: Clinic) -> None:
    recording = place_after_place([(8.0, 0.0), (4.0, 0.0)], declared=Side.LEFT)
    (seen,) = only(results_of(clinic, [recording])).trials
    assert not seen.usable
    assert "No stance on one leg found" in seen.verdict


def test_a_trial_that_could_not_be_analysed_says_why(clinic: Clinic) -> None:
    results = results_of(clinic, [stood(Side.LEFT, 3.0)])
    lost = replace(results, trials=(FiledTrial(results.trials[0].trial, None, "NO_LOAD"),))
    (seen,) = only(lost).trials
    assert not seen.usable
    assert "The recording is kept" in seen.verdict
    assert "Nobody stood on the plate" in seen.verdict


def test_a_void_trial_counts_nowhere_and_the_others_keep_their_numbers(clinic: Clinic) -> None:
    visit = clinic.visit(clinic.patient("A-1"), both_sides())
    clinic.station.void(clinic.store.trials_of(visit.id)[0].id, "shoe lost")
    view = only(clinic.station.visit_results(visit.id))
    assert view.left.usable == "2 of 2 usable"
    assert [choice.label for choice in view.left.choices] == ["2", "3"]
    assert numbers(view.left)["lateral_shift"].value == "+10.5 mm"
    assert "shoe lost" in view.trials[0].verdict


# ---- conditions


CLOSED = {"condition": "eyes_closed"}
SEEN = {"condition": "eyes_open.trace_seen"}
OTHERWISE = {
    "eyes": CLOSED,
    "footwear": {"condition": "eyes_open.shod"},
    "trace in view": SEEN,
    "demonstration": {"demo": True},
    "another hold": {"protocol": {"hold_s": 20}},
}


@pytest.mark.parametrize("how", list(OTHERWISE.values()), ids=list(OTHERWISE))
def test_trials_under_another_condition_are_never_averaged_or_compared_with_these(
    clinic: Clinic, how: dict[str, object]
) -> None:
    """The third trial of each side was made otherwise: two conditions stand apart, 2 + 2 and 1 + 1 trials."""
    results = changed(results_of(clinic, both_sides()), None, None, how, None, None, how)
    plain, other = sorted(visit_view(WORDS, results).conditions, key=lambda view: -view.left.attempts)
    assert [(side.attempts, side.usable_n) for side in (*plain.sides, *other.sides)] == [(2, 2), (2, 2), (1, 1), (1, 1)]
    assert numbers(plain.left)["lateral_shift"].value == "+9.50 mm"
    assert numbers(other.left)["lateral_shift"].value == "+11.0 mm"
    assert plain.title != other.title
    told = {trial.trial_id for trial in plain.trials} & {trial.trial_id for trial in other.trials}
    assert told == set()


def test_a_demonstration_comes_last_and_is_stamped(clinic: Clinic) -> None:
    demo = {"demo": True}
    view = visit_view(WORDS, changed(results_of(clinic, both_sides()), demo, demo, demo, None, None, None))
    assert [condition.demo for condition in view.conditions] == [False, True]
    assert view.demo
    assert view.conditions[1].title == "Eyes open · Demonstration"


def test_practice_is_shown_and_counts_nowhere(clinic: Clinic) -> None:
    """The first trial of each side is practice: left 10, 11 mm remain."""
    practice = {"protocol": {"practice": True}, "status": TrialStatus.VOID, "void_reason": PRACTICE}
    rest = {"protocol": {"practice": False}}
    view = only(changed(results_of(clinic, both_sides()), practice, rest, rest, practice, rest, rest))
    assert (view.left.usable, view.left.practice) == ("2 of 2 usable", "1 for practice")
    assert numbers(view.left)["lateral_shift"].value == "+10.5 mm"
    assert [choice.label for choice in view.left.choices] == ["P1", "1", "2"]
    assert [trial.practice for trial in view.trials] == [True, False, False, True, False, False]
    assert not any(trial.void for trial in view.trials)
    assert "counts nowhere" in view.trials[0].verdict


def test_practice_alone_compares_nothing(clinic: Clinic) -> None:
    practice = {"protocol": {"practice": True}, "status": TrialStatus.VOID, "void_reason": PRACTICE}
    view = only(changed(results_of(clinic, both_sides()), *[practice] * 6))
    (sentence,) = view.sentences
    assert sentence.text == WORDS("result.nothing_counts")
    assert numbers(view.left)["velocity"].value is None


def test_a_condition_with_nothing_but_practice_comes_after_one_that_counts(clinic: Clinic) -> None:
    practice = {"protocol": {"practice": True}, "status": TrialStatus.VOID, "void_reason": PRACTICE, **CLOSED}
    view = visit_view(WORDS, changed(results_of(clinic, both_sides()), practice, None, None, practice, None, None))
    assert [condition.title for condition in view.conditions] == ["Eyes open", "Eyes closed"]


def test_no_trial_is_lost_between_the_conditions(clinic: Clinic) -> None:
    void = {"status": TrialStatus.VOID, "void_reason": "x"}
    results = changed(results_of(clinic, both_sides()), CLOSED, void, None, {"demo": True}, SEEN, None)
    told = [filed.trial.id for group in condition_groups(results) for filed in group.trials]
    assert sorted(told) == sorted(filed.trial.id for filed in results.trials)


def test_what_others_held_at_this_age_stands_for_orientation_only_under_their_condition(clinic: Clinic) -> None:
    """72 years, eyes open: 17.2 s (Bohannon 2006). Nothing is said for eyes closed."""
    visit = clinic.visit(clinic.patient("AGE-1", birth_year=1954), [stood(Side.LEFT, 3.0)])
    results = clinic.station.visit_results(visit.id)
    (text,) = only(results).references
    assert "17.2 s" in text
    assert "Bohannon" in text
    assert only(changed(results, CLOSED)).references == ()


# ---- abductors


def test_the_plate_alone_never_gives_a_moment(clinic: Clinic) -> None:
    view: VisitView = visit_view(WORDS, results_of(clinic, both_sides()))
    for side in (view.conditions[0].abductors.left, view.conditions[0].abductors.right):
        rows = {row.topic: row.text for row in side.entered}
        assert rows["demand"] == WORDS("abductors.demand_none")
        assert rows["reserve"] == rows["strength"] == WORDS("abductors.not_entered")
        assert side.findings.demand is None
        assert side.rule.startswith("Rule")
        assert [number.metric for number in side.numbers] == [
            "lateral_shift",
            "lateral_shift_pct",
            "drift",
            "velocity_ml",
            "rms_ml",
            "hold_time",
        ]


# ---- tables and explanations


def test_the_table_holds_every_metric_of_every_trial(clinic: Clinic) -> None:
    table = metric_table(WORDS, only(results_of(clinic, both_sides())).group)
    rows = [row for _, group in table.groups for row in group]
    assert {row.metric for row in rows} == {metric.id for metric in METRICS.values() if metric.group != "research"}
    assert [title for title, _ in table.groups] == ["Primary", "Details", "Time to the edge of the foot", "Quality"]
    assert all(len(row.cells) in (0, 6) for row in rows)
    assert [name for name, _ in table.columns] == [f"{s}, trial {n}" for s in ("Left", "Right") for n in (1, 2, 3)]
    assert all(row.reason for row in rows if not row.cells)


def test_the_mean_of_holds_that_reached_their_target_is_a_bound(clinic: Clinic) -> None:
    """Both were held beyond the 30 s that are asked for."""
    results = results_of(clinic, both_sides())
    held = [
        replace(one.result, phases=replace(one.result.phases, censored=True)) for one in results.trials if one.result
    ]
    bounds = replace(
        results, trials=tuple(FiledTrial(one.trial, result) for one, result in zip(results.trials, held, strict=True))
    )
    table = metric_table(WORDS, only(bounds).group)
    first = table.groups[0][1][0]
    assert first.metric == "hold_time"
    assert all(text.startswith("≥ ") for text in (*first.means, *(cell.text for cell in first.cells)))


def test_research_has_its_own_part_of_the_table_only_where_it_was_computed(clinic: Clinic) -> None:
    clinic.station.settings = AnalysisSettings(research=True)
    table = metric_table(WORDS, only(results_of(clinic, both_sides())).group)
    assert [title for title, _ in table.groups][-1] == "Research"
    assert {row.metric for _, group in table.groups for row in group} == set(METRICS)
    power = next(row for _, group in table.groups for row in group if row.metric == "power_ml")
    assert len(power.cells) == 6
    assert all(power.means)


def test_a_value_missing_in_one_trial_points_to_its_reason(clinic: Clinic) -> None:
    two = [stood(Side.LEFT, 3.0), stood(Side.LEFT, 3.0, hold_s=5.0)]
    table = metric_table(WORDS, only(results_of(clinic, two)).group)
    velocity = next(row for _, group in table.groups for row in group if row.metric == "velocity")
    whole, short = velocity.cells
    assert whole.note is None
    assert short.note is not None
    assert table.notes[short.note - 1] == WORDS("reason.NO_STATIC_WINDOW")


def test_every_number_tells_how_it_is_computed(clinic: Clinic) -> None:
    results = results_of(clinic, [stood(Side.LEFT, 3.0)])
    parameters = parameters_of(WORDS, [filed.result for filed in results.trials if filed.result])
    assert parameters[0] == "Low-pass: 10 Hz, true −3 dB, zero phase"
    for about in (*METRICS, *TOPICS):
        told = explained(WORDS, about, parameters)
        assert all((told.label, told.formula[0], told.parameters[0], told.source, told.limits)), about
