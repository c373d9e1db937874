"""Reports are kept: every version, as it was handed out, with the head of the audit chain before it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from threading import Barrier

import pytest
from browsing import serving, watched
from clinic import Clinic, stood
from playwright.sync_api import Browser, expect
from pypdf import PdfReader
from visitors import VISITORS_PASSWORD, account_of, client_of

from analysis.geometry import Side
from dashboard.app import make_app
from dashboard.cli import main
from dashboard.reporting import file_name, make_report
from dashboard.station import Station
from dashboard.words import load_words
from records import filing, schema
from records.errors import NotPermitted
from records.model import Actor, NewPatient, Role, Visit
from records.reports import ReportKind
from records.signatures import Meaning
from records.signing import sign_visit, signed_state
from records.store import RecordStore

WORDS = load_words("en")


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    return Clinic(tmp_path)


@pytest.fixture
def visit(clinic: Clinic) -> Visit:
    return clinic.visit(clinic.patient("P/1"), [stood(Side.LEFT, 4.0), stood(Side.RIGHT, 2.0)])


def text_of(pdf: bytes) -> str:
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages))


def made(clinic: Clinic, visit: Visit, kind: ReportKind = ReportKind.CLINICIAN, language: str = "en") -> bytes:
    _, pdf = make_report(load_words(language), clinic.station, clinic.actor, visit.id, kind)
    return pdf


def test_every_report_is_kept_as_it_was_handed_out(clinic: Clinic, visit: Visit) -> None:
    handed = [made(clinic, visit), made(clinic, visit), made(clinic, visit, language="de")]
    filed = clinic.store.reports_of(visit.id)
    assert [(each.language, each.number) for each in filed] == [("en", 1), ("en", 2), ("de", 1)]
    assert [clinic.store.report_pdf(each.id)[1] for each in filed] == handed
    assert "Version2,made" in text_of(handed[1])
    assert "Fassung1,erstellt" in text_of(handed[2])


def test_reports_made_at_three_stations_at_once_say_each_its_own_version(clinic: Clinic, visit: Visit) -> None:
    together = Barrier(3)

    def at_station(name: str) -> tuple[int, str]:
        store = RecordStore(clinic.services.config.store_url, station=name)
        station = Station(store, clinic.actor, name, settings=clinic.station.settings)
        together.wait()
        report, pdf = make_report(WORDS, station, clinic.actor, visit.id, ReportKind.PATIENT)
        store.close()
        return report.number, text_of(pdf)

    with ThreadPoolExecutor(3) as stations:
        made_there = dict(stations.map(at_station, ("Room 1", "Room 2", "Room 3")))
    assert sorted(made_there) == [1, 2, 3]
    assert [number for number, text in made_there.items() if f"Version{number},made" not in text] == []


def test_a_report_carries_the_audit_head_from_before_itself(clinic: Clinic, visit: Visit) -> None:
    head = clinic.store.audit_heads()[clinic.store.station]
    text = text_of(made(clinic, visit))
    assert re.sub(r"\s", "", f"{clinic.store.station}:{head}") in text
    assert clinic.store.verify_audit({clinic.store.station: head}).faults == ()
    assert clinic.store.audit_heads()[clinic.store.station] != head


def test_only_who_measures_makes_reports(clinic: Clinic, visit: Visit) -> None:
    for role in (Role.VIEWER, Role.ADMIN):
        with pytest.raises(NotPermitted):
            make_report(WORDS, clinic.station, Actor("Vera", role), visit.id, ReportKind.PATIENT)
    assert clinic.store.reports_of(visit.id) == ()


def test_a_filed_report_has_its_own_address_behind_the_gate(clinic: Clinic, visit: Visit) -> None:
    report, pdf = make_report(WORDS, clinic.station, clinic.actor, visit.id, ReportKind.CLINICIAN)
    app = make_app(clinic.services.config, clinic.services)
    for role in Role:
        answer = client_of(app, role).get(f"/report/{report.id}")
        assert (answer.status_code, answer.data, answer.mimetype) == (200, pdf, "application/pdf")
        assert answer.headers["Cache-Control"] == "no-store"
        assert 'filename="P-1-clinician-en-1.pdf"' in answer.headers["Content-Disposition"]
    assert client_of(app).get("/report/none").status_code == 404
    assert app.server.test_client().get(f"/report/{report.id}").status_code == 401


def test_a_signed_visit_says_who_signed_and_whether_it_was_changed_since(clinic: Clinic, visit: Visit) -> None:
    assert re.sub(r"\s", "", WORDS("report.sign_by")) in text_of(made(clinic, visit))
    account, state = account_of(clinic.store), signed_state(clinic.store, visit.id)
    now = datetime.now(UTC)
    sign_visit(clinic.store, account.id, VISITORS_PASSWORD, visit.id, Meaning.EXAMINED, state.content_sha256, now=now)
    signed = text_of(made(clinic, visit))
    assert f"Examinedby{account.name.replace(' ', '')}" in signed
    assert re.sub(r"\s", "", WORDS("report.amended")) not in signed
    trial = clinic.store.trials_of(visit.id)[0]
    filing.void_trial(clinic.store, clinic.actor, trial.id, "the phone rang")
    assert re.sub(r"\s", "", WORDS("report.amended")) in text_of(made(clinic, visit))


def test_a_code_with_strange_letters_makes_no_strange_file_name(clinic: Clinic, visit: Visit) -> None:
    report, _ = make_report(WORDS, clinic.station, clinic.actor, visit.id, ReportKind.PATIENT)
    assert file_name(report, '../a"b\n王') == "---a-b---patient-en-1.pdf"


def test_the_command_makes_no_report_where_two_people_have_the_code(
    clinic: Clinic, visit: Visit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two stations gave one code while they did not see each other; once they are one person there is one report."""
    other = filing.add_patient(clinic.store, clinic.actor, NewPatient("double"))
    with clinic.store.writing() as archive:  # as the exchange brings a row of another station
        table = schema.patient
        archive.execute(table.update().where(table.c.id == other.id).values(code="p/1", code_key=schema.fold("p/1")))
    out = tmp_path / "report.pdf"
    asked = ["report", "--data", str(tmp_path), "--store", clinic.services.config.store_url]
    asked += ["--patient", "P/1", "--out", str(out)]
    assert main(asked) == 1
    assert "2 patients have the code P/1" in capsys.readouterr().err
    assert not out.exists()
    assert clinic.store.reports_of(visit.id) == ()
    filing.merge_patients(clinic.store, clinic.actor, visit.patient_id, other.id, "one person")
    assert main(asked) == 0
    assert len(clinic.store.reports_of(visit.id)) == 1


def test_the_command_writes_and_keeps_the_report(
    clinic: Clinic, visit: Visit, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.pdf"
    asked = ["report", "--data", str(tmp_path), "--store", clinic.services.config.store_url]
    asked += ["--patient", "P/1", "--kind", "patient", "--language", "de", "--out", str(out)]
    assert main(asked) == 0
    (filed,) = clinic.store.reports_of(visit.id)
    assert clinic.store.report_pdf(filed.id)[1] == out.read_bytes()
    assert "IhrGleichgewichtstest" in text_of(out.read_bytes())
    assert main(asked) == 1  # nothing is overwritten
    assert str(out) in capsys.readouterr().err
    assert main([*asked[:6], "nobody"]) == 1
    assert main([*asked[:7], "--visit", "2"]) == 1


@pytest.mark.browser
def test_a_report_is_made_on_the_page_of_the_result(browser: Browser, clinic: Clinic, visit: Visit) -> None:
    with (
        serving(make_app(clinic.services.config, clinic.services)) as address,
        watched(browser, address, accept_downloads=True) as page,
    ):
        page.goto(f"{address}/result/{visit.id}")
        expect(page.get_by_text(WORDS("reports.none"))).to_be_visible()
        with page.expect_download() as saved:
            page.get_by_role("button", name=WORDS("reports.make_clinician")).click()
        pdf = saved.value.path().read_bytes()
        assert saved.value.suggested_filename == "P-1-clinician-en-1.pdf"
        link = page.get_by_role("link", name=WORDS("reports.kind.clinician"))
        expect(link).to_be_visible()
        answer = page.request.get(f"{address}{link.get_attribute('href')}")
        assert answer.body() == pdf
    (filed,) = clinic.store.reports_of(visit.id)
    assert clinic.store.report_pdf(filed.id)[1] == pdf
