"""What every plate promises, whatever carries its bytes. Runs over all of PLATES, and over `--plate URL`."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import numpy as np
import pytest
from benches import behind_a_terminal, blocks_of, simulate
from spools import kept

from acquisition.errors import LinkLost, PlateBusy, PlateNotFound
from acquisition.framing import Decoder
from acquisition.link import Link
from acquisition.messages import Kind
from acquisition.plate import PLATES, LossCounters, Plate, open_link, open_plate
from analysis.recording import N_CELLS
from hardware.plates import plate_models
from hardware.simulator.device import SimulatedLink, Simulation

BENCH = "bench"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "scheme" in metafunc.fixturenames:
        bench = [BENCH] if metafunc.config.getoption("--plate") else []
        metafunc.parametrize("scheme", [*PLATES, *bench], scope="module")


@pytest.fixture(scope="module")
def address(scheme: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a plate of this scheme stands."""
    if scheme == BENCH:
        yield request.config.getoption("--plate")
    elif scheme == "sim":
        yield "sim:healthy?speed=0"
    elif scheme == "socket":
        with simulate("--speed", "4") as url:
            yield url
    elif scheme == "serial":
        wanted = Simulation(speed=4.0)
        with behind_a_terminal(SimulatedLink(wanted.firmware(), wanted.speed, "board")) as url:
            yield url
    elif scheme == "replay":
        recorded = kept(tmp_path_factory.mktemp("replay"), 12.0, "sim:healthy?speed=8").path
        yield f"replay:{recorded}?speed=8"
    else:
        pytest.fail(f"no bench for {scheme}: plates: give it a place to stand here")


@pytest.fixture
def plate(address: str) -> Iterator[Plate]:
    opened = open_plate(address)
    yield opened
    opened.close()


class Tap:
    """Keeps what passes toward the host."""

    def __init__(self, link: Link) -> None:
        self.link, self.name = link, link.name
        self.received = bytearray()

    def read(self, timeout_s: float) -> bytes:
        """And keep it."""
        came = self.link.read(timeout_s)
        self.received += came
        return came

    def write(self, content: bytes) -> None:
        """Unchanged."""
        self.link.write(content)

    def close(self) -> None:
        """The link's own."""
        self.link.close()


pytestmark = pytest.mark.process


def test_it_says_who_it_is(plate: Plate) -> None:
    identity = plate.identity
    assert identity.serial
    assert identity.model in plate_models()
    assert identity.wire_version == 1
    assert identity.nominal_rate_hz > 0
    assert identity.full_scale_counts == 2**23 - 1


def test_it_is_silent_until_started(plate: Plate) -> None:
    assert plate.read(0.1) is None


def test_its_boot_count_stays_while_it_runs(plate: Plate) -> None:
    before = plate.boot_count
    assert 0 < before < 2**16
    plate.start()
    blocks_of(plate, 0.5)
    assert plate.boot_count == before


def test_a_tap_around_its_link_sees_every_set(address: str) -> None:
    """Sets are found in the tapped bytes by a decoder that knows nothing of the plate that was opened."""
    taps: list[Tap] = []

    def tapped(link: Link) -> Tap:
        taps.append(Tap(link))
        return taps[-1]

    plate = open_plate(address, tapped)
    plate.start()
    blocks = blocks_of(plate, 0.5)
    plate.close()
    payloads = Decoder().feed(bytes(taps[0].received)).payloads()
    assert sum(payload[0] == Kind.INFO for payload in payloads) >= 1
    assert sum(payload[0] == Kind.DATA_PER_CHANNEL for payload in payloads) >= sum(len(block) for block in blocks)


def test_a_link_says_nothing_until_it_is_told_to(address: str) -> None:
    """A board may say BOOT when its port is opened, or how its last stream ended; nobody asked who it is.

    What the last stream still had on its way when its port was closed comes first, and then is over.
    """
    link = open_link(address)
    try:
        deadline_s = monotonic() + 5.0
        while link.read(0.1):
            assert monotonic() < deadline_s, "it goes on and on"
        came = b"".join(link.read(0.05) for _ in range(4))
        assert {payload[0] for payload in Decoder().feed(came).payloads()} <= {Kind.BOOT, Kind.STOPPED}
    finally:
        link.close()


def test_sets_come_in_order_and_none_is_missing(plate: Plate) -> None:
    plate.start()
    blocks = blocks_of(plate, 5.0)
    index = np.concatenate([block.indices for block in blocks])
    assert (np.diff(index) == 1).all()
    assert plate.losses == LossCounters(bad_frames=plate.losses.bad_frames)  # a boot loader may have said something


def test_every_cell_has_its_own_time_and_none_runs_backwards(plate: Plate) -> None:
    plate.start()
    blocks = blocks_of(plate, 5.0)
    device_us = np.concatenate([block.device_us for block in blocks]).astype(np.int64)
    assert device_us.shape[1] == N_CELLS
    assert (np.diff(device_us, axis=0) >= 0).all()
    assert np.ptp(device_us, axis=1).max() < 2e6 / plate.identity.nominal_rate_hz


def test_the_measured_rate_is_near_the_one_it_claims(plate: Plate) -> None:
    """The converters' own oscillators are up to 16 % off their data sheet's rate."""
    plate.start()
    blocks = blocks_of(plate, 5.0)
    sets = sum(len(block) for block in blocks)
    spent_s = float(blocks[-1].device_us[-1, 0] - blocks[0].device_us[0, 0]) * 1e-6
    assert (sets - 1) / spent_s == pytest.approx(plate.identity.nominal_rate_hz, rel=0.17)


def test_counts_are_within_full_scale_and_alive(plate: Plate) -> None:
    plate.start()
    counts = np.concatenate([block.counts for block in blocks_of(plate, 2.0)])
    assert np.abs(counts).max() < plate.identity.full_scale_counts
    assert (np.ptp(counts, axis=0) > 0).all()  # a cell without any noise is not connected


def test_stopping_stops_and_starting_goes_on(plate: Plate) -> None:
    plate.start()
    before = blocks_of(plate, 0.5)
    plate.stop()
    assert plate.read(0.1) is None
    plate.start()
    after = blocks_of(plate, 0.5)
    assert after[0].device_us[0, 0] > before[-1].device_us[-1, 0]


def test_starting_twice_starts_over(plate: Plate) -> None:
    plate.start()
    blocks_of(plate, 1.0)
    plate.start()
    index = np.concatenate([block.indices for block in blocks_of(plate, 1.0)])
    assert (np.diff(index) == 1).all()


def test_closing_twice_does_nothing_more(address: str) -> None:
    plate = open_plate(address)
    plate.start()
    plate.close()
    plate.close()
    with pytest.raises(LinkLost):
        plate.read(0.1)


def test_it_can_be_opened_again(address: str) -> None:
    for _ in range(2):
        plate = open_plate(address)
        plate.start()
        assert blocks_of(plate, 0.2)
        plate.close()


def test_a_second_program_is_told_that_it_is_in_use(plate: Plate, address: str, scheme: str) -> None:
    if scheme in ("sim", "replay"):
        return  # every opener has a plate of its own
    with pytest.raises(PlateBusy):
        open_plate(address)


@pytest.mark.parametrize("address", ["", "no-such-scheme", "http://127.0.0.1:1", "SIM:healthy"])
def test_an_address_of_no_plate_names_what_there_is(address: str) -> None:
    for opening in (open_plate, open_link):
        with pytest.raises(PlateNotFound, match=r"serial:, socket:, sim:"):
            opening(address)


@pytest.mark.parametrize(
    "address",
    [
        "serial:no-such-port",
        "/no/such/port",
        "COM5",
        "com5",
        r"\\.\COM12",
        "socket://127.0.0.1:1",
        "socket://127.0.0.1:none",
    ],
)
def test_an_address_where_nothing_stands_says_so(address: str) -> None:
    with pytest.raises(PlateNotFound, match="cannot be opened"):
        open_plate(address)
