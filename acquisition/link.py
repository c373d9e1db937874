"""Links: something that carries bytes to a plate and back. The only place that opens ports."""

from __future__ import annotations

from time import monotonic
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
        try:
            self._port = (
                serial.serial_for_url(address, baudrate=baud, timeout=BLOCK_S)
                if self._is_socket  # knows no exclusive lock: the server refuses a second client
                else serial.serial_for_url(address, baudrate=baud, timeout=BLOCK_S, exclusive=True)
            )
        except (serial.SerialException, OSError, ValueError) as error:
            busy = getattr(error, "errno", None) in (11, 13, 16) or "PermissionError" in str(error)
            kind = PlateBusy if busy else PlateNotFound
            raise kind(f"{address} cannot be opened: {error}") from error

    def read(self, timeout_s: float) -> bytes:
        """Take what is there, or wait for the next block of 20 ms.

        pyserial's time-out stays fixed: changing it on an open port configures the port anew each time.
        """
        deadline_s = monotonic() + timeout_s
        try:
            while True:
                size = LARGEST_READ if self._is_socket else max(1, self._port.in_waiting)
                received = bytes(self._port.read(size))
                if received or monotonic() >= deadline_s:
                    return received
        except (serial.SerialException, OSError, TypeError) as error:  # pyserial: TypeError when closed meanwhile
            raise LinkLost(f"{self.name}: {error}") from error

    def write(self, content: bytes) -> None:
        """Send all of `content`."""
        try:
            self._port.write(content)
        except (serial.SerialException, OSError) as error:
            raise LinkLost(f"{self.name}: {error}") from error

    def close(self) -> None:
        """Close the port."""
        self._port.close()


def ports() -> list[tuple[str, str]]:
    """Serial ports of this computer: address and description. Nothing is opened."""
    return [(port.device, port.description) for port in list_ports.comports()]
