"""What every archive does with patients, search and visits, whatever database it lies in."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import pytest
from shelf import CLINICIAN, NOON, filed_patient

from analysis.geometry import Side
from records import filing
from records.errors import CodeTaken, Conflict, EntryProblem, InvalidEntry, NotFound
from records.model import Actor, NewPatient, Role, Sex
from records.store import RecordStore

# ---- patients


def test_a_patient_comes_back_as_filed(store: RecordStore) -> None:
    new = NewPatient("P-001", "Jürgen Weiß", 1961, Sex.MALE, Side.RIGHT, "left hip 2019", simulated=True)
    patient = filing.add_patient(store, CLINICIAN, new)
    assert store.patient(patient.id) == patient
    assert {field.name: getattr(patient, field.name) for field in dataclasses.fields(new)} == dataclasses.asdict(new)


def test_only_the_code_is_needed(store: RecordStore) -> None:
    patient = filing.add_patient(store, CLINICIAN, NewPatient("  P-002 "))
    stored = store.patient(patient.id)
    assert (stored.code, stored.name, stored.birth_year, stored.sex) == ("P-002", None, None, None)


def test_a_code_is_taken_whatever_its_case(store: RecordStore) -> None:
    first = filed_patient(store, "ab-1")
    with pytest.raises(CodeTaken) as refused:
        filed_patient(store, "AB-1")
    assert refused.value.patient_id == first.id
    assert len(store.search_patients()) == 1


def test_an_edit_keeps_its_own_code_and_cannot_take_anothers(store: RecordStore) -> None:
    first, second = filed_patient(store, "A"), filed_patient(store, "B")
    assert filing.edit_patient(store, CLINICIAN, dataclasses.replace(first, code="a")).code == "a"
    with pytest.raises(CodeTaken):
        filing.edit_patient(store, CLINICIAN, dataclasses.replace(second, code="A"))


def test_a_stale_edit_is_refused_and_overwrites_nothing(store: RecordStore) -> None:
    read = filed_patient(store)
    filing.edit_patient(store, CLINICIAN, dataclasses.replace(read, note="first writer"))
    with pytest.raises(Conflict):
        filing.edit_patient(store, CLINICIAN, dataclasses.replace(read, note="second writer"))
    assert store.patient(read.id).note == "first writer"


def test_an_edit_cannot_change_when_a_patient_was_filed(store: RecordStore) -> None:
    read = filed_patient(store)
    filing.edit_patient(store, CLINICIAN, dataclasses.replace(read, created_at=NOON, note="n"))
    assert store.patient(read.id).created_at == read.created_at


def test_nobody_is_born_in_the_future(store: RecordStore) -> None:
    with pytest.raises(InvalidEntry) as refused:
        filing.add_patient(store, CLINICIAN, NewPatient("P", birth_year=datetime.now(UTC).year + 1))
    assert refused.value.code == EntryProblem.BIRTH_YEAR_OUT_OF_RANGE


# ---- search


def found(store: RecordStore, text: str) -> list[str]:
    return [row.patient.code for row in store.search_patients(text)]


@pytest.mark.parametrize(
    "text", ["P-001", "p-00", "JÜRGEN", "jurgen", "weiss", "Weiß", "WEISS", "weiß p-0", "  jür   wei ", ""]
)
def test_search_ignores_case_and_accents_and_takes_words_in_any_order(store: RecordStore, text: str) -> None:
    filed_patient(store, "P-001")
    assert found(store, text) == ["P-001"]


@pytest.mark.parametrize("text", ["%", "_", "\\", "P%1", "' OR 1=1 --", "P-001\\"])
def test_search_takes_every_sign_as_itself(store: RecordStore, text: str) -> None:
    filed_patient(store, "P-001")
    assert found(store, text) == []


def test_a_patient_whose_code_holds_the_signs_of_search_is_found_by_them(store: RecordStore) -> None:
    filing.add_patient(store, CLINICIAN, NewPatient("100%_a\\b"))
    filing.add_patient(store, CLINICIAN, NewPatient("100-xa-b"))
    assert found(store, "0%_a\\b") == ["100%_a\\b"]


def test_an_edited_name_is_found_and_the_old_one_is_not(store: RecordStore) -> None:
    patient = filed_patient(store)
    filing.edit_patient(store, CLINICIAN, dataclasses.replace(patient, name="Ada Grün"))
    assert (found(store, "grun"), found(store, "weiss")) == (["P-001"], [])


def test_who_was_here_last_comes_first_and_an_exact_code_before_all(store: RecordStore) -> None:
    """P-1 came yesterday, P-10 today, P-11 never: listed by visit, a patient without one by when it was filed."""
    ids = {code: filing.add_patient(store, CLINICIAN, NewPatient(code)).id for code in ("P-11", "P-1", "P-10")}
    now = datetime.now(UTC)
    filing.open_visit(store, CLINICIAN, ids["P-10"], station="s", at=now + timedelta(minutes=1))
    filing.open_visit(store, CLINICIAN, ids["P-1"], station="s", at=now - timedelta(days=1))
    assert found(store, "") == ["P-10", "P-11", "P-1"]
    assert found(store, "p-1") == ["P-1", "P-10", "P-11"]


def test_a_row_counts_visits_and_knows_the_last(store: RecordStore) -> None:
    patient, other = filed_patient(store, "A"), filed_patient(store, "B")
    for day in (3, 1, 2):
        filing.open_visit(store, CLINICIAN, patient.id, station="s", at=NOON + timedelta(days=day))
    rows = {row.patient.id: row for row in store.search_patients()}
    assert (rows[patient.id].visits, rows[patient.id].last_visit_at) == (3, NOON + timedelta(days=3))
    assert (rows[other.id].visits, rows[other.id].last_visit_at) == (0, None)


def test_pages_of_the_list_hold_every_patient_once(store: RecordStore) -> None:
    codes = {filing.add_patient(store, CLINICIAN, NewPatient(f"P-{n}")).code for n in range(7)}
    pages = [store.search_patients(limit=3, offset=offset) for offset in (0, 3, 6)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert {row.patient.code for page in pages for row in page} == codes


# ---- visits


def test_a_visit_comes_back_in_utc_with_what_the_clock_on_the_wall_showed(store: RecordStore) -> None:
    """15:30 in Kathmandu (+05:45) is 09:45 UTC."""
    wall = datetime(2026, 3, 1, 15, 30, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    patient = filed_patient(store)
    visit = store.visit(filing.open_visit(store, CLINICIAN, patient.id, station="room 2", at=wall, note="n").id)
    assert visit.at == datetime(2026, 3, 1, 9, 45, tzinfo=UTC)
    assert visit.at.utcoffset() == timedelta(0)
    assert visit.local_at.isoformat() == "2026-03-01T15:30:00+05:45"
    assert (visit.operator, visit.station, visit.note) == (CLINICIAN.name, "room 2", "n")


def test_visits_are_listed_newest_first(store: RecordStore) -> None:
    patient = filed_patient(store)
    visits = [
        filing.open_visit(store, CLINICIAN, patient.id, station="s", at=NOON + timedelta(days=day)) for day in (2, 3, 1)
    ]
    assert store.visits_of(patient.id) == (visits[1], visits[0], visits[2])


def test_a_time_without_a_zone_is_refused(store: RecordStore) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises(InvalidEntry) as refused:
        filing.open_visit(store, CLINICIAN, filed_patient(store).id, station="s", at=naive)
    assert refused.value.code == EntryProblem.TIME_WITHOUT_ZONE


def test_a_visit_of_nobody_is_refused(store: RecordStore) -> None:
    with pytest.raises(NotFound):
        filing.open_visit(store, CLINICIAN, "nobody", station="s")


# ---- texts that no database holds: the zero byte, half a character


UNKEPT = ["\0", "a\0b", "\ud800"]


@pytest.mark.parametrize(
    "text", [*UNKEPT, "x" * 1_000_000, "x " * 500_000], ids=["zero", "zero within", "half", "1 MB", "1 MB of words"]
)
def test_what_no_text_holds_finds_nobody(store: RecordStore, text: str) -> None:
    patient = filed_patient(store)
    assert store.search_patients(text) == ()
    assert store.visits_of(patient.id + text) == ()
    assert store.latest_results(text) == store.newest_results([text]) == {}
    assert store.audit_events(text) == ()
    for look in (store.patient, store.visit, store.trial, store.recording, store.calibration, store.source):
        with pytest.raises(NotFound):
            look(patient.id + text)


@pytest.mark.parametrize("text", UNKEPT, ids=["zero", "zero within", "half"])
def test_what_no_text_holds_is_not_filed(store: RecordStore, text: str) -> None:
    patient = filed_patient(store)
    events = store.audit_events()
    for station, actor in ((f"s{text}", CLINICIAN), ("s", Actor(f"Ann{text}", Role.CLINICIAN))):
        with pytest.raises(InvalidEntry) as refused:
            filing.open_visit(store, actor, patient.id, station=station)
        assert refused.value.code == EntryProblem.TEXT_UNPRINTABLE
    assert store.visits_of(patient.id) == ()
    assert store.audit_events() == events
