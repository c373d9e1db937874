"""What a person sees of a fault: the guided test in Chromium, with a simulated plate that breaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from browsing import violations, watched
from playwright.sync_api import Browser, Page, expect
from visitors import let_in

from acquisition.hub import Hub
from acquisition.plate import Plate
from dashboard.archive import open_store
from dashboard.conductor import Conductor
from dashboard.config import Config
from dashboard.protocol import DEMO, Step
from dashboard.services import Services
from dashboard.serving import Server
from dashboard.station import Station
from dashboard.words import load_words
from hardware.simulator.device import SimulatedPlate, open_simulated_link
from hardware.simulator.faults import parse_fault
from records import filing
from records.model import Actor, NewPatient, Role

pytestmark = pytest.mark.browser

ACTOR = Actor("demo", Role.CLINICIAN)
PATIENCE_MS = 60_000


class Room:
    """A served station with a visit, and the simulated plate on its floor."""

    def __init__(self, folder: Path) -> None:
        self.config = Config(
            folder, f"sqlite:///{folder}/archive.db", 0, open_browser=False, plate_url="sim:", demo=True
        )
        self.store = open_store(self.config)
        patient = filing.add_patient(self.store, ACTOR, NewPatient("SIM-001", simulated=True))
        self.visit = filing.open_visit(self.store, ACTOR, patient.id, station="room 2")
        self.plates: list[SimulatedPlate] = []

    def opened(self) -> Plate:
        """The plate, switched on."""
        self.plates.append(SimulatedPlate(open_simulated_link("sim:healthy?seed=7&speed=8")))
        return self.plates[-1]

    def plant(self, *texts: str) -> None:
        """Break the plate now."""
        now_s = self.plates[-1].firmware.person.now_s
        self.plates[-1].plant(*(replace(parse_fault(text), start_s=now_s) for text in texts))

    @contextmanager
    def served(self) -> Iterator[str]:
        """Its address."""
        with ExitStack() as after:
            hub = Hub(self.opened)
            station = Station(self.store, ACTOR, "room 2", hub)
            conductor = Conductor(station, DEMO)
            services = Services(station, load_words(), self.config, conductor)
            server = Server(self.config, services)
            thread = Thread(target=server.run)
            after.callback(self.store.close)
            after.callback(thread.join)
            after.callback(server.close)
            after.callback(hub.close)
            after.callback(conductor.close)
            thread.start()
            hub.start()
            conductor.start()
            yield let_in(services, server.address.rstrip("/"))


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def at_step(page: Page, step: Step) -> None:
    expect(page.locator("#test-now")).to_have_attribute("data-step", step.value, timeout=PATIENCE_MS)


def notice(page: Page, text: str, level: str) -> None:
    shown = page.locator("#test-notice")
    expect(shown).to_contain_text(text, timeout=PATIENCE_MS)
    expect(shown).to_have_attribute("data-level", level)


@pytest.mark.fault(row=17)
def test_an_unplugged_cell_is_read_in_red_and_start_is_away_until_it_is_mended(room: Room, browser: Browser) -> None:
    """Row 17: a cell is unplugged before the attempt -> red on the page, no Start; back again, Start comes back."""
    with room.served() as address, watched(browser, address) as page:
        page.goto(f"/test/{room.visit.id}")
        at_step(page, Step.READY)
        expect(page.locator("[data-act=start]")).to_be_visible()
        room.plant("unplugged-3")
        notice(page, "Cell 3 (rear left)", "stop")
        expect(page.locator("#test-title")).to_have_text("Not ready")
        expect(page.locator("[data-act=start]")).to_have_count(0)
        assert violations(page) == []
        room.plant()
        expect(page.locator("[data-act=start]")).to_be_visible(timeout=PATIENCE_MS)
        expect(page.locator("#test-notice")).to_be_hidden()


@pytest.mark.fault(row=15)
def test_a_cell_that_freezes_in_the_hold_is_read_with_the_verdict(room: Room, browser: Browser) -> None:
    """Row 15: cell 2 freezes in the hold -> the page says so in red, and the verdict that the attempt is not usable."""
    with room.served() as address, watched(browser, address) as page:
        page.goto(f"/test/{room.visit.id}")
        at_step(page, Step.READY)
        page.locator("[data-act=start]").click()
        at_step(page, Step.HOLD)
        room.plant("frozen-2")
        at_step(page, Step.VERDICT)
        notice(page, "Cell 2 (rear right)", "stop")
        expect(page.locator(".verdict")).to_contain_text("Not usable")
        expect(page.locator(".verdict")).to_contain_text("Cell 2 (rear right) sent the same value")
        assert violations(page) == []


@pytest.mark.fault(row=1)
def test_a_poor_cable_colours_the_plates_line(room: Room, browser: Browser) -> None:
    """Row 1: 15 % of the frames are damaged -> the plate's line turns red and says how many, then green."""
    with room.served() as address, watched(browser, address) as page:
        page.goto(f"/test/{room.visit.id}")
        line = page.locator("#test-plate")
        expect(line).to_have_attribute("data-level", "good", timeout=PATIENCE_MS)
        room.plant("garbled:15")
        expect(line).to_have_attribute("data-level", "stop", timeout=PATIENCE_MS)
        expect(line).to_contain_text("arrives damaged")
        assert violations(page) == []
        room.plant()
        expect(line).to_have_attribute("data-level", "good", timeout=PATIENCE_MS)
