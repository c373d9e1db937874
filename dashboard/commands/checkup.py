"""`stancelab checkup [URL]`: is the plate fit to measure with? Exit code 1 where it is not."""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import closing

import numpy as np

from acquisition.checkup import Checkup, CheckupFinding, check, checkup_document
from acquisition.errors import AcquisitionError
from acquisition.plate import WirePlate
from acquisition.ports import AUTO
from analysis.errors import InvalidRecording
from analysis.recording import N_CELLS
from dashboard.cli import Stopped
from dashboard.plates import finder, plate_error_text
from dashboard.words import Words, load_words
from hardware.plates import load_plate_model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the verb."""
    words = load_words()
    parser.add_argument("url", nargs="?", default=AUTO, metavar="URL", help=words("command.identify.url"))
    parser.add_argument("--json", action="store_true", help=words("command.checkup.json"))


def run(args: argparse.Namespace) -> int:
    """Check, and say what was found. Raises Stopped where no plate answers."""
    words = load_words()
    try:
        with closing(finder(args.url)()) as plate:
            if not isinstance(plate, WirePlate):
                raise Stopped(words("command.checkup.no_wire"))
            checkup = check(plate, _nominal_gains(plate.identity.model))
    except AcquisitionError as error:
        raise Stopped(plate_error_text(words, error)) from error
    report = json.dumps(checkup_document(checkup), indent=1) if args.json else "\n".join(lines(words, checkup))
    sys.stdout.write(report + "\n")
    return 0 if checkup.fit else 1


def _nominal_gains(model: str) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """Newtons a count by drawing and datasheet; None for a model that is not known."""
    try:
        return np.full(N_CELLS, load_plate_model(model).newton_per_count)
    except InvalidRecording:
        return None


def lines(words: Words, checkup: Checkup) -> list[str]:
    """The checkup for a person: what was measured, what was found, the verdict."""
    head = words(
        "checkup.head",
        serial=checkup.plate.serial,
        model=checkup.plate.model,
        length_s=checkup.length_s,
        n=checkup.sets,
    )
    return [
        head,
        *([words("checkup.columns")] if checkup.cells else []),
        *(_cell_line(words, checkup, cell) for cell in range(len(checkup.cells))),
        *_board_lines(words, checkup),
        *(finding_text(words, finding) for finding in checkup.findings),
        words("checkup.fit" if checkup.fit else "checkup.unfit"),
    ]


def _cell_line(words: Words, checkup: Checkup, at: int) -> str:
    cell = checkup.cells[at]
    noise = words("checkup.counts", value=cell.sd_counts)
    if cell.sd_n is not None:
        noise += words("checkup.newtons", value=cell.sd_n)
    place = words(f"checkup.place.{at}")
    return words("checkup.cell", cell=at, place=place, rate=cell.rate_hz, mean=cell.mean_counts, noise=noise)


def _board_lines(words: Words, checkup: Checkup) -> list[str]:
    """Supply, memory and clock, as far as the plate tells."""
    found = []
    if checkup.supply_mv is not None and checkup.free_bytes is not None:
        found.append(words("checkup.board", supply=checkup.supply_mv / 1000, memory=checkup.free_bytes))
    if (clock := checkup.clock) is not None:
        found.append(words("checkup.clock", percent=100 * (clock.scale - 1), sd=100 * clock.scale_sd))
    return found


def finding_text(words: Words, finding: CheckupFinding) -> str:
    """One finding, with what to do about it."""
    where = {} if finding.cell is None else {"cell": finding.cell, "place": words(f"checkup.place.{finding.cell}")}
    text = words(f"checkup.finding.{finding.code.value}", **where, **finding.values)
    return words("checkup.finding_line", severity=words(f"checkup.severity.{finding.severity.value}"), text=text)
