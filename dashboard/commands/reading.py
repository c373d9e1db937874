"""Options of every verb that reads a file of another system: body side, rate, columns, cells."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from typing import TypeVar

from acquisition.files import ColumnMap, FileRefused, ReadOptions, parse_cells
from analysis.errors import InvalidRecording
from analysis.geometry import PlateGeometry, Side
from dashboard.sentences import problem_text
from dashboard.words import load_words
from hardware.plates import load_plate_model, plate_models

Parsed = TypeVar("Parsed")


def add_option(group: argparse._ActionsContainer, option: str, metavar: str, **how: object) -> None:
    """One option whose help is `command.analyse.<option>`."""
    name = option.strip("-").replace("-", "_")
    text = load_words()(f"command.analyse.{name}", models=", ".join(plate_models()))
    group.add_argument(option, metavar=metavar, help=text, **how)  # type: ignore[arg-type]


def add_reading_arguments(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """The options; --side may be given once for each file."""
    parser.set_defaults(refuse_usage=parser.error)
    parser._negative_number_matcher = re.compile(r"-\.?\d")  # --cells and --window may begin with a minus sign
    reading = parser.add_argument_group(load_words()("command.analyse.reading"))
    add_option(reading, "--side", "left|right", choices=[side.value for side in Side], action="append")
    add_option(reading, "--rate", "HZ", type=above_zero)
    add_option(reading, "--map", "MAP", type=_stated(ColumnMap.parse))
    cells = reading.add_mutually_exclusive_group()
    add_option(cells, "--plate", "MODEL", type=_plate)
    add_option(cells, "--cells", "X,Y;X,Y;X,Y;X,Y", type=_stated(parse_cells))
    return reading


def read_options(args: argparse.Namespace, side: Side | None) -> ReadOptions:
    """What the readers are told."""
    return ReadOptions(rate_hz=args.rate, geometry=args.plate or args.cells, columns=args.map, side=side)


def refusal(option: str, value: str) -> argparse.ArgumentTypeError:
    """A mistake of usage, said in words."""
    return argparse.ArgumentTypeError(load_words()(f"command.analyse.{option}", value=value))


def above_zero(text: str) -> float:
    """Parse a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (number > 0 and math.isfinite(number)):
        raise refusal("not_above_zero", text)
    return number


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
