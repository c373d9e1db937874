"""`stancelab identify [URL]`: who is there; `--remember` chooses a port for good."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing

from acquisition.clock import cell_rates_hz
from acquisition.errors import AcquisitionError
from acquisition.plate import Plate
from acquisition.ports import AUTO, ChosenPorts, Port, PortKind, computer_ports, port_name
from acquisition.watching import watch
from dashboard.cli import Stopped
from dashboard.config import chosen_ports_file
from dashboard.plates import finder, plate_error_text
from dashboard.words import Words, load_words

LOOK_S = 1.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the verb."""
    words = load_words()
    parser.add_argument("url", nargs="?", default=AUTO, metavar="URL", help=words("command.identify.url"))
    parser.add_argument("--remember", action="store_true", help=words("command.identify.remember"))


def run(args: argparse.Namespace) -> int:
    """Ask, and say what was answered. Raises Stopped with what went wrong."""
    words = load_words()
    if args.remember and port_name(args.url) is None:
        raise Stopped(words("command.identify.no_port_named"))
    try:
        with closing(finder(args.url)()) as plate:
            said = introduce(words, plate)
    except AcquisitionError as error:
        raise Stopped(plate_error_text(words, error)) from error
    if args.remember:
        said.append(remember(words, args.url, ChosenPorts(chosen_ports_file()), computer_ports()))
    sys.stdout.write("\n".join(said) + "\n")
    return 0


def introduce(words: Words, plate: Plate) -> list[str]:
    """Who a plate is, and how fast it measures."""
    who = plate.identity
    plate.start()
    rates_hz = cell_rates_hz(watch(plate, LOOK_S))
    rates = " / ".join(words.number(rate_hz, 1) for rate_hz in rates_hz)
    rate = words("command.identify.rate", rates=rates, nominal=who.nominal_rate_hz)
    return [
        words("command.identify.plate", serial=who.serial, model=who.model, address=plate.address),
        words("command.identify.firmware", firmware=who.firmware, wire=who.wire_version, boots=plate.boot_count),
        rate if any(rates_hz) else words("command.identify.silent"),
    ]


def remember(words: Words, url: str, chosen: ChosenPorts, ports: Sequence[Port]) -> str:
    """Choose the port of an address for good; the sentence that says so, or why that is not needed or not possible."""
    name = port_name(url)
    port = next((port for port in ports if port.name == name), None)
    if port is None or port.key is None:
        raise Stopped(words("command.identify.not_listed", name=name))
    if port.kind is PortKind.ARDUINO:
        return words("command.identify.no_need")
    try:
        chosen.choose(port)
    except OSError as error:
        raise Stopped(words("command.identify.not_kept", path=chosen.path, why=error.strerror)) from error
    return words("command.identify.remembered", name=port.name, key=port.key)
