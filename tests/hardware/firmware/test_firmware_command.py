"""`stancelab simulate --firmware`: the real firmware for a person to try, on a terminal, in the world's time."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from benches import blocks_of
from tests_root import ROOT

from acquisition.framing import encode
from acquisition.messages import Start
from acquisition.plate import open_plate
from dashboard.cli import main
from hardware.firmware.build import build_firmware
from hardware.firmware.running import Runner
from hardware.simulator import chip
from hardware.simulator.device import simulated_calibration

pytestmark = pytest.mark.process

GRAVITY = 9.81
TEST_PATTERN = 1


class Command:
    """The command in a process of its own, line by line."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.cli", "simulate", "--firmware", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline
        self.greeting = [self.line() for _ in range(3)]
        self.path = re.search(r"serial:(\S+)", self.greeting[1])[1]  # type: ignore[index]

    def say(self, key: str) -> None:
        """Type a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{key}\n")
        self.process.stdin.flush()

    def chip(self) -> int:
        """A handle of the process in which the chip is simulated."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        (child,) = children.split()
        return os.pidfd_open(int(child))


def ends(process: int, within_s: float = 10.0) -> bool:
    """Whether a process ends."""
    ended = bool(select.select([process], [], [], within_s)[0])
    os.close(process)
    return ended


@pytest.fixture
def command(request: pytest.FixtureRequest, avr_tools: None, simavr_tools: None) -> Iterator[Command]:
    started = Command(*request.param)
    yield started
    started.process.kill()
    started.process.communicate()


@pytest.mark.parametrize("command", [("--by-hand", "--mass", "82", "--scenario", "weak-left")], indirect=True)
def test_a_person_is_weighed_through_the_real_firmware_in_the_worlds_time(command: Command) -> None:
    """The port it names is a plate at 80 sets a second which loses nothing, with the person who was asked for."""
    assert "weak-left" in command.greeting[0]
    assert "Not a measurement of anybody" in command.greeting[0]
    assert "Type a letter" in command.greeting[2]
    plate = open_plate(f"serial:{command.path}")
    assert "was opened" in command.line()
    plate.start()
    empty = np.concatenate([block.counts for block in blocks_of(plate, 1.0)])
    command.say("b")
    assert "on both feet" in command.line()
    blocks = blocks_of(plate, 4.0)
    standing = np.concatenate([block.counts for block in blocks])
    times_us = np.concatenate([block.device_us for block in blocks])
    assert plate.losses.lost_sets == plate.losses.bad_frames == 0
    matrix = simulated_calibration(plate.identity.serial).matrix
    plate.close()
    fz_n = (standing[-80:].mean(axis=0) - empty.mean(axis=0)) @ matrix[0]
    assert fz_n == pytest.approx(82 * GRAVITY, rel=0.02)
    assert 1e6 / np.diff(times_us[:, 0].astype(np.float64)).mean() == pytest.approx(80, rel=0.002)


@pytest.mark.parametrize("command", [()], indirect=True)
def test_each_time_the_port_is_opened_the_board_restarts_and_the_person_steps_off(command: Command) -> None:
    for _ in range(2):
        plate = open_plate(f"serial:{command.path}")
        plate.start()
        first_us = int(blocks_of(plate, 0.2)[0].device_us.max())
        assert first_us < 2e6
        plate.close()
        said = [command.line() for _ in range(3)]
        assert "was opened" in said[0]
        assert "off the plate" in said[1]
        assert "was closed" in said[2]


@pytest.mark.parametrize("command", [()], indirect=True)
def test_ctrl_c_ends_chip_and_terminal(command: Command) -> None:
    running = command.chip()
    command.process.send_signal(signal.SIGINT)
    out, errors = command.process.communicate(timeout=20)
    assert (out.strip(), errors, command.process.returncode) == ("Stopped.", "", 0)
    assert ends(running, within_s=0)
    assert not Path(command.path).exists()


@pytest.mark.parametrize("command", [()], indirect=True)
def test_no_chip_outlives_a_command_that_was_killed(command: Command) -> None:
    running = command.chip()
    port = os.open(command.path, os.O_RDWR | os.O_NOCTTY)
    command.process.kill()
    assert ends(running)
    os.close(port)


def test_time_does_not_wait_for_a_program_that_has_the_port_open_and_does_not_read(
    avr_tools: None, simavr_tools: None
) -> None:
    """At 115200 baud the pattern is 11 kB a second: ten times what a terminal holds."""
    runner = Runner(build_firmware("simulated").elf, {"hurry": 1})
    port = os.open(runner.answer().split()[1], os.O_RDWR | os.O_NOCTTY)
    runner.order("run 0.5")
    pattern = Start(1, TEST_PATTERN, 500_000, 4)
    runner.order(f"feed {encode(pattern.pack()).hex()}")
    runner.order("run 6")
    assert [round(float(runner.answer().split()[1]), 3) for _ in range(2)] == [0.5, 6.0]
    os.close(port)
    assert runner.close() == 0


@pytest.mark.parametrize("command", [("--by-hand",)], indirect=True)
def test_the_end_of_what_is_typed_is_the_end(command: Command) -> None:
    running = command.chip()
    command.process.communicate(timeout=20)
    assert command.process.returncode == 0
    assert ends(running, within_s=0)


def test_a_chip_that_ends_by_itself_is_said(avr_tools: None, simavr_tools: None) -> None:
    command = Command()
    signal.pidfd_send_signal(running := command.chip(), signal.SIGKILL)
    _, errors = command.process.communicate(timeout=20)
    assert errors.startswith("stancelab simulate: The firmware does not run")
    assert command.process.returncode == 1
    os.close(running)


def test_missing_tools_are_named_by_their_packages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["simulate", "--firmware"]) == 1
    said = capsys.readouterr().err
    assert re.search(r"sudo apt-get install .*gcc-avr.*g\+\+", said)


def test_where_there_are_no_terminals_the_way_without_them_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chip, "POSSIBLE", False)
    assert main(["simulate", "--firmware"]) == 1
    assert "on Linux only. Here: stancelab simulate" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--speed", "4"], "speed is 4.0, must be 1 for the real firmware"),
        (["--rate", "1000"], "rate_hz is 1000.0, must be 10 to 100"),
    ],
)
def test_what_no_converter_does_is_refused(
    arguments: list[str], said: str, avr_tools: None, simavr_tools: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", "--firmware", *arguments]) == 1
    assert said in capsys.readouterr().err
