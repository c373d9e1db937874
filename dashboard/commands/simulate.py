"""`stancelab simulate`: a simulated plate in a process of its own, for everything that opens `socket://`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from threading import Thread

from acquisition.plate import Cue
from analysis.geometry import Side
from dashboard.cli import Stopped
from dashboard.words import Words, load_words
from hardware.simulator.device import Simulation
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
    parser.add_argument("--tcp-port", type=int, default=TCP_PORT, help=words("command.simulate.tcp_port"))
    scenarios = list(SCENARIOS)
    parser.add_argument(
        "--scenario", choices=scenarios, default=usual.scenario, help=words("command.simulate.scenario")
    )
    parser.add_argument("--seed", type=int, default=usual.seed, help=words("command.simulate.seed"))
    parser.add_argument("--mass", type=float, default=usual.mass_kg, help=words("command.simulate.mass"))
    parser.add_argument("--speed", type=float, default=usual.speed, help=words("command.simulate.speed"))
    parser.add_argument("--rate", type=float, default=usual.rate_hz, help=words("command.simulate.rate"))
    parser.add_argument("--by-hand", action="store_true", help=words("command.simulate.by_hand"))


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    words = load_words()
    try:
        wanted = Simulation(args.scenario, args.seed, args.mass, args.speed, args.rate)
        script: Callable[[], Iterable[TimedCue]] = tuple if args.by_hand else both_sides_in_turn
        server = SimulatorServer(wanted, args.tcp_port, script, lambda timed: _say(_heard(words, timed)))
    except ValueError as error:
        raise Stopped(str(error)) from error
    except (OSError, OverflowError) as error:
        raise Stopped(words("command.simulate.port_taken", port=args.tcp_port, reason=str(error))) from error
    with server:
        _say(words("command.simulate.serving", url=f"socket://{HOST}:{server.port}", scenario=wanted.scenario))
        _say(words("command.simulate.keys" if args.by_hand else "command.simulate.script"))
        try:
            (_by_hand if args.by_hand else SimulatorServer.serve_forever)(server)
        except KeyboardInterrupt:
            _say(words("command.simulate.stopped"))
    return 0


def _by_hand(server: SimulatorServer) -> None:
    """Serve beside; each line typed is a cue, the end of the input the end."""
    Thread(target=server.serve_forever, name="simulator", daemon=True).start()
    try:
        for line in sys.stdin:
            if cue := KEYS.get(line.strip().lower()):
                server.cue(cue)
    finally:
        server.shutdown()


def _heard(words: Words, timed: TimedCue) -> str:
    cue = timed.cue
    what = f"{cue.action}_{cue.side}" if cue.side else cue.action
    return words("command.simulate.heard", at_s=timed.at_s, what=words(f"command.simulate.cue.{what}"))


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()
