"""`stancelab analyse FILE...`: recordings of other systems in, findings, metrics and the two sides out."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from acquisition.files import ColumnMap, FileRefused, ReadOptions, parse_cells
from analysis.errors import InvalidRecording
from analysis.geometry import PlateGeometry, Side
from analysis.settings import AnalysisSettings, Window
from dashboard.analyses import analyse_files, analyses_document
from dashboard.analyses_text import problem_line, report
from dashboard.sentences import problem_text
from dashboard.words import load_words
from hardware.plates import load_plate_model, plate_models

Parsed = TypeVar("Parsed")

DEFAULT = AnalysisSettings()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    words = load_words()
    parser.set_defaults(refuse_usage=parser.error)
    parser._negative_number_matcher = re.compile(r"-\.?\d")  # --cells and --window may begin with a minus sign

    def add(group: argparse._ActionsContainer, option: str, metavar: str, **how: object) -> None:
        name = option.strip("-").replace("-", "_")
        text = words(f"command.analyse.{name}", models=", ".join(plate_models()))
        group.add_argument(option, metavar=metavar, help=text, **how)  # type: ignore[arg-type]

    add(parser, "files", "FILE", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true", help=words("command.analyse.json"))
    reading = parser.add_argument_group(words("command.analyse.reading"))
    add(reading, "--side", "left|right", choices=[side.value for side in Side], action="append")
    add(reading, "--rate", "HZ", type=_above_zero)
    add(reading, "--map", "MAP", type=_stated(ColumnMap.parse))
    cells = reading.add_mutually_exclusive_group()
    add(cells, "--plate", "MODEL", type=_plate)
    add(cells, "--cells", "X,Y;X,Y;X,Y;X,Y", type=_stated(parse_cells))
    add(reading, "--target", "S", type=_above_zero)
    analysing = parser.add_argument_group(words("command.analyse.analysing"))
    low_pass = analysing.add_mutually_exclusive_group()
    add(low_pass, "--lowpass", "HZ|none", type=_above_zero_or_none, default=DEFAULT.lowpass_hz)
    add(low_pass, "--lowpass-design", "HZ", type=_above_zero)
    add(analysing, "--grid", "native|100", choices=["native", "100"], default="100")
    add(analysing, "--window", "static|whole|START:END", type=_window, default=DEFAULT.window)


def _refuse(option: str, value: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(load_words()(f"command.analyse.{option}", value=value))


def _above_zero(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (number > 0 and math.isfinite(number)):
        raise _refuse("not_above_zero", text)
    return number


def _above_zero_or_none(text: str) -> float | None:
    return None if text == "none" else _above_zero(text)


def _window(text: str) -> Window:
    if text in ("static", "whole"):
        return "static" if text == "static" else "whole"
    start, _, end = text.partition(":")
    try:
        window = float(start), float(end)
    except ValueError:
        raise _refuse("not_a_window", text) from None
    if not (all(map(math.isfinite, window)) and window[0] < window[1]):
        raise _refuse("not_a_window", text)
    return window


def _plate(text: str) -> PlateGeometry:
    try:
        return load_plate_model(text).geometry
    except InvalidRecording as error:
        models = ", ".join(plate_models())
        words = load_words()
        raise argparse.ArgumentTypeError(words("command.analyse.no_model", value=text, models=models)) from error


def _stated(parse: Callable[[str], Parsed]) -> Callable[[str], Parsed]:
    """A parser of the readers, its refusal said as a mistake of usage."""

    def parsed(text: str) -> Parsed:
        try:
            return parse(text)
        except FileRefused as refused:
            raise argparse.ArgumentTypeError(problem_text(load_words(), refused.code, refused.values)) from refused

    return parsed


def _sides(args: argparse.Namespace) -> list[Side | None]:
    """The side of each file: one for all, or one for each in their order."""
    stated = [Side(side) for side in args.side or []]
    if len(stated) <= 1:
        return [stated[0] if stated else None] * len(args.files)
    if len(stated) != len(args.files):
        args.refuse_usage(load_words()("command.analyse.sides", sides=len(stated), files=len(args.files)))
    return list(stated)


def run(args: argparse.Namespace) -> int:
    """Analyse and print. 0: every file has its results; 1: something was refused, and why."""
    words = load_words()
    options = ReadOptions(rate_hz=args.rate, geometry=args.plate or args.cells, columns=args.map)
    files = [(path, replace(options, side=side)) for path, side in zip(args.files, _sides(args), strict=True)]
    settings = AnalysisSettings(
        lowpass_hz=None if args.lowpass_design else args.lowpass,
        lowpass_design_hz=args.lowpass_design,
        grid_hz=None if args.grid == "native" else float(args.grid),
        window=args.window,
    )
    analyses = analyse_files(files, settings, args.target)
    if args.json:
        document = analyses_document(words, analyses)
        sys.stdout.write(json.dumps(document, indent=1, allow_nan=False) + "\n")
    elif analyses.trials:
        sys.stdout.write(report(words, analyses))
    for problem in analyses.problems:
        if problem.refused:
            sys.stderr.write(problem_line(words, analyses, problem) + "\n")
    return 1 if analyses.refused else 0
