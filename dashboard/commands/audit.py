"""`stancelab audit verify | list`: is every audit chain unbroken; who did what, when."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dashboard.archive import local_actor
from dashboard.cli import Stopped
from dashboard.config import data_folder, store_url
from dashboard.words import load_words
from records import audit_copy
from records.audit import AuditReport
from records.errors import RecordsError
from records.store import RecordStore

SHOWN = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the verb."""
    words = load_words()
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    added = {}
    for action in ("verify", "list"):
        summary = words(f"command.audit.{action}.summary")
        added[action] = child = actions.add_parser(action, help=summary, description=summary)
        child.add_argument("--store", metavar="URL", help=words("command.store.url"))
        child.add_argument("--data", metavar="FOLDER", help=words("command.store.data"))
    added["verify"].add_argument(
        "--head",
        metavar="STATION:HASH",
        type=_head,
        action="append",
        default=[],
        help=words("command.audit.verify.head"),
    )
    added["verify"].add_argument("--export", metavar="FILE", type=Path, help=words("command.audit.verify.export"))
    added["list"].add_argument("--of", metavar="ID", help=words("command.audit.list.of"))
    added["list"].add_argument(
        "--limit", metavar="N", type=_count, default=SHOWN, help=words("command.audit.list.limit")
    )


def run(args: argparse.Namespace) -> int:
    """Do one action. Raises Stopped with every fault that was found."""
    words = load_words()
    try:
        store = RecordStore(store_url(args.store, data_folder(args.data)))
        store.check_schema()
        lines = _verified(store, args) if args.action == "verify" else _listed(store, args)
    except RecordsError as error:
        raise Stopped(words(f"errors.{error.code}", **error.values)) from error
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def audit_faults(report: AuditReport) -> list[str]:
    """What is wrong, one sentence for each event."""
    words = load_words()
    return [
        words(f"command.store.check.audit.{fault.problem.value}", station=fault.station, number=fault.number)
        for fault in report.faults
    ]


def audit_sound(report: AuditReport) -> list[str]:
    """What a sound audit holds, and its heads."""
    words = load_words()
    return [
        words("command.store.check.events", n=report.events),
        *(words("command.store.check.head", station=station, hash=hash) for station, hash in report.heads.items()),
    ]


def _verified(store: RecordStore, args: argparse.Namespace) -> list[str]:
    """Verify first, as it is; then write the copy, which is an event of its own."""
    words = load_words()
    report = store.verify_audit(dict(args.head))
    copied = []
    if args.export is not None:
        try:
            n = audit_copy.export_audit(store, local_actor(), args.export)
        except OSError as error:
            why = error.strerror or str(error)
            raise Stopped(words("command.audit.not_written", file=args.export, why=why)) from error
        copied = [words("command.audit.verify.exported", n=n, file=args.export)]
    if report.faults:
        faults = audit_faults(report)
        raise Stopped(
            "\n".join([words("command.store.check.faults", url=store.shown_url, n=len(faults)), *faults, *copied])
        )
    return [*audit_sound(report), *copied]


def _listed(store: RecordStore, args: argparse.Namespace) -> list[str]:
    words = load_words()
    events = store.audit_events(args.of, args.limit)
    return [
        words(
            "command.audit.list.event",
            at=f"{event.at.astimezone():%Y-%m-%d %H:%M:%S}",
            station=event.station,
            number=event.number,
            actor=event.actor,
            role=event.role.value,
            act=event.act.value,
            kind=event.subject_kind.value,
            id=event.subject_id,
        )
        for event in events
    ] or [words("command.audit.list.none")]


def _head(text: str) -> tuple[str, str]:
    """Station and hash; a station's name may hold a colon, a hash does not."""
    station, _, head = text.rpartition(":")
    if not station or len(head) != 64 or set(head) - set("0123456789abcdef"):
        raise argparse.ArgumentTypeError(load_words()("command.audit.verify.no_head", text=text))
    return station, head


def _count(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(load_words()("command.audit.list.no_count", text=text))
    return int(text)
