"""Through the public doors: the served pages in a browser, the simulated plate, the archive afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest
from browsing import violations, watched
from playwright.sync_api import Browser, Page, expect
from visitors import let_in

from acquisition.hub import Hub
from acquisition.plate import Plate, open_plate
from analysis.geometry import Side
from dashboard.archive import open_store
from dashboard.conductor import Conductor
from dashboard.config import Config
from dashboard.protocol import DEMO, Step
from dashboard.services import Services
from dashboard.serving import Server
from dashboard.station import Station
from dashboard.words import load_words
from records import filing
from records.model import Actor, NewPatient, Role, Trial, TrialStatus
from records.store import RecordStore

pytestmark = pytest.mark.browser

ACTOR = Actor("demo", Role.CLINICIAN)
#: Eight times the speed of life: an attempt takes 6 s.
PLATE = "sim:weak-left?seed=3&speed=8"
PATIENCE_MS = 60_000


@dataclass
class Clinic:
    """A served station with one simulated patient; `plates` are those opened so far, the newest last."""

    address: str
    store: RecordStore
    plates: list[Plate] = field(default_factory=list)

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Every trial of the patient's newest visit."""
        (row,) = self.store.search_patients("SIM-001")
        return self.store.trials_of(self.store.visits_of(row.patient.id)[0].id)


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    config = Config(tmp_path, f"sqlite:///{tmp_path}/archive.db", 0, open_browser=False, plate_url=PLATE, demo=True)
    store = open_store(config)
    filing.add_patient(store, ACTOR, NewPatient("SIM-001", "Anna Example", 1968, simulated=True))
    made = Clinic("", store)

    def opened() -> Plate:
        made.plates.append(open_plate(PLATE))
        return made.plates[-1]

    hub = Hub(opened)
    station = Station(store, ACTOR, "room 2", hub)
    conductor = Conductor(station, DEMO)
    with served(config, Services(station, load_words(), config, conductor)) as address:
        hub.start()
        conductor.start()
        made.address = address
        yield made
        conductor.close()
        hub.close()
    store.close()


@contextmanager
def served(config: Config, services: Services) -> Iterator[str]:
    server = Server(config, services)
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield let_in(services, server.address.rstrip("/"))
    finally:
        server.close()
        thread.join()


def at_step(page: Page, step: Step) -> None:
    expect(page.locator("#test-now")).to_have_attribute("data-step", step.value, timeout=PATIENCE_MS)


def press(page: Page, act: str) -> None:
    page.locator(f"[data-act={act}]").click()


def to_a_new_visit(page: Page) -> None:
    """Patients, the patient, a new visit: the guided test is ready."""
    page.goto("/")
    page.get_by_role("link", name="SIM-001").click()
    page.get_by_role("button", name="New visit").click()
    at_step(page, Step.READY)


def attempt(page: Page) -> None:
    press(page, "start")
    at_step(page, Step.VERDICT)


def test_from_the_list_of_patients_to_both_sides_on_the_result(clinic: Clinic, browser: Browser) -> None:
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


def test_reload_and_a_second_tab_in_the_middle_of_a_hold_lose_nothing(clinic: Clinic, browser: Browser) -> None:
    with watched(browser, clinic.address) as page:
        to_a_new_visit(page)
        press(page, "start")
        at_step(page, Step.HOLD)
        page.reload()
        at_step(page, Step.HOLD)
        second = page.context.new_page()
        second.goto(page.url)
        at_step(second, Step.HOLD)
        expect(second.locator("#test-controls")).to_contain_text("Another screen operates this test")
        at_step(second, Step.VERDICT)
        at_step(page, Step.VERDICT)
        expect(second.locator("[data-act]")).to_have_count(0)
        second.get_by_text("Take over").click()
        second.get_by_role("button", name="Operate here").click()
        expect(page.locator("#test-controls")).to_contain_text("Another screen took this test over")
        press(second, "keep")
        at_step(page, Step.REST)
        assert second.evaluate("window.fp.stats.gaps") == 0
    (trial,) = clinic.trials
    stored = clinic.store.recording(trial.recording_id)
    assert stored.raw is not None
    assert (stored.raw.gaps, trial.attempt) == ((), 1)
    result = clinic.store.latest_result(trial.id)
    assert result is not None
    assert result.result.phases.hold_time_s == DEMO.hold_s


def test_nobody_needs_to_look_for_a_trial_to_be_filed(clinic: Clinic, browser: Browser) -> None:
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


def test_a_plate_pulled_out_in_the_hold_files_an_interrupted_trial(clinic: Clinic, browser: Browser) -> None:
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


def test_the_keyboard_alone_runs_a_test(clinic: Clinic, browser: Browser) -> None:
    with watched(browser, clinic.address) as page:
        to_a_new_visit(page)
        page.locator("body").click(position={"x": 5, "y": 300})
        expect(page.locator("[data-act=start]")).to_be_visible()
        page.keyboard.press("Space")
        at_step(page, Step.HOLD)
        expect(page.locator("[data-act=hand_support]")).to_be_visible()
        page.keyboard.press("h")
        at_step(page, Step.VERDICT)
        expect(page.locator(".verdict")).to_contain_text("hand")


def test_the_page_is_accessible_while_ready_and_while_holding(clinic: Clinic, browser: Browser) -> None:
    with watched(browser, clinic.address) as page:
        to_a_new_visit(page)
        expect(page.locator("[data-act=start]")).to_be_visible()
        assert violations(page) == []
        press(page, "start")
        at_step(page, Step.HOLD)
        expect(page.locator("[data-act=touched]")).to_be_visible()
        assert violations(page) == []
        for button in page.locator("#test-controls button").all():
            box = button.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 44
