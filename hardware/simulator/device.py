"""The simulated plate as a link: real bytes, the true decoder, a person who hears cues. And its address, `sim:`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic, sleep
from urllib.parse import parse_qsl

from acquisition.errors import AddressRefused, LinkLost, PlateNotFound
from acquisition.link import BLOCK_S
from acquisition.plate import Cue, Plate, WirePlate, Wrap
from analysis.calibration import Calibration
from hardware.plates import load_plate_model
from hardware.simulator.electronics import Electronics, build_plant
from hardware.simulator.faults import WATCHDOG_RESET, FaultyCable, PlantedFault, parse_fault
from hardware.simulator.firmware import Board, Firmware, samples_in
from hardware.simulator.memory import BlockMemory
from hardware.simulator.person import SCENARIOS, Person, TimedCue
from hardware.simulator.weights import SCENARIO, Body, Weights

MODEL = "reference-a"
LARGEST_STEP_S = 0.5  # the body is moved on in pieces of at most this long
SLOWEST_HZ, QUICKEST_HZ = 10.0, 1000.0


@dataclass(frozen=True, slots=True)
class Simulation:
    """What to simulate.

    Parameters
    ----------
    scenario : str
        A name of `SCENARIOS`, or "weights": no person, but what is put on the plate.
    seed : int
        Of the person and of the noise.
    mass_kg : float or None
        None: the scenario's own.
    speed : float
        Seconds of simulated time in a second; 0: as fast as it is read.
    rate_hz : float
        Sets a second.
    plate : int
        Which plate: its gains, offsets and serial number.
    faults : tuple of PlantedFault
        What is broken, and when.
    height_m : float or None
        None: the scenario's own.

    Raises
    ------
    ValueError
        Says which value, and what it may be.
    """

    scenario: str = "healthy"
    seed: int = 1
    mass_kg: float | None = None
    speed: float = 1.0
    rate_hz: float = 80.0
    plate: int = 1
    faults: tuple[PlantedFault, ...] = ()
    height_m: float | None = None

    def __post_init__(self) -> None:
        if self.scenario not in (*SCENARIOS, SCENARIO):
            raise ValueError(f"no scenario {self.scenario!r}; there are: {', '.join((*SCENARIOS, SCENARIO))}")
        allowed = {
            "seed": (0, 2**63 - 1),
            "mass_kg": (10.0, 300.0),
            "height_m": (0.9, 2.2),
            "speed": (0.0, 100.0),
            "rate_hz": (SLOWEST_HZ, QUICKEST_HZ),
            "plate": (0, 2**63 - 1),
        }
        for name, (low, high) in allowed.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} is {value}, must be {low:g} to {high:g}")

    def person(self, script: Iterable[TimedCue] = ()) -> Body:
        """The person of this simulation at the beginning, or the weights in a person's place."""
        if self.scenario == SCENARIO:
            return Weights(self.seed)
        own = {"mass_kg": self.mass_kg, "height_m": self.height_m}
        sizes = {name: size for name, size in own.items() if size is not None}
        traits = replace(SCENARIOS[self.scenario], **sizes)  # type: ignore[arg-type]
        return Person(traits, load_plate_model(MODEL).template, self.seed, script)

    def firmware(
        self,
        script: Iterable[TimedCue] = (),
        *,
        clock_us: int = 0,
        silent_s: float = 0.0,
        boots: int = 0,
        memory: BlockMemory | None = None,
    ) -> Firmware:
        """The board of this simulation, just switched on, with its person beside the plate."""
        model = load_plate_model(MODEL)
        plant = build_plant(self.plate, model, self.rate_hz)
        electronics = Electronics(plant, self.rate_hz, self.seed, self.faults)
        board = Board(self.plate, self.rate_hz, self.speed == 1.0, clock_us, silent_s=silent_s, boots=boots)
        return Firmware(self.person(script), electronics, model, board, memory)


class SimulatedLink:
    """A cable to a simulated board: time runs while it is read.

    Parameters
    ----------
    firmware : Firmware
    speed : float
        Board seconds in a second of this computer; 0: a read goes on until something comes.
    name : str
    block_s : float
        How far time goes on at least in one read at speed 0. [s]
    """

    def __init__(self, firmware: Firmware, speed: float, name: str, block_s: float = BLOCK_S) -> None:
        self.name = name
        self._block = samples_in(block_s)
        self.firmware = firmware
        self._speed = speed
        self._began_s = monotonic()
        self._closed = False
        self._cable = FaultyCable(firmware.electronics.faults, 1)

    def read(self, timeout_s: float) -> bytes:
        """What the board sent, at least one byte if any comes within `timeout_s`."""
        if self._closed:
            raise LinkLost(f"{self.name} is closed")
        before_s = self.firmware.person.now_s
        sent = self._read_at_once(timeout_s) if self._speed == 0 else self._read_in_time(timeout_s)
        now_s = self.firmware.person.now_s
        if self._cable.restarts(before_s, now_s):
            self.firmware.reset(WATCHDOG_RESET)
        return self._cable.passed(sent, now_s, self.name)

    def plant(self, *faults: PlantedFault) -> None:
        """Break something now or later; what was broken before is mended."""
        self.firmware.electronics.faults = self._cable.faults = faults

    def write(self, content: bytes) -> None:
        """To the board, which answers at once."""
        if self._closed:
            raise LinkLost(f"{self.name} is closed")
        if self._speed:
            self._catch_up()  # the board's clock says the time at which it is asked
        self.firmware.receive(content)

    def close(self) -> None:
        """Pull the cable."""
        self._closed = True

    def _read_at_once(self, timeout_s: float) -> bytes:
        left = samples_in(timeout_s)
        while not (sent := self.firmware.take()) and left > 0:
            step = min(left, self._block)
            self.firmware.advance(step)
            left -= step
        return sent

    def _read_in_time(self, timeout_s: float) -> bytes:
        deadline_s = monotonic() + timeout_s
        while True:
            self._catch_up()
            sent = self.firmware.take()
            left_s = deadline_s - monotonic()
            if sent or left_s <= 0:
                return sent
            sleep(min(BLOCK_S, left_s))

    def _catch_up(self) -> None:
        due = samples_in((monotonic() - self._began_s) * self._speed - self.firmware.person.now_s)
        while due > 0:
            step = min(due, samples_in(LARGEST_STEP_S))
            self.firmware.advance(step)
            due -= step


class SimulatedPlate(WirePlate):
    """A plate behind a simulated link whose person hears cues."""

    def __init__(self, link: SimulatedLink, wrap: Wrap | None = None) -> None:
        self.firmware, self.plant = link.firmware, link.plant
        super().__init__(link if wrap is None else wrap(link))

    def cue(self, cue: Cue) -> None:
        """Tell the person what to do now."""
        self.firmware.person.hear(cue)


class SimulatedWeights(SimulatedPlate):
    """A plate behind a simulated link with weights on it: see `hardware.simulator.weights.Weighted`."""

    def put(self, xy_mm: tuple[float, float], load_n: float) -> None:
        """Let a load stand here from now on, instead of what stood there; 0 N: nothing."""
        if isinstance(self.firmware.person, Weights):
            self.firmware.person.put(xy_mm, load_n)


_NAMES = {
    "seed": "seed",
    "mass": "mass_kg",
    "height": "height_m",
    "speed": "speed",
    "rate": "rate_hz",
    "plate": "plate",
}


def parse_simulation(url: str) -> Simulation:
    """`sim:weak-left?seed=7&mass=70&height=1.7&speed=4&rate=80&plate=1` -> what to simulate.

    Every part may be left out. `&fault=frozen-2@10` plants a fault of `hardware.simulator.faults`, again and again if
    said so.

    Raises
    ------
    PlateNotFound
        An unknown scenario or parameter, or a value out of range.
    """
    scenario, _, query = url.removeprefix("sim:").partition("?")
    wanted: dict[str, float] = {}
    faults: list[PlantedFault] = []
    try:
        for name, text in parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)):
            if name == "fault":
                faults.append(parse_fault(text))
                continue
            if name not in _NAMES:
                raise ValueError(f"no parameter {name!r}; there are: {', '.join(_NAMES)}, fault")
            wanted[_NAMES[name]] = int(text) if name in ("seed", "plate") else float(text)
        return Simulation(scenario=scenario or "healthy", faults=tuple(faults), **wanted)  # type: ignore[arg-type]
    except ValueError as error:
        raise AddressRefused(url, str(error)) from error


_boots: Counter[int] = Counter()  # of each plate, in this process: opening one switches it on
_memories: defaultdict[int, BlockMemory] = defaultdict(BlockMemory)


def open_simulated_link(url: str) -> SimulatedLink:
    """The link to the simulated plate at an address, which is switched on now.

    Raises
    ------
    PlateNotFound
    """
    wanted = parse_simulation(url)
    firmware = wanted.firmware(boots=_boots[wanted.plate], memory=_memories[wanted.plate])
    _boots[wanted.plate] += 1
    return SimulatedLink(firmware, wanted.speed, url)


def open_simulated(url: str, wrap: Wrap | None = None) -> Plate:
    """Open the simulated plate at an address.

    Raises
    ------
    PlateNotFound
    """
    link = open_simulated_link(url)
    return (SimulatedWeights if isinstance(link.firmware.person, Weights) else SimulatedPlate)(link, wrap)


def simulated_calibration(serial: str) -> Calibration:
    """The certificate of a simulated plate: its gains as it was built, exactly.

    Raises
    ------
    PlateNotFound
        The serial number is not a simulated plate's.
    """
    if not serial.startswith("SIM-"):
        raise PlateNotFound(f"plate {serial} is not simulated: its gains have to be measured")
    model = load_plate_model(MODEL)
    gain = build_plant(int(serial.removeprefix("SIM-"), 16), model, 80.0).newton_per_count
    return Calibration(
        id=f"simulated-{serial}",
        plate_serial=serial,
        matrix=model.geometry.load_matrix() * gain,
        cell_newton_per_count=gain,
        residual_n=0.0,
        cop_error_mm=0.0,
        max_load_n=4 * model.cell_range_n,
        reference="the simulator's own gains",
        made_at=datetime(2026, 1, 1, tzinfo=UTC),
        made_by="simulator",
    )


__all__ = [
    "MODEL",
    "SimulatedLink",
    "SimulatedPlate",
    "Simulation",
    "open_simulated",
    "open_simulated_link",
    "parse_simulation",
    "simulated_calibration",
]
