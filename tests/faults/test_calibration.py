"""Cells that are not where they are drawn, and calibrations that may not be used: said before anyone is measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from guided_bench import GuidedBench

from acquisition.calibration_run import CalibrationRun, Plan
from analysis.assess import assess_recording
from analysis.calibration import Calibration, calibrate
from analysis.calibration_checks import Problem, Refusal
from analysis.calibration_grid import Grid
from analysis.errors import NotCalibrated
from analysis.geometry import PlateGeometry
from analysis.quality import FindingCode, Severity
from dashboard.protocol import Step
from hardware.plates import load_plate_model
from hardware.simulator.device import SimulatedLink, SimulatedWeights, simulated_calibration
from hardware.simulator.electronics import Electronics, build_plant, cell_forces
from hardware.simulator.firmware import Board, Firmware
from hardware.simulator.weights import Weights
from records import filing

MODEL = load_plate_model("reference-a")
BLOCK_S = 0.25


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[GuidedBench]:
    made = GuidedBench(tmp_path)
    yield made
    made.close()


def wired(order: list[int]) -> SimulatedWeights:
    """A plate whose converter n reads the cell of corner order[n]."""

    def top(
        xy_mm: np.ndarray, fz_n: np.ndarray, geometry: PlateGeometry
    ) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return cell_forces(xy_mm, fz_n, geometry)[:, order]

    electronics = Electronics(build_plant(9, MODEL, 80.0), 80.0, 1)
    board = Board(9, 80.0, time_follows_host=False)
    firmware = Firmware(Weights(1), electronics, MODEL, board, top=partial(top, geometry=MODEL.geometry))
    return SimulatedWeights(SimulatedLink(firmware, 0, "bench", BLOCK_S))


def until_refused(plate: SimulatedWeights) -> Refusal | None:
    """The guided run, until something is refused; None: all of it was taken."""
    run, asked = CalibrationRun(Plan(plate.identity.serial, Grid.A2, 10.0), MODEL.drawing), None
    plate.start()
    while (step := run.step) is not None:
        if step is not asked:
            asked = step
            plate.put(step.xy_mm or (0.0, 0.0), step.load_n)
        block = plate.read(1.0)
        said = run.feed(block) if block is not None else None
        if isinstance(said, Refusal):
            return said
    return None


@pytest.mark.fault(row=18)
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_plate_that_is_turned_is_not_calibrated(turn: int) -> None:
    """Row 18: the plate lies turned by one, two or three quarters -> refused, never calibrated the wrong way round."""
    refusal = until_refused(wired(np.roll(range(4), turn).tolist()))
    assert refusal is not None
    assert refusal.problem in (Problem.CELLS_SWAPPED, Problem.MISPLACED)


def filed(bench: GuidedBench, **changes: object) -> Calibration:
    """A calibration of the bench's plate in the archive, with these changes."""
    known = simulated_calibration(bench.plate.identity.serial)
    changed = replace(known, id="measured", reference="10 kg, 9 crosses A3", **changes)  # type: ignore[arg-type]
    return filing.add_calibration(bench.store, bench.station.actor, changed)


@pytest.mark.fault(row=36)
def test_a_trial_made_after_the_calibration_ran_out_says_so(tmp_path: Path) -> None:
    """Row 36: the calibration was valid until yesterday -> the trial is filed and says that it had run out."""
    before = GuidedBench(tmp_path)
    filed(before, valid_until=datetime.now(UTC) - timedelta(days=1))
    before.close()
    bench = GuidedBench(tmp_path)
    bench.attempt()
    assert bench.view.step is Step.VERDICT
    assert bench.view.outcome is not None
    assert bench.view.outcome.result is not None
    found = {each.code: each.severity for each in bench.view.outcome.result.findings}
    assert found[FindingCode.CALIBRATION_EXPIRED] is Severity.CAUTION
    assert FindingCode.UNCALIBRATED not in found
    assert bench.store.recording(bench.store.trials_of(bench.visit.id)[0].recording_id).calibration_id == "measured"
    bench.close()


@pytest.mark.fault(row=36)
def test_a_plate_that_nobody_calibrated_is_measured_with_its_datasheet_and_says_so(bench: GuidedBench) -> None:
    """Row 36: the archive knows no calibration of this plate -> drawing and datasheet, their error in the finding."""
    bench.attempt()
    trial = bench.store.trials_of(bench.visit.id)[0]
    stored = bench.store.recording(trial.recording_id)
    assert stored.raw is not None
    assert stored.zero is not None
    unknown = replace(stored.raw, plate=replace(stored.raw.plate, serial="FP-unknown"))
    used = bench.station.calibration_for(unknown.plate)
    how = {"settings": bench.station.settings, "side": trial.side, "footing": stored.footing}
    (assessed,) = assess_recording(unknown, used, stored.zero, **how)
    (finding,) = [each for each in assessed.result.findings if each.code is FindingCode.UNCALIBRATED]
    assert finding.severity is Severity.CAUTION
    assert finding.values["cop_error_mm"] == used.cop_error_mm > 4


@pytest.mark.fault(row=36)
def test_counts_never_meet_the_calibration_of_another_plate(bench: GuidedBench) -> None:
    """Row 36: counts of one plate, calibration of another -> refused, both plates named."""
    bench.attempt()
    trial = bench.store.trials_of(bench.visit.id)[0]
    stored = bench.store.recording(trial.recording_id)
    assert stored.raw is not None
    assert stored.zero is not None
    foreign = simulated_calibration("SIM-00000000000000FF")
    with pytest.raises(NotCalibrated, match=r"SIM-00000000000000FF, the recording of SIM-0000000000000001"):
        calibrate(stored.raw, foreign, stored.zero)
