"""Errors of acquisition.

::

    AcquisitionError
    ├── LinkLost            the cable, the port or the other end went away
    │   └── ReplayEnded     a recording that is played came to its end
    ├── PlateNotFound       nothing that answers as a force plate
    │   ├── AddressRefused  it is no address of a plate, or nothing can be opened there
    │   ├── PortMissing     there is no such port
    │   ├── PortForbidden   this account may not open it
    │   ├── NoAnswer        the port is open, nobody there is a plate
    │   └── NoPlate         none of this computer's ports that may be tried has a plate
    ├── PlateBusy           another program talks with the plate
    │   └── PortInUse       another program holds the port
    ├── PlateRefused        the plate does not know or cannot do what was asked
    ├── PlateRebooted       the plate restarted while it was streaming: its zero and clock are gone
    ├── RateTooLow          a cell converts too slowly to measure with
    ├── WireVersionUnknown  the plate speaks a wire version this program does not
    ├── SpoolRefused        a recording cannot be kept safe, so it does not begin
    │   ├── SpoolReadOnly   its folder cannot be written
    │   └── SpoolFull       there is not enough room on its disk
    ├── SpoolDamaged        a file that is no spool, or says what no spool says
    └── FileRefused         a file that cannot be read as a recording (its children in acquisition.files)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class AcquisitionError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    text : str
        For logs.
    **values : str, int or float
        What the sentence for people (``errors.<code>``) shows.
    """

    code = "ACQUISITION"

    def __init__(self, text: str = "", **values: str | int | float) -> None:
        super().__init__(text)
        self.values: Mapping[str, str | int | float] = values


class LinkLost(AcquisitionError):
    """Happens when a read or write fails because the link is gone."""

    code = "LINK_LOST"


class ReplayEnded(LinkLost):
    """Happens when a recording that is played has come to its end: there is nothing to come back to."""

    code = "REPLAY_ENDED"


class PlateNotFound(AcquisitionError):
    """Happens when an address cannot be opened, or nothing there answers HELLO."""

    code = "PLATE_NOT_FOUND"


class AddressRefused(PlateNotFound):
    """Happens when an address is none, or what it names cannot be opened. Values: address, why."""

    code = "ADDRESS_REFUSED"

    def __init__(self, address: str, why: str) -> None:
        super().__init__(f"{address!r} cannot be opened: {why}", address=address, why=why)


class PortMissing(PlateNotFound):
    """Happens when there is no such port: not plugged in, or under another name. Values: port."""

    code = "PORT_MISSING"


class PortForbidden(PlateNotFound):
    """Happens when the port may not be opened by this account. Values: port, group."""

    code = "PORT_FORBIDDEN"


class NoAnswer(PlateNotFound):
    """Happens when nothing answers HELLO. Values: port, received [bytes]."""

    code = "NO_ANSWER"


class NoPlate(PlateNotFound):
    """Happens when no port that may be asked has a plate.

    Parameters
    ----------
    attempts : sequence of (str, AcquisitionError)
        Ports that were asked, and what came of it.
    passed_over : sequence of str
        Ports that may not be asked.
    """

    code = "NO_PLATE"

    def __init__(self, attempts: Sequence[tuple[str, AcquisitionError]], passed_over: Sequence[str]) -> None:
        asked = "; ".join(f"{port}: {error}" for port, error in attempts)
        super().__init__(f"no plate on the ports asked ({asked}); passed over: {', '.join(passed_over) or 'none'}")
        self.attempts, self.passed_over = tuple(attempts), tuple(passed_over)


class PlateBusy(AcquisitionError):
    """Happens when another program talks with the plate."""

    code = "PLATE_BUSY"


class PortInUse(PlateBusy):
    """Happens when another program holds the port, and says which. Values: port, pid."""

    code = "PORT_IN_USE"


class PlateRefused(AcquisitionError):
    """Happens when the plate answers a request with REFUSED: its firmware is older, or it cannot do that now."""

    code = "PLATE_REFUSED"


class PlateRebooted(AcquisitionError):
    """Happens when BOOT arrives while streaming; carries the cause the plate gives."""

    code = "PLATE_REBOOTED"

    def __init__(self, reset_cause: int) -> None:
        super().__init__(f"the plate restarted (reset cause {reset_cause:#04x})", reset_cause=reset_cause)
        self.reset_cause = reset_cause


class RateTooLow(AcquisitionError):
    """Happens when a cell converts too slowly to measure with. Values: cell, from 0; rate_hz, limit_hz [Hz]."""

    code = "RATE_TOO_LOW"


class WireVersionUnknown(AcquisitionError):
    """Happens when the plate's wire version is not one of ours. Values: theirs, ours."""

    code = "WIRE_VERSION_UNKNOWN"


class SpoolRefused(AcquisitionError):
    """Happens when a recording cannot be kept safe: it does not begin, or ends with everything that was written.

    Parameters
    ----------
    folder : str
        Where it should be kept.
    why : str
        As the system says it.
    """

    code = "SPOOL_FAILED"

    def __init__(self, folder: str, why: str) -> None:
        super().__init__(f"{folder}: {why}")
        self.folder, self.why = folder, why


class SpoolReadOnly(SpoolRefused):
    """Happens when the folder of recordings cannot be written."""

    code = "SPOOL_READ_ONLY"


class SpoolFull(SpoolRefused):
    """Happens when the disk has too little room."""

    code = "SPOOL_FULL"


class SpoolDamaged(AcquisitionError):
    """Happens when a file is no spool, or says what this program does not know."""

    code = "SPOOL_DAMAGED"
