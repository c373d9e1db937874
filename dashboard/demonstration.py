"""The demonstration's archive: simulated patients with past visits, measured and filed as real ones are.

Every trial here is made by the simulated plate, guided by the same guide and filed through the same station.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from acquisition.recorder import Recorder
from analysis.geometry import Footing, Side
from dashboard.conductor import open_guide
from dashboard.guide import Guide
from dashboard.orders import Discard, File, Outcome, Record, Tell
from dashboard.protocol import DEMO, Act, Protocol, Step
from dashboard.station import Attempt, Station
from dashboard.words import load_words
from hardware.simulator.device import SimulatedLink, SimulatedPlate, Simulation
from records import accounts, filing, passwords
from records.model import Actor, NewPatient, Role, Sex
from records.people import Account
from records.store import RecordStore

BLOCK_S = 0.25  # long blocks: nobody watches
MOST_BLOCKS = 10_000  # a guided test that lasts 40 minutes is stuck


@dataclass(frozen=True, slots=True)
class PastVisit:
    """A visit `days_ago` of a simulated person."""

    days_ago: int
    scenario: str
    seed: int


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """A simulated patient and their visits, oldest first."""

    patient: NewPatient
    visits: tuple[PastVisit, ...]


PATIENTS: tuple[DemoPatient, ...] = (
    DemoPatient(
        NewPatient("SIM-001", "Anna Example", 1968, Sex.FEMALE, Side.LEFT, simulated=True),
        (PastVisit(42, "weak-left", 21), PastVisit(14, "weak-left", 22)),
    ),
    DemoPatient(
        NewPatient("SIM-002", "Bernd Beispiel", 1957, Sex.MALE, Side.RIGHT, simulated=True),
        (PastVisit(7, "weak-right", 31),),
    ),
    DemoPatient(
        NewPatient("SIM-003", "Carla Control", 1990, Sex.FEMALE, None, simulated=True),
        (PastVisit(3, "healthy", 41),),
    ),
)
#: Two attempts a side: the fewest that give an interval.
PAST = replace(DEMO, attempts_a_side=2, rest_s=0.0)


def add_guest(store: RecordStore) -> Account:
    """The account of whoever tries the demonstration: a link lets them in, its password is known to nobody."""
    words, console = load_words(), Actor("demonstration", Role.ADMIN)
    return accounts.add_account(
        store, console, words("command.demo.guest"), Role.CLINICIAN, passwords.new_token(), now=datetime.now(UTC)
    )


def fill(store: RecordStore) -> None:
    """File the simulated patients and their visits."""
    actor = Actor("demo", Role.CLINICIAN)
    station = Station(store, actor, "demo")
    today = datetime.now(UTC).replace(hour=9, minute=30, second=0, microsecond=0)
    for entry in PATIENTS:
        patient = filing.add_patient(store, actor, entry.patient)
        for past in entry.visits:
            at = today - timedelta(days=past.days_ago)
            visit = filing.open_visit(store, actor, patient.id, station=station.name, at=at)
            measure(station, visit.id, Simulation(past.scenario, past.seed, speed=0), at, PAST)


def measure(station: Station, visit_id: str, simulation: Simulation, at: datetime, protocol: Protocol) -> None:
    """Run a whole guided test on a simulated plate in its own time, keeping every attempt."""
    with SimulatedPlate(SimulatedLink(simulation.firmware(), 0, simulation.scenario, BLOCK_S)) as plate:
        plate.start()
        guide, footing, _ = open_guide(station, visit_id, plate.identity, protocol)
        _Bench(station, visit_id, plate, guide, at).run(footing)


class _Bench:
    """Drives one guided test block by block: no thread, no waiting, the plate's own time."""

    def __init__(self, station: Station, visit_id: str, plate: SimulatedPlate, guide: Guide, at: datetime) -> None:
        self._station, self._visit_id, self._at = station, visit_id, at
        self._plate, self._guide = plate, guide
        self._recorder: Recorder | None = None

    def run(self, footing: Footing) -> None:
        """Until the guide says that both sides are done."""
        blocks = 0
        while (view := self._guide.view()).step is not Step.DONE:
            for act in (Act.KEEP, Act.START):
                if act in view.acts:
                    self._guide.act(act, view.token)
                    break
            self._carry_out(footing)
            block = self._plate.read(1.0)
            if block is None:
                raise RuntimeError("the simulated plate fell silent")
            if (blocks := blocks + 1) > MOST_BLOCKS:
                raise RuntimeError(f"the guided test is still at {view.step} after {blocks} blocks")
            if self._recorder is not None:
                self._recorder.add(block)
            self._guide.feed(block, self._at)
            self._carry_out(footing)

    def _carry_out(self, footing: Footing) -> None:
        for order in self._guide.take_orders():
            match order:
                case Record():
                    self._recorder = Recorder(self._plate.identity, self._at)
                case Discard():
                    self._recorder = None
                case Tell(cue):
                    self._plate.cue(cue)
                case File(facts) if self._recorder is not None:
                    attempt = Attempt(self._visit_id, self._recorder.finish(), footing, facts)
                    filed = self._station.file_attempt(attempt)
                    self._recorder = None
                    self._guide.filed(Outcome(filed.trial.id, filed.result, filed.error))
                case _:
                    raise RuntimeError(f"the demonstration does not expect {order}")
