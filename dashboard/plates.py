"""The plate of this station: found at an address or among the ports, and what is said when it is not."""

from __future__ import annotations

from acquisition.errors import AcquisitionError, NoPlate
from acquisition.plate import Wrap
from acquisition.ports import AUTO, ChosenPorts, PlateFinder
from dashboard.config import chosen_ports_file
from dashboard.words import Words


def finder(address: str = AUTO, wrap: Wrap | None = None) -> PlateFinder:
    """Opener of the plate at an address, or of the first one on a port that may be asked."""
    return PlateFinder(address, ChosenPorts(chosen_ports_file()), wrap)


def plate_error_text(words: Words, error: AcquisitionError) -> str:
    """What went wrong with a plate, for a person; for a search, what each port said."""
    if not isinstance(error, NoPlate):
        return words(f"errors.{error.code}", **error.values)
    lines = [words("errors.NO_PLATE")]
    lines += [words("no_plate.asked", port=port, why=plate_error_text(words, why)) for port, why in error.attempts]
    if error.passed_over:
        lines.append(words("no_plate.passed_over", ports=", ".join(error.passed_over)))
    return "\n".join(lines)
