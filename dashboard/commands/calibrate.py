"""`stancelab calibrate`: calibrate a plate, check it before a session, print the sheets that both need."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from acquisition.calibration_run import CalibrationRun, Plan
from acquisition.errors import AcquisitionError, PlateRefused
from acquisition.plate import REPLAY, Plate, Prompted, WirePlate
from acquisition.ports import AUTO
from analysis.calibration import Calibration
from analysis.calibration_checks import Problem
from analysis.calibration_grid import Grid
from analysis.errors import AnalysisError
from analysis.recording import PlateIdentity
from dashboard import calibrating
from dashboard.archive import hand_over, local_actor, open_store
from dashboard.calibration_text import check_text, refusal_text, report_text
from dashboard.cli import Stopped
from dashboard.commands.operator import Operator, say
from dashboard.config import Config, data_folder, store_url
from dashboard.plates import finder, plate_error_text
from dashboard.report.certificate import Certified, certificate
from dashboard.report.sheets import foot_sheet, grid_sheet
from dashboard.station import Station
from dashboard.words import load_words
from dashboard.words.dates import date_text
from hardware.plates import load_plate_model, plate_models
from hardware.simulator.weights import Weighted
from records.errors import RecordsError
from records.model import Actor, Role

FOLDER = "calibrations"
#: What a run is made with from its first step on: options that name anything else later are refused.
_PLANNED = ("weight_kg", "scale_kg", "tolerance_g", "grid")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the verb."""
    words = load_words()
    parser.set_defaults(refuse_usage=parser.error)
    parser.add_argument("url", nargs="?", default=AUTO, metavar="URL", help=words("command.calibrate.url"))
    weight = parser.add_argument_group(words("command.calibrate.loads"))
    weight.add_argument("--weight-kg", metavar="KG", type=float, help=words("command.calibrate.weight_kg"))
    weight.add_argument("--tolerance-g", metavar="G", type=float, help=words("command.calibrate.tolerance_g"))
    weight.add_argument("--scale-kg", metavar="KG", type=float, help=words("command.calibrate.scale_kg"))
    grids = [grid.value for grid in Grid]
    weight.add_argument("--grid", choices=grids, help=words("command.calibrate.grid"))
    filed = parser.add_argument_group(words("command.calibrate.filing"))
    filed.add_argument("--by", metavar="NAME", help=words("command.calibrate.by"))
    filed.add_argument("--resume", action="store_true", help=words("command.calibrate.resume"))
    filed.add_argument("--write-plate", action="store_true", help=words("command.calibrate.write_plate"))
    filed.add_argument("--certificate", metavar="FILE", type=Path, help=words("command.calibrate.certificate"))
    filed.add_argument("--data", metavar="FOLDER", help=words("command.serve.data"))
    filed.add_argument("--store", metavar="URL", help=words("command.serve.store"))
    instead = parser.add_argument_group(words("command.calibrate.instead"))
    one = instead.add_mutually_exclusive_group()
    one.add_argument("--check", action="store_true", help=words("command.calibrate.check"))
    one.add_argument("--from-plate", action="store_true", help=words("command.calibrate.from_plate"))
    one.add_argument("--print-grid", choices=grids, help=words("command.calibrate.print_grid"))
    one.add_argument("--print-template", action="store_true", help=words("command.calibrate.print_template"))
    instead.add_argument("--out", metavar="FILE", type=Path, help=words("command.calibrate.out"))
    models = plate_models()
    instead.add_argument("--model", choices=models, default=models[0], help=words("command.calibrate.model"))


def run(args: argparse.Namespace) -> int:
    """Do what was asked. Exit code 1 where the plate did not pass."""
    words = load_words()
    if args.print_grid or args.print_template:
        return _printed(args)
    needs_weight = args.check or not (args.from_plate or args.resume)
    for name in ("weight_kg", "scale_kg", "tolerance_g"):
        value = getattr(args, name)
        if (value is None and name == "weight_kg" and needs_weight) or (value is not None and not 0 < value < 1000):
            args.refuse_usage(words("command.calibrate.needs", option=f"--{name.replace('_', '-')}"))
    if args.url.startswith(REPLAY):
        raise Stopped(words("command.calibrate.no_replay"))
    try:
        with closing(finder(args.url)()) as plate:
            if isinstance(plate, Prompted) and not isinstance(plate, Weighted) and not args.from_plate:
                raise Stopped(words("command.calibrate.a_person"))
            config = _config(args)
            station = _station(args, config)
            code = _done(station, plate, args)
            for line in hand_over(config, station.store):
                say(line)
            return code
    except AcquisitionError as error:
        raise Stopped(plate_error_text(words, error)) from error
    except RecordsError as error:
        raise Stopped(words(f"errors.{error.code}", **error.values)) from error
    except calibrating.NoWayOn as error:
        gone = error.refusal.problem is Problem.ZERO_SHIFTED
        raise Stopped(words("calibration.patience") if gone else refusal_text(words, error.refusal)) from error
    except AnalysisError as error:
        raise Stopped(words("errors.INVALID_RECORDING", reason=str(error))) from error


def _done(station: Station, plate: Plate, args: argparse.Namespace) -> int:
    if args.from_plate:
        return _adopted(station, plate)
    return _checked(station, plate, args) if args.check else _calibrated(station, plate, args)


def _config(args: argparse.Namespace) -> Config:
    folder = data_folder(args.data)
    return Config(data_folder=folder, store_url=store_url(args.store, folder))


def _station(args: argparse.Namespace, config: Config) -> Station:
    store = open_store(config)
    actor = Actor(args.by, Role.CLINICIAN) if args.by else local_actor()
    return Station(store, actor, store.station)


def _calibrated(station: Station, plate: Plate, args: argparse.Namespace) -> int:
    words, who = load_words(), plate.identity
    folder = data_folder(args.data) / FOLDER
    unfinished = folder / f"{who.serial}-unfinished.json"
    run = _run_of(station, who, args, unfinished)
    named = {"serial": who.serial, "model": who.model, "weight_kg": run.plan.weight_kg, "paper": run.plan.grid.upper()}
    say(words("calibration.begin", **named))
    say(words("calibration.simulated" if isinstance(plate, Weighted) else "calibration.before"))
    with Operator(words, may_repeat=True) as operator, _keeping(run, unfinished):
        calibrating.calibrate(words, plate, run, operator)
    at, report = datetime.now(UTC), run.report()
    kept = folder / f"{who.serial}-{at:%Y%m%d-%H%M%S}.json"
    _write(kept, _in_counts(run))  # a later program may fit it anew
    unfinished.unlink(missing_ok=True)
    for line in report_text(words, report):
        say(line)
    about = Certified(who, at.astimezone(), station.actor.name)
    if report.passed:
        about = _filed(station, plate, run, about, args.write_plate)
    path = args.certificate or kept.with_suffix(".pdf")
    _write(path, certificate(words, report, about))
    say(words("calibration.certificate", path=path))
    return 0 if report.passed else 1


def _run_of(station: Station, who: PlateIdentity, args: argparse.Namespace, unfinished: Path) -> CalibrationRun:
    """A new run, or the one that was interrupted."""
    words = load_words()
    if not args.resume:
        plan = Plan(who.serial, Grid(args.grid or Grid.A3), args.weight_kg, args.scale_kg, args.tolerance_g)
        return calibrating.new_run(station, who, plan)
    try:
        run = CalibrationRun.from_document(json.loads(unfinished.read_bytes()), calibrating.drawing_of(who))
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Stopped(words("calibration.nothing_kept", serial=who.serial)) from error
    if any(getattr(args, name) not in (None, getattr(run.plan, name)) for name in _PLANNED):
        raise Stopped(words("calibration.begun_otherwise", **{name: getattr(run.plan, name) for name in _PLANNED}))
    say(words("calibration.resumed", number=len(run.measured)))
    return run


@contextmanager
def _keeping(run: CalibrationRun, path: Path) -> Iterator[None]:
    """What was measured outlives Ctrl-C and a pulled cable."""
    try:
        yield
    except (AcquisitionError, KeyboardInterrupt):
        if run.measured:
            _write(path, _in_counts(run))
            say(load_words()("calibration.kept"))
        raise


def _in_counts(run: CalibrationRun) -> bytes:
    return (json.dumps(run.document(), indent=1) + "\n").encode()


def _filed(station: Station, plate: Plate, run: CalibrationRun, about: Certified, on_plate: bool) -> Certified:
    words = load_words()
    made = calibrating.file_calibration(station, run, about.plate, about.made_at)
    until = about.made_at + calibrating.VALID_FOR
    say(words("calibration.filed", id=made.id, until=date_text(words, until)))
    if on_plate:
        _write_plate(plate, made)
    return replace(about, id=made.id, valid_until=until)


def _write_plate(plate: Plate, made: Calibration) -> None:
    """The archive has the calibration already: a plate without memory is no reason to fail."""
    words = load_words()
    try:
        calibrating.store_on_plate(plate, made)
    except AcquisitionError as error:
        say(words("calibration.not_on_plate", why=plate_error_text(words, error)))
    else:
        say(words("calibration.on_plate"))


def _checked(station: Station, plate: Plate, args: argparse.Namespace) -> int:
    words, who = load_words(), plate.identity
    used = station.calibration_for(who)
    made = date_text(words, used.made_at.astimezone())
    named = {"serial": who.serial, "weight_kg": args.weight_kg, "made": made, "reference": used.reference}
    say(words("check.begin", **named))
    with Operator(words, may_repeat=False) as operator:
        found = calibrating.check(words, station, plate, args.weight_kg, operator, datetime.now(UTC))
    for line in check_text(words, found.outcome):
        say(line)
    return 0 if found.passed else 1


def _adopted(station: Station, plate: Plate) -> int:
    words = load_words()
    if not isinstance(plate, WirePlate):
        raise Stopped(words("command.calibrate.no_memory"))
    try:
        found = calibrating.adopt_from_plate(station, plate)
    except PlateRefused as error:
        raise Stopped(words("command.calibrate.no_memory")) from error
    until = date_text(words, found.valid_until.astimezone()) if found.valid_until else words("certificate.not_valid")
    named = {"reference": found.reference, "made": date_text(words, found.made_at.astimezone()), "until": until}
    say(words("command.calibrate.adopted", **named))
    return 0


def _printed(args: argparse.Namespace) -> int:
    words, model = load_words(), load_plate_model(args.model)
    if args.print_grid:
        sheet, usual = grid_sheet(words, Grid(args.print_grid), model), f"crosses-{args.print_grid}-{args.model}.pdf"
    else:
        sheet, usual = foot_sheet(words, model), f"feet-{args.model}.pdf"
    path = args.out or Path(usual)
    _write(path, sheet)
    say(words("command.calibrate.printed", path=path))
    return 0


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise Stopped(load_words()("calibration.no_file", path=path, why=error.strerror or error)) from error
