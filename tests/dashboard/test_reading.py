"""What counts as a look at a patient, and that noting it keeps no page from being shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter_ns

import pytest
from clinic import Clinic, both_sides
from flask.testing import FlaskClient
from visitors import client_of, page_at

from dashboard.app import make_app
from dashboard.config import Config
from dashboard.reading import Reading
from dashboard.reporting import make_report
from dashboard.serving import running
from dashboard.words import load_words
from records.errors import StoreDamaged
from records.model import Act, Patient, Role, Visit
from records.reads import ReadLog
from records.reports import ReportKind
from records.store import RecordStore

WORDS = load_words()
#: What a look may cost the page, and how often it is tried: the machine does other things, too.
COST_MS, TIMES = 5.0, 200


@dataclass(frozen=True, slots=True)
class Desk:
    """A clinic with one patient and one visit, whose pages note who looks."""

    clinic: Clinic
    patient: Patient
    visit: Visit
    reading: Reading
    folder: Path

    def client(self, role: Role = Role.CLINICIAN) -> FlaskClient:
        """A new log-in session."""
        services = replace(self.clinic.services, reading=self.reading)
        return client_of(make_app(services.config, services), role)

    def looks(self) -> list[tuple[str, str, str]]:
        """Who looked at whom on which page, oldest first, once it is all in the archive."""
        assert self.reading.bring_in()
        events = self.clinic.store.audit_events(limit=1000, acts=[Act.PATIENT_READ])
        return [(event.actor, event.subject_id, str(event.details["page"])) for event in reversed(events)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clinic = Clinic(tmp_path)
    patient = clinic.patient("P-1", name="Anna Example")
    visit = clinic.visit(patient, both_sides()[:1])
    yield Desk(clinic, patient, visit, Reading(clinic.store, ReadLog(tmp_path / "reads")), tmp_path)
    clinic.store.close()


@pytest.mark.parametrize("page", ["patient", "visit", "result", "progress", "compare", "test"])
def test_a_page_about_a_patient_is_a_look_at_them(desk: Desk, page: str) -> None:
    of = desk.patient.id if page in ("patient", "progress") else desk.visit.id
    shown = page_at(desk.client(), f"/{page}/{of}")
    assert "P-1" in shown
    assert desk.looks() == [("Dr. Example", desk.patient.id, page)]


def test_a_list_a_search_and_what_is_not_shown_are_no_look(desk: Desk) -> None:
    client = desk.client(Role.VIEWER)
    assert WORDS("nav.patients") in page_at(client, "/")
    for nothing in ("/patient/none", f"/result/{desk.patient.id}", "/nowhere"):
        assert WORDS("nav.missing_title") in page_at(client, nothing)
    assert WORDS("nav.not_allowed_title") in page_at(client, f"/test/{desk.visit.id}")
    assert desk.looks() == []


def test_who_goes_from_page_to_page_looks_once_and_a_colleague_once_more(desk: Desk) -> None:
    for client in (desk.client(), desk.client(Role.VIEWER)):
        for path in (f"/patient/{desk.patient.id}", f"/result/{desk.visit.id}", f"/progress/{desk.patient.id}"):
            page_at(client, path)
    who = [("Dr. Example", desk.patient.id, "patient"), ("Vera Viewer", desk.patient.id, "patient")]
    assert desk.looks() == who


def test_a_report_that_is_opened_is_a_look(desk: Desk) -> None:
    report, pdf = make_report(WORDS, desk.clinic.station, desk.clinic.actor, desk.visit.id, ReportKind.PATIENT)
    assert desk.client().get(f"/report/{report.id}").data == pdf
    assert desk.client().get("/report/none").status_code == 404
    assert desk.looks() == [("Dr. Example", desk.patient.id, "report")]


def test_looks_at_an_archive_that_cannot_be_written_wait_until_it_can(desk: Desk) -> None:
    client = desk.client()
    desk.clinic.store.damage = StoreDamaged("archive", "a page of it is torn")
    assert "P-1" in page_at(client, f"/patient/{desk.patient.id}")
    assert not desk.reading.bring_in()
    assert len(desk.reading.looks.waiting()) == 1
    desk.clinic.store.damage = None  # as after a restore, and a new start
    assert desk.looks() == [("Dr. Example", desk.patient.id, "patient")]
    assert desk.clinic.store.verify_audit().faults == ()
    assert desk.reading.looks.waiting() == []


def test_a_disk_that_takes_nothing_keeps_no_page_from_being_shown(desk: Desk) -> None:
    (desk.folder / "reads").write_text("a file where the folder would be", encoding="utf-8")
    assert "P-1" in page_at(desk.client(), f"/patient/{desk.patient.id}")
    assert desk.looks() == [("Dr. Example", desk.patient.id, "patient")]


def test_a_program_brings_in_what_an_earlier_one_left_and_what_is_looked_at_before_it_ends(desk: Desk) -> None:
    page_at(desk.client(), f"/patient/{desk.patient.id}")
    (left,) = desk.reading.looks.waiting()
    url = f"sqlite:///{(desk.folder / 'archive.db').as_posix()}"
    config = Config(desk.folder, url)
    with running(config, RecordStore(url)) as services:
        page_at(client_of(make_app(config, services)), f"/visit/{desk.visit.id}")
    assert not left.exists()
    assert [page for _, _, page in desk.looks()] == ["patient", "visit"]


def test_a_look_costs_the_page_less_than_five_milliseconds(desk: Desk) -> None:
    """The dearest one: a file is written each time, for nobody looked at these patients before."""
    client = desk.client()
    services = replace(desk.clinic.services, reading=desk.reading)
    app = make_app(services.config, services)
    with app.server.test_request_context(headers={"Cookie": client.get("/").request.headers["Cookie"]}):
        app.server.preprocess_request()
        took_ns = []
        for number in range(TIMES):
            begun_ns = perf_counter_ns()
            desk.reading.shown("patient", {"patient_id": f"patient {number}"})
            took_ns.append(perf_counter_ns() - begun_ns)
    assert len(desk.reading.looks.waiting()) == TIMES
    assert median(took_ns) / 1e6 < COST_MS
