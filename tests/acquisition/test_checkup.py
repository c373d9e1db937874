"""A checkup: numbers of an empty plate, what is wrong with it, and whether it may be measured with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from threading import Event

import numpy as np
import pytest
from benches import Cable, board

from acquisition.checkup import Checkup, CheckupCode, check, checkup_document, judged, rate_problem
from acquisition.clock import ClockMapping, cell_rates_hz
from acquisition.errors import RateTooLow
from acquisition.hub import Hub, HubState
from acquisition.messages import CellFault, CellReport, SelfTestReport
from acquisition.plate import LossCounters, WirePlate, open_plate
from analysis.quality import Severity
from analysis.recording import PlateIdentity, SampleBlock, SetFlag, Timing
from hardware.simulator.device import SimulatedLink, Simulation
from hardware.simulator.electronics import NOISE_N

FULL_SCALE = 2**23 - 1
PLATE = PlateIdentity("0011223344556677", "reference-a", "1.0.0", 1, 80.0, FULL_SCALE, Timing.PER_CHANNEL)
GAIN_N = np.full(4, 5e-4)
WELL = SelfTestReport(1, 4980, 1234, (CellReport(12_500_000, -100, 100, CellFault(0)),) * 4)
CLOCK = ClockMapping(1.001, 1e-5, 0.0, 12)


def empty_plate(seconds: float = 5.0, rate_hz: float = 80.0, sd_counts: float = 120.0) -> SampleBlock:
    """White noise of this SD about 10 000 counts, every cell new in each set."""
    n = round(seconds * rate_hz)
    device_us = np.repeat((1e6 / rate_hz * np.arange(n)).astype(np.uint64)[:, None], 4, axis=1)
    counts = 10_000 + np.random.default_rng(3).normal(0, sd_counts, (n, 4))
    return SampleBlock(0, device_us, counts.astype(np.int32), np.zeros(n, "u1"))


def found(block: SampleBlock, **more: object) -> list[tuple[CheckupCode, Severity, int | None]]:
    checkup = judged(PLATE, [block], LossCounters(), newton_per_count=GAIN_N, **more)  # type: ignore[arg-type]
    return [(finding.code, finding.severity, finding.cell) for finding in checkup.findings]


def changed(change: Callable[[SampleBlock, np.ndarray, np.ndarray], None]) -> SampleBlock:
    """An empty plate whose counts or times were changed."""
    block = empty_plate()
    counts, device_us = block.counts.copy(), block.device_us.copy()
    change(block, counts, device_us)
    return replace(block, counts=counts, device_us=device_us)


def test_a_good_plate_is_fit_and_its_numbers_are_those_it_was_made_with() -> None:
    """80 a second, 10 000 counts, noise of 120 counts = 0.06 N at 5e-4 N a count."""
    checkup = judged(PLATE, [empty_plate()], LossCounters(), CLOCK, WELL, GAIN_N)
    assert checkup.findings == ()
    assert checkup.fit
    assert (checkup.sets, checkup.supply_mv, checkup.free_bytes) == (400, 4980, 1234)
    assert checkup.length_s == pytest.approx(5.0, abs=0.02)
    for cell in checkup.cells:
        assert cell.rate_hz == pytest.approx(80.0)
        assert cell.mean_counts == pytest.approx(10_000, abs=20)
        assert cell.sd_counts == pytest.approx(120, rel=0.1)
        assert cell.sd_n == pytest.approx(0.06, rel=0.1)


def test_a_plate_set_to_10_a_second_is_refused_for_each_cell() -> None:
    expected = [(CheckupCode.RATE_TOO_LOW, Severity.NOT_USABLE, cell) for cell in range(4)]
    assert found(empty_plate(rate_hz=10.0)) == expected


def test_one_slow_cell_among_quick_ones_is_named() -> None:
    """Sets come 80 times a second; in seven of eight cell 2 repeats its last conversion with its old time."""

    def slow(_: SampleBlock, counts: np.ndarray, device_us: np.ndarray) -> None:
        old = np.arange(len(counts)) // 8 * 8
        counts[:, 2], device_us[:, 2] = counts[old, 2], device_us[old, 2]

    block = changed(slow)
    assert cell_rates_hz([block]) == pytest.approx((80.0, 80.0, 10.0, 80.0))
    assert found(block) == [(CheckupCode.RATE_TOO_LOW, Severity.NOT_USABLE, 2)]
    problem = rate_problem([block])
    assert isinstance(problem, RateTooLow)
    assert problem.values == {"cell": 2, "rate_hz": pytest.approx(10.0), "limit_hz": 20.0}


def test_lost_sets_do_not_make_a_cell_slow() -> None:
    """Every third set is missing."""
    block = empty_plate()
    kept = np.arange(len(block)) % 3 != 0
    thinned = SampleBlock(0, block.device_us[kept], block.counts[kept], block.flags[kept], block.indices[kept])
    assert cell_rates_hz([thinned]) == pytest.approx((80.0,) * 4)
    assert rate_problem([thinned]) is None


def test_a_rate_is_not_judged_before_half_a_second_has_come() -> None:
    assert rate_problem([empty_plate(0.4, rate_hz=10.0)]) is None
    assert rate_problem([]) is None
    assert rate_problem([empty_plate(1.0, rate_hz=10.0)]) is not None


def test_a_cell_that_stops_converting_is_silent() -> None:
    """From 3 s on cell 1 repeats what it gave, with its old time; sets go on without it."""

    def stops(_: SampleBlock, counts: np.ndarray, device_us: np.ndarray) -> None:
        counts[240:, 1], device_us[240:, 1] = counts[240, 1], device_us[240, 1]

    assert found(changed(stops)) == [(CheckupCode.SILENT, Severity.NOT_USABLE, 1)]


def test_a_cell_whose_age_is_at_its_end_has_no_rate() -> None:
    """A plate says "a quarter of a second or more" of a dead cell in every set: its time seems to move with others."""

    def dead(_: SampleBlock, counts: np.ndarray, device_us: np.ndarray) -> None:
        counts[:, 1], device_us[:, 1] = 0, np.maximum(device_us[:, 0].astype(np.int64) - 65535 * 4, 0)

    block = changed(dead)
    late = replace(block, device_us=block.device_us[40:], counts=block.counts[40:], flags=block.flags[40:])
    assert cell_rates_hz([late])[1] == 0.0
    assert found(late) == [(CheckupCode.SILENT, Severity.NOT_USABLE, 1)]
    problem = rate_problem([late])
    assert problem is not None
    assert problem.values["cell"] == 1


def test_a_cell_that_converts_the_same_code_again_and_again_is_frozen() -> None:
    def freezes(_: SampleBlock, counts: np.ndarray, device_us: np.ndarray) -> None:
        counts[100:150, 3] = 8_388  # 50 conversions are 0.6 s

    assert found(changed(freezes)) == [(CheckupCode.FROZEN, Severity.NOT_USABLE, 3)]


def test_a_code_that_repeats_for_less_than_half_a_second_is_no_fault() -> None:
    def rests(_: SampleBlock, counts: np.ndarray, device_us: np.ndarray) -> None:
        counts[100:130, 3] = counts[100, 3]

    assert found(changed(rests)) == []


def test_a_cell_that_never_converted_is_silent_and_not_saturated() -> None:
    """A plate sends -2^23 in place of counts that it does not have; the converter's lower stop is flagged."""

    def missing(_: SampleBlock, counts: np.ndarray, device_us: np.ndarray) -> None:
        counts[:, 2] = -(2**23)

    assert found(changed(missing)) == [(CheckupCode.SILENT, Severity.NOT_USABLE, 2)]


def test_a_plate_whose_codes_all_stand_still_has_no_frozen_cell() -> None:
    """Nothing tells one from the others; a plate without any noise is a simulated one."""

    def freezes(_: SampleBlock, counts: np.ndarray, device_us: np.ndarray) -> None:
        counts[100:150] = 8_388

    assert found(changed(freezes)) == []


@pytest.mark.parametrize("code", [FULL_SCALE, -FULL_SCALE - 1, round(0.985 * FULL_SCALE)])
def test_a_cell_at_the_end_of_its_range_is_saturated(code: int) -> None:
    def stops(block: SampleBlock, counts: np.ndarray, device_us: np.ndarray) -> None:
        counts[7, 0], block.flags[7] = code, SetFlag.SATURATED

    assert (CheckupCode.SATURATED, Severity.NOT_USABLE, 0) in found(changed(stops))


def test_a_restless_cell_is_a_caution() -> None:
    """0.5 N of noise where 0.3 N is the limit."""

    def shakes(_: SampleBlock, counts: np.ndarray, device_us: np.ndarray) -> None:
        counts[:, 1] = 10_000 + np.random.default_rng(5).normal(0, 1000, len(counts))

    assert found(changed(shakes)) == [(CheckupCode.NOISY, Severity.CAUTION, 1)]


def test_nothing_is_not_a_plate_without_faults() -> None:
    checkup = judged(PLATE, [], LossCounters())
    assert [finding.code for finding in checkup.findings] == [CheckupCode.NOTHING_CAME]
    assert not checkup.fit


@pytest.mark.parametrize(
    ("fault", "code", "severity"),
    [
        (CellFault.NO_SIGNAL, CheckupCode.SILENT, Severity.NOT_USABLE),
        (CellFault.STUCK_LOW, CheckupCode.SILENT, Severity.NOT_USABLE),
        (CellFault.DESYNC, CheckupCode.LOST_STEP, Severity.CAUTION),
        (CellFault.MISSED, CheckupCode.MISSED, Severity.CAUTION),
        (CellFault.FROZEN, CheckupCode.FROZEN, Severity.NOT_USABLE),
    ],
)
def test_what_the_plate_says_of_a_cell_counts_too(fault: CellFault, code: CheckupCode, severity: Severity) -> None:
    cells = (*WELL.cells[:3], replace(WELL.cells[3], faults=fault))
    assert found(empty_plate(), report=replace(WELL, cells=cells)) == [(code, severity, 3)]


def test_what_was_measured_and_what_the_plate_says_of_it_is_said_once() -> None:
    """With the numbers that were measured: the plate's own report knows no limit."""
    cells = tuple(replace(cell, faults=CellFault.SLOW) for cell in WELL.cells)
    checkup = judged(PLATE, [empty_plate(rate_hz=10.0)], LossCounters(), report=replace(WELL, cells=cells))
    assert [(finding.code, finding.cell) for finding in checkup.findings] == [
        (CheckupCode.RATE_TOO_LOW, cell) for cell in range(4)
    ]
    for finding in checkup.findings:
        assert finding.values == {"value": pytest.approx(10.0), "limit": 20.0}


def test_a_weak_supply_and_little_memory_are_cautions() -> None:
    weak = replace(WELL, supply_mv=4300, free_bytes=90)
    assert [(code, severity) for code, severity, _ in found(empty_plate(), report=weak)] == [
        (CheckupCode.SUPPLY_LOW, Severity.CAUTION),
        (CheckupCode.MEMORY_LOW, Severity.CAUTION),
    ]


@pytest.mark.parametrize(
    ("losses", "code", "severity"),
    [
        (LossCounters(lost_sets=1), CheckupCode.SETS_LOST, Severity.CAUTION),  # 0.25 %
        (LossCounters(lost_sets=9), CheckupCode.SETS_LOST, Severity.NOT_USABLE),  # 2.2 %
        (LossCounters(bad_frames=9), CheckupCode.FRAMES_DAMAGED, Severity.CAUTION),
        (LossCounters(bad_frames=40), CheckupCode.FRAMES_DAMAGED, Severity.NOT_USABLE),  # 9 %
    ],
)
def test_losses_are_judged_by_their_share(losses: LossCounters, code: CheckupCode, severity: Severity) -> None:
    checkup = judged(PLATE, [empty_plate()], losses)
    assert [(finding.code, finding.severity) for finding in checkup.findings] == [(code, severity)]


@pytest.mark.parametrize(
    ("clock", "codes"),
    [
        (ClockMapping(1.0045, 1e-5, 0.0, 9), []),  # a resonator's half percent
        (ClockMapping(0.993, 1e-5, 0.0, 9), [CheckupCode.CLOCK_DOUBTFUL]),
        (ClockMapping(1.03, 1e-5, 0.0, 9), [CheckupCode.CLOCK_WRONG]),
        (ClockMapping(1.03, 2e-2, 0.0, 9), []),  # nothing is known yet
    ],
)
def test_a_clock_is_doubted_only_beyond_its_uncertainty(clock: ClockMapping, codes: list[CheckupCode]) -> None:
    assert [code for code, _, _ in found(empty_plate(), clock=clock)] == codes


def test_a_checkup_as_json_holds_every_number() -> None:
    checkup = judged(PLATE, [empty_plate(rate_hz=10.0)], LossCounters(lost_sets=1), CLOCK, WELL, GAIN_N)
    document = json.loads(json.dumps(checkup_document(checkup)))
    assert document["plate"]["serial"] == PLATE.serial
    assert [cell["rate_hz"] for cell in document["cells"]] == pytest.approx([10.0] * 4)
    assert document["losses"]["lost_sets"] == 1
    assert document["clock"]["scale"] == 1.001
    assert document["fit"] is False
    assert document["findings"][0] == {
        "code": "RATE_TOO_LOW",
        "severity": "not_usable",
        "cell": 0,
        "values": {"value": pytest.approx(10.0), "limit": 20.0},
    }


def checked(**wanted: float) -> Checkup:
    plate = open_plate("sim:?speed=0&" + "&".join(f"{name}={value}" for name, value in wanted.items()))
    assert isinstance(plate, WirePlate)
    try:
        return check(plate, GAIN_N)
    finally:
        plate.close()


def test_a_simulated_plate_is_fit_and_has_the_noise_it_was_built_with() -> None:
    """Its person stands beside it. Gains are within 3 % of the drawing's; it has no self-test and no world's clock."""
    checkup = checked(rate=80)
    assert checkup.fit, checkup.findings
    assert [cell.sd_n for cell in checkup.cells] == pytest.approx([NOISE_N] * 4, rel=0.15)
    assert (checkup.supply_mv, checkup.free_bytes, checkup.clock) == (None, None, None)


def test_a_simulated_plate_at_10_a_second_is_not_fit() -> None:
    assert {finding.code for finding in checked(rate=10).findings} == {CheckupCode.RATE_TOO_LOW}


def test_after_a_checkup_the_plate_is_silent() -> None:
    plate = WirePlate(board())
    check(plate, seconds=1.0)
    assert plate.read(0.2) is None


def test_what_was_wrong_with_one_plate_is_not_said_of_the_next() -> None:
    """A plate at 10 a second is unplugged, another one at 80 comes."""
    cables = [Cable(at(rate_hz=10.0)), Cable(at(rate_hz=80.0))]
    coming = iter(cables)
    hub = Hub(lambda: WirePlate(next(coming)))
    try:
        hub.start()
        pause = Event()
        while hub.snapshot().error != "RATE_TOO_LOW":
            pause.wait(0.01)
        cables[0].cut = True
        while hub.snapshot().stream < 2:
            pause.wait(0.002)
        assert hub.snapshot().fault is None
    finally:
        hub.close()


def at(rate_hz: float) -> SimulatedLink:
    """A simulated board in the world's time."""
    return SimulatedLink(Simulation(rate_hz=rate_hz).firmware(), 1.0, "board")


def test_nothing_can_be_recorded_from_a_plate_at_10_a_second() -> None:
    """It can be looked at, and the screen says why it cannot be measured with."""
    hub = Hub(lambda: open_plate("sim:?speed=16&rate=10"))
    try:
        hub.start()
        pause = Event()
        while hub.snapshot().error != "RATE_TOO_LOW":
            pause.wait(0.01)
        snapshot = hub.snapshot()
        assert snapshot.state is HubState.STREAMING
        assert isinstance(snapshot.fault, RateTooLow)
        with pytest.raises(RateTooLow):
            hub.begin_recording()
        assert not hub.snapshot().recording
    finally:
        hub.close()


def test_a_cell_of_ten_times_the_others_noise_is_an_open_input_and_the_plate_not_fit() -> None:
    """The others have 0.06 N: 0.7 N is beyond ten times that, 0.5 N is restless only."""
    for noise_n, expected in (
        (0.7, (CheckupCode.DISCONNECTED, Severity.NOT_USABLE, 2)),
        (0.5, (CheckupCode.NOISY, Severity.CAUTION, 2)),
    ):

        def loose(_: SampleBlock, counts: np.ndarray, device_us: np.ndarray, noise_n: float = noise_n) -> None:
            counts[:, 2] = np.random.default_rng(4).normal(0, noise_n / 5e-4, len(counts)).astype(np.int32)

        assert found(changed(loose)) == [expected]


def test_a_plate_shaken_as_a_whole_is_restless_in_each_cell_and_none_is_called_loose() -> None:
    """4 N in every cell: somebody stands on it."""
    shaken = empty_plate(sd_counts=8000.0)
    assert found(shaken) == [(CheckupCode.NOISY, Severity.CAUTION, cell) for cell in range(4)]
