"""`stancelab store check | upgrade | backup | restore | merge | key`: is the archive sound; its schema; copies."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from dashboard.archive import local_actor
from dashboard.cli import Stopped
from dashboard.commands.audit import audit_faults, audit_sound
from dashboard.commands.seals import add_opening, add_sealing, opening, sealing
from dashboard.config import data_folder, station_file, store_url
from dashboard.exchange_text import refusal_lines, waiting_lines
from dashboard.words import load_words
from records.archive_reading import LARGE
from records.backup import archive_file, back_up, restore
from records.errors import RecordsError
from records.local_disk import check_place
from records.merge import Merged, merge_archive
from records.migrations import newest
from records.outbox import Waiting, is_station, waiting
from records.sealing import Seal, make_key
from records.server_backup import back_up_server
from records.snapshot import FOLDER, Snapshot, rewritten
from records.store import RecordStore, sqlite_url

#: Tables whose rows are said.
NAMED = ("patient", "visit", "trial", "recording", "audit_event")
ACTIONS = ("check", "upgrade", "backup", "merge", "encrypt", "decrypt")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the verb."""
    words = load_words()
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for action in ACTIONS:
        summary = words(f"command.store.{action}.summary")
        child = actions.add_parser(action, help=summary, description=summary)
        child.add_argument("--store", metavar="URL", help=words("command.store.url"))
        child.add_argument("--data", metavar="FOLDER", help=words("command.store.data"))
        if action == "backup":
            child.add_argument("--to", metavar="FOLDER", type=Path, help=words("command.store.backup.to"))
            add_sealing(child)
        elif action == "merge":
            child.add_argument("file", metavar="FILE", type=Path, help=words("command.store.merge.file"))
            child.add_argument("--large", action="store_true", help=words("command.store.merge.large"))
            add_opening(child)
        elif action in ("encrypt", "decrypt"):
            child.add_argument("--to", metavar="FILE", type=Path, required=True, help=words("command.store.restore.to"))
            if action == "encrypt":
                child.add_argument("--passphrase-stdin", action="store_true", help=words("command.seal.stdin"))
    _add_restore_and_key(actions)


def _add_restore_and_key(actions: Any) -> None:
    words = load_words()
    summary = words("command.store.restore.summary")
    restoring = actions.add_parser("restore", help=summary, description=summary)
    restoring.add_argument("file", metavar="FILE", type=Path, help=words("command.store.restore.file"))
    restoring.add_argument("--to", metavar="FILE", type=Path, required=True, help=words("command.store.restore.to"))
    add_opening(restoring)
    summary = words("command.store.key.summary")
    making = actions.add_parser("key", help=summary, description=summary)
    making.add_argument("--out", metavar="FILE", type=Path, required=True, help=words("command.store.key.out"))


def run(args: argparse.Namespace) -> int:
    """Do one action. Raises Stopped with what is wrong."""
    words = load_words()
    try:
        lines = _done(args)
    except RecordsError as error:
        raise Stopped(words(f"errors.{error.code}", **error.values)) from error
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _done(args: argparse.Namespace) -> list[str]:
    match args.action:
        case "restore":
            return _restored(args.file, args.to, opening(args, args.file))
        case "key":
            return _key_made(args.out)
        case _:
            return _done_to_archive(args)


def _key_made(path: Path) -> list[str]:
    words = load_words()
    try:
        public = make_key(path)
    except OSError as error:
        raise Stopped(words("command.audit.not_written", file=path, why=error.strerror or error)) from error
    return [words("command.store.key.made", file=path), words("command.store.key.public", key=public)]


def _done_to_archive(args: argparse.Namespace) -> list[str]:
    folder = data_folder(args.data)
    store = RecordStore(store_url(args.store, folder))
    match args.action:
        case "upgrade":
            return _upgraded(store)
        case "backup":
            if store.file is not None:
                return _backed_up(back_up(store, local_actor(), args.to, seal=sealing(args)))
            to = args.to or data_folder(args.data) / FOLDER
            made = back_up_server(store, local_actor(), to, seal=sealing(args))
            return [*_backed_up(made), load_words()("command.store.backup.of_server", file=made.path)]
        case "merge":
            limits, seal = LARGE if args.large else None, opening(args, args.file)
            return _merged(merge_archive(store, local_actor(), args.file, limits, seal))
        case "encrypt" | "decrypt":
            return _rewritten(store, args)
        case _:
            _check_station(store, folder)
            return _checked(store)


def _rewritten(store: RecordStore, args: argparse.Namespace) -> list[str]:
    """The archive as a new file, encrypted or plain; the one it is made of stays as it is."""
    words = load_words()
    store.check_schema()
    source, passphrase = archive_file(store), ""
    if args.action == "encrypt":
        args.encrypt_to, args.passphrase = None, not args.passphrase_stdin
        seal = sealing(args)
        passphrase = seal.passphrase if seal else ""
    check_place(args.to, str(args.to))
    made = rewritten(source, args.to, passphrase)
    kept = words(f"command.store.{args.action}.done", file=args.to, source=source)
    return [kept, _holding(made)]


def _check_station(store: RecordStore, folder: Path) -> None:
    """This station's own archive, where the address is a server's: said first, whatever the server answers."""
    own = RecordStore(sqlite_url(station_file(folder)))
    if store.file is None and own.revision() is not None:
        sys.stdout.write("\n".join(_checked(own)) + "\n")
    own.close()


def _backed_up(made: Snapshot) -> list[str]:
    words = load_words()
    return [
        words("command.store.backup.made", file=made.path, size=made.path.stat().st_size / 1e6),
        _holding(made),
        *(words("command.store.check.head", station=at, hash=hash) for at, hash in made.inventory.heads.items()),
    ]


def _merged(merged: Merged) -> list[str]:
    """What is new, and everything that somebody has to look at."""
    words = load_words()
    added = {name: merged.added.get(name, 0) for name in ("patient", "visit", "trial", "recording", "result")}
    lines = [words("command.store.merge.added", **added)]
    lines.append(words("command.store.merge.known", n=sum(merged.known.values())))
    for each in merged.differences:
        columns = ", ".join(each.columns)
        lines.append(words("command.store.merge.kept", table=each.table, id=each.id, columns=columns))
    lines += [words("command.store.merge.same_code", code=code) for code in merged.same_codes]
    return lines


def _restored(backup: Path, target: Path, seal: Seal | None) -> list[str]:
    """The file is copied whole whatever its schema; one of this program's schema is then read row by row."""
    words = load_words()
    made = restore(backup, target, seal)
    lines = [words("command.store.restore.made", file=target), _holding(made)]
    store = RecordStore(sqlite_url(target))
    try:
        if store.revision() != newest():
            return [*lines, words("command.store.restore.other_schema", url=store.shown_url)]
        return [*lines, *_checked(store)]
    finally:
        store.close()


def _holding(made: Snapshot) -> str:
    rows = made.inventory.rows
    return load_words()("command.store.backup.holds", **{name: rows.get(name, 0) for name in NAMED})


def _upgraded(store: RecordStore) -> list[str]:
    before = store.revision()
    copy = store.upgrade()
    after = store.revision()
    what = "made" if before is None else "current" if before == after else "upgraded"
    lines = [load_words()(f"command.store.upgrade.{what}", url=store.shown_url, before=before, after=after)]
    return [*lines, load_words()("command.store.upgrade.copy", file=copy)] if copy is not None else lines


def _checked(store: RecordStore) -> list[str]:
    """What was found sound. Raises Stopped with every fault."""
    words = load_words()
    store.check_schema()
    store.check_integrity()
    recordings, damaged = store.damaged_recordings()
    audit = store.verify_audit()
    faults = [words(f"errors.{error.code}", **error.values) for error in damaged]
    faults += audit_faults(audit)
    told = waiting(store) if is_station(store) else None
    if faults:
        raise Stopped("\n".join([words("command.store.check.faults", url=store.shown_url, n=len(faults)), *faults]))
    return [
        words("command.store.check.sound", url=store.shown_url, schema=store.revision()),
        words("command.store.check.recordings", n=recordings),
        *audit_sound(audit),
        *([] if told is None else _exchange(store, told)),
    ]


def _exchange(store: RecordStore, told: Waiting) -> list[str]:
    """What the server does not have yet, and what it did not take."""
    words = load_words()
    lines = waiting_lines(words, told) or [words("exchange.all_sent")]
    return [*lines, *refusal_lines(words, told, store)]
