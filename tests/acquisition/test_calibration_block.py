"""A calibration that travels with its plate: what comes back is what went, in single precision; rubbish is refused."""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acquisition.calibration_block import LAYOUT, MADE_BY, pack_calibration, unpack_calibration
from acquisition.messages import BLOCK_BYTES
from analysis.calibration import Calibration
from analysis.errors import NotCalibrated

SERIAL = "00A1B2C3D4E5F607"
SINGLE = 2.0**-23  # relative step of a 32-bit float
CALIBRATION = Calibration(
    id="01990f3e-5d2a-7c11-8a44-1b2c3d4e5f60",
    plate_serial=SERIAL,
    matrix=np.array([[4.51e-4, 4.49e-4, 4.6e-4, 4.4e-4], [-0.099, 0.101, 0.1, -0.1], [0.1, 0.1, -0.099, -0.102]]),
    cell_newton_per_count=np.array([4.51e-4, 4.49e-4, -4.6e-4, 4.4e-4]),
    residual_n=0.4,
    cop_error_mm=0.62,
    max_load_n=7845.2,
    reference="10 kg, 9 crosses",
    made_at=datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC),
    made_by="A. Engineer",
    valid_until=datetime(2027, 3, 4, tzinfo=UTC),
)


def test_what_a_plate_carries_comes_back() -> None:
    again = unpack_calibration(pack_calibration(CALIBRATION), SERIAL)
    assert (again.id, again.plate_serial, again.reference) == (CALIBRATION.id, SERIAL, "10 kg, 9 crosses")
    assert (again.made_at, again.valid_until) == (CALIBRATION.made_at, CALIBRATION.valid_until)
    assert again.made_by == MADE_BY
    np.testing.assert_allclose(again.matrix, CALIBRATION.matrix, rtol=SINGLE)
    np.testing.assert_allclose(again.cell_newton_per_count, CALIBRATION.cell_newton_per_count, rtol=SINGLE)
    numbers = (again.residual_n, again.cop_error_mm, again.max_load_n)
    assert numbers == pytest.approx((0.4, 0.62, 7845.2), rel=SINGLE)


def test_single_precision_moves_the_cop_by_less_than_a_micrometre() -> None:
    """A person at the plate's edge: 700 N at 200 mm; a relative error of 2^-24 per number is far below 1e-3 mm."""
    again = unpack_calibration(pack_calibration(CALIBRATION), SERIAL)
    counts = np.array([50_000.0, 700_000.0, 750_000.0, 60_000.0])
    before, after = (one.matrix @ counts for one in (CALIBRATION, again))
    assert np.abs(after[1:] / after[0] - before[1:] / before[0]).max() < 1e-3


def test_no_end_of_validity_comes_back_as_none() -> None:
    assert unpack_calibration(pack_calibration(replace(CALIBRATION, valid_until=None)), SERIAL).valid_until is None


@given(reference=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60))
def test_a_long_reference_is_cut_between_letters(reference: str) -> None:
    """24 bytes: never half a letter."""
    block = pack_calibration(replace(CALIBRATION, reference=reference))
    assert len(block) == BLOCK_BYTES
    again = unpack_calibration(block, SERIAL).reference
    assert reference.startswith(again)
    assert len(again.encode()) >= min(len(reference.encode()), 24 - 3)


def test_an_id_that_no_station_could_look_up_is_refused() -> None:
    with pytest.raises(NotCalibrated, match="UUID"):
        pack_calibration(replace(CALIBRATION, id="simulated-SIM-1"))


@pytest.mark.parametrize("block", [b"", b"SLC1", b"\xff" * 128, bytes(128)], ids=["nothing", "short", "blank", "zeros"])
def test_a_memory_with_something_else_is_no_calibration(block: bytes) -> None:
    with pytest.raises(NotCalibrated, match=f"plate {SERIAL} holds no calibration"):
        unpack_calibration(block, SERIAL)


@pytest.mark.parametrize("at", [28, 75 - 3, 76, 92, 96, 100])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_no_calibration(at: int, value: float) -> None:
    block = bytearray(pack_calibration(CALIBRATION))
    struct.pack_into("<f", block, at, value)
    with pytest.raises(NotCalibrated, match="no number"):
        unpack_calibration(bytes(block), SERIAL)


@given(content=st.binary(min_size=124, max_size=124))
def test_anything_is_a_calibration_or_that_one_error(content: bytes) -> None:
    with suppress(NotCalibrated):
        unpack_calibration(b"SLC1" + content, SERIAL)


def test_the_layout_is_the_documents() -> None:
    """Places of section 5: magic 0, made at 4, valid until 8, id 12, matrix 28, gains 76, load 92, 96, 100, 104."""
    sizes = [4, 4, 4, 16, 48, 16, 4, 4, 4, 24]
    assert [sum(sizes[:at]) for at in range(10)] == [0, 4, 8, 12, 28, 76, 92, 96, 100, 104]
    assert LAYOUT.size == sum(sizes) == BLOCK_BYTES
