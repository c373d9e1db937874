"""`stancelab store check | upgrade`: is the archive sound; bring it to this program's schema."""

from __future__ import annotations

import argparse
import sys

from dashboard.cli import Stopped
from dashboard.config import data_folder, store_url
from dashboard.words import load_words
from records.errors import RecordsError
from records.store import RecordStore

ACTIONS = ("check", "upgrade")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the verb."""
    words = load_words()
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for action in ACTIONS:
        summary = words(f"command.store.{action}.summary")
        child = actions.add_parser(action, help=summary, description=summary)
        child.add_argument("--store", metavar="URL", help=words("command.store.url"))
        child.add_argument("--data", metavar="FOLDER", help=words("command.store.data"))


def run(args: argparse.Namespace) -> int:
    """Do one action. Raises Stopped with what is wrong."""
    words = load_words()
    try:
        store = RecordStore(store_url(args.store, data_folder(args.data)))
        lines = _upgraded(store) if args.action == "upgrade" else _checked(store)
    except RecordsError as error:
        raise Stopped(words(f"errors.{error.code}", **error.values)) from error
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _upgraded(store: RecordStore) -> list[str]:
    before = store.revision()
    store.upgrade()
    after = store.revision()
    what = "made" if before is None else "current" if before == after else "upgraded"
    return [load_words()(f"command.store.upgrade.{what}", url=store.shown_url, before=before, after=after)]


def _checked(store: RecordStore) -> list[str]:
    """What was found sound. Raises Stopped with every fault."""
    words = load_words()
    store.check_schema()
    store.check_integrity()
    recordings, damaged = store.damaged_recordings()
    audit = store.verify_audit()
    faults = [words(f"errors.{error.code}", **error.values) for error in damaged]
    faults += [
        words(f"command.store.check.audit.{fault.problem.value}", station=fault.station, number=fault.number)
        for fault in audit.faults
    ]
    if faults:
        raise Stopped("\n".join([words("command.store.check.faults", url=store.shown_url, n=len(faults)), *faults]))
    return [
        words("command.store.check.sound", url=store.shown_url, schema=store.revision()),
        words("command.store.check.recordings", n=recordings),
        words("command.store.check.events", n=audit.events),
        *(words("command.store.check.head", station=station, hash=hash) for station, hash in audit.heads.items()),
    ]
