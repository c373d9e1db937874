"""Cells that break in the simulated electronics: seen by the guided test within the time the row says, named, filed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from benches import Cable, Frames
from dictated_plate import DictatedPlate
from guided_bench import GuidedBench

from acquisition.framing import decode, encode
from acquisition.messages import Kind
from analysis.phases import EndedBy
from analysis.quality import Finding, FindingCode, Severity
from analysis.recording import SetFlag
from dashboard.orders import Outcome
from dashboard.protocol import Act, Notice, Step

FLAGS_AT = 7  # in a set on the wire (hardware/PROTOCOL.md)
PIECE_S = 0.1  # blocks of 20 ms, looked at every 50 ms


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[GuidedBench]:
    made = GuidedBench(tmp_path)
    yield made
    made.close()


def into_hold(bench: GuidedBench) -> None:
    """Five seconds into the hold: the person stands on the right leg."""
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.HOLD)
    bench.run(5.0)


def filed_finding(bench: GuidedBench, code: FindingCode) -> Finding:
    """The finding of the attempt just filed, which is kept and not usable."""
    bench.until(Step.VERDICT)
    (trial,) = bench.store.trials_of(bench.visit.id)
    result = bench.store.latest_results(bench.visit.id)[trial.id].result
    assert not result.usable
    assert result.phases.ended_by in (EndedBy.INTERRUPTED, EndedBy.END_OF_RECORDING), "no failure of the person"
    (found,) = [finding for finding in result.findings if finding.code is code]
    assert found.severity is Severity.NOT_USABLE
    return found


@pytest.mark.fault(row=15)
def test_a_frozen_cell_ends_the_hold_and_is_named(bench: GuidedBench) -> None:
    """Row 15: cell 2 repeats its count from mid-hold on -> red within 0.6 s, the cell named, the trial not usable."""
    into_hold(bench)
    bench.plant("frozen-2")
    assert bench.until_notice(Notice.CELL_FROZEN, limit_s=0.5 + PIECE_S) >= 0.45
    assert bench.view.values["cell"] == 2
    assert filed_finding(bench, FindingCode.FROZEN_CELL).values["cell"] == 2


@pytest.mark.fault(row=15)
def test_no_attempt_begins_while_a_cell_is_frozen(bench: GuidedBench) -> None:
    """Row 15: cell 0 is frozen before the attempt -> Start is not offered, the cell is named until it moves again."""
    bench.until(Step.READY)
    bench.run(1.0)
    bench.plant("frozen-0")
    bench.until_notice(Notice.CELL_FROZEN, limit_s=0.5 + PIECE_S)
    assert Act.START not in bench.view.acts
    assert not bench.conductor.act(Act.START, bench.view.token)
    bench.plant()
    bench.until_notice(None, limit_s=PIECE_S)
    bench.act(Act.START)


@pytest.mark.fault(row=16)
def test_a_saturated_cell_ends_the_hold_at_once(bench: GuidedBench) -> None:
    """Row 16: cell 1 goes to the end of the converter's range in the hold -> red at once, named, not usable."""
    into_hold(bench)
    bench.plant("saturated-1")
    bench.until_notice(Notice.CELL_SATURATED, limit_s=PIECE_S)
    assert bench.view.values["cell"] == 1
    assert int(filed_finding(bench, FindingCode.SATURATED).values["n"]) >= 1


@pytest.mark.fault(row=16)
def test_a_saturation_before_the_hold_spoils_it(bench: GuidedBench) -> None:
    """Row 16: two sets of cell 1 at the limit while both feet stand -> nothing after them is trusted: not usable."""
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.BOTH_FEET)
    bench.run(4.0)
    bench.plant("saturated-1")
    assert filed_finding(bench, FindingCode.SATURATED)


@pytest.mark.fault(row=17)
@pytest.mark.parametrize("cell", range(4))
def test_a_plate_with_an_unplugged_cell_measures_nobody(bench: GuidedBench, cell: int) -> None:
    """Row 17: a cell is unplugged before the attempt, its input floats -> Start is blocked in 0.6 s, the cell named."""
    bench.until(Step.READY)
    bench.run(1.0)
    bench.plant(f"unplugged-{cell}")
    bench.until_notice(Notice.CELL_DISCONNECTED, limit_s=0.5 + PIECE_S)
    assert bench.view.values["cell"] == cell
    assert Act.START not in bench.view.acts


@pytest.mark.fault(row=17)
def test_a_cell_unplugged_while_the_empty_plate_is_measured_ends_the_attempt_unfiled(bench: GuidedBench) -> None:
    """Row 17: a cell is unplugged during the zero -> the attempt does not begin and nothing is filed."""
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.run(0.5)
    bench.plant("unplugged-3")
    bench.until(Step.READY)
    assert (bench.view.notice, bench.view.values["cell"]) == (Notice.CELL_DISCONNECTED, 3)
    assert not bench.store.trials_of(bench.visit.id)


@pytest.mark.fault(row=17)
def test_a_cell_unplugged_in_the_hold_ends_it(bench: GuidedBench) -> None:
    """Row 17: cell 3 is unplugged in the hold -> red within 0.6 s, the cell named, the trial filed not usable."""
    into_hold(bench)
    bench.plant("unplugged-3")
    bench.until_notice(Notice.CELL_DISCONNECTED, limit_s=0.5 + PIECE_S)
    assert bench.view.values["cell"] == 3
    assert filed_finding(bench, FindingCode.DISCONNECTED_CELL).values["cell"] == 3


@pytest.mark.fault(row=19)
def test_an_inverted_cell_is_named_as_soon_as_somebody_stands(tmp_path: Path) -> None:
    """Row 19: two wires of cell 1 are swapped -> named 0.1 s after -50 N, the attempt ends after 1 s and is kept."""
    bench = GuidedBench(tmp_path, "sim:healthy?seed=7&speed=0&fault=inverted-1")
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.BOTH_FEET)
    bench.until_notice(Notice.LOAD_NEGATIVE, limit_s=3.0)
    assert bench.view.values["cell"] == 1
    assert bench.view.step is Step.BOTH_FEET
    began_s = bench.now_s
    bench.until(Step.VERDICT)
    assert bench.now_s - began_s == pytest.approx(0.9, abs=PIECE_S + 0.1)
    assert bench.view.notice is Notice.LOAD_NEGATIVE
    assert len(bench.store.trials_of(bench.visit.id)) == 1
    bench.close()


@pytest.mark.fault(row=19)
def test_a_plate_lighter_than_nothing_asks_to_step_off_and_start_again() -> None:
    """Row 19: a load that lay on the plate at the zero is taken away -> said in 0.1 s, the attempt ends in 1 s."""
    plate = DictatedPlate()
    plate.run(0.5, 100.0)
    plate.act(Act.START)
    plate.until(Step.BOTH_FEET, 4)
    plate.run(0.6, 0.0)
    assert (plate.view.notice, plate.view.values["cell"]) == (Notice.LOAD_NEGATIVE, "all")
    plate.until(Step.FILING, 1.5)
    assert plate.view.notice is Notice.ZERO_WAS_LOADED
    plate.filed(Outcome("t1", None, "NO_LOAD"))
    plate.act(Act.KEEP)
    plate.act(Act.START)
    plate.until(Step.BOTH_FEET, 4)
    assert plate.view.notice is None


def test_sets_that_are_no_measurements_are_never_taken_for_some(tmp_path: Path) -> None:
    """Flag 64 on every set from mid-hold on, as a plate sends that tests its link: said at once, not usable."""
    tested = False

    def pattern(frames: Frames) -> Frames:
        return [with_flag(frame, SetFlag.TEST_PATTERN) if tested else frame for frame in frames]

    bench = GuidedBench(tmp_path, cable=lambda link: Cable(link, pattern))
    into_hold(bench)
    tested = True
    bench.until_notice(Notice.TEST_PATTERN, limit_s=PIECE_S)
    tested = False
    assert int(filed_finding(bench, FindingCode.TEST_PATTERN).values["n"]) >= 1
    bench.close()


def with_flag(frame: bytes, flag: int) -> bytes:
    """The frame of a set with a flag more; other frames as they are."""
    payload = decode(frame[:-1])
    if payload is None or payload[0] != Kind.DATA_PER_CHANNEL:
        return frame
    return encode(payload[:FLAGS_AT] + bytes([payload[FLAGS_AT] | flag]) + payload[FLAGS_AT + 1 :])
