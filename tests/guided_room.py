"""A served station with a simulated patient and a simulated plate, and what a browser does there.

In real time, eight times as fast as life; or in the plate's own time, which stands still until the test lets it run: a
phase lasts as long as the browser needs, however busy the computer is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread, current_thread, main_thread

from direct_hub import DirectHub
from playwright.sync_api import Page, expect
from visitors import let_in

from acquisition.hub import Hub
from acquisition.plate import Plate, open_plate
from analysis.recording import SampleBlock
from dashboard.archive import open_store
from dashboard.conductor import Conductor
from dashboard.config import Config
from dashboard.demonstration import measure
from dashboard.protocol import DEMO, IDLE, Act, Step
from dashboard.services import Services
from dashboard.serving import Server
from dashboard.station import Station
from dashboard.words import load_words
from hardware.simulator.device import Simulation
from records import filing
from records.model import Actor, NewPatient, Role, Trial, Visit
from records.store import RecordStore

ACTOR = Actor("demo", Role.CLINICIAN)
#: Eight times the speed of life: an attempt takes 6 s.
PLATE = "sim:weak-left?seed=3&speed=8"
STEPPED_PLATE = "sim:weak-left?seed=3&speed=0"
PATIENCE_MS = 60_000


@dataclass
class GuidedRoom:
    """A served station with one simulated patient; `plates` are those opened so far, the newest last."""

    address: str
    store: RecordStore
    conductor: Conductor
    station: Station
    plates: list[Plate] = field(default_factory=list)

    @property
    def trials(self) -> tuple[Trial, ...]:
        """Every trial of the patient's newest visit."""
        return self.store.trials_of(self.visits[0].id)

    @property
    def visits(self) -> tuple[Visit, ...]:
        """Visits of the patient, newest first."""
        (row,) = self.store.search_patients("SIM-001")
        return tuple(self.store.visits_of(row.patient.id))

    def until(self, page: Page, *steps: Step) -> None:
        """Let the plate's time run until one of these steps, and wait until a page says so."""
        for _ in range(20_000):
            view = self.conductor.view()
            if view is not None and view.guide.step in steps:
                return at_step(page, view.guide.step)
            self.conductor.step(0.0)
        raise AssertionError(f"none of {steps} came")

    def finish(self) -> None:
        """Leave no attempt under way."""
        for _ in range(20_000):
            view = self.conductor.view()
            if view is None or view.guide.step in IDLE:
                return
            self.conductor.act(Act.ABORT, view.guide.token)
            self.conductor.step(0.0)
        raise AssertionError("an attempt does not end")

    def past_visit(self, patient_id: str, days_ago: int, seed: int) -> None:
        """A visit of some days ago: an attempt a side on the simulated plate, measured and filed as ever."""
        at = datetime.now(UTC) - timedelta(days=days_ago)
        visit = filing.open_visit(self.store, ACTOR, patient_id, station="room 2", at=at)
        measure(self.station, visit.id, Simulation("weak-left", seed, speed=0), at, replace(DEMO, rest_s=0.0))

    def new_visit(self) -> str:
        """Address of the guided test of a new visit."""
        (row,) = self.store.search_patients("SIM-001")
        return f"/test/{filing.open_visit(self.store, ACTOR, row.patient.id, station='room 2').id}"


class SteppedHub(DirectHub):
    """Reads the plate where the test asks for blocks; whoever serves a page gets what was read."""

    def blocks_after(self, cursor: int, timeout_s: float = 0.0) -> tuple[tuple[SampleBlock, ...], int]:
        """As of the hub, and of the direct one for the test."""
        if current_thread() is main_thread():
            return super().blocks_after(cursor, timeout_s)
        return Hub.blocks_after(self, cursor, timeout_s)


@contextmanager
def guided_room(folder: Path, *, stepped: bool = False) -> Iterator[GuidedRoom]:
    """The station at work; `stepped`: in the plate's own time, see `GuidedRoom.until`."""
    url = STEPPED_PLATE if stepped else PLATE
    config = Config(folder, f"sqlite:///{folder}/archive.db", 0, open_browser=False, plate_url=url, demo=True)
    store = open_store(config)
    filing.add_patient(store, ACTOR, NewPatient("SIM-001", "Anna Example", 1968, simulated=True))
    plates: list[Plate] = []

    def opened() -> Plate:
        plates.append(open_plate(url))
        return plates[-1]

    hub = SteppedHub(opened) if stepped else Hub(opened)
    station = Station(store, ACTOR, "room 2", hub)
    conductor = Conductor(station, DEMO)
    with served(config, Services(station, load_words(), config, conductor)) as address:
        hub.start()
        if not stepped:
            conductor.start()
        yield GuidedRoom(address, store, conductor, station, plates)
        conductor.close()
        hub.close()
    store.close()


@contextmanager
def served(config: Config, services: Services) -> Iterator[str]:
    """Its address, where browsers are logged in as a clinician."""
    server = Server(config, services)
    thread = Thread(target=server.run)
    thread.start()
    try:
        yield let_in(services, server.address.rstrip("/"))
    finally:
        server.close()
        thread.join()


def at_step(page: Page, step: Step) -> None:
    """Wait for a step of the test."""
    expect(page.locator("#test-now")).to_have_attribute("data-step", step.value, timeout=PATIENCE_MS)


def press(page: Page, act: str) -> None:
    """Press the button of an act."""
    page.locator(f"[data-act={act}]").click()


def begin(page: Page) -> None:
    """Press Start; again where it was drawn anew under the finger, and the press was one of an older screen."""
    start = page.locator("[data-act=start]")
    for again in (True, True, False):
        start.click()
        with suppress(AssertionError) if again else nullcontext():
            expect(start).to_have_count(0, timeout=PATIENCE_MS / 6)
            return


def attempt(page: Page) -> None:
    """From start to verdict, in real time."""
    begin(page)
    at_step(page, Step.VERDICT)


def started(page: Page) -> None:
    """An attempt, begun by hand."""
    begin(page)
    at_step(page, Step.ZERO)
