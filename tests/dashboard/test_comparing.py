"""Two trials or two visits beside each other: the right numbers, what differs said, no judgement of single trials."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from clinic import TEMPLATE, Clinic, both_sides, stood, unknown_axis

from analysis.assess import AssessedTrial, assess_import
from analysis.geometry import Side
from analysis.settings import AnalysisSettings
from dashboard.comparing import Compared, Option, compared, options
from dashboard.figures.replay import replay_course
from dashboard.history import PatientHistory, VisitHistory, patient_history
from dashboard.pages.compare.layout import picked
from dashboard.pages.result.callbacks import condition_body
from dashboard.pages.result.pictures import over_time
from dashboard.signals import footprint_of
from dashboard.station import FiledTrial, Station
from dashboard.visit_groups import condition_groups, group_of
from dashboard.visit_reading import read_visit
from dashboard.words import load_words
from records.errors import NotFound

WORDS = load_words()


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    made = Clinic(tmp_path_factory.mktemp("archive"))
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def history(clinic: Clinic) -> PatientHistory:
    """Two visits, the second with the left leg 4 mm further out, and one left trial that ended early."""
    patient = clinic.patient("C-1")
    clinic.visit(patient, both_sides())
    clinic.visit(patient, [stood(Side.LEFT, 14.0), stood(Side.LEFT, 14.0, hold_s=5.0), stood(Side.RIGHT, 3.0)])
    return patient_history(clinic.store, patient.id)


def keys(history: PatientHistory, kind: str) -> list[str]:
    return [option.key for option in options(WORDS, history) if option.key.startswith(kind)]


def of(history: PatientHistory, first: str, second: str) -> Compared:
    found = compared(WORDS, history, first, second)
    assert found is not None
    return found


def texts(found: Compared, metric: str) -> tuple[str, ...]:
    return next(row.texts for row in found.rows if row.metric == metric)


def test_every_visit_and_every_trial_can_be_chosen_the_newest_first(history: PatientHistory) -> None:
    known = options(WORDS, history)
    assert len(keys(history, "visit:")) == 2
    assert len(keys(history, "trial:")) == 9
    assert known[0].key.split(":")[1] == history.visits[1].results.visit.id


def test_two_visits_show_each_leg_at_both(history: PatientHistory) -> None:
    """Left 10 mm (9, 10, 11) and 14 mm, right 3 mm (2, 3, 4) and 3 mm: left first, then right."""
    newer, older = keys(history, "visit:")
    found = of(history, newer, older)
    assert found.legs == ("Left", "Right")
    assert texts(found, "lateral_shift") == ("+10.0 mm (3)", "+14.0 mm (1)", "+3.00 mm (3)", "+3.00 mm (1)")
    assert [one.trial.side for one in found.first.trials] == [Side.LEFT, Side.RIGHT]
    assert found.differs == ()
    assert any("Not enough data" in sentence for sentence in found.sentences)


def test_the_earlier_visit_comes_first_however_they_were_chosen(history: PatientHistory) -> None:
    newer, older = keys(history, "visit:")
    assert of(history, newer, older) == of(history, older, newer)


def test_two_trials_show_their_own_numbers_and_judge_nothing(history: PatientHistory) -> None:
    visit = history.visits[0].results
    first, second = (f"trial:{visit.visit.id}:{visit.trials[n].trial.id}" for n in (0, 1))
    found = of(history, first, second)
    assert texts(found, "lateral_shift") == ("+9.0", "+10.0")
    assert found.heads == ("Left, trial 1", "Left, trial 2")
    assert found.sentences == (WORDS("compare.single"),)


def test_trials_of_two_legs_are_called_that(history: PatientHistory) -> None:
    visit = history.visits[0].results
    left, right = (f"trial:{visit.visit.id}:{visit.trials[n].trial.id}" for n in (0, 3))
    assert of(history, left, right).differs[0] == WORDS("compare.two_legs")


def test_another_condition_is_said(history: PatientHistory) -> None:
    seen = history.visits[1].results
    trials = [FiledTrial(replace(one.trial, condition="eyes_closed"), one.result) for one in seen.trials]
    results = replace(seen, trials=tuple(trials))
    changed = replace(history, visits=(history.visits[0], VisitHistory(results, condition_groups(results))))
    newer, older = keys(changed, "visit:")
    assert "the condition differs" in of(changed, newer, older).differs


def test_a_trial_and_a_visit_are_not_compared(history: PatientHistory) -> None:
    assert compared(WORDS, history, keys(history, "visit:")[0], keys(history, "trial:")[0]) is None


@pytest.mark.parametrize("key", ["trial:x:y", "visit:x:0"])
def test_what_is_not_in_this_patients_archive_is_not_found(history: PatientHistory, key: str) -> None:
    with pytest.raises(NotFound):
        compared(WORDS, history, key, key)


def test_at_first_the_visit_before_is_chosen_else_two_trials(history: PatientHistory) -> None:
    known = options(WORDS, history)
    old, new = (visit.results.visit.id for visit in history.visits)
    assert picked(known, new) == (f"visit:{old}:0", f"visit:{new}:0")
    first = picked(known, old)
    assert first is not None
    assert [key.split(":")[0] for key in first] == ["trial", "trial"]
    alone = [Option(f"visit:{new}:0", "", ""), Option(f"trial:{new}:t", "", "")]
    assert picked(alone, new) is None


# ---- a recording that is damaged


def test_a_damaged_recording_takes_neither_the_numbers_nor_the_other_pictures(clinic: Clinic) -> None:
    """One of six recordings lost its end: its numbers were filed before, five trials are drawn."""
    visit = clinic.visit(clinic.patient("D-1"), both_sides())
    first, *others = clinic.store.trials_of(visit.id)
    with sqlite3.connect(clinic.services.config.data_folder / "archive.db") as archive:
        cut = "UPDATE recording SET content = substr(content, 1, 200) WHERE id = ?"
        archive.execute(cut, (first.recording_id,))
    archive.close()
    fresh = Station(clinic.store, clinic.actor, "Room 1", settings=AnalysisSettings())
    assert footprint_of(fresh, first.id) is None
    assert all(footprint_of(fresh, trial.id) is not None for trial in others)
    services = replace(clinic.services, station=fresh)
    shown = str(condition_body(services, read_visit(WORDS, fresh, visit.id), 0))
    assert "+10.0 mm" in shown
    group, filed = group_of(condition_groups(fresh.visit_results(visit.id)), first.id)
    assert WORDS("result.no_signals") in str(over_time(WORDS, fresh, group, filed))


# ---- a trial played again


def played(side: Side) -> AssessedTrial:
    (trial,) = assess_import(stood(side, 6.0), settings=AnalysisSettings(), footing=TEMPLATE)
    return trial


@pytest.mark.parametrize("side", list(Side))
def test_the_film_shows_the_stance_on_its_own_side(side: Side) -> None:
    """Seen from above the left foot lies left; the CoP stands 6 mm outside the middle of its foot."""
    trial = played(side)
    course = replay_course(trial, WORDS)
    start_s, end_s = trial.result.phases.static_s or (0.0, 0.0)
    inside = [x for t, x in zip(course["t"], course["x"], strict=True) if start_s < t < end_s]
    sole = np.array(course["soles"][side.value])
    assert course["side"] == side
    assert np.sign(np.mean(sole[:, 0])) == (1 if side is Side.RIGHT else -1)
    assert abs(np.mean(inside)) == pytest.approx(TEMPLATE.half_spacing_mm + 6.0, abs=0.3)
    assert np.sign(np.mean(inside)) == np.sign(np.mean(sole[:, 0]))


def test_the_film_has_at_most_fifty_pictures_a_second_and_names_its_phases() -> None:
    course = replay_course(played(Side.LEFT), WORDS)
    steps = np.diff(course["t"])
    assert steps.min() >= 1 / 50 - 1e-6
    assert [name for _, _, name in course["phases"]] == ["on one leg", "both feet", "measured"]


def test_nothing_is_mirrored_or_put_on_a_foot_where_the_side_is_not_known() -> None:
    (trial, *_) = assess_import(unknown_axis()[0], settings=AnalysisSettings())
    course = replay_course(trial, WORDS)
    assert (course["soles"], course["side"]) == ({}, None)
    shown = [x for x in course["x"] if x is not None]
    assert shown == pytest.approx(trial.stance.trial.xy_mm[::2, 0].tolist()[: len(shown)], abs=0.06)
