"""`stancelab report`: the report of a visit as a PDF, kept in the archive as every report is."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from dashboard.archive import local_actor, open_store
from dashboard.cli import Stopped
from dashboard.config import Config, data_folder, store_url
from dashboard.reporting import file_name, make_report
from dashboard.station import Station
from dashboard.words import languages, load_words
from records.errors import NotFound, RecordsError
from records.model import Patient, Visit
from records.new_file import new_file
from records.reports import ReportKind
from records.scope import patients_with_code, people_in
from records.store import RecordStore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the verb."""
    words = load_words()
    kinds = [kind.value for kind in ReportKind]
    parser.add_argument("--patient", metavar="CODE", required=True, help=words("command.report.patient"))
    parser.add_argument("--visit", metavar="N", type=int, help=words("command.report.visit"))
    parser.add_argument("--kind", choices=kinds, default=kinds[0], help=words("command.report.kind"))
    parser.add_argument(
        "--language", choices=languages(), default=words.language, help=words("command.report.language")
    )
    parser.add_argument("--out", metavar="FILE", type=Path, help=words("command.report.out"))
    parser.add_argument("--store", metavar="URL", help=words("command.store.url"))
    parser.add_argument("--data", metavar="FOLDER", help=words("command.store.data"))


def run(args: argparse.Namespace) -> int:
    """Make and file the report, write it to a new file, and say where it is."""
    words, folder = load_words(), data_folder(args.data)
    try:
        store = open_store(Config(folder, store_url(args.store, folder)))
        try:
            patient = _patient(store, args.patient)
            visit = _visit(store, patient, args.visit)
            spoken, kind = load_words(args.language), ReportKind(args.kind)
            report, pdf = make_report(spoken, Station(store, local_actor(), "console"), local_actor(), visit.id, kind)
            out = args.out or Path(file_name(report, patient.code))
            _write(out, pdf)
        finally:
            store.close()
    except RecordsError as error:
        raise Stopped(words(f"errors.{error.code}", **error.values)) from error
    sys.stdout.write(words("command.report.made", file=out, number=report.number) + "\n")
    return 0


def _patient(store: RecordStore, code: str) -> Patient:
    """The one person with this code; two stations may have given it to two while they did not see each other."""
    words = load_words()
    try:
        with store.reading() as connection:
            people = people_in(connection, patients_with_code(connection, code))
    except NotFound as error:
        raise Stopped(words("command.report.no_patient", code=code)) from error
    if len(people) != 1:
        raise Stopped(words("command.report.several", code=code, n=len(people)))
    return store.patient(people[0])


def _visit(store: RecordStore, patient: Patient, number: int | None) -> Visit:
    """A visit by its number, the first one is 1; None: the newest."""
    visits = sorted(store.visits_of(patient.id), key=lambda visit: visit.at)
    if not visits or (number is not None and not 1 <= number <= len(visits)):
        raise Stopped(load_words()("command.report.no_visit", code=patient.code, n=len(visits)))
    return visits[-1] if number is None else visits[number - 1]


def _write(out: Path, pdf: bytes) -> None:
    try:
        with new_file(out) as written:
            written.write(pdf)
    except OSError as error:
        why = error.strerror or str(error)
        raise Stopped(load_words()("command.report.not_written", file=out, why=why)) from error
