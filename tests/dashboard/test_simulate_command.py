"""`stancelab simulate`: says where it serves and what the person does, takes cues, ends when asked to."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from benches import blocks_of
from tests_root import ROOT

from acquisition.plate import open_plate
from dashboard.cli import main

pytestmark = pytest.mark.process


class Simulator:
    """The command in a process of its own, line by line."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "dashboard.cli", "simulate", "--tcp-port", "0", *arguments]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        said = self.line()
        self.greeting = said
        self.url = re.search(r"socket://\S+", said)[0]  # type: ignore[index]

    def line(self) -> str:
        """The next line it prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def say(self, key: str) -> None:
        """Type a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{key}\n")
        self.process.stdin.flush()


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    simulator = Simulator(*request.param)
    yield simulator
    simulator.process.kill()
    simulator.process.communicate()


@pytest.mark.parametrize("running", [("--speed", "16", "--scenario", "weak-left")], indirect=True)
def test_it_prints_the_address_and_each_thing_the_person_is_told(running: Simulator) -> None:
    assert "weak-left" in running.greeting
    assert "Not a measurement of anybody" in running.greeting
    assert "in turn" in running.line()
    plate = open_plate(running.url)
    plate.start()
    blocks_of(plate, 20.0)
    plate.close()
    told = [running.line() for _ in range(3)]
    assert [line.split("s", 1)[1].strip() for line in told] == [
        "off the plate",
        "on both feet",
        "lift the right foot: left stance",
    ]


@pytest.mark.parametrize("running", [("--speed", "16", "--by-hand")], indirect=True)
def test_by_hand_the_person_does_what_is_typed_and_nothing_else(running: Simulator) -> None:
    assert "Type a letter" in running.line()
    plate = open_plate(running.url)
    plate.start()
    empty = blocks_of(plate, 6.0)[-1].counts[-1].sum()
    running.say("x")
    running.say("B")
    assert "on both feet" in running.line()
    loaded = blocks_of(plate, 4.0)[-1].counts[-1].sum()
    plate.close()
    assert (loaded - empty) * 4.5666e-4 == pytest.approx(70 * 9.81, rel=0.05)
    running.process.communicate(timeout=20)  # closes the input: the end
    assert running.process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to another process")
@pytest.mark.parametrize("running", [()], indirect=True)
def test_ctrl_c_ends_it_cleanly(running: Simulator) -> None:
    running.line()
    running.process.send_signal(signal.SIGINT)
    out, errors = running.process.communicate(timeout=20)
    assert out.strip() == "Stopped."
    assert errors == ""
    assert running.process.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fault", "melted-2"], "there are: frozen, "),
        (["--fault", "frozen-2", "--firmware"], "leave out --firmware or --fault"),
        (["--speed", "-1"], "speed is -1.0, must be 0 to 100"),
        (["--mass", "0"], "mass_kg is 0.0, must be 10 to 300"),
        (["--rate", "5"], "rate_hz is 5.0, must be 10 to 1000"),
        (["--tcp-port", "70000"], "port 70000 cannot be listened on"),
    ],
)
def test_what_cannot_be_simulated_is_said(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", *arguments]) == 1
    assert said in capsys.readouterr().err


def test_a_port_that_is_taken_is_named_with_the_way_out(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert main(["simulate", "--tcp-port", str(port)]) == 1
    assert f"port {port} cannot be listened on" in (said := capsys.readouterr().err)
    assert "--tcp-port" in said
