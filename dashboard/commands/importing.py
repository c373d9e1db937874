"""`stancelab import FILE`: file a recording of another system as a visit of a patient; all of it, or nothing."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path

from acquisition.files import FileRefused, ReadFile, read_file
from acquisition.spool_file import SUFFIX
from analysis.assess import assess_import
from analysis.errors import AnalysisError
from analysis.geometry import Side
from analysis.settings import AnalysisSettings
from dashboard.archive import hand_over, local_actor, open_store
from dashboard.cli import Stopped
from dashboard.commands.reading import add_reading_arguments, read_options
from dashboard.config import Config, data_folder, store_url
from dashboard.sentences import ended_text, problem_text, side_label
from dashboard.station import FiledTrial, Station
from dashboard.words import load_words
from records import filing
from records.errors import RecordsError
from records.model import NewPatient, Patient, Sex, Visit
from records.store import RecordStore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    words = load_words()
    parser.add_argument("file", metavar="FILE", type=Path, help=words("command.import.file"))
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--patient", metavar="CODE", help=words("command.import.patient"))
    whose.add_argument("--new-patient", metavar="CODE", help=words("command.import.new_patient"))
    new = parser.add_argument_group(words("command.import.about_new"))
    new.add_argument("--name", help=words("command.import.name"))
    new.add_argument("--birth-year", metavar="YYYY", type=int, help=words("command.import.birth_year"))
    new.add_argument("--sex", choices=[sex.value for sex in Sex], help=words("command.import.sex"))
    sides = [side.value for side in Side]
    new.add_argument("--involved-side", choices=sides, help=words("command.import.involved_side"))
    parser.add_argument("--at", metavar="TIME", type=datetime.fromisoformat, help=words("command.import.at"))
    parser.add_argument("--again", action="store_true", help=words("command.import.again"))
    parser.add_argument("--data", metavar="FOLDER", help=words("command.serve.data"))
    parser.add_argument("--store", metavar="URL", help=words("command.serve.store"))
    add_reading_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Read and analyse first; only what can be analysed is filed."""
    words = load_words()
    try:
        side = Side(args.side[0]) if args.side else None
        read = _read(args, side)
        folder = data_folder(args.data)
        config = Config(folder, store_url(args.store, folder))
        store = open_store(config)
        try:
            sys.stdout.write("\n".join(_filed(args, store, read, side)) + "\n")
            sys.stdout.write("".join(f"{line}\n" for line in hand_over(config, store)))
        finally:
            store.close()
    except RecordsError as error:
        raise Stopped(words(f"errors.{error.code}", **error.values)) from error
    return 0


def _read(args: argparse.Namespace, side: Side | None) -> ReadFile:
    words = load_words()
    if args.file.suffix.lower() == SUFFIX:
        raise Stopped(words("command.import.own_recording", file=args.file))
    try:
        read = read_file(args.file, read_options(args, side))
    except FileRefused as refused:
        raise Stopped(_where(args.file, refused.line) + problem_text(words, refused.code, refused.values)) from refused
    for recording in read.recordings:
        try:
            assess_import(recording, settings=AnalysisSettings(), side=side)
        except AnalysisError as error:
            raise Stopped(words("command.import.not_analysed", file=read.name, why=str(error))) from error
    return read


def _where(file: Path, line: int | None) -> str:
    return f"{file.name}, {load_words()('command.import.line', line=line)}: " if line else f"{file.name}: "


def _filed(args: argparse.Namespace, store: RecordStore, read: ReadFile, side: Side | None) -> list[str]:
    """File, and say what was filed."""
    words = load_words()
    before = store.visits_with_source(read.sha256)
    if before and not args.again:
        earlier = before[0]
        code = store.patient(earlier.patient_id).code
        raise Stopped(words("command.import.known", file=read.name, patient=code, at=_local(earlier.at)))
    station = Station(store, local_actor(), "import")
    patient = _patient(args, store)
    at = args.at.astimezone() if args.at else None
    visit = station.import_file(patient.id, read, at=at, side=side)
    return _said(station, patient, visit, read)


def _patient(args: argparse.Namespace, store: RecordStore) -> Patient:
    if args.new_patient:
        involved = Side(args.involved_side) if args.involved_side else None
        sex = Sex(args.sex) if args.sex else None
        return filing.add_patient(
            store, local_actor(), NewPatient(args.new_patient, args.name, args.birth_year, sex, involved)
        )
    found = [row.patient for row in store.search_patients(args.patient) if row.patient.code == args.patient]
    if not found:
        raise Stopped(load_words()("command.import.no_patient", code=args.patient))
    return found[0]


def _local(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def _said(station: Station, patient: Patient, visit: Visit, read: ReadFile) -> list[str]:
    words = load_words()
    results = station.visit_results(visit.id)
    lines = [words("command.import.filed", file=read.name, patient=patient.code, at=_local(visit.at))]
    for number, filed in enumerate(results.trials, 1):
        lines.append(words("command.import.trial", number=number, what=_trial_line(filed)))
    return [*lines, words("command.import.look")]


def _trial_line(filed: FiledTrial) -> str:
    words = load_words()
    if filed.result is None:
        return words("command.import.trial_without", side=side_label(words, filed.trial.side))
    usable = words("command.import.usable" if filed.result.usable else "command.import.not_usable")
    how = ended_text(words, filed.result.phases)
    return words("command.import.trial_with", side=side_label(words, filed.result.side), usable=usable, how=how)
