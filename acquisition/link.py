"""Links: something that carries bytes to a plate and back. The only place that opens ports."""

from __future__ import annotations

import errno
import os
from time import monotonic, sleep
from typing import Protocol

import serial
from serial.tools import list_ports

from acquisition.errors import LinkLost, PlateBusy, PlateNotFound

BAUD = 115200
LARGEST_READ = 65536
BLOCK_S = 0.02


class Link(Protocol):
    """Bytes in, bytes out. `name` is how a person knows it."""

    name: str

    def read(self, timeout_s: float) -> bytes:
        """Bytes that came, at least one if any comes within `timeout_s`; b"" otherwise.

        Raises
        ------
        LinkLost
        """

    def write(self, content: bytes) -> None:
        """Send bytes.

        Raises
        ------
        LinkLost
        """

    def close(self) -> None:
        """Let go of the port; a second call does nothing."""


class SerialLink:
    """A serial port or a TCP socket, through pyserial's addresses ("COM5", "/dev/ttyACM0", "socket://host:5331").

    Opening resets many Arduinos and empties the input buffer: identity is asked for afterwards, never waited for.

    Raises
    ------
    PlateNotFound
        There is no such port, or it cannot be opened.
    PlateBusy
        Another program holds it.
    """

    def __init__(self, address: str, baud: int = BAUD) -> None:
        self.name = address
        self._is_socket = "://" in address
        self._awaits_reply = False
        self._read_s = 0.0
        try:
            self._port = (
                serial.serial_for_url(address, baudrate=baud, timeout=BLOCK_S)
                if self._is_socket  # knows no exclusive lock: the server refuses a second client
                else serial.serial_for_url(address, baudrate=baud, timeout=BLOCK_S, exclusive=True)
            )
        except (serial.SerialException, OSError, ValueError) as error:
            raise (PlateBusy if _held(error) else PlateNotFound)(f"{address} cannot be opened: {error}") from error

    def read(self, timeout_s: float) -> bytes:
        """Take what came in blocks of 20 ms: woken for every byte, a reader costs twenty times as much.

        After a request the first answer is taken at once, so that its round trip is the wire's and not the block's.
        pyserial's time-out stays fixed: changing it on an open port configures the port anew each time.
        """
        deadline_s = monotonic() + timeout_s
        try:
            while True:
                received = self._read_block()
                if received or monotonic() >= deadline_s:
                    self._awaits_reply = self._awaits_reply and b"\0" not in received  # until a frame is complete
                    return received
        except (serial.SerialException, OSError, TypeError) as error:  # pyserial: TypeError when closed meanwhile
            raise LinkLost(f"{self.name}: {error}") from error

    def _read_block(self) -> bytes:
        if self._is_socket:  # gathers for the whole time-out, and cannot say how much is waiting
            return bytes(self._port.read(LARGEST_READ))
        left_s = self._read_s + BLOCK_S - monotonic()
        if left_s > 0 and not self._awaits_reply:
            sleep(left_s)
        received = bytes(self._port.read(max(1, self._port.in_waiting)))
        self._read_s = monotonic()
        return received

    def write(self, content: bytes) -> None:
        """Send all of `content`."""
        self._awaits_reply = True
        try:
            self._port.write(content)
        except (serial.SerialException, OSError) as error:
            raise LinkLost(f"{self.name}: {error}") from error

    def close(self) -> None:
        """Close the port."""
        socket = getattr(self._port, "_socket", None)
        self._port.close()
        if socket is not None:
            socket.close()  # pyserial leaves it open when the other end was gone first


def _held(error: Exception) -> bool:
    """Whether another program has the port: a lock that is taken, or what Windows says of an open port.

    On POSIX a port without permission is not held by anyone: its message says what is missing.
    """
    taken = getattr(error, "errno", None) in (errno.EAGAIN, errno.EBUSY)
    return taken or (os.name == "nt" and "PermissionError" in str(error))


def open_serial(url: str) -> Link:
    """`serial:/dev/ttyACM0`, `serial:COM5`: a serial port."""
    return SerialLink(url.removeprefix("serial:"))


def open_socket(url: str) -> Link:
    """`socket://host:port`: a plate served over TCP."""
    return SerialLink(url)


def ports() -> list[tuple[str, str]]:
    """Serial ports of this computer: address and description. Nothing is opened."""
    return [(port.device, port.description) for port in list_ports.comports()]
