"""Links: something that carries bytes to a plate and back. The only place that opens ports."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Protocol

import serial

from acquisition.errors import AcquisitionError, AddressRefused, LinkLost, PlateBusy, PortForbidden, PortMissing
from acquisition.locks import PortLock

if sys.platform != "win32":
    import fcntl
    import grp
    import termios

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

    Parameters
    ----------
    address : str
    baud : int
    locks : Path or None
        Folder of the files that say who holds which port; None: this user's run-time folder.

    Raises
    ------
    PortMissing, PortForbidden, PortInUse, PlateBusy
    AddressRefused
        It cannot be opened for another reason.
    """

    def __init__(self, address: str, baud: int = BAUD, locks: Path | None = None) -> None:
        self.name = address
        self._is_socket = "://" in address
        self._awaits_reply = False
        self._read_s = 0.0
        self._lock: PortLock | None = None
        try:
            if self._is_socket:  # knows no exclusive lock: the server refuses a second client
                self._port = serial.serial_for_url(address, baudrate=baud, timeout=BLOCK_S)
                return
            if address.startswith("/") and not os.path.exists(address):
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), address)
            self._lock = PortLock(address, locks)
            self._port = serial.serial_for_url(address, baudrate=baud, timeout=BLOCK_S, exclusive=True)
            refuse_others(self._port, True)
        except (serial.SerialException, OSError, ValueError) as error:
            if self._lock is not None:
                self._lock.release()
            raise _refusal(address, error) from error

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
        received = self._take() or bytes(self._port.read(max(1, self._port.in_waiting)))
        self._read_s = monotonic()
        return received

    def _take(self) -> bytes:
        """What is waiting, at half of pyserial's cost. POSIX only; on Windows pyserial alone reads."""
        if sys.platform == "win32":
            return b""
        try:
            return os.read(self._port.fileno(), LARGEST_READ)
        except BlockingIOError:
            return b""

    def write(self, content: bytes) -> None:
        """Send all of `content`."""
        self._awaits_reply = True
        try:
            self._port.write(content)
        except (serial.SerialException, OSError) as error:
            raise LinkLost(f"{self.name}: {error}") from error

    def close(self) -> None:
        """Close the port, also one whose device is gone: on Windows its name is dead until then."""
        socket = getattr(self._port, "_socket", None)
        try:
            if self._lock is not None:
                refuse_others(self._port, False)
            self._port.close()
            if socket is not None:
                socket.close()  # pyserial leaves it open when the other end was gone first
        finally:
            if self._lock is not None:
                self._lock.release()


def refuse_others(port: serial.Serial, refuse: bool) -> None:
    """Let the system refuse every other opener of an open port. POSIX; Windows always does.

    pyserial's own lock only stops those who ask for one: another program could open the port and take half the bytes.
    """
    if sys.platform != "win32":
        with suppress(OSError, termios.error):
            fcntl.ioctl(port.fileno(), termios.TIOCEXCL if refuse else termios.TIOCNXCL)


def _refusal(address: str, error: Exception) -> AcquisitionError:
    """Why a port cannot be opened: on POSIX an error number tells, on Windows only the text does."""
    number = getattr(error, "errno", None)
    text = f"{address} cannot be opened: {error}"
    if number in (errno.EAGAIN, errno.EBUSY) or (os.name == "nt" and "PermissionError" in str(error)):
        return PlateBusy(text, port=address)
    if number in (errno.EACCES, errno.EPERM):
        return PortForbidden(text, port=address, group=_group(address))
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV) or "FileNotFoundError" in str(error):
        return PortMissing(text, port=address)
    return AddressRefused(address, getattr(error, "strerror", None) or str(error))


def _group(address: str) -> str:
    """The group that may open a port, "dialout" where that cannot be told."""
    if sys.platform != "win32":
        with suppress(OSError, KeyError):
            return grp.getgrgid(os.stat(address).st_gid).gr_name
    return "dialout"


def open_serial(url: str) -> Link:
    """`serial:/dev/ttyACM0`, `serial:COM5`: a serial port."""
    return SerialLink(url.removeprefix("serial:"))


def open_socket(url: str) -> Link:
    """`socket://host:port`: a plate served over TCP."""
    return SerialLink(url)
