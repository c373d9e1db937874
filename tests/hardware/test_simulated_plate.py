"""The simulated plate speaks the wire and carries what was planted."""

from __future__ import annotations

import numpy as np
import pytest

from acquisition.errors import PlateNotFound
from acquisition.plate import Cue, Prompted, WirePlate, open_plate
from analysis.recording import SampleBlock
from hardware.simulator.device import SimulatedPlate, simulated_calibration


def opened(url: str) -> SimulatedPlate:
    plate = open_plate(url)
    assert isinstance(plate, SimulatedPlate)
    return plate


def read_for(plate: WirePlate, seconds: float) -> list[SampleBlock]:
    """Blocks until `seconds` of the plate's own time have passed since the first."""
    blocks: list[SampleBlock] = []
    while not blocks or blocks[-1].device_us.max() - blocks[0].device_us.min() < seconds * 1e6:
        block = plate.read(0.1)
        if block is not None:
            blocks.append(block)
    return blocks


def test_it_says_that_it_is_simulated() -> None:
    with opened("sim:healthy?seed=7&speed=1") as plate:
        assert plate.identity.serial == "SIM-0000000000000001"
        assert plate.identity.model == "reference-a"
        assert plate.identity.firmware == "1.0.0"
        assert isinstance(plate, Prompted)


@pytest.mark.parametrize("speed", ["0", "4"])
def test_time_that_is_not_the_worlds_is_said_beside_the_version(speed: str) -> None:
    with opened(f"sim:?speed={speed}") as plate:
        assert plate.identity.firmware == "1.0.0+own-time"


@pytest.mark.parametrize("rate_hz", [10, 80, 1000])
def test_sets_come_at_the_rate_asked_for(rate_hz: int) -> None:
    with opened(f"sim:?speed=0&rate={rate_hz}") as plate:
        plate.start()
        blocks = read_for(plate, 20.0)
        sets = sum(len(block) for block in blocks) - 1
        spent_s = (blocks[-1].device_us[-1, 0] - blocks[0].device_us[0, 0]) * 1e-6
        assert sets / spent_s == pytest.approx(rate_hz, rel=0.003)
        assert plate.losses.lost_sets == 0


def test_its_certificate_makes_newtons_of_its_counts() -> None:
    """A person of 70 kg weighs 686.7 N, whatever gains and offsets the plate was built with."""
    for number in (1, 2, 3):
        with opened(f"sim:?speed=0&plate={number}&mass=70") as plate:
            calibration = simulated_calibration(plate.identity.serial)
            plate.start()
            empty = np.concatenate([block.counts for block in read_for(plate, 2.0)]).mean(axis=0)
            plate.cue(Cue("both_feet"))
            read_for(plate, 4.0)
            loaded = np.concatenate([block.counts for block in read_for(plate, 4.0)])
            fz_n = (loaded - empty) @ calibration.matrix[0]
            assert np.mean(fz_n) == pytest.approx(686.7, rel=2e-3)
            assert np.abs(empty).max() > 100  # the offsets are there: without a zero it would be wrong


def test_cells_differ_and_only_the_certificate_knows_how() -> None:
    gains = [simulated_calibration(f"SIM-{number:016X}").cell_newton_per_count for number in range(20)]
    spread = np.std(gains) / np.mean(gains)
    assert 0.005 < spread < 0.03
    with pytest.raises(PlateNotFound, match="not simulated"):
        simulated_calibration("0011223344556677")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sim:strong", "no scenario 'strong'; there are: healthy, weak-left, weak-right, lurch-left"),
        ("sim:healthy?speed=-1", "speed is -1.0, must be 0 to 100"),
        ("sim:healthy?height=3", "height_m is 3.0, must be 0.9 to 2.2"),
        ("sim:healthy?mass=abc", "could not convert"),
        ("sim:healthy?colour=red", "no parameter 'colour'"),
        ("sim:healthy?rate=nan", "rate_hz is nan"),
    ],
)
def test_an_address_that_means_nothing_is_refused_with_what_may_be_asked(url: str, said: str) -> None:
    with pytest.raises(PlateNotFound, match=said):
        open_plate(url)
