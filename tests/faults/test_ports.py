"""Faults of ports: another device, another program, no rights, another name, a port that is dead until it is closed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from threading import Event
from time import monotonic

import pytest
from benches import behind_a_terminal, blocks_of, board
from port_bench import nano, other_device, other_program, uno

from acquisition import plate as plate_module
from acquisition.errors import LinkLost, NoAnswer, NoPlate, PlateBusy, PortForbidden, PortInUse, PortMissing
from acquisition.hub import Hub, HubState
from acquisition.link import SerialLink
from acquisition.messages import Kind
from acquisition.plate import WirePlate, open_plate
from acquisition.ports import PlateFinder, Port
from dashboard.plates import plate_error_text
from dashboard.words import load_words

pytestmark = [pytest.mark.process, pytest.mark.skipif(os.name != "posix", reason="ports of tests are pseudo-terminals")]

SERIAL_NUMBER = "SIM-0000000000000001"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that does not answer is left after half a second instead of four."""
    monkeypatch.setattr(plate_module, "HELLO_LIMIT_S", 0.6)


@pytest.fixture
def plate_port() -> Iterator[str]:
    with behind_a_terminal(board(speed=1.0)) as url:
        yield url.removeprefix("serial:")


def stranger(port: str) -> Port:
    return uno(port, usb_serial="another")


@pytest.mark.fault(row=5)
def test_another_device_is_asked_once_and_the_plate_found_on_the_next_port(plate_port: str) -> None:
    """Row 5: a device that prints numbers on a port that may be asked -> HELLO and nothing else, then the next port."""
    with other_device() as device:
        finder = PlateFinder("auto", ports=lambda: [stranger(device.port), uno(plate_port)])
        with closing(finder()) as plate:
            assert (plate.identity.serial, plate.address) == (SERIAL_NUMBER, plate_port)
        assert set(device.requests) == {Kind.HELLO}
        with closing(finder()) as plate:
            assert plate.address == plate_port
        assert device.shut.wait(2.0)
        assert device.greeted == 1


@pytest.mark.fault(row=5)
def test_where_no_port_has_a_plate_each_is_named_with_its_reason() -> None:
    """Row 5: only another device -> refused in words that name the port and count its bytes."""
    with other_device() as device:
        finder = PlateFinder("auto", ports=lambda: [stranger(device.port), nano("/dev/ttyUSB7")])
        with pytest.raises(NoPlate) as refused:
            finder()
    ((port, why),) = refused.value.attempts
    assert isinstance(why, NoAnswer)
    assert port == device.port
    lines = plate_error_text(load_words(), refused.value).splitlines()
    received = f"{why.values['received']:,}"
    assert int(why.values["received"]) > 100
    assert lines[1].startswith(f"{port}: No force plate on {port} (received {received} bytes, none valid).")
    assert "/dev/ttyUSB7" in lines[2]


@pytest.mark.fault(row=5)
def test_a_board_that_is_no_plate_is_left_alone_until_it_is_plugged_in_again() -> None:
    """Row 5: the search goes on for as long as there is no plate -> the other board is not reset again and again."""
    with other_device() as device:
        there = [stranger(device.port)]
        finder = PlateFinder("auto", ports=lambda: there)
        for _ in range(3):
            with pytest.raises(NoPlate):
                finder()
        assert device.shut.wait(2.0)
        assert device.greeted == 1
        here, there = there, []
        with pytest.raises(NoPlate):
            finder()
        there = here
        with pytest.raises(NoPlate):
            finder()
        assert device.greeted == 2


@pytest.mark.fault(row=5)
def test_a_port_that_nobody_chose_is_never_opened() -> None:
    """Row 5: a generic bridge and a built-in port, neither chosen -> not opened, no byte sent, named as passed over."""
    with other_device() as bridge, other_device() as built_in:
        finder = PlateFinder("auto", ports=lambda: [nano(bridge.port), Port(built_in.port, "ttyS0")])
        with pytest.raises(NoPlate) as refused:
            finder()
        assert refused.value.passed_over == (bridge.port, built_in.port)
        assert refused.value.attempts == ()
        assert (bridge.opened, built_in.opened) == (0, 0)
        assert (bridge.heard, built_in.heard) == (b"", b"")


@pytest.mark.fault(row=31)
def test_a_second_program_is_refused_with_the_number_of_the_first(plate_port: str) -> None:
    """Row 31: a port that another process holds -> refused in words that name that process; free when it ended."""
    with other_program(plate_port) as ((said, pid), program):
        assert said == "OPEN"
        with pytest.raises(PortInUse) as refused:
            open_plate(f"serial:{plate_port}")
        assert refused.value.values == {"port": plate_port, "pid": int(pid)} == {"port": plate_port, "pid": program.pid}
        assert f"(process {pid})" in plate_error_text(load_words(), refused.value)
    open_plate(f"serial:{plate_port}").close()


@pytest.mark.fault(row=31)
def test_a_program_that_was_killed_leaves_no_lock(plate_port: str) -> None:
    """Row 31: the holder is killed without a chance to tidy up -> the port is free at once."""
    with other_program(plate_port) as (_, program):
        program.kill()
        program.wait()
        open_plate(f"serial:{plate_port}").close()


@pytest.mark.fault(row=31)
def test_this_program_cannot_open_a_port_twice_either(plate_port: str) -> None:
    """Row 31: the same process opens the port again, also by another of its names -> refused with its own number."""
    with WirePlate(SerialLink(plate_port)), pytest.raises(PortInUse) as refused:
        SerialLink(plate_port)
    assert refused.value.values["pid"] == os.getpid()


@pytest.mark.fault(row=31)
def test_a_program_that_asks_for_no_lock_is_refused_too(plate_port: str) -> None:
    """Row 31: an opener that is not exclusive, which would take half the bytes -> the system refuses it (EBUSY)."""
    os.chmod(plate_port, 0o666)  # noqa: S103 - the other program is another user where the tests are root
    with WirePlate(SerialLink(plate_port)), other_program(plate_port, "share") as (said, _):
        assert said == ["REFUSED", "16"]
    with other_program(plate_port, "share") as (said, _):
        assert said[0] == "OPEN"  # and not for longer than the port is held


@pytest.mark.fault(row=31)
def test_a_port_that_a_program_holds_without_our_lock_file_is_busy(plate_port: str) -> None:
    """Row 31: a foreign program holds the port exclusively -> busy; its number is not known, so none is named."""
    import serial  # as a foreign program does

    with serial.Serial(plate_port, exclusive=True), pytest.raises(PlateBusy) as refused:
        SerialLink(plate_port)
    assert plate_error_text(load_words(), refused.value) == "Another program talks with the plate: close it."


@pytest.mark.fault(row=32)
def test_a_port_without_permission_says_how_to_get_it(plate_port: str) -> None:
    """Row 32: the account may not open the port -> refused with the command and the group of the port."""
    os.chmod(plate_port, 0o600 if os.getuid() == 0 else 0)
    with other_program(plate_port, "try") as (said, _):
        assert said[:2] == ["PORT_FORBIDDEN", plate_port]
    refusal = PortForbidden("", port=plate_port, group=said[2])
    text = plate_error_text(load_words(), refusal)
    assert f"sudo usermod -aG {said[2]} $USER" in text
    assert "hardware/udev/60-stancelab.rules" in text


def until(hub: Hub, state: HubState, limit_s: float = 5.0) -> float:
    """Wait for a state; how long it took. [s]"""
    begun_s, pause = monotonic(), Event()
    while hub.snapshot().state is not state:
        assert monotonic() - begun_s < limit_s, hub.snapshot()
        pause.wait(0.01)
    return monotonic() - begun_s


@pytest.mark.fault(row=33)
@pytest.mark.parametrize("address", ["auto", "named"])
def test_a_plate_that_comes_back_under_another_name_is_found_by_its_number(address: str) -> None:
    """Row 33: unplugged and plugged in, the port has a new name and another board the old one -> found within 2 s."""
    with ExitStack() as first, ExitStack() as second:
        old = first.enter_context(behind_a_terminal(board(speed=1.0))).removeprefix("serial:")
        there = [uno(old)]
        hub = Hub(PlateFinder("auto" if address == "auto" else f"serial:{old}", ports=lambda: there))
        try:
            hub.start()
            until(hub, HubState.STREAMING)
            there = []
            first.close()
            until(hub, HubState.LOST)
            other = second.enter_context(other_device())  # takes the name that is free now
            new = second.enter_context(behind_a_terminal(board(speed=1.0))).removeprefix("serial:")
            there = [stranger(other.port), uno(new)]
            assert until(hub, HubState.STREAMING) <= 2.0
            snapshot = hub.snapshot()
            assert snapshot.identity is not None
            assert snapshot.identity.serial == SERIAL_NUMBER
            assert other.opened == 0
        finally:
            hub.close()


@pytest.mark.fault(row=33)
def test_another_board_at_the_old_name_is_not_touched(plate_port: str) -> None:
    """Row 33: the plate is gone and another board has its name -> missing; the other board is not opened."""
    there = [uno(plate_port)]
    finder = PlateFinder(f"serial:{plate_port}", ports=lambda: there)
    finder().close()
    there = [stranger(plate_port)]
    with pytest.raises(PortMissing):
        finder()


@pytest.mark.fault(row=34)
def test_a_dead_port_is_closed_however_the_try_to_use_it_ends() -> None:
    """Row 34: unplugged while open, then opened in vain again and again -> no handle of it stays open, no lock held."""
    before = open_files()
    with ExitStack() as cable:
        url = cable.enter_context(behind_a_terminal(board(speed=1.0)))
        plate = open_plate(url)
        plate.start()
        cable.close()
        with closing(plate), pytest.raises(LinkLost):
            blocks_of(plate, 60.0)
    for _ in range(5):
        with pytest.raises(PortMissing):
            open_plate(url)
    with other_device() as silent:
        for _ in range(2):
            with pytest.raises(NoAnswer):
                open_plate(f"serial:{silent.port}")
        with other_program(silent.port) as (said, _):
            assert said[0] == "OPEN"
    assert open_files() == before


def open_files() -> int:
    """How many files this process has open."""
    return len(os.listdir("/dev/fd"))
