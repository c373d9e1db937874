"""Doubles merged at one station while another goes on: the merge holds as a whole, or is undone as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from exports import archive
from lab import Lab, content, settled
from postgres_server import Databases
from shelf import CLINICIAN, TRIALS, calibration, filed_patient, raw_input
from staff import ADMIN

from records import filing
from records.exchange import Exchange
from records.merge import merge_archive
from records.model import Act, Patient
from records.outbox import waiting
from records.pseudonyms import Pseudonyms
from records.schema import patient
from records.store import RecordStore
from records.veiled_archive import export_veiled_archive


@pytest.fixture
def lab(tmp_path: Path, databases: Databases) -> Iterator[Lab]:
    made = Lab(tmp_path, databases.archive())
    yield made
    made.close()


class Room:
    """Two stations that know of two patients, of whom the double has a visit."""

    def __init__(self, lab: Lab) -> None:
        self.a, self.b = lab.station("a"), lab.station("b")
        self.kept, self.double = filed_patient(self.a.station, "P-1"), filed_patient(self.a.station, "P-2")
        self.visit = filing.open_visit(self.a.station, CLINICIAN, self.double.id, station="a")
        settled(self.a, self.b)

    def merged(self, at: Exchange, kept: Patient, double: Patient) -> str:
        """Merge at a station; id of the merge."""
        return filing.merge_patients(at.station, CLINICIAN, kept.id, double.id, "one person").id

    def everywhere(self) -> tuple[RecordStore, ...]:
        """The three archives, which say the same and whose audits are sound."""
        stores = (self.a.station, self.a.server, self.b.station)
        assert content(stores[0]) == content(stores[1]) == content(stores[2])
        assert [store.verify_audit().faults for store in stores] == [(), (), ()]
        return stores


@pytest.fixture
def room(lab: Lab) -> Room:
    return Room(lab)


def visits(store: RecordStore, of: Patient) -> set[str]:
    return {visit.id for visit in store.visits_of(of.id)}


def into(store: RecordStore, of: Patient) -> str | None:
    return store.patient(of.id).merged_into


def test_a_visit_edited_elsewhere_moves_with_its_double_and_keeps_the_edit(room: Room) -> None:
    filing.edit_visit(room.b.station, CLINICIAN, replace(room.visit, note="edited at b"))
    settled(room.b)
    merge_id = room.merged(room.a, room.kept, room.double)
    settled(room.a, room.b)
    for store in room.everywhere():
        assert visits(store, room.kept) == {room.visit.id}
        assert store.visit(room.visit.id).note == "edited at b"
        assert into(store, room.double) == room.kept.id
    filing.unmerge_patients(room.b.station, CLINICIAN, merge_id)
    assert settled(room.b, room.a) == 0
    for store in room.everywhere():
        assert (visits(store, room.kept), visits(store, room.double)) == (set(), {room.visit.id})


def test_a_double_edited_elsewhere_is_closed_all_the_same(room: Room) -> None:
    filing.edit_patient(room.b.station, CLINICIAN, replace(room.double, note="edited at b"))
    settled(room.b)
    room.merged(room.a, room.kept, room.double)
    settled(room.a, room.b)
    for store in room.everywhere():
        assert (into(store, room.double), store.patient(room.double.id).note) == (room.kept.id, "edited at b")
        assert visits(store, room.kept) == {room.visit.id}


def test_what_was_filed_for_the_double_meanwhile_follows_it_along_the_chain_and_back(room: Room) -> None:
    last = filed_patient(room.a.station, "P-3")
    settled(room.a, room.b)
    first, second = room.merged(room.a, room.kept, room.double), room.merged(room.a, last, room.kept)
    new = filing.open_visit(room.b.station, CLINICIAN, room.double.id, station="b")
    filing.add_calibration(room.b.station, CLINICIAN, calibration())
    filing.file_recording(room.b.station, CLINICIAN, new.id, raw_input(), TRIALS)
    assert settled(room.a, room.b) == 0
    for store in room.everywhere():
        assert visits(store, last) == {room.visit.id, new.id}
        assert visits(store, room.double) == visits(store, room.kept) == set()
        told = [each for each in store.audit_events(limit=1000) if each.act is Act.PATIENTS_MERGED]
        assert [each.subject_id for each in told if new.id in str(each.details)] == [second, first]
    filing.unmerge_patients(room.b.station, CLINICIAN, second)
    filing.unmerge_patients(room.b.station, CLINICIAN, first)
    assert settled(room.b, room.a) == 0
    for store in room.everywhere():
        assert visits(store, room.double) == {room.visit.id, new.id}


def test_of_two_merges_into_each_other_the_first_to_arrive_holds_and_the_other_is_undone(room: Room) -> None:
    room.merged(room.a, room.kept, room.double)
    of_b = filing.open_visit(room.b.station, CLINICIAN, room.kept.id, station="b")
    other = room.merged(room.b, room.double, room.kept)
    assert settled(room.a, room.b) == 1
    for store in room.everywhere():
        assert (into(store, room.kept), into(store, room.double)) == (None, room.kept.id)
        assert visits(store, room.kept) == {room.visit.id, of_b.id}
        (undone,) = [each for each in store.merges_of(room.kept.id) if each.undone_at is not None]
        assert undone.id == other
    (event,) = waiting(room.b.station).refused
    assert event.subject_id == other


def test_of_two_merges_of_one_double_the_first_to_arrive_holds(room: Room) -> None:
    third = filed_patient(room.a.station, "P-3")
    settled(room.a, room.b)
    first = room.merged(room.a, room.kept, room.double)
    new = filing.open_visit(room.b.station, CLINICIAN, room.double.id, station="b")
    room.merged(room.b, third, room.double)
    settled(room.a, room.b)
    for store in room.everywhere():
        assert (into(store, room.double), visits(store, third)) == (room.kept.id, set())
        assert visits(store, room.kept) == {room.visit.id, new.id}
    filing.unmerge_patients(room.a.station, CLINICIAN, first)
    assert settled(room.a, room.b) == 0
    for store in room.everywhere():
        assert visits(store, room.double) == {room.visit.id, new.id}


def test_the_same_merge_at_both_stations_stands_once(room: Room) -> None:
    merges = [room.merged(each, room.kept, room.double) for each in (room.a, room.b)]
    settled(room.a, room.b)
    for store in room.everywhere():
        assert visits(store, room.kept) == {room.visit.id}
        standing = [each.id for each in store.merges_of(room.kept.id) if each.undone_at is None]
        assert standing == merges[:1]
    filing.unmerge_patients(room.b.station, CLINICIAN, merges[0])
    assert settled(room.b, room.a) == 0
    for store in room.everywhere():
        assert (into(store, room.double), visits(store, room.double)) == (None, {room.visit.id})


def test_a_merge_into_somebody_erased_meanwhile_is_undone(room: Room) -> None:
    filing.erase_patient(room.b.station, ADMIN, room.kept.id, "asked")
    settled(room.b)
    room.merged(room.a, room.kept, room.double)
    settled(room.a, room.b)
    for store in room.everywhere():
        assert into(store, room.double) is None
        assert visits(store, room.double) == {room.visit.id}


def test_two_patients_closed_into_each_other_can_be_taken_apart(tmp_path: Path) -> None:
    """As two stations left them before a server refused it."""
    store = archive(tmp_path / "a.db", "room 1")
    kept, double = filed_patient(store, "P-1"), filed_patient(store, "P-2")
    visit = filing.open_visit(store, CLINICIAN, double.id, station="a")
    merge = filing.merge_patients(store, CLINICIAN, kept.id, double.id, "one person")
    with store.writing() as connection:
        connection.execute(sa.update(patient).where(patient.c.id == kept.id).values(merged_into=double.id))
    filing.unmerge_patients(store, CLINICIAN, merge.id)
    assert (into(store, double), visits(store, double)) == (None, {visit.id})
    store.close()


def test_a_pseudonymised_archive_with_a_visit_left_on_a_double_merges_elsewhere(tmp_path: Path) -> None:
    """The visit is the kept patient's there."""
    store, other = archive(tmp_path / "a.db", "room 1"), archive(tmp_path / "b.db", "room 2")
    kept, double = filed_patient(store, "P-1"), filed_patient(store, "P-2")
    filing.merge_patients(store, CLINICIAN, kept.id, double.id, "one person")
    visit = filing.open_visit(store, CLINICIAN, kept.id, station="a")
    with store.writing() as connection:
        connection.execute(sa.text("UPDATE visit SET patient_id = :id"), {"id": double.id})
    export_veiled_archive(store, CLINICIAN, tmp_path / "x", None, Pseudonyms(b"k" * 32))
    merge_archive(other, CLINICIAN, tmp_path / "x")
    (row,) = other.search_patients()
    assert len(other.visits_of(row.patient.id)) == 1
    assert visit.id not in visits(other, row.patient)
    store.close()
    other.close()
