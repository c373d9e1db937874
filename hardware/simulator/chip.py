"""The board's real firmware in a simulated chip, and a simulated person on its cells.

POSIX only, as it needs pseudo-terminals, and only from a checkout of the sources, as the firmware is built here and the
program that runs it (`simavr_runner.c`, GPL) is never installed. Everywhere else: `hardware.simulator.server`.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from tempfile import TemporaryFile
from threading import Event
from time import monotonic
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from acquisition.plate import Cue
from hardware.firmware.build import build_firmware
from hardware.firmware.running import ChipEnded, Runner, loads_head, loads_rows, memory_of
from hardware.plates import load_plate_model
from hardware.simulator.device import MODEL, Simulation
from hardware.simulator.electronics import N_CELLS, NOISE_N, Plant, build_plant, cell_forces, converter_filter
from hardware.simulator.motion import BODY_HZ
from hardware.simulator.person import TimedCue
from hardware.simulator.weights import Body

Float = NDArray[np.float64]

POSSIBLE = sys.platform != "win32"
STEP_S = 0.01
LEAD_ROWS = 3  # a conversion may begin in the millisecond after a step, and lies between two rows
LATE_S = 1.0  # a computer that slept this long is not made up for
SLOWEST_HZ, QUICKEST_HZ = 10.0, 100.0  # of an HX711 on its own oscillator


#: The runner draws straight lines between the milliseconds, which leaves 2/3 of the noise's variance, in the mean.
LINE_NOISE_N = NOISE_N * math.sqrt(3 / 2)


class Readings:
    """What each converter would read at each millisecond, if it converted then: averaged, noisy, not rounded.

    For converters simulated elsewhere, each with its own clock. The same numbers however the forces are cut.

    Parameters
    ----------
    plant : Plant
    rate_hz : float
        Conversions a second, near enough: how long a converter averages. [Hz]
    seed : int
        Of the noise.
    """

    def __init__(self, plant: Plant, rate_hz: float, seed: int) -> None:
        self._plant, self._weights = plant, converter_filter(rate_hz)
        self._state = np.zeros((max(len(self._weights), 2) - 1, N_CELLS))
        self._noise = np.random.default_rng([0x6E6F6973, seed])

    def take(self, cells_n: Float) -> Float:
        """Forces at 1 kHz (n, 4) [N] -> readings (n, 4) [counts]."""
        smooth, self._state = lfilter(self._weights, [1.0, 0.0], cells_n, axis=0, zi=self._state)
        noisy_n = smooth + LINE_NOISE_N * self._noise.standard_normal(smooth.shape)
        return np.asarray(noisy_n / self._plant.newton_per_count + self._plant.offset_counts, dtype=np.float64)


def offsets_of(plant: Plant, rate_hz: float) -> str:
    """How far each converter's period is from the nominal one, as the runner takes it. [ppm]"""
    return ",".join(f"{ppm:.1f}" for ppm in (plant.period_s * rate_hz - 1) * 1e6)


class FirmwareBoard:
    """One board with its real firmware, in the world's time; its serial line is the terminal at `path`.

    Opening the terminal resets the board, as opening a port resets an Uno, and the person begins beside the plate.

    Parameters
    ----------
    wanted : Simulation
        Speed 1 and a rate of 10 to 100 Hz: the firmware runs with the world's time, the converters are HX711.
    script : callable
        Makes the cues for each new person.
    on_cue : callable
        Told each cue as the person hears it.
    on_port : callable
        Told True when a program opens the terminal, False when it closes it for longer than 10 ms.

    Raises
    ------
    ValueError, CannotBuild, ChipEnded
    """

    def __init__(
        self,
        wanted: Simulation,
        script: Callable[[], Iterable[TimedCue]] = tuple,
        on_cue: Callable[[TimedCue], None] = lambda timed: None,
        on_port: Callable[[bool], None] = lambda is_open: None,
    ) -> None:
        if wanted.speed != 1.0:
            raise ValueError(f"speed is {wanted.speed}, must be 1 for the real firmware")
        if not SLOWEST_HZ <= wanted.rate_hz <= QUICKEST_HZ:
            raise ValueError(f"rate_hz is {wanted.rate_hz}, must be {SLOWEST_HZ:g} to {QUICKEST_HZ:g}")
        self._wanted, self._script = wanted, script
        self._on_cue, self._on_port = on_cue, on_port
        self._model = load_plate_model(MODEL)
        plant = build_plant(wanted.plate, self._model, wanted.rate_hz)
        self._readings = Readings(plant, wanted.rate_hz, wanted.seed)
        self._stopped = Event()
        self._person: Body | None = None
        self._told = self._opening = 0
        self._made = 0  # milliseconds of loads
        self._now_s = 0.0
        self._runner = self._start(plant)
        try:
            self.path = self._runner.answer().removeprefix("READY ")
        except BaseException:
            self.close()
            raise

    def _start(self, plant: Plant) -> Runner:
        """The runner with a pipe for the loads and a nameless file for its EEPROM: nothing is left behind."""
        firmware = build_firmware("simulated").elf
        loads, self._loads = os.pipe()
        with TemporaryFile() as memory:
            memory.write(memory_of(self._wanted.plate))
            memory.flush()
            options = {
                "counts": f"/dev/fd/{loads}",
                "eeprom": f"/dev/fd/{memory.fileno()}",
                "rate": self._wanted.rate_hz,
                "offsets": offsets_of(plant, self._wanted.rate_hz),
                "reset-on-open": 1,
                "hurry": 1,
            }
            os.write(self._loads, loads_head(1 / BODY_HZ))
            self._load(LEAD_ROWS)
            try:
                return Runner(firmware, options, (loads, memory.fileno()))
            except BaseException:
                os.close(self._loads)
                raise
            finally:
                os.close(loads)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the chip."""
        os.close(self._loads)
        self._runner.close()

    def cue(self, cue: Cue) -> None:
        """Tell the person, if one is there."""
        if self._person is not None:
            self._person.hear(cue)

    def run(self) -> None:
        """Keep up with the world's time until told to stop.

        Raises
        ------
        ChipEnded
        """
        began_s = monotonic() - self._now_s
        while not self._stopped.wait(max(0.0, began_s + self._now_s + STEP_S - monotonic())):
            self._step()
            behind_s = monotonic() - began_s - self._now_s
            if behind_s > LATE_S:
                began_s += behind_s

    def stop(self) -> None:
        """Let `run` return; safe to call from any thread."""
        self._stopped.set()

    def _step(self) -> None:
        self._now_s += STEP_S
        self._load(round(self._now_s * BODY_HZ) + LEAD_ROWS - self._made)
        self._runner.order(f"run {self._now_s:.6f}")
        opening = int(self._runner.answer().split()[3])
        if opening != self._opening:
            self._opening, self._told = opening, 0
            self._person = self._wanted.person(self._script()) if opening else None
            self._on_port(opening > 0)

    def _load(self, rows: int) -> None:
        cells_n = np.zeros((rows, N_CELLS))
        if self._person is not None:
            motion = self._person.move(rows)
            cells_n = cell_forces(motion.xy_mm, motion.fz_n, self._model.geometry)
            for timed in self._person.heard[self._told :]:
                self._on_cue(timed)
                self._told += 1
        self._made += rows
        with suppress(BrokenPipeError):  # the runner has ended, and says why when it is asked
            os.write(self._loads, loads_rows(self._readings.take(cells_n)))


__all__ = ["POSSIBLE", "ChipEnded", "FirmwareBoard", "Readings", "offsets_of"]
