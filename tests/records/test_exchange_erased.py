"""The right to be forgotten reaches every station, also the one that was away and wrote about the person meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from lab import Lab, content, settled
from postgres_server import Databases
from shelf import CLINICIAN, TRIALS, filed_patient, import_input
from staff import ADMIN

from records import filing
from records.errors import NotFound
from records.exchange import Exchange

NAME, NOTE = "Jürgen Weiß", "his wife Erika drove him"
SOURCE = b"name;Weiss\n1;2;3"


@pytest.fixture
def lab(tmp_path: Path, databases: Databases) -> Iterator[Lab]:
    made = Lab(tmp_path, databases.archive())
    yield made
    made.close()


def named_in(exchange: Exchange) -> list[str]:
    """What names the person in a station's file, in any byte of it."""
    file = exchange.station.file
    assert file is not None
    exchange.station.close()
    written = file.read_bytes()
    return [text for text in (NAME, NOTE, SOURCE.decode()) if text.encode() in written]


def test_who_is_erased_at_one_station_is_forgotten_by_the_server_and_by_one_that_was_away(lab: Lab) -> None:
    a, b = lab.station("a"), lab.station("b")
    patient = filed_patient(a.station)
    new = import_input(SOURCE)
    visit, _ = filing.file_import(a.station, CLINICIAN, patient.id, [(new, TRIALS)], station="a", note=NOTE)
    assert settled(a, b) == 0
    filing.edit_patient(b.station, CLINICIAN, replace(b.station.patient(patient.id), note=NOTE))
    filing.open_visit(b.station, CLINICIAN, patient.id, station="b", note=NOTE)
    filing.erase_patient(a.station, ADMIN, patient.id, "asked for it")
    assert settled(a, b) == 1  # the edit of somebody who is not there any more
    assert content(a.station) == content(a.server) == content(b.station)
    for store in (a.station, b.station, a.server):
        assert store.patient(patient.id).erased_at is not None
        assert [each.note for each in store.visits_of(patient.id)] == ["", ""]
        assert NOTE not in str(store.audit_events())
        assert store.verify_audit().faults == ()
        with pytest.raises(NotFound):
            store.source(new.content_sha256)
    assert (named_in(a), named_in(b)) == ([], [])
    assert len(b.station.trials_of(visit.id)) == 1


def test_an_edit_that_came_before_it_does_not_undo_an_erasure(lab: Lab) -> None:
    a, b = lab.station("a"), lab.station("b")
    patient = filed_patient(a.station)
    assert settled(a, b) == 0
    filing.edit_patient(b.station, CLINICIAN, replace(b.station.patient(patient.id), note=NOTE))
    settled(b)
    filing.erase_patient(a.station, ADMIN, patient.id, "asked for it")
    settled(a, b)
    for store in (a.station, b.station, a.server):
        left = store.patient(patient.id)
        assert (left.erased_at is None, left.name, left.note) == (False, None, "")
        assert NOTE not in str(store.audit_events())
        assert store.verify_audit().faults == ()
    assert content(a.station) == content(a.server) == content(b.station)
