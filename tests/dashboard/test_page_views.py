"""What the pages say, before it is laid out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from clinic import Clinic, both_sides, stood

from analysis.geometry import Side
from dashboard.pages.patient.view import facts, goes_on, visit_line
from dashboard.pages.patients.view import line, new_patient, shown_text
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


def test_a_visit_can_be_continued_on_its_own_day_only(clinic: Clinic) -> None:
    visit = clinic.visit(clinic.patient("A-1"), [stood(Side.LEFT, 3.0)])
    that_day = visit.local_at.date()
    assert goes_on(visit, that_day)
    assert not goes_on(visit, that_day + timedelta(days=1))
