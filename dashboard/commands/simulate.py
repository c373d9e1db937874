"""`stancelab simulate`: a simulated plate in a process of its own, for everything that opens `socket://`.

With `--firmware` its board is the real firmware in a simulated chip, for everything that opens `serial:`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from threading import Thread

from acquisition.plate import Cue
from analysis.geometry import Side
from dashboard.cli import Stopped
from dashboard.words import Words, load_words
from hardware.firmware.build import PACKAGES, RUNNER, RUNNER_PACKAGES, CannotBuild, missing
from hardware.simulator import chip
from hardware.simulator.device import Simulation
from hardware.simulator.faults import parse_fault
from hardware.simulator.person import SCENARIOS, TimedCue
from hardware.simulator.script import both_sides_in_turn
from hardware.simulator.server import HOST, SimulatorServer

TCP_PORT = 5331

#: What may be typed, and what the person is told then.
KEYS: dict[str, Cue] = {
    "e": Cue("empty"),
    "b": Cue("both_feet"),
    "l": Cue("lift", Side.LEFT),
    "r": Cue("lift", Side.RIGHT),
    "d": Cue("foot_down"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the verb."""
    words = load_words()
    usual = Simulation()
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--tcp-port", type=int, default=TCP_PORT, help=words("command.simulate.tcp_port"))
    where.add_argument("--firmware", action="store_true", help=words("command.simulate.firmware"))
    scenarios = list(SCENARIOS)
    parser.add_argument(
        "--scenario", choices=scenarios, default=usual.scenario, help=words("command.simulate.scenario")
    )
    parser.add_argument("--seed", type=int, default=usual.seed, help=words("command.simulate.seed"))
    parser.add_argument("--mass", type=float, default=usual.mass_kg, help=words("command.simulate.mass"))
    parser.add_argument("--height", type=float, default=usual.height_m, help=words("command.simulate.height"))
    parser.add_argument("--speed", type=float, default=usual.speed, help=words("command.simulate.speed"))
    parser.add_argument("--rate", type=float, default=usual.rate_hz, help=words("command.simulate.rate"))
    parser.add_argument("--fault", action="append", default=[], help=words("command.simulate.fault"))
    parser.add_argument("--by-hand", action="store_true", help=words("command.simulate.by_hand"))


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    words = load_words()
    try:
        faults = tuple(parse_fault(text) for text in args.fault)
        wanted = Simulation(
            args.scenario, args.seed, args.mass, args.speed, args.rate, faults=faults, height_m=args.height
        )
        if args.firmware and faults:
            raise Stopped(words("command.simulate.fault_firmware"))
        if args.firmware:
            _run_firmware(words, wanted, args.by_hand)
        else:
            _run_server(words, wanted, args.by_hand, args.tcp_port)
    except ValueError as error:
        raise Stopped(str(error)) from error
    return 0


def _run_server(words: Words, wanted: Simulation, by_hand: bool, port: int) -> None:
    try:
        server = SimulatorServer(wanted, port, _script(by_hand), lambda timed: _say(_heard(words, timed)))
    except (OSError, OverflowError) as error:
        raise Stopped(words("command.simulate.port_taken", port=port, reason=str(error))) from error
    with server:
        _say(words("command.simulate.serving", url=f"socket://{HOST}:{server.port}", scenario=wanted.scenario))
        _until_stopped(words, server.serve_forever, server.shutdown, server.cue if by_hand else None)


def _run_firmware(words: Words, wanted: Simulation, by_hand: bool) -> None:
    if not chip.POSSIBLE:  # Windows has no pseudo-terminals: there, the simulated plate over TCP
        raise Stopped(words("command.simulate.no_terminals"))
    if not RUNNER.is_file():
        raise Stopped(words("command.simulate.no_checkout"))
    if packages := missing(PACKAGES | RUNNER_PACKAGES):
        raise Stopped(words("command.simulate.no_tools", packages=" ".join(packages)))

    def on_port(is_open: bool) -> None:
        _say(words("command.simulate.opened" if is_open else "command.simulate.closed"))

    try:
        with chip.FirmwareBoard(wanted, _script(by_hand), lambda timed: _say(_heard(words, timed)), on_port) as board:
            _say(words("command.simulate.running", path=board.path, scenario=wanted.scenario))
            _until_stopped(words, board.run, board.stop, board.cue if by_hand else None)
    except (CannotBuild, chip.ChipEnded) as error:
        raise Stopped(words("command.simulate.no_firmware", reason=str(error))) from error


def _script(by_hand: bool) -> Callable[[], Iterable[TimedCue]]:
    return tuple if by_hand else both_sides_in_turn


def _until_stopped(
    words: Words, serve: Callable[[], None], stop: Callable[[], None], cue: Callable[[Cue], None] | None
) -> None:
    try:
        _say(words("command.simulate.keys" if cue else "command.simulate.script"))
        if cue:
            _by_hand(serve, stop, cue)
        else:
            serve()
    except KeyboardInterrupt:
        _say(words("command.simulate.stopped"))


def _by_hand(serve: Callable[[], None], stop: Callable[[], None], cue: Callable[[Cue], None]) -> None:
    """Serve beside; each line typed is a cue, the end of the input the end."""
    beside = Thread(target=serve, name="simulator", daemon=True)
    beside.start()
    try:
        for line in sys.stdin:
            if typed := KEYS.get(line.strip().lower()):
                cue(typed)
    finally:
        stop()
        beside.join()


def _heard(words: Words, timed: TimedCue) -> str:
    cue = timed.cue
    what = f"{cue.action}_{cue.side}" if cue.side else cue.action
    return words("command.simulate.heard", at_s=timed.at_s, what=words(f"command.simulate.cue.{what}"))


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()
