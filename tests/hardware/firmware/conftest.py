"""Where the firmware's tests get their boards; a missing tool skips them with the command that installs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from native_plate import NativePlate
from simulated_board import Boards, SimulatedBoard

from hardware.firmware.build import PACKAGES, RUNNER_PACKAGES, install_hint


def _need(packages: dict[str, str]) -> None:
    hint = install_hint(packages)
    if hint:
        pytest.skip(f"tools are missing: {hint}")


@pytest.fixture(scope="session")
def native() -> Iterator[NativePlate]:
    """The firmware's portable code on this computer."""
    _need({"g++": RUNNER_PACKAGES["g++"]})
    with NativePlate() as plate:
        yield plate


@pytest.fixture(scope="session")
def avr_tools() -> None:
    """The compiler and the Arduino core."""
    _need(PACKAGES)


@pytest.fixture(scope="session")
def simavr_tools() -> None:
    """The simulator of the chip."""
    _need(RUNNER_PACKAGES)


@pytest.fixture
def boards(tmp_path: Path, avr_tools: None, simavr_tools: None) -> Iterator[Boards]:
    """Starts boards with the real firmware; every option of the runner may be given by its name."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(SimulatedBoard(tmp_path, **options))
