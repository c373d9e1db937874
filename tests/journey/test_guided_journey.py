"""Through the public doors: the served pages in a browser, the simulated plate, the archive afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import watched
from guided_room import PATIENCE_MS, GuidedRoom, at_step, attempt, guided_room, press
from playwright.sync_api import Browser, Page, expect

from analysis.geometry import Side
from dashboard.protocol import Step
from records.model import TrialStatus

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


def test_from_the_list_of_patients_to_both_sides_on_the_result(clinic: GuidedRoom, browser: Browser) -> None:
    with watched(browser, clinic.address) as page:
        to_a_new_visit(page)
        expect(page.locator("#test-controls")).to_contain_text("Right leg")
        attempt(page)
        expect(page.locator(".verdict")).to_contain_text("Usable")
        press(page, "keep")
        expect(page.locator("#test-controls")).to_contain_text("Left leg")
        attempt(page)
        press(page, "keep")
        at_step(page, Step.DONE)
        assert page.evaluate("window.fp.stats.gaps") == 0
        page.get_by_role("link", name="Show the results").click()
        expect(page.get_by_role("heading", name="Left", exact=True, level=2)).to_be_visible(timeout=PATIENCE_MS)
        expect(page.get_by_role("heading", name="Right", exact=True, level=2)).to_be_visible()
    assert [trial.side for trial in clinic.trials] == [Side.RIGHT, Side.LEFT]
    for trial in clinic.trials:
        assert (trial.status, trial.demo) == (TrialStatus.FILED, True)
        stored = clinic.store.recording(trial.recording_id)
        assert stored.raw is not None
        assert stored.raw.gaps == ()
        assert clinic.store.latest_result(trial.id) is not None


def test_nobody_needs_to_look_for_a_trial_to_be_filed(clinic: GuidedRoom, browser: Browser) -> None:
    """The only screen is closed in the middle of the hold and opened again afterwards."""
    with watched(browser, clinic.address) as page:
        to_a_new_visit(page)
        press(page, "start")
        at_step(page, Step.HOLD)
        address = page.url
    with watched(browser, clinic.address) as page:
        page.goto(address)
        at_step(page, Step.VERDICT)
    assert len(clinic.trials) == 1


def test_a_plate_pulled_out_in_the_hold_files_an_interrupted_trial(clinic: GuidedRoom, browser: Browser) -> None:
    with watched(browser, clinic.address) as page:
        to_a_new_visit(page)
        press(page, "start")
        at_step(page, Step.HOLD)
        clinic.plates[-1].close()
        at_step(page, Step.VERDICT)
        expect(page.locator("#test-notice")).to_contain_text("filed as interrupted")
        press(page, "repeat")
        expect(page.locator("#test-controls")).to_contain_text("Attempt 2")
    (trial,) = clinic.trials
    assert trial.status is TrialStatus.INTERRUPTED
