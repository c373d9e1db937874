"""A station with an archive, a visit and the simulated plate: a guided test in virtual time, without a thread."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from acquisition.direct_hub import DirectHub
from acquisition.plate import open_plate
from acquisition.spool import Tap
from dashboard.conductor import Attendance, Conductor
from dashboard.keeping import Keeper
from dashboard.orders import GuideView
from dashboard.protocol import DEMO, Act, Protocol, Step
from dashboard.station import Station
from records import filing
from records.model import Actor, NewPatient, Role
from records.store import RecordStore

CLINICIAN = Actor("Ann Example", Role.CLINICIAN)
#: The demonstration with a shorter hold: the analysis still has its 10 s of steady standing.
QUICK = replace(DEMO, both_feet_s=6.0, hold_s=14.0, rest_s=2.0)


class GuidedBench:
    """A station with an archive, a patient on a visit, and a simulated plate that is read as fast as it can be."""

    def __init__(self, folder: Path, url: str = "sim:healthy?seed=7&speed=0", protocol: Protocol = QUICK) -> None:
        self.folder = folder
        self.store = RecordStore(f"sqlite:///{folder}/archive.db")
        self.store.upgrade()
        self.tap, self.keeper = Tap(), Keeper(folder / "spool")
        self.plate = open_plate(url, self.tap.wrap)
        self.hub = DirectHub(lambda: self.plate, self.tap)
        self.hub.start()
        self.station = Station(self.store, CLINICIAN, "room 2", self.hub)
        self.patient = filing.add_patient(self.store, CLINICIAN, NewPatient("P-001", simulated=True))
        self.visit = filing.open_visit(self.store, CLINICIAN, self.patient.id, station="room 2")
        self.conductor = Conductor(self.station, protocol, self.keeper)
        assert self.conductor.attend(self.visit.id, take=True) is Attendance.OPEN

    @property
    def view(self) -> GuideView:
        """What a screen would show."""
        found = self.conductor.view()
        assert found is not None
        return found.guide

    def act(self, act: Act) -> None:
        """What the operator does on a fresh screen."""
        assert self.conductor.act(act, self.view.token)

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
