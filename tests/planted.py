"""The truth of a simulated recording, through the same filters as the measurement, and the recording itself."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from benches import blocks_of, recorded
from scipy.signal import lfilter

from acquisition.plate import Cue, Plate
from analysis.assess import AssessedTrial, assess_recording
from analysis.calibration import Zero
from analysis.cop import CellSeries, CopSeries, Frame, centre_of_pressure
from analysis.geometry import Side, to_lateral
from analysis.preprocess import preprocess
from analysis.recording import SampleBlock
from analysis.settings import AnalysisSettings
from hardware.plates import load_plate_model
from hardware.simulator.device import MODEL, SimulatedLink, SimulatedPlate, Simulation, simulated_calibration
from hardware.simulator.electronics import converter_filter
from hardware.simulator.motion import BODY_HZ
from hardware.simulator.person import Person, PlantedStance

SETTINGS = AnalysisSettings()
FOOTING = load_plate_model(MODEL).template
MINIMUM_N = 0.5 * 70 * 9.81
LONG_BLOCK_S = 0.25  # nobody watches


@dataclass(frozen=True)
class Measured:
    """Trials of one recording, the stances that were planted, and when the recording began in the person's time [s]."""

    trials: tuple[AssessedTrial, ...]
    planted: tuple[PlantedStance, ...]
    truth: CopSeries
    began_s: float

    def pairs(self) -> list[tuple[AssessedTrial, PlantedStance]]:
        """Each trial with its stance, in the recording's time."""
        moved = [
            replace(
                stance,
                foot_off_s=stance.foot_off_s - self.began_s,
                touch_down_s=None if stance.touch_down_s is None else stance.touch_down_s - self.began_s,
            )
            for stance in self.planted
        ]
        return list(zip(self.trials, moved, strict=True))

    def truth_in(self, trial: AssessedTrial) -> np.ndarray:
        """Planted CoP at the samples of a trial's static window, limb frame (m, 2). [mm]"""
        at_s = trial.stance.window.time_s + self.began_s
        x_mm, y_mm = (np.interp(at_s, self.truth.time_s, self.truth.xy_mm[:, axis]) for axis in (0, 1))
        assert trial.result.side is not None
        return np.column_stack([to_lateral(x_mm, trial.result.side, FOOTING.midline_x_mm), y_mm])


def true_cop(person: Person, seconds: float, rate_hz: float) -> CopSeries:
    """CoP of the planted loads after the converter's averaging and the analysis's filter, without cells or noise."""
    motion = person.move(int(seconds * BODY_HZ))
    load = motion.fz_n[:, None] * np.column_stack([np.ones(len(motion.fz_n)), motion.xy_mm])
    averaged = lfilter(converter_filter(rate_hz), [1.0, 0.0], load, axis=0)
    loads = CellSeries(np.repeat(motion.time_s[:, None], 3, axis=1), averaged, np.eye(3))
    return centre_of_pressure(preprocess(loads, SETTINGS).forces, MINIMUM_N, Frame.PLATE)


def zero_of(blocks: list[SampleBlock]) -> Zero:
    """Zero from blocks of the empty plate."""
    counts = np.concatenate([block.counts for block in blocks])
    return Zero(counts.mean(axis=0), counts.std(axis=0), datetime(2026, 1, 1, tzinfo=UTC))


def measured(
    plate: Plate, empty: list[SampleBlock], trial: list[SampleBlock], truth: Person, rate_hz: float
) -> Measured:
    """Blocks of the empty plate and of a trial -> what the analysis finds, beside the truth of the same time."""
    raw = recorded(plate, trial)
    calibration = simulated_calibration(plate.identity.serial)
    trials = assess_recording(raw, calibration, zero_of(empty), settings=SETTINGS, footing=FOOTING, side=None)
    began_s = float(trial[0].device_us[0].min()) * 1e-6
    cop = true_cop(truth, float(trial[-1].device_us.max()) * 1e-6 + 1.0, rate_hz)
    return Measured(trials, tuple(truth.stances), cop, began_s)


def guided_trial(wanted: Simulation, side: Side, hold_s: float = 31.0) -> Measured:
    """Empty plate 2 s, both feet 10 s, one leg, foot down 4 s; the truth is the same person told the same again."""
    plate = SimulatedPlate(SimulatedLink(wanted.firmware(), wanted.speed, "board", LONG_BLOCK_S))
    plate.start()
    empty = blocks_of(plate, 2.0)
    trial = []
    for cue, seconds in (
        (Cue("both_feet"), 12.0),
        (Cue("lift", side), hold_s + 2.0),
        (Cue("foot_down"), 4.0),
    ):
        plate.cue(cue)
        trial += blocks_of(plate, seconds)
    truth = wanted.person(plate.firmware.person.heard)
    return measured(plate, empty, trial, truth, wanted.rate_hz)
