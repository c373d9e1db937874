"""Which ports may be asked for a plate, and how a choice is kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from port_bench import nano, uno

from acquisition.locks import PortLock, holder
from acquisition.ports import ChosenPorts, Port, PortKind, Standing, by_turn, computer_ports, port_name, standing

#: USB ids from the makers' own lists of vendors: who may be behind them.
KNOWN = [
    (0x2341, 0x0043, PortKind.ARDUINO),  # Uno R3
    (0x2341, 0x0001, PortKind.ARDUINO),  # Uno
    (0x2A03, 0x0043, PortKind.ARDUINO),  # Uno R3 of Arduino Srl
    (0x1A86, 0x7523, PortKind.BRIDGE),  # CH340
    (0x0403, 0x6001, PortKind.BRIDGE),  # FT232R
    (0x10C4, 0xEA60, PortKind.BRIDGE),  # CP2102
    (0x067B, 0x2303, PortKind.BRIDGE),  # PL2303
    (0x046D, 0xC52B, PortKind.OTHER),  # a mouse's receiver
    (None, None, PortKind.OTHER),  # a port on the main board
]


@pytest.mark.parametrize(("vendor", "product", "kind"), KNOWN)
def test_a_usb_id_says_what_may_be_there(vendor: int | None, product: int | None, kind: PortKind) -> None:
    assert Port("p", vendor=vendor, product=product).kind is kind


def test_only_genuine_boards_and_chosen_ports_are_asked() -> None:
    chosen = frozenset({nano("x", "1-4").key or ""})
    ports = [Port("ttyS0"), nano("a", "1-3"), nano("b", "1-4"), uno("c")]
    turns = by_turn(ports, chosen)
    assert [(port.name, why.asked) for port, why in turns] == [("c", True), ("b", True), ("a", False), ("ttyS0", False)]
    assert [why for _, why in turns] == [Standing.ARDUINO, Standing.CHOSEN, Standing.NOT_CHOSEN, Standing.NOT_USB]


@given(vendor=st.integers(0, 0xFFFF), product=st.integers(0, 0xFFFF), serial=st.text(max_size=8))
def test_no_other_vendor_is_ever_asked_unchosen(vendor: int, product: int, serial: str) -> None:
    port = Port("p", vendor=vendor, product=product, usb_serial=serial, location="1-1")
    assert standing(port, frozenset()).asked == (vendor in (0x2341, 0x2A03))


def test_a_port_is_known_again_by_its_serial_number_wherever_it_is_plugged_in() -> None:
    here = Port("COM5", vendor=0x0403, product=0x6001, usb_serial="A9007UX1", location="1-2")
    there = Port("COM9", vendor=0x0403, product=0x6001, usb_serial="A9007UX1", location="3-1")
    assert here.key == there.key == "0403:6001 A9007UX1"


@pytest.mark.parametrize("number", [None, "", "0001", "0000"])
def test_a_bridge_without_a_number_of_its_own_is_known_by_where_it_is_plugged_in(number: str | None) -> None:
    here = Port("COM5", vendor=0x10C4, product=0xEA60, usb_serial=number, location="1-2")
    assert here.key == "10C4:EA60 at 1-2"
    assert Port("COM5", vendor=0x10C4, product=0xEA60, usb_serial=number, location="1-3").key != here.key


def test_what_is_no_usb_port_cannot_be_known_again() -> None:
    assert Port("ttyS0", "ttyS0").key is None


def test_choices_are_kept_in_a_file_and_add_up(tmp_path: Path) -> None:
    path = tmp_path / "settings" / "ports.json"
    ChosenPorts(path).choose(nano("COM5", "1-2"))
    ChosenPorts(path).choose(nano("COM6", "1-3"))
    ChosenPorts(path).choose(nano("COM5", "1-2"))
    assert ChosenPorts(path).keys() == {"1A86:7523 at 1-2", "1A86:7523 at 1-3"}
    assert [entry.name for entry in path.parent.iterdir()] == ["ports.json"]


def test_no_file_chooses_nothing(tmp_path: Path) -> None:
    assert ChosenPorts(tmp_path / "none.json").keys() == frozenset()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"chosen": 3}', '{"chosen": [{}]}', '{"chosen": [3]}', "\x00"])
def test_a_damaged_file_chooses_nothing(tmp_path: Path, text: str) -> None:
    """Nothing is disturbed for a file that cannot be read; the person is asked to choose again."""
    path = tmp_path / "ports.json"
    path.write_text(text, encoding="utf-8")
    assert ChosenPorts(path).keys() == frozenset()
    ChosenPorts(path).choose(nano("COM5", "1-2"))
    assert len(ChosenPorts(path).keys()) == 1


def test_a_port_without_anything_to_be_known_by_cannot_be_chosen(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ttyS0"):
        ChosenPorts(tmp_path / "ports.json").choose(Port("ttyS0"))


def test_the_ports_of_this_computer_are_listed_without_opening_any() -> None:
    ports = computer_ports()
    assert len({port.name for port in ports}) == len(ports)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("serial:COM5", "COM5"),
        ("COM12", "COM12"),
        ("com5", "com5"),
        (r"\\.\COM12", r"\\.\COM12"),
        ("/dev/ttyACM0", "/dev/ttyACM0"),
        ("serial:/dev/cu.usbmodem1", "/dev/cu.usbmodem1"),
        ("socket://127.0.0.1:5331", None),
        ("sim:healthy", None),
        ("auto", None),
    ],
)
def test_the_port_of_an_address(address: str, name: str | None) -> None:
    assert port_name(address) == name


def test_a_lock_names_its_holder_until_it_is_released(tmp_path: Path) -> None:
    lock = PortLock("COM5", tmp_path)
    assert holder("COM5", tmp_path) == os.getpid()
    assert holder(r"com5", tmp_path) == os.getpid()
    assert holder("COM6", tmp_path) is None
    lock.release()
    lock.release()
    assert holder("COM5", tmp_path) is None


def test_two_names_of_one_port_are_one_lock(tmp_path: Path) -> None:
    """`/dev/serial/by-id/...` is a link to the port."""
    port, link = tmp_path / "ttyACM0", tmp_path / "by-id"
    port.touch()
    link.symlink_to(port)
    lock = PortLock(str(link), tmp_path / "locks")
    assert holder(str(port), tmp_path / "locks") is not None
    lock.release()


def test_a_folder_that_takes_no_lock_file_does_not_keep_anybody_from_measuring(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    PortLock("COM5", file / "in-a-file").release()
