"""A station whose server goes away in the middle of the day: it measures, files, says so, and sends it later."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest
from browsing import violations, watched
from playwright.sync_api import Browser, Page, expect
from postgres_server import Databases, PostgresServer, running_server
from visitors import let_in

from dashboard.archive import open_store
from dashboard.config import Config
from dashboard.protocol import Step
from dashboard.services import Services
from dashboard.serving import Server, running
from records import filing
from records.model import Actor, NewPatient, Role
from records.recording_file import content_sha256
from records.store import RecordStore

pytestmark = [
    pytest.mark.browser,
    pytest.mark.process,
    pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux lists a server's processes in /proc"),
]
PLATE = "sim:healthy?seed=3&speed=20"


def measured(page: Page) -> None:
    """A new visit and one attempt."""
    page.get_by_role("link", name="SIM-001").click()
    page.get_by_role("button", name="New visit").click()
    for step, act in ((Step.READY, "start"), (Step.VERDICT, "")):
        expect(page.locator("#test-now")).to_have_attribute("data-step", step.value, timeout=60_000)
        if act:
            page.locator(f"[data-act={act}]").click()


def went_away(page: Page, postgres: PostgresServer, services: Services) -> None:
    """The badge and the notice, a trial that is filed, and how many wait."""
    page.goto("/")
    expect(page.locator("#exchange")).to_have_text("Server: up to date", timeout=20_000)
    postgres.kill()
    expect(page.locator("#exchange")).to_have_text("Server away", timeout=20_000)
    measured(page)
    store = services.station.store
    (row,) = store.search_patients("SIM-001")
    assert len(store.trials_of(store.visits_of(row.patient.id)[0].id)) == 1
    notice = page.locator("#exchange-notice")
    expect(notice).to_contain_text("The server has not answered since", timeout=20_000)
    expect(notice).to_contain_text("(trials: 1)", timeout=20_000)
    assert violations(page) == []


@pytest.mark.fault(row=30)
def test_a_station_measures_and_files_while_its_server_is_down(tmp_path: Path, browser: Browser) -> None:
    """Row 30: the server is killed before a visit -> a badge, a notice; measured, filed here, there when it is back."""
    with running_server() as postgres:
        address = Databases(postgres.url).empty()
        config = Config(tmp_path, address, 0, open_browser=False, plate_url=PLATE, demo=True)
        store, actor = open_store(config), Actor("demo", Role.CLINICIAN)
        patient = filing.add_patient(store, actor, NewPatient("SIM-001", simulated=True))
        with running(config, store, longest_s=2.0) as services:
            server = Server(config, services)
            thread = Thread(target=server.run)
            thread.start()
            with watched(browser, let_in(services, server.address.rstrip("/"))) as page:
                went_away(page, postgres, services)
                postgres.start()
                expect(page.locator("#exchange")).to_have_text("Server: up to date", timeout=30_000)
                expect(page.locator("#exchange-notice")).to_be_empty()
            server.close()
            thread.join()
        arrived, own = RecordStore(address), open_store(config)
        (visit,) = arrived.visits_of(patient.id)
        (trial,) = arrived.trials_of(visit.id)
        there, here = (at.recording(trial.recording_id).raw for at in (arrived, own))
        assert there is not None
        assert here is not None
        assert content_sha256(there) == content_sha256(here)
        assert arrived.verify_audit().faults == ()
        arrived.close()
        own.close()
