"""`stancelab export`: patients as a file for another archive, another program, a spreadsheet."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dashboard.archive import local_actor
from dashboard.cli import Stopped
from dashboard.commands.seals import add_sealing, sealing
from dashboard.config import data_folder, store_url
from dashboard.words import load_words
from records.archive_file import export_archive
from records.errors import RecordsError
from records.export_tables import export_csv, export_json, sidecar_of
from records.pseudonyms import Pseudonyms, site_key
from records.scope import patients_with_code
from records.sealing import sealed_name
from records.store import RecordStore

FORMATS = ("archive", "csv", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the verb."""
    words = load_words()
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--patient", metavar="CODE", help=words("command.export.patient"))
    whose.add_argument("--all", action="store_true", help=words("command.export.all"))
    parser.add_argument("--format", choices=FORMATS, default="archive", help=words("command.export.format"))
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help=words("command.export.out"))
    parser.add_argument("--pseudonym", action="store_true", help=words("command.export.pseudonym"))
    parser.add_argument("--excel", action="store_true", help=words("command.export.excel"))
    add_sealing(parser)
    parser.add_argument("--store", metavar="URL", help=words("command.store.url"))
    parser.add_argument("--data", metavar="FOLDER", help=words("command.store.data"))


def run(args: argparse.Namespace) -> int:
    """Write the file, and say what is in it."""
    words = load_words()
    if args.pseudonym and args.format == "archive":
        raise Stopped(words("command.export.no_pseudonym"))
    if args.excel and args.format != "csv":
        raise Stopped(words("command.export.no_excel"))
    try:
        sys.stdout.write("\n".join(_exported(args)) + "\n")
    except RecordsError as error:
        raise Stopped(words(f"errors.{error.code}", **error.values)) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Stopped(words("command.audit.not_written", file=args.out, why=why)) from error
    return 0


def _exported(args: argparse.Namespace) -> list[str]:
    words = load_words()
    seal = sealing(args)
    out = sealed_name(args.out, seal)
    folder = data_folder(args.data)
    store = RecordStore(store_url(args.store, folder))
    patients = None
    if args.patient is not None:
        with store.reading() as connection:
            patients = patients_with_code(connection, args.patient)
    actor = local_actor()
    if args.format == "archive":
        rows = export_archive(store, actor, out, patients, seal)
        return [words("command.export.archive", file=out, **rows), words("command.export.identifies")]
    veil = Pseudonyms(site_key(folder)) if args.pseudonym else None
    whose = words("command.export.veiled" if veil else "command.export.identifies")
    if args.format == "json":
        return [
            words("command.export.json", file=out, n=export_json(store, actor, out, patients, veil, seal=seal)),
            whose,
        ]
    n = export_csv(store, actor, out, patients, veil, excel=args.excel, seal=seal)
    return [words("command.export.csv", file=out, n=n, sidecar=sidecar_of(out)), whose]
