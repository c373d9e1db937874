"""The application answers: pages on an empty and a full archive, headers, unknown addresses. No browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from clinic import Clinic, both_sides, unknown_axis
from dash import Dash
from visitors import client_of, page_at

from acquisition.files import read_file
from dashboard.app import make_app
from dashboard.routes import Page, Routes
from records.permissions import Right


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    made = Clinic(tmp_path)
    yield made
    made.store.close()


def app_of(clinic: Clinic) -> Dash:
    return make_app(clinic.services.config, clinic.services)


@pytest.mark.parametrize("path", ["/", "/patient/x", "/result/x"])
def test_addresses_of_pages_answer_and_others_say_they_are_not_there(clinic: Clinic, path: str) -> None:
    client = client_of(app_of(clinic))
    assert client.get(path).status_code == 200
    assert client.get("/nowhere").status_code == 404
    assert client.get("/patient").status_code == 404


def test_every_answer_carries_the_security_headers(clinic: Clinic) -> None:
    client = client_of(app_of(clinic))
    for path in ("/", "/nowhere", "/_dash-layout", "/assets/app.css"):
        with client.get(path) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"


def test_scripts_may_come_from_here_only_and_inline_ones_by_their_hash(clinic: Clinic) -> None:
    policy = client_of(app_of(clinic)).get("/").headers["Content-Security-Policy"]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert scripts.split()[1] == "'self'"
    assert all(source.startswith("'sha256-") for source in scripts.split()[2:])


def test_the_page_names_its_language_and_only_files_of_this_machine(clinic: Clinic) -> None:
    index = client_of(app_of(clinic)).get("/").text
    assert '<html lang="en">' in index
    assert 'src="http' not in index
    assert 'href="http' not in index


def test_no_door_for_machines_is_open(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dash opens an MCP server where this variable says so: we say no whatever it says."""
    monkeypatch.setenv("DASH_MCP_ENABLED", "true")
    app = app_of(clinic)
    assert [str(rule) for rule in app.server.url_map.iter_rules() if "mcp" in str(rule)] == []


def test_the_purpose_stands_on_every_page(clinic: Clinic) -> None:
    layout = client_of(app_of(clinic)).get("/_dash-layout").text
    assert "does not diagnose abductor weakness" in layout


def test_a_demonstration_is_stamped_and_real_work_is_not(tmp_path: Path) -> None:
    for demo in (True, False):
        folder = tmp_path / str(demo)
        folder.mkdir()
        layout = client_of(app_of(Clinic(folder, demo=demo))).get("/_dash-layout").text
        assert ("demo-stamp" in layout) is demo
        assert ("icon-lock" in layout) is not demo  # a visitor without a PIN would be logged out by it


def test_a_patient_who_is_not_in_the_archive_is_a_page_that_says_so(clinic: Clinic) -> None:
    client = client_of(app_of(clinic))
    for path in ("/patient/0", "/result/0"):
        assert clinic.services.words("nav.missing_title") in page_at(client, path)


def test_pages_of_a_full_archive_open(clinic: Clinic) -> None:
    patient = clinic.patient("P-0042", name="Anna Example", simulated=True)
    visit = clinic.visit(patient, both_sides())
    client = client_of(app_of(clinic))
    assert "P-0042" in page_at(client, f"/patient/{patient.id}")
    result = page_at(client, f"/result/{visit.id}")
    assert "simulated" in result
    assert "3 of 3 usable" in result


def test_a_result_of_an_unknown_axis_opens_and_says_why_a_number_is_missing(clinic: Clinic) -> None:
    visit = clinic.visit(clinic.patient("K-1"), unknown_axis(), footing=None)
    result = page_at(client_of(app_of(clinic)), f"/result/{visit.id}")
    assert clinic.services.words("reason.NO_FOOT_PLACEMENT") in result
    assert clinic.services.words("result.picture_unknown") in result


@pytest.mark.recordings
def test_a_recording_of_a_real_plate_opens_with_both_sides(clinic: Clinic, recordings: Path) -> None:
    """One stance a side, each of 30 s, on a four-cell plate whose export does not say which way ML points."""
    read = read_file(recordings / "01_kinvent_single_leg" / "kinvent_sls_30s_original_export.csv")
    visit = clinic.station.import_file(clinic.patient("K-1").id, read)
    result = page_at(client_of(app_of(clinic)), f"/result/{visit.id}")
    assert result.count("1 of 1 usable") == 2
    assert clinic.services.words("no_comparison.ONE_TRIAL_A_SIDE") in result


def test_two_applications_in_one_process_keep_to_their_own_archives(tmp_path: Path) -> None:
    clinics = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        clinics.append(Clinic(folder))
    patients = [clinic.patient(f"P-{number}") for number, clinic in enumerate(clinics)]
    clients = [client_of(app_of(clinic)) for clinic in clinics]
    assert "P-0" in page_at(clients[0], f"/patient/{patients[0].id}")
    assert "P-0" not in page_at(clients[1], f"/patient/{patients[0].id}")


def test_routes_find_pages_by_their_address() -> None:
    routes = Routes([Page("home", "/", dict, Right.READ), Page("one", "/thing/<thing_id>", dict, Right.READ)])
    assert routes.find("/") is not None
    found = routes.find("/thing/7")
    assert found is not None
    assert (found[0].name, found[1]) == ("one", {"thing_id": "7"})
    assert [routes.find(path) for path in ("/thing", "/thing/7/8", "/thing/")] == [None] * 3
