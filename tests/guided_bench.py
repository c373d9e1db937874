"""A station with an archive, a visit and the simulated plate: a guided test in virtual time, without a thread."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from direct_hub import DirectHub

from acquisition.plate import Wrap
from acquisition.spool import Tap
from dashboard.conductor import Attendance, Conductor
from dashboard.keeping import Keeper
from dashboard.orders import GuideView
from dashboard.protocol import DEMO, Act, Notice, Protocol, Step
from dashboard.station import Station
from hardware.simulator.device import SimulatedPlate, open_simulated_link
from hardware.simulator.faults import parse_fault
from records import filing
from records.model import Actor, NewPatient, Role, Visit
from records.store import RecordStore

#: The screen that operates.
SCREEN = "desk"
CLINICIAN = Actor("Ann Example", Role.CLINICIAN)
#: The demonstration with a shorter hold: the analysis still has its 10 s of steady standing.
QUICK = replace(DEMO, both_feet_s=6.0, hold_s=14.0, rest_s=2.0)


class GuidedBench:
    """A station with an archive, a patient on a visit, and a simulated plate that is read as fast as it can be.

    ``cable``: what the plate's bytes pass before they are tapped. ``visit``: one of the folder's archive.
    """

    def __init__(
        self,
        folder: Path,
        url: str = "sim:healthy?seed=7&speed=0",
        protocol: Protocol = QUICK,
        cable: Wrap = lambda link: link,
        visit: Visit | None = None,
    ) -> None:
        self.folder = folder
        self.store = RecordStore(f"sqlite:///{folder}/archive.db")
        self.store.upgrade()
        self.tap, self.keeper = Tap(), Keeper(folder / "spool")
        self.plate = SimulatedPlate(open_simulated_link(url), lambda link: self.tap.wrap(cable(link)))
        self.hub = DirectHub(lambda: self.plate, self.tap)
        self.hub.start()
        self.station = Station(self.store, CLINICIAN, "room 2", self.hub)
        known = self.store.search_patients("P-001")
        self.patient = (
            known[0].patient
            if known
            else filing.add_patient(self.store, CLINICIAN, NewPatient("P-001", simulated=True))
        )
        self.visit = visit or filing.open_visit(self.store, CLINICIAN, self.patient.id, station="room 2")
        self.conductor = Conductor(self.station, protocol, self.keeper)
        assert self.conductor.attend(self.visit.id, take=True) is Attendance.OPEN
        assert self.conductor.lease.claim(SCREEN, take=False)

    @property
    def view(self) -> GuideView:
        """What a screen would show."""
        found = self.conductor.view()
        assert found is not None
        return found.guide

    def act(self, act: Act) -> None:
        """What the operator does on a fresh screen."""
        assert self.conductor.act(act, self.view.token)

    @property
    def now_s(self) -> float:
        """The plate's own time. [s]"""
        return self.hub.snapshot().newest_s

    def plant(self, *faults: str) -> None:
        """Break the plate, as an address says it but with times from now; what was broken before is mended."""
        now_s, read = self.plate.firmware.person.now_s, [parse_fault(text) for text in faults]
        self.plate.plant(*(replace(one, start_s=now_s + one.start_s, end_s=now_s + one.end_s) for one in read))

    def until_notice(self, *notices: Notice | None, limit_s: float) -> float:
        """Let the plate run until one of these is said; how long that took in the plate's time [s]."""
        before_s = self.now_s
        while self.view.notice not in notices:
            self.conductor.step(0.0)
            assert self.now_s - before_s <= limit_s, f"{self.view.notice} in {self.view.step} after {limit_s} s"
        return self.now_s - before_s

    def run(self, seconds: float) -> None:
        """Let the plate run."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.conductor.step(0.0)

    def until(self, *steps: Step, rounds: int = 20_000) -> None:
        """Let the plate run until one of these steps."""
        for _ in range(rounds):
            if self.view.step in steps:
                return
            self.conductor.step(0.0)
        raise AssertionError(f"still {self.view.step}")

    def attempt(self) -> None:
        """From ready to the verdict."""
        self.until(Step.READY, Step.REST)
        self.act(Act.START)
        self.until(Step.VERDICT)

    def close(self) -> None:
        """Let go of plate and archive."""
        self.hub.close()
        self.store.close()
