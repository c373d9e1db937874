"""Errors of acquisition.

::

    AcquisitionError
    ├── LinkLost            the cable, the port or the other end went away
    ├── PlateNotFound       nothing that answers as a force plate
    ├── PlateBusy           another program holds the port
    ├── PlateRefused        the plate does not know or cannot do what was asked
    ├── PlateRebooted       the plate restarted while it was streaming: its zero and clock are gone
    ├── WireVersionUnknown  the plate speaks a wire version this program does not
    ├── SpoolRefused        a recording cannot be kept safe, so it does not begin
    │   ├── SpoolReadOnly   its folder cannot be written
    │   └── SpoolFull       there is not enough room on its disk
    ├── SpoolDamaged        a file that is no spool, or says what no spool says
    └── FileRefused         a file that cannot be read as a recording (its children in acquisition.files)
"""


class AcquisitionError(Exception):
    """Base of all errors of this package."""

    code = "ACQUISITION"


class LinkLost(AcquisitionError):
    """Happens when a read or write fails because the link is gone."""

    code = "LINK_LOST"


class PlateNotFound(AcquisitionError):
    """Happens when an address cannot be opened, or nothing there answers HELLO."""

    code = "PLATE_NOT_FOUND"


class PlateBusy(AcquisitionError):
    """Happens when another program holds the port."""

    code = "PLATE_BUSY"


class PlateRefused(AcquisitionError):
    """Happens when the plate answers a request with REFUSED: its firmware is older, or it cannot do that now."""

    code = "PLATE_REFUSED"


class PlateRebooted(AcquisitionError):
    """Happens when BOOT arrives while streaming; carries the cause the plate gives."""

    code = "PLATE_REBOOTED"

    def __init__(self, reset_cause: int) -> None:
        super().__init__(f"the plate restarted (reset cause {reset_cause:#04x})")
        self.reset_cause = reset_cause


class WireVersionUnknown(AcquisitionError):
    """Happens when the plate's wire version is not one of ours."""

    code = "WIRE_VERSION_UNKNOWN"


class SpoolRefused(AcquisitionError):
    """Happens when a recording cannot be kept safe: it does not begin, or ends with everything that was written.

    Parameters
    ----------
    folder : str
        Where it should be kept.
    """

    code = "SPOOL_FAILED"

    def __init__(self, folder: str, why: str) -> None:
        super().__init__(f"{folder}: {why}")
        self.folder = folder


class SpoolReadOnly(SpoolRefused):
    """Happens when the folder of recordings cannot be written."""

    code = "SPOOL_READ_ONLY"


class SpoolFull(SpoolRefused):
    """Happens when the disk has too little room."""

    code = "SPOOL_FULL"


class SpoolDamaged(AcquisitionError):
    """Happens when a file is no spool, or says what this program does not know."""

    code = "SPOOL_DAMAGED"
