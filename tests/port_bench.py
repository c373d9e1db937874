"""Ports for tests: terminals with a board, with somebody else's device, or with nothing; and other programs at them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from select import POLLHUP, poll
from threading import Event, Thread

import pytest
from tests_root import ROOT

from acquisition.framing import Decoder
from acquisition.ports import Port

LOOK_S = 0.002
#: An Uno R3 as the system lists it.
UNO = {"vendor": 0x2341, "product": 0x0043, "description": "Arduino Uno", "location": "1-1.2"}
#: A Nano made by others: its bridge has no serial number.
NANO = {"vendor": 0x1A86, "product": 0x7523, "description": "USB Serial", "location": "1-1.3"}
NOBODY = 65534


def uno(name: str, usb_serial: str | None = "75830303934351D0F1C1") -> Port:
    """A genuine Uno at this port."""
    return Port(name=name, usb_serial=usb_serial, **UNO)  # type: ignore[arg-type]


def nano(name: str, location: str = "1-1.3") -> Port:
    """A board with a generic bridge at this port."""
    return Port(name=name, **(NANO | {"location": location}))  # type: ignore[arg-type]


@dataclass
class Device:
    """Somebody else's device behind a terminal: what it heard, how often its port was opened, whether it is shut."""

    port: str
    heard: bytearray = field(default_factory=bytearray)
    opened: int = 0
    shut: Event = field(default_factory=Event)

    @property
    def requests(self) -> list[int]:
        """Types of the messages it heard."""
        return [payload[0] for payload in Decoder().feed(bytes(self.heard)).payloads()]

    @property
    def greeted(self) -> int:
        """How often somebody began to ask who it is: a HELLO with the first token."""
        return sum(payload[:2] == b"\x02\x01" for payload in Decoder().feed(bytes(self.heard)).payloads())


@contextmanager
def other_device(says: bytes = b"812.4,813.0,790.2,805.5\r\n") -> Iterator[Device]:
    """A device that prints numbers while its port is open, as firmware of other plates does. POSIX only."""
    tty = pytest.importorskip("tty", reason="pseudo-terminals exist on POSIX systems only")
    host, end = os.openpty()
    tty.setraw(end)
    device = Device(os.ttyname(end))
    os.close(end)  # so that the other side can tell whether somebody has the port open
    gone = Event()

    def live() -> None:
        looked, is_open = poll(), False
        looked.register(host)
        while not gone.wait(LOOK_S):
            was_open, is_open = is_open, not any(event & POLLHUP for _, event in looked.poll(0))
            device.opened += is_open and not was_open
            (device.shut.clear if is_open else device.shut.set)()
            if is_open:
                with suppress(OSError):
                    os.set_blocking(host, False)
                    os.write(host, says)
                    device.heard += os.read(host, 4096)

    thread = Thread(target=live)
    thread.start()
    try:
        yield device
    finally:
        gone.set()
        thread.join()
        os.close(host)


#: Another program: begins as another user where the tests are root, whom nothing is forbidden.
PROGRAM = """
import os, sys
import serial
from acquisition.errors import AcquisitionError
from acquisition.link import SerialLink
port, what = sys.argv[1:]
if what != "hold" and os.getuid() == 0:
    os.setuid({nobody})
try:
    if what == "share":
        serial.Serial(port, exclusive=None)
    else:
        link = SerialLink(port)
except AcquisitionError as error:
    print(error.code, *error.values.values(), flush=True)
except serial.SerialException as error:
    print("REFUSED", error.errno, flush=True)
else:
    print("OPEN", os.getpid(), flush=True)
    sys.stdin.readline()
"""


@contextmanager
def other_program(port: str, what: str = "hold") -> Iterator[tuple[list[str], subprocess.Popen[str]]]:
    """Another program that opens a port: what it says of it, and the program.

    ``what``: "hold" as this one does; "try" the same, as a user without rights; "share" without asking for a lock.
    """
    command = [sys.executable, "-c", PROGRAM.format(nobody=NOBODY), port, what]
    program = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert program.stdin is not None
    assert program.stdout is not None
    try:
        yield program.stdout.readline().split(), program
    finally:
        program.stdin.close()
        program.wait()
        program.stdout.close()
