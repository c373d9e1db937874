"""What the pages say, before it is laid out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from clinic import Clinic, both_sides, stood, unknown_axis
from one_leg import noisy_cells, place_after_place

from analysis.geometry import Footing, Side
from analysis.metrics import METRICS
from analysis.recording import ImportedRecording
from analysis.settings import AnalysisSettings
from dashboard.pages.patient.view import facts, goes_on, visit_line
from dashboard.pages.patients.view import line, new_patient, shown_text
from dashboard.pages.result import view
from dashboard.pages.result.tables import explained, metric_table
from dashboard.station import VisitResults
from dashboard.words import load_words
from records.errors import InvalidEntry
from records.model import PatientRow, Sex

WORDS = load_words()
TODAY = date(2026, 3, 10)
NOTHING_TYPED = {"code": "", "name": "", "birth_year": "", "sex": None, "involved_side": "none", "note": ""}


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    made = Clinic(tmp_path)
    yield made
    made.store.close()


def results_of(clinic: Clinic, recordings: list[ImportedRecording], **how: Footing | None) -> VisitResults:
    visit = clinic.visit(clinic.patient(f"P-{len(recordings)}"), recordings, **how)
    return clinic.station.visit_results(visit.id)


# ---- patients


def test_a_line_says_what_is_known_and_leaves_the_rest_empty(clinic: Clinic) -> None:
    known = clinic.patient("A-1", name="Ann", birth_year=1962, sex=Sex.FEMALE, involved_side=Side.LEFT, simulated=True)
    told = line(WORDS, PatientRow(known, 2, datetime(2026, 3, 9, 12, tzinfo=UTC)), TODAY)
    assert (told.age, told.sex, told.involved, told.visits) == ("64 y", "Female", "Left", "2")
    assert told.last_visit == "9 Mar 2026"
    assert told.simulated
    bare = line(WORDS, PatientRow(clinic.patient("A-2"), 0, None), TODAY)
    assert (bare.name, bare.age, bare.sex, bare.involved, bare.last_visit) == ("", "", "", "", "no visit yet")


def test_what_was_typed_becomes_a_patient() -> None:
    typed = {"code": " P-7 ", "name": "Ann", "birth_year": 1962, "sex": "female", "involved_side": "left", "note": "x"}
    patient = new_patient(typed)
    assert (patient.code, patient.birth_year, patient.sex, patient.involved_side) == (
        "P-7",
        1962,
        Sex.FEMALE,
        Side.LEFT,
    )


def test_only_the_code_must_be_typed() -> None:
    assert new_patient({**NOTHING_TYPED, "code": "P-7"}).involved_side is None
    with pytest.raises(InvalidEntry) as refused:
        new_patient(NOTHING_TYPED)
    assert refused.value.field == "code"


def test_the_list_counts_in_words() -> None:
    assert shown_text(WORDS, 1, more=False) == "1 patient"
    assert shown_text(WORDS, 2, more=False) == "2 patients"
    assert "first 50" in shown_text(WORDS, 50, more=True)


# ---- one patient


def test_facts_of_a_patient_give_age_and_involved_side(clinic: Clinic) -> None:
    patient = clinic.patient("A-1", birth_year=1962, involved_side=Side.RIGHT)
    assert facts(WORDS, patient, TODAY) == ("64 years (born 1962)", "Involved side: Right")


def test_a_visit_counts_usable_trials_of_each_side(clinic: Clinic) -> None:
    """Three trials left, one of them held for 5 s only; one right."""
    recordings = [
        stood(Side.LEFT, 3.0),
        stood(Side.LEFT, 3.0),
        stood(Side.LEFT, 3.0, hold_s=5.0),
        stood(Side.RIGHT, 3.0),
    ]
    visit = clinic.visit(clinic.patient("A-1"), recordings)
    told = visit_line(WORDS, visit, clinic.store.trials_of(visit.id), clinic.store.latest_results(visit.id), TODAY)
    assert told.counts == ("Left: 2 of 3 usable", "Right: 1 of 1 usable")
    assert told.result_href == f"/result/{visit.id}"


def test_a_void_trial_counts_nowhere(clinic: Clinic) -> None:
    visit = clinic.visit(clinic.patient("A-1"), both_sides())
    first = clinic.store.trials_of(visit.id)[0]
    clinic.station.void(first.id, "shoe lost")
    told = visit_line(WORDS, visit, clinic.store.trials_of(visit.id), clinic.store.latest_results(visit.id), TODAY)
    assert told.counts == ("Left: 2 of 2 usable", "Right: 3 of 3 usable")
    results = clinic.station.visit_results(visit.id)
    left = view.panel(WORDS, results, Side.LEFT)
    assert left.usable == "2 of 2 usable"
    assert [choice.label for choice in left.choices] == ["2", "3"]
    assert "shoe lost" in view.seen(WORDS, results)[0].ended


def test_a_visit_can_be_continued_on_its_own_day_only(clinic: Clinic) -> None:
    visit = clinic.visit(clinic.patient("A-1"), [stood(Side.LEFT, 3.0)])
    that_day = visit.local_at.date()
    assert goes_on(visit, that_day)
    assert not goes_on(visit, that_day + timedelta(days=1))


# ---- result


def test_a_panel_shows_the_mean_of_its_usable_trials(clinic: Clinic) -> None:
    """Left stood 9, 10, 11 mm lateral: mean 10 mm, SD 1 mm; the 5 mm circle in 2 s has 15.7 mm/s."""
    panel = view.panel(WORDS, results_of(clinic, both_sides()), Side.LEFT)
    numbers = {number.metric: number for number in panel.numbers}
    assert numbers["lateral_shift"].value == "+10.0 mm"
    assert numbers["lateral_shift"].more == "mean of 3 · SD 1.00 mm"
    assert numbers["velocity"].value == "15.7 mm/s"
    assert panel.usable == "3 of 3 usable"


def test_the_trial_drawn_first_is_the_one_nearest_to_the_mean(clinic: Clinic) -> None:
    """Circles of 5 mm, but the second stance has a third of it added sideways: the mean lies nearer to the others."""
    wide = stood(Side.LEFT, 4.0)
    values = wide.values.copy()
    values[1200:3500, 0] += 6 * (values[1200:3500, 0] - values[1200:3500, 0].mean())
    odd = type(wide)(wide.time_s, values, wide.kind, wide.ml_axis, declared_side=Side.LEFT)
    results = results_of(clinic, [stood(Side.LEFT, 4.0), odd, stood(Side.LEFT, 4.0)])
    picked = view.panel(WORDS, results, Side.LEFT).picked
    assert picked in {results.trials[0].trial.id, results.trials[2].trial.id}


def test_one_side_only_is_said_once_and_compares_nothing(clinic: Clinic) -> None:
    results = results_of(clinic, [stood(Side.LEFT, 4.0)])
    (sentence,) = view.comparison(WORDS, results)
    assert sentence.text == "Only the left side was measured, so there is nothing to compare."
    assert view.panel(WORDS, results, Side.RIGHT).absent == "No attempt on the right side in this visit."


def test_a_difference_beyond_variability_comes_first(clinic: Clinic) -> None:
    """Left 13, 14, 15 mm lateral against 2, 3, 4 mm: 11 mm is more than the MDC of 10 mm, and the CI excludes 0."""
    left = [stood(Side.LEFT, shift_mm) for shift_mm in (13.0, 14.0, 15.0)]
    right = [stood(Side.RIGHT, shift_mm) for shift_mm in (2.0, 3.0, 4.0)]
    first, *_ = view.comparison(WORDS, results_of(clinic, left + right))
    assert first.weight == 0
    assert first.text.startswith("Left further lateral than right: Lateral shift 11.0 mm")


def test_a_number_that_is_not_there_says_why(clinic: Clinic) -> None:
    results = results_of(clinic, unknown_axis(), footing=None)
    shift = next(n for n in view.panel(WORDS, results, Side.LEFT).numbers if n.metric == "lateral_shift")
    assert (shift.value, shift.reason) == (None, WORDS("reason.NO_FOOT_PLACEMENT"))


def test_an_unusable_trial_is_shown_with_its_findings(clinic: Clinic) -> None:
    results = results_of(clinic, [stood(Side.LEFT, 3.0), stood(Side.LEFT, 3.0, hold_s=5.0)])
    good, bad = view.seen(WORDS, results)
    assert (good.usable, bad.usable) == (True, False)
    assert any("too short" in text for text in bad.findings)
    assert [choice.label for choice in view.panel(WORDS, results, Side.LEFT).choices] == ["1", "2 ✕"]


def test_a_recording_without_a_stance_is_kept_and_says_so(clinic: Clinic) -> None:
    recording = place_after_place([(8.0, 0.0), (4.0, 0.0)], declared=Side.LEFT)
    (seen,) = view.seen(WORDS, results_of(clinic, [recording]))
    assert not seen.usable
    assert "No stance on one leg found" in seen.ended


# ---- tables and explanations


def test_the_table_holds_every_metric_of_every_trial(clinic: Clinic) -> None:
    table = metric_table(WORDS, results_of(clinic, both_sides()))
    rows = [row for _, group in table.groups for row in group]
    assert {row.metric for row in rows} == {metric.id for metric in METRICS.values() if metric.group != "research"}
    assert [title for title, _ in table.groups] == ["Primary", "Details", "Time to the edge of the foot", "Quality"]
    assert all(len(row.cells) in (0, 6) for row in rows)
    assert [name for name, _ in table.columns] == [f"{s}, trial {n}" for s in ("Left", "Right") for n in (1, 2, 3)]
    assert all(row.reason for row in rows if not row.cells)


def test_research_has_its_own_part_of_the_table_only_where_it_was_computed(clinic: Clinic) -> None:
    clinic.station.settings = AnalysisSettings(research=True)
    table = metric_table(WORDS, results_of(clinic, both_sides()))
    assert [title for title, _ in table.groups][-1] == "Research"
    assert {row.metric for _, group in table.groups for row in group} == set(METRICS)
    power = next(row for _, group in table.groups for row in group if row.metric == "power_ml")
    assert len(power.cells) == 6
    assert all(power.means)


def test_the_noise_in_a_velocity_stands_beside_it_where_an_empty_plate_showed_it(clinic: Clinic) -> None:
    noisy = view.panel(WORDS, results_of(clinic, [noisy_cells(0.3, Side.LEFT)], footing=None), Side.LEFT)
    told = {number.metric: number.more for number in noisy.numbers}
    assert all(" · noise " in told[id] for id in ("velocity", "velocity_ml"))
    assert "noise" not in told["rms_ml"]
    silent = view.panel(WORDS, results_of(clinic, both_sides()), Side.LEFT)
    assert not [number for number in silent.numbers if "noise" in number.more]


def test_a_value_missing_in_one_trial_points_to_its_reason(clinic: Clinic) -> None:
    table = metric_table(WORDS, results_of(clinic, [stood(Side.LEFT, 3.0), stood(Side.LEFT, 3.0, hold_s=5.0)]))
    velocity = next(row for _, group in table.groups for row in group if row.metric == "velocity")
    whole, short = velocity.cells
    assert whole.note is None
    assert short.note is not None
    assert table.notes[short.note - 1] == WORDS("reason.NO_STATIC_WINDOW")


def test_every_number_tells_how_it_is_computed(clinic: Clinic) -> None:
    results = results_of(clinic, [stood(Side.LEFT, 3.0)])
    for metric in METRICS:
        told = explained(WORDS, metric, results)
        assert all((told.formula[0], told.source, told.limits)), metric
        assert told.parameters[0] == "Low-pass: 10 Hz, true −3 dB, zero phase"
