"""`stancelab export`: patients as a file for another archive, another program, a spreadsheet."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboard.archive import local_actor
from dashboard.cli import Stopped
from dashboard.commands.seals import add_sealing, sealing
from dashboard.config import data_folder, store_url
from dashboard.words import load_words
from records.archive_file import export_archive
from records.errors import RecordsError
from records.export_parquet import export_parquet
from records.export_tables import export_csv, export_json, sidecar_of
from records.model import Actor
from records.pseudonyms import Pseudonyms, site_key
from records.scope import patients_with_code
from records.sealing import Seal, sealed_name
from records.store import RecordStore
from records.veiled_archive import export_veiled_archive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the verb."""
    words = load_words()
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--patient", metavar="CODE", help=words("command.export.patient"))
    whose.add_argument("--all", action="store_true", help=words("command.export.all"))
    parser.add_argument("--format", choices=tuple(_FORMS), default="archive", help=words("command.export.format"))
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help=words("command.export.out"))
    parser.add_argument("--pseudonym", action="store_true", help=words("command.export.pseudonym"))
    parser.add_argument("--excel", action="store_true", help=words("command.export.excel"))
    add_sealing(parser)
    parser.add_argument("--store", metavar="URL", help=words("command.store.url"))
    parser.add_argument("--data", metavar="FOLDER", help=words("command.store.data"))


def run(args: argparse.Namespace) -> int:
    """Write the file, and say what is in it."""
    words = load_words()
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
    veil = Pseudonyms(site_key(folder)) if args.pseudonym else None
    told = _FORMS[args.format](_Asked(store, local_actor(), out, patients, veil, seal, args.excel))
    whose = "veiled" if veil else "identifies" if seal is None else "sealed"
    return [told, words(f"command.export.{whose}")]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One export."""

    store: RecordStore
    actor: Actor
    out: Path
    patients: Sequence[str] | None
    veil: Pseudonyms | None
    seal: Seal | None
    excel: bool


def _archive(asked: _Asked) -> str:
    to = (asked.store, asked.actor, asked.out, asked.patients)
    rows = export_veiled_archive(*to, asked.veil, asked.seal) if asked.veil else export_archive(*to, asked.seal)
    counts = {name: rows.get(name, 0) for name in ("patient", "visit", "trial", "recording", "result")}
    return load_words()("command.export.archive", file=asked.out, **counts)


def _csv(asked: _Asked) -> str:
    to = (asked.store, asked.actor, asked.out, asked.patients, asked.veil)
    n = export_csv(*to, excel=asked.excel, seal=asked.seal)
    return load_words()("command.export.csv", file=asked.out, n=n, sidecar=sidecar_of(asked.out))


def _json(asked: _Asked) -> str:
    n = export_json(asked.store, asked.actor, asked.out, asked.patients, asked.veil, seal=asked.seal)
    return load_words()("command.export.json", file=asked.out, n=n)


def _parquet(asked: _Asked) -> str:
    n = export_parquet(asked.store, asked.actor, asked.out, asked.patients, asked.veil, seal=asked.seal)
    return load_words()("command.export.parquet", file=asked.out, n=n)


_FORMS = {"archive": _archive, "csv": _csv, "json": _json, "parquet": _parquet}
