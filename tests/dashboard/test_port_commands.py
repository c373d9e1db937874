"""`stancelab ports` and `stancelab identify`: what a person sees of ports and of the plate at one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from benches import behind_a_terminal, board, simulate
from port_bench import nano, other_device, uno

from acquisition import plate as plate_module
from acquisition.link import SerialLink
from acquisition.ports import ChosenPorts, Port
from dashboard.cli import Stopped, main
from dashboard.commands import identify, ports
from dashboard.config import plate_url
from dashboard.words import load_words

WORDS = load_words()
posix = pytest.mark.skipif(os.name != "posix", reason="ports of tests are pseudo-terminals")


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those of whoever runs the tests."""
    monkeypatch.setenv("STANCELAB_CONFIG", str(tmp_path / "settings"))


def test_ports_lists_those_that_are_asked_first_and_says_why_the_others_are_not() -> None:
    found = [Port("COM1"), nano("COM7", "1-7"), nano("COM8", "1-8"), uno("COM9")]
    lines = ports.lines(WORDS, found, frozenset({nano("", "1-8").key or ""}))
    assert [line.split()[0] for line in lines] == ["COM9", "COM8", "COM7", "COM1"]
    assert "Arduino Uno [2341:0043]; a genuine Arduino: asked" in lines[0]
    assert "chosen by you: asked" in lines[1]
    assert "stancelab identify serial:COM7 --remember" in lines[2]
    assert "stancelab serve --plate serial:COM1" in lines[3]


def test_ports_says_so_where_there_are_none() -> None:
    assert ports.lines(WORDS, [], frozenset()) == ["This computer has no serial ports."]


@posix
def test_ports_names_the_process_that_holds_one_and_opens_none() -> None:
    with other_device() as device:
        (line,) = ports.lines(WORDS, [uno(device.port)], frozenset())
        assert "in use" not in line
        assert device.opened == 0
        link = SerialLink(device.port)
        (line,) = ports.lines(WORDS, [uno(device.port)], frozenset())
        link.close()
        assert line.endswith(f"in use by process {os.getpid()}")


def test_ports_lists_the_ports_of_this_computer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ports"]) == 0
    assert capsys.readouterr().out.strip()


@pytest.mark.process
def test_identify_says_who_is_there_and_how_fast_it_measures(capsys: pytest.CaptureFixture[str]) -> None:
    """Simulated converters run within 0.1 % of 80 a second."""
    with simulate() as url:
        assert main(["identify", url]) == 0
    said = capsys.readouterr().out
    assert f"Plate SIM-0000000000000001, model reference-a, at {url}." in said
    assert "Firmware 1.0.0, wire version 1; starts so far: 1." in said
    rates = said.split("Each cell converts ")[1].split(" times a second (nominal 80)")[0].split(" / ")
    assert [float(rate) for rate in rates] == pytest.approx([80.0] * 4, rel=2e-3)


def test_identify_says_what_it_found_instead_of_a_plate(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["identify", "/no/such/port"]) == 1
    assert "There is no port /no/such/port: plug the plate in." in capsys.readouterr().err


@posix
@pytest.mark.process
def test_a_chosen_bridge_is_remembered_once_a_plate_answered_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(plate_module, "HELLO_LIMIT_S", 0.6)
    chosen = ChosenPorts(tmp_path / "settings" / "ports.json")
    with behind_a_terminal(board(speed=1.0)) as url, other_device() as device:
        there = [nano(url.removeprefix("serial:"), "1-7"), nano(device.port, "1-8")]
        monkeypatch.setattr(identify, "computer_ports", lambda: there)
        assert main(["identify", f"serial:{device.port}", "--remember"]) == 1
        assert chosen.keys() == frozenset()
        assert main(["identify", url, "--remember"]) == 0
    assert "From now on this port is asked for a plate" in capsys.readouterr().out
    assert json.loads(chosen.path.read_text(encoding="utf-8")) == {"chosen": [{"key": "1A86:7523 at 1-7"}]}


def test_what_cannot_or_need_not_be_remembered_is_said(tmp_path: Path) -> None:
    chosen = ChosenPorts(tmp_path / "ports.json")
    there = [Port("COM1"), uno("COM9")]
    assert "nothing to remember" in identify.remember(WORDS, "COM9", chosen, there)
    for url in ("serial:COM1", "serial:COM2"):
        with pytest.raises(Stopped, match="could be known again"):
            identify.remember(WORDS, url, chosen, there)
    assert not chosen.path.exists()


@pytest.mark.parametrize("url", ["auto", "sim:healthy", "socket://127.0.0.1:1"])
def test_only_a_port_can_be_remembered(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["identify", url, "--remember"]) == 1
    assert "Name the port to remember" in capsys.readouterr().err


def test_a_choice_that_cannot_be_kept_says_where(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    chosen = ChosenPorts(tmp_path / "file" / "ports.json")
    with pytest.raises(Stopped, match=r"cannot be kept .*ports\.json"):
        identify.remember(WORDS, "COM7", chosen, [nano("COM7")])


def test_without_a_word_about_it_the_plate_is_looked_for() -> None:
    assert plate_url(None, {}) == "auto"
    assert plate_url(None, {"STANCELAB_PLATE": "none"}) is None
    assert plate_url("serial:COM5", {"STANCELAB_PLATE": "none"}) == "serial:COM5"
    assert plate_url("none", {}) is None


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("sim:nobody", "nobody"),
        ("sim:healthy?sped=3", "sped"),
        ("sim:healthy?mass=-3", "mass"),
        ("replay:/no/such.fpr", "No such file"),
        ("banana", "serial:"),
        ("socket://127.0.0.1:1", "refused"),
    ],
)
def test_an_address_that_is_none_is_repeated_with_what_is_wrong_with_it(
    address: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["identify", address]) == 1
    said = capsys.readouterr().err
    assert f"There is no plate at {address}: " in said
    assert why in said.split(address, 1)[1]
