"""`stancelab demo`: a fresh archive of simulated patients and a simulated plate, to try everything on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from dashboard.archive import open_store
from dashboard.cli import Stopped
from dashboard.commands.serve import add_server_arguments, serve
from dashboard.config import Config, store_url
from dashboard.words import load_words

#: Weak on the left, so that there is something to see; four times the speed of life.
PLATE = "sim:weak-left?seed=11&speed=4"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    words = load_words()
    add_server_arguments(parser)
    parser.add_argument("--data", metavar="FOLDER", help=words("command.demo.data"))
    parser.add_argument("--plate", metavar="URL", default=PLATE, help=words("command.demo.plate", plate=PLATE))


def run(args: argparse.Namespace) -> int:
    """Make the archive, then serve it until Ctrl-C; without --data it is gone afterwards."""
    if args.data:
        _run_in(Path(args.data).expanduser().resolve(), args)
        return 0
    with TemporaryDirectory(prefix="stancelab-demo-", ignore_cleanup_errors=True) as folder:
        _run_in(Path(folder), args)
    return 0


def _run_in(folder: Path, args: argparse.Namespace) -> None:
    from dashboard.demonstration import add_guest, fill  # the guided test and the simulator load only here

    words = load_words()
    config = Config(
        data_folder=folder,
        store_url=store_url(None, folder, {}),
        http_port=args.http_port,
        open_browser=not args.no_browser,
        plate_url=args.plate,
        demo=True,
    )
    if any(folder.glob("*")):
        raise Stopped(words("command.demo.not_fresh", folder=folder))
    sys.stdout.write(words("command.demo.filling") + "\n")
    sys.stdout.flush()
    store = open_store(config)
    fill(store)
    guest = add_guest(store)
    store.close()
    serve(config, guest)
