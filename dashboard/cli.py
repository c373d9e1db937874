"""`stancelab`: one command, one verb for each job. Parses arguments, mounts the verbs, prints errors."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from getpass import getpass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from dashboard.words import MissingWords, languages, load_words, speak
from records.cipher import ask_by

#: verb -> module in dashboard.commands that offers ``add_arguments(parser)`` and ``run(args) -> int``.
#: A module is imported only when its verb runs, so that `stancelab analyse` does not load the web server.
VERBS: dict[str, str] = {
    "serve": "serve",
    "demo": "demo",
    "analyse": "analyse",
    "import": "importing",
    "store": "store",
    "export": "export",
    "report": "report",
    "audit": "audit",
    "users": "users",
    "reassess": "reassess",
    "simulate": "simulate",
    "record": "record",
    "replay": "replay",
    "ports": "ports",
    "identify": "identify",
    "checkup": "checkup",
    "calibrate": "calibrate",
}

DEFAULT_VERB = "serve"
#: Language of this station; a browser may choose another one for itself.
LANGUAGE_VARIABLE = "STANCELAB_LANGUAGE"


class Stopped(Exception):
    """Happens when a verb cannot do what was asked; carries the sentence for the person. Exit code 1."""


def _parser(verbs: Sequence[str]) -> argparse.ArgumentParser:
    words = load_words()
    parser = argparse.ArgumentParser(prog="stancelab", description=words("app.purpose"))
    parser.add_argument("--version", action="version", version=version("stancelab"))
    mounted = parser.add_subparsers(dest="verb", metavar="VERB")
    for verb, module in VERBS.items():
        summary = words(f"command.{verb}.summary")
        child = mounted.add_parser(verb, help=summary, description=summary)
        if verb in verbs:
            import_module(f"dashboard.commands.{module}").add_arguments(child)
    return parser


def _passphrase(file: Path) -> str:
    """Asked of whoever sits at the console, if there is one."""
    if sys.stdin is None or not sys.stdin.isatty():
        return ""
    return getpass(load_words()("app.passphrase", file=file))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb. Exit code 0: done; 1: could not, said why; 2: usage."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not any(argument in VERBS for argument in arguments) and not {"-h", "--help", "--version"} & set(arguments):
        arguments.insert(0, DEFAULT_VERB)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without a minus sign shows "?", and goes on
    try:
        speak(os.environ.get(LANGUAGE_VARIABLE) or "en")
    except MissingWords:
        known = ", ".join(languages())
        print(load_words()("app.no_language", variable=LANGUAGE_VARIABLE, known=known), file=sys.stderr)
        return 2
    ask_by(_passphrase)
    args = _parser([argument for argument in arguments if argument in VERBS]).parse_args(arguments)
    try:
        code = int(import_module(f"dashboard.commands.{VERBS[args.verb]}").run(args))
        sys.stdout.flush()
        return code
    except Stopped as stopped:
        print(f"stancelab {args.verb}: {stopped}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    # the verbs know this module by its name: run under it, or their Stopped would be another class than ours
    sys.exit(import_module("dashboard.cli").main())
