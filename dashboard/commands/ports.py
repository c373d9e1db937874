"""`stancelab ports`: serial ports of this computer, and which are asked for a plate."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from acquisition.locks import holder
from acquisition.ports import ChosenPorts, Port, Standing, by_turn, computer_ports
from dashboard.config import chosen_ports_file
from dashboard.words import Words, load_words


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No options."""


def run(_args: argparse.Namespace) -> int:
    """List them."""
    listed = lines(load_words(), computer_ports(), ChosenPorts(chosen_ports_file()).keys())
    sys.stdout.write("\n".join(listed) + "\n")
    return 0


def lines(words: Words, ports: Sequence[Port], chosen: frozenset[str]) -> list[str]:
    """A line for each port, in the order in which they are asked."""
    turns = by_turn(ports, chosen)
    return [_line(words, port, why) for port, why in turns] or [words("command.ports.none")]


def _line(words: Words, port: Port, why: Standing) -> str:
    known = words("command.ports.known", description=port.description, usb_id=port.usb_id) if port.usb_id else ""
    pid = holder(port.name)
    held = words("command.ports.held", pid=pid) if pid is not None else ""
    rule = words(f"command.ports.standing.{why.value}", name=port.name)
    return words("command.ports.row", name=port.name, what="; ".join(part for part in (known, rule, held) if part))
