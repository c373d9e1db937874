"""Through the public doors: the served pages in a browser, the simulated plate, the archive afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import watched
from guided_room import PATIENCE_MS, GuidedRoom, at_step, attempt, begin, guided_room, press
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from visitors import NAMES, VISITORS_PASSWORD

from analysis.geometry import Side
from dashboard.protocol import Step
from records.model import Role, TrialStatus

pytestmark = pytest.mark.browser


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[GuidedRoom]:
    with guided_room(tmp_path) as made:
        yield made


def to_a_new_visit(page: Page) -> None:
    """Patients, the patient, a new visit: the guided test is ready."""
    page.goto("/")
    page.get_by_role("link", name="SIM-001").click()
    page.get_by_role("button", name="New visit").click()
    at_step(page, Step.READY)


def logged_in(page: Page) -> None:
    """By name and password, as everybody."""
    page.context.clear_cookies()
    page.goto("/")
    page.get_by_label("Name").fill(NAMES[Role.CLINICIAN])
    page.get_by_label("Password").fill(VISITORS_PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Add patient")).to_be_visible()


def new_patient(page: Page, code: str) -> str:
    """Added by hand; the id."""
    page.get_by_role("button", name="Add patient").click()
    page.get_by_role("dialog").get_by_label("Code").fill(code)
    page.get_by_role("dialog").get_by_role("button", name="Add patient").click()
    expect(page.get_by_role("button", name="New visit")).to_be_visible()
    return page.url.rsplit("/", 1)[1]


def both_sides_tested(page: Page) -> None:
    page.get_by_role("button", name="New visit").click()
    at_step(page, Step.READY)
    for leg in ("Right leg", "Left leg"):
        expect(page.locator("#test-controls")).to_contain_text(leg)
        attempt(page)
        expect(page.locator(".verdict")).to_contain_text("Usable")
        press(page, "keep")
    at_step(page, Step.DONE)
    assert page.evaluate("window.fp.stats.gaps") == 0


def test_from_the_log_in_to_both_sides_progress_and_a_report_that_is_read(clinic: GuidedRoom, browser: Browser) -> None:
    with watched(browser, clinic.address) as page:
        logged_in(page)
        patient_id = new_patient(page, "P-0815")
        for days_ago, seed in ((42, 21), (14, 22)):
            clinic.past_visit(patient_id, days_ago, seed)
        both_sides_tested(page)
        page.get_by_role("link", name="Show the results").click()
        expect(page.get_by_role("heading", name="Left", exact=True).first).to_be_visible(timeout=PATIENCE_MS)
        expect(page.get_by_role("heading", name="Right", exact=True).first).to_be_visible()
        with page.expect_download() as handed:
            page.get_by_role("button", name="Report for the record").click()
        told = "".join(part.extract_text() for part in PdfReader(handed.value.path()).pages)
        page.get_by_role("link", name="Progress").first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Progress")
        expect(page.locator(".graph .scatterlayer").first).to_be_attached(timeout=PATIENCE_MS)
    assert "P-0815" in told
    assert "mm/s" in told
    visits = clinic.store.visits_of(patient_id)
    assert len(visits) == 3
    trials = clinic.store.trials_of(visits[0].id)
    assert [trial.side for trial in trials] == [Side.RIGHT, Side.LEFT]
    for trial in trials:
        assert (trial.status, trial.demo) == (TrialStatus.FILED, True)
        stored = clinic.store.recording(trial.recording_id)
        assert stored.raw is not None
        assert stored.raw.gaps == ()
        assert clinic.store.latest_result(trial.id) is not None


def test_nobody_needs_to_look_for_a_trial_to_be_filed(clinic: GuidedRoom, browser: Browser) -> None:
    """The only screen is closed in the middle of the hold and opened again afterwards."""
    with watched(browser, clinic.address) as page:
        to_a_new_visit(page)
        begin(page)
        at_step(page, Step.HOLD)
        address = page.url
    with watched(browser, clinic.address) as page:
        page.goto(address)
        at_step(page, Step.VERDICT)
    assert len(clinic.trials) == 1


def test_a_plate_pulled_out_in_the_hold_files_an_interrupted_trial(clinic: GuidedRoom, browser: Browser) -> None:
    with watched(browser, clinic.address) as page:
        to_a_new_visit(page)
        begin(page)
        at_step(page, Step.HOLD)
        clinic.plates[-1].close()
        at_step(page, Step.VERDICT)
        expect(page.locator("#test-notice")).to_contain_text("filed as interrupted")
        press(page, "repeat")
        expect(page.locator("#test-controls")).to_contain_text("Attempt 2")
    (trial,) = clinic.trials
    assert trial.status is TrialStatus.INTERRUPTED
