"""A plate is calibrated or checked at this station: asks, reads, files. Command line and screen call the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import Protocol

from acquisition.calibration_block import pack_calibration, unpack_calibration
from acquisition.calibration_run import CalibrationRun, Measured, Plan, Task, made_calibration
from acquisition.errors import LinkLost
from acquisition.plate import Plate, WirePlate
from acquisition.service import read_memory, write_memory
from acquisition.session_check import PLACES, CheckTask, SessionCheckRun, Taken
from acquisition.settling import Live
from analysis.calibration import Calibration
from analysis.calibration_checks import Problem, Refusal, weight_refusal
from analysis.calibration_grid import STANDARD_GRAVITY, Drawing, Point
from analysis.errors import NotCalibrated
from analysis.recording import PlateIdentity, SampleBlock
from analysis.session_check import judge_session
from dashboard.calibration_text import step_text
from dashboard.station import Station
from dashboard.words import Words
from hardware.plates import load_plate_model
from hardware.simulator.weights import Weighted
from records import filing
from records.ids import new_id
from records.model import DriftCheck

READ_S = 0.5
SILENT_S = 3.0
#: A gain lasts for months; checks before sessions see what does not.
VALID_FOR = timedelta(days=365)
MOST_REFUSALS = 3


class NoWayOn(NotCalibrated):
    """Happens when the weight cannot do, the zero of the beginning does not come back, or a simulation is refused."""

    code = "NO_WAY_ON"

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"refused: {refusal.problem}")
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Asked:
    """What the operator is asked to do: a sentence, where the load stands [mm], what it weighs [N]."""

    text: str
    xy_mm: Point | None
    load_n: float


class Guided(Protocol):
    """A run that is fed with blocks: a calibration or a check."""

    def feed(self, block: SampleBlock) -> Measured | Taken | Refusal | None:
        """What was taken of the next block, or why not."""

    def live(self) -> Live:
        """What the plate shows now."""


class Listener(Protocol):
    """Who is told what happens."""

    def ask(self, asked: Asked) -> None:
        """Something is to be done."""

    def hear(self, said: Measured | Taken | Refusal | None, live: Callable[[], Live]) -> None:
        """What a block gave; `live` tells what the plate shows now."""

    def wants_repeat(self) -> bool:
        """Whether the step before shall be done again."""


def drawing_of(identity: PlateIdentity) -> Drawing:
    """What is known of a plate by its model and its converter. Raises InvalidRecording for an unknown model."""
    return replace(load_plate_model(identity.model).drawing, full_scale_counts=identity.full_scale_counts)


def guide(
    plate: Plate, run: Guided, asked: Callable[[], Asked | None], listener: Listener, redo: Callable[[], None]
) -> None:
    """Ask, read and feed until nothing is asked any more. A simulated plate puts the loads on itself.

    Raises
    ------
    AcquisitionError
    NoWayOn
    """
    now: Asked | None = None
    refused, heard_s = 0, monotonic()
    while (ask := asked()) is not None:
        if ask != now:
            now, refused = ask, 0
            listener.ask(ask)
            _put(plate, ask)
        block = plate.read(READ_S)
        if block is not None:
            heard_s = monotonic()
        elif monotonic() - heard_s > SILENT_S:
            raise LinkLost(f"nothing came for {SILENT_S:g} s although the port is open")
        said = run.feed(block) if block is not None else None
        listener.hear(said, run.live)
        if isinstance(said, Refusal):
            _put(plate, ask)
            refused += 1
            if refused >= MOST_REFUSALS and (said.problem is Problem.ZERO_SHIFTED or isinstance(plate, Weighted)):
                raise NoWayOn(said)
        if listener.wants_repeat():
            redo()
            now = None


def _put(plate: Plate, ask: Asked) -> None:
    if isinstance(plate, Weighted):
        plate.put(ask.xy_mm or (0.0, 0.0), ask.load_n)


def new_run(station: Station, identity: PlateIdentity, plan: Plan) -> CalibrationRun:
    """A calibration that has not begun; an earlier zero of the plate shows whether something stands on it.

    Raises
    ------
    NoWayOn
        The weight is too light for this plate, or too heavy.
    """
    _fits(plan.weight_n, identity)
    last = station.store.drift_checks(plan.plate_serial, limit=1)
    return CalibrationRun(plan, drawing_of(identity), last[0].outcome.zero if last else None)


def _fits(weight_n: float, identity: PlateIdentity) -> None:
    if (refusal := weight_refusal(weight_n, drawing_of(identity))) is not None:
        raise NoWayOn(refusal)


def calibrate(words: Words, plate: Plate, run: CalibrationRun, listener: Listener) -> None:
    """Guide through what is left of a calibration. Nothing is filed yet. Raises as `guide`."""
    count = len(run.plan.steps)

    def asked() -> Asked | None:
        step = run.step
        if step is None:
            return None
        text = words("calibration.step", number=len(run.measured) + 1, of=count, what=step_text(words, step))
        return Asked(text, step.xy_mm if step.task is not Task.SCALE else (0.0, 0.0), step.load_n)

    plate.start()
    guide(plate, run, asked, listener, run.redo)
    plate.stop()


def file_calibration(station: Station, run: CalibrationRun, identity: PlateIdentity, at: datetime) -> Calibration:
    """File what a run that passed gave.

    Raises
    ------
    NotCalibrated
        It did not pass.
    RecordsError
    """
    made = made_calibration(run.report(), drawing_of(identity), new_id(), station.actor.name, at, at + VALID_FOR)
    return filing.add_calibration(station.store, station.actor, made)


def store_on_plate(plate: Plate, calibration: Calibration) -> None:
    """Let the plate carry its calibration. Not while it streams.

    Raises
    ------
    AcquisitionError
        It has no memory, or the memory does not keep what is written.
    """
    if isinstance(plate, WirePlate):
        write_memory(plate, pack_calibration(calibration))


def adopt_from_plate(station: Station, plate: WirePlate) -> Calibration:
    """File the calibration that a plate carries: it was made at another station.

    Raises
    ------
    AcquisitionError, NotCalibrated, RecordsError
    """
    carried = unpack_calibration(read_memory(plate), plate.identity.serial)
    return filing.add_calibration(station.store, station.actor, carried)


def check(
    words: Words, station: Station, plate: Plate, weight_kg: float, listener: Listener, at: datetime
) -> DriftCheck:
    """Guide through a check before a session, judge and file it. Raises as `guide`, and RecordsError."""
    calibration = station.filed_calibration(station.calibration_for(plate.identity))
    last = station.store.drift_checks(plate.identity.serial, limit=1)
    _fits(weight_kg * STANDARD_GRAVITY, plate.identity)
    run = SessionCheckRun(weight_kg, drawing_of(plate.identity), last[0].outcome.zero if last else None)

    def asked() -> Asked | None:
        task = run.task
        if task is None:
            return None
        number = list(CheckTask).index(task) + 1
        text = words("calibration.step", number=number, of=len(CheckTask), what=words(f"check.{task.value}"))
        return Asked(text, PLACES[task], 0.0 if task is CheckTask.ZERO else run.weight_n)

    plate.start()
    guide(plate, run, asked, listener, lambda: None)
    plate.stop()
    outcome = judge_session(run.loads(), calibration, current=calibration.is_current(at))
    return filing.add_drift_check(station.store, station.actor, calibration.id, outcome, at=at)
