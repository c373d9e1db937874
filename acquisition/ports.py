"""Serial ports of this computer: which may be asked for a plate, and the plate that is there.

Opening a port resets many boards, and a byte may move somebody else's machine. So a port is only opened where its USB
id is a genuine Arduino's or a person has chosen it: once by name (`serial:COM5`), or for good (`ChosenPorts`).
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from serial.tools import list_ports

from acquisition.errors import AcquisitionError, NoAnswer, NoPlate, PortMissing
from acquisition.plate import PORT_NAME, Plate, Wrap, open_plate

log = logging.getLogger(__name__)

AUTO = "auto"
SERIAL = "serial:"

#: USB vendors of genuine boards: Arduino SA, and Arduino Srl of the years when there were two.
ARDUINO = frozenset({0x2341, 0x2A03})
#: Chips between USB and a serial line, of anything: many a Nano has one, so have laboratory scales and pumps.
BRIDGES = frozenset({0x1A86, 0x0403, 0x10C4, 0x067B})  # WCH (CH340), FTDI, Silicon Labs (CP210x), Prolific
#: What chips carry that were never given a number of their own.
NO_SERIAL = frozenset({"", "0", "0000", "0001"})


class PortKind(StrEnum):
    """What the USB id of a port says about its other end."""

    ARDUINO = "arduino"
    BRIDGE = "bridge"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Port:
    """A serial port as the system lists it, without opening it. USB fields are None where it has none.

    Parameters
    ----------
    name : str
        What it is opened by: "COM5", "/dev/ttyACM0".
    description : str
    vendor, product : int or None
        USB id.
    usb_serial : str or None
        USB serial number; many bridges have none.
    location : str or None
        The socket it is plugged into, as the system counts them.
    """

    name: str
    description: str = ""
    vendor: int | None = None
    product: int | None = None
    usb_serial: str | None = None
    location: str | None = None

    @property
    def kind(self) -> PortKind:
        """What may be there."""
        if self.vendor in ARDUINO:
            return PortKind.ARDUINO
        return PortKind.BRIDGE if self.vendor in BRIDGES else PortKind.OTHER

    @property
    def usb_id(self) -> str:
        """Vendor and product, "2341:0043"; "" where it is no USB port."""
        return f"{self.vendor:04X}:{self.product or 0:04X}" if self.vendor is not None else ""

    @property
    def key(self) -> str | None:
        """What is the same when it comes back under another name; None where nothing is.

        Its USB serial number. A bridge without one is known by the socket it is plugged into.
        """
        if self.usb_id and self.usb_serial and self.usb_serial not in NO_SERIAL:
            return f"{self.usb_id} {self.usb_serial}"
        return f"{self.usb_id} at {self.location}" if self.usb_id and self.location else None


def computer_ports() -> tuple[Port, ...]:
    """Ports of this computer, by name. Nothing is opened."""
    return tuple(
        Port(port.device, port.description or "", port.vid, port.pid, port.serial_number, port.location)
        for port in sorted(list_ports.comports())
    )


def port_name(address: str) -> str | None:
    """The serial port in an address ("serial:COM5", "COM5"); None for any other address."""
    if address.startswith(SERIAL):
        return address.removeprefix(SERIAL)
    return address if PORT_NAME.match(address) else None


class ChosenPorts:
    """Ports that a person has chosen for a plate, kept in a file.

    Parameters
    ----------
    path : Path
        JSON; made with the first choice.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def keys(self) -> frozenset[str]:
        """`Port.key` of each. A file that cannot be read chooses nothing: asking again harms nobody."""
        try:
            chosen = json.loads(self.path.read_text(encoding="utf-8"))["chosen"]
            return frozenset(str(entry["key"]) for entry in chosen)
        except FileNotFoundError:
            return frozenset()
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s cannot be read, no port is chosen: %s", self.path, error)
            return frozenset()

    def choose(self, port: Port) -> None:
        """Keep a port.

        Raises
        ------
        ValueError
            It has nothing to be known by.
        OSError
            The file cannot be written.
        """
        if port.key is None:
            raise ValueError(f"{port.name} has neither a USB serial number nor a place")
        self._write(sorted(self.keys() | {port.key}))

    def _write(self, keys: Iterable[str]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps({"chosen": [{"key": key} for key in keys]}, indent=1) + "\n", encoding="utf-8")
        os.replace(part, self.path)


class Standing(StrEnum):
    """Whether a port is asked for a plate, and why."""

    ARDUINO = "arduino"
    CHOSEN = "chosen"
    NOT_CHOSEN = "not_chosen"
    NOT_USB = "not_usb"

    @property
    def asked(self) -> bool:
        """Whether it may be opened unasked."""
        return self in (Standing.ARDUINO, Standing.CHOSEN)


def standing(port: Port, chosen: frozenset[str]) -> Standing:
    """What the rule says about a port."""
    if port.kind is PortKind.ARDUINO:
        return Standing.ARDUINO
    if port.key in chosen:
        return Standing.CHOSEN
    return Standing.NOT_CHOSEN if port.usb_id else Standing.NOT_USB


def by_turn(ports: Iterable[Port], chosen: frozenset[str]) -> tuple[tuple[Port, Standing], ...]:
    """Ports in the order in which they are asked: genuine boards, then chosen ones; last those that are not."""
    ranks = list(Standing)
    judged = [(port, standing(port, chosen)) for port in ports]
    return tuple(sorted(judged, key=lambda pair: ranks.index(pair[1])))


class PlateFinder:
    """Opens the plate of a station, and finds it again after it was lost. Give it to the hub as its opener.

    Parameters
    ----------
    address : str
        Of a plate, or "auto": the first plate among the ports that may be asked.
    chosen : ChosenPorts or None
        For "auto".
    wrap : callable or None
        Put around the link of the plate.
    ports : callable
        What ports there are now.
    """

    def __init__(
        self,
        address: str,
        chosen: ChosenPorts | None = None,
        wrap: Wrap | None = None,
        ports: Callable[[], Sequence[Port]] = computer_ports,
    ) -> None:
        self._address, self._port = address, port_name(address)
        self._chosen, self._wrap, self._ports = chosen, wrap, ports
        self._key: str | None = None  # of the port on which the plate was
        self._silent: set[Port] = set()

    def __call__(self) -> Plate:
        """Open it now.

        Raises
        ------
        PlateNotFound, PlateBusy, WireVersionUnknown, LinkLost
        """
        if self._address.rstrip(":") == AUTO:
            return self._search()
        if self._port is not None:
            return self._reopen(self._port)
        return open_plate(self._address, self._wrap)

    def _search(self) -> Plate:
        """Ask the ports in turn, first the one the plate was on."""
        ports = self._ports()
        self._silent &= set(ports)  # a port that was unplugged may have another device when it is back
        turns = by_turn(ports, self._chosen.keys() if self._chosen else frozenset())
        attempts: list[tuple[str, AcquisitionError]] = []
        for port, _ in sorted((turn for turn in turns if turn[1].asked), key=lambda turn: turn[0].key != self._key):
            if port in self._silent:
                attempts.append((port.name, NoAnswer(f"{port.name}: asked before", port=port.name, received=0)))
                continue
            try:
                return self._open(port.name, port)
            except NoAnswer as error:  # opened once, and not again: it is somebody else's board
                attempts.append((port.name, error))
                if port.key is None or port.key != self._key:
                    self._silent.add(port)
            except AcquisitionError as error:
                attempts.append((port.name, error))
        raise NoPlate(attempts, [port.name for port, why in turns if not why.asked])

    def _reopen(self, name: str) -> Plate:
        """The port that was named; after a loss the one that is the same, whatever its name is now."""
        ports = self._ports()
        if self._key is None:
            return self._open(name, next((port for port in ports if port.name == name), None))
        for port in ports:
            if port.key == self._key:
                return self._open(port.name, port)
        raise PortMissing(f"{name} is not plugged in", port=name)

    def _open(self, name: str, port: Port | None) -> Plate:
        plate = open_plate(SERIAL + name, self._wrap)
        self._key = port.key if port is not None else None
        return plate
