"""`stancelab analyse FILE...`: recordings of other systems in, findings, metrics and the two sides out."""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

from analysis.geometry import Side
from analysis.settings import AnalysisSettings, Window
from dashboard.analyses import analyse_files, analyses_document
from dashboard.analyses_text import problem_line, report
from dashboard.commands.reading import above_zero, add_option, add_reading_arguments, read_options, refusal
from dashboard.words import load_words

DEFAULT = AnalysisSettings()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    words = load_words()
    add_option(parser, "files", "FILE", nargs="+", type=Path)
    parser.add_argument("--json", action="store_true", help=words("command.analyse.json"))
    reading = add_reading_arguments(parser)
    add_option(reading, "--target", "S", type=above_zero)
    analysing = parser.add_argument_group(words("command.analyse.analysing"))
    low_pass = analysing.add_mutually_exclusive_group()
    add_option(low_pass, "--lowpass", "HZ|none", type=_above_zero_or_none, default=DEFAULT.lowpass_hz)
    add_option(low_pass, "--lowpass-design", "HZ", type=above_zero)
    add_option(analysing, "--grid", "native|100", choices=["native", "100"], default="100")
    add_option(analysing, "--window", "static|whole|START:END", type=_window, default=DEFAULT.window)
    analysing.add_argument("--research", action="store_true", help=words("command.analyse.research"))


def _above_zero_or_none(text: str) -> float | None:
    return None if text == "none" else above_zero(text)


def _window(text: str) -> Window:
    if text in ("static", "whole"):
        return "static" if text == "static" else "whole"
    start, _, end = text.partition(":")
    try:
        window = float(start), float(end)
    except ValueError:
        raise refusal("not_a_window", text) from None
    if not (all(map(math.isfinite, window)) and window[0] < window[1]):
        raise refusal("not_a_window", text)
    return window


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
    files = [(path, read_options(args, side)) for path, side in zip(args.files, _sides(args), strict=True)]
    settings = AnalysisSettings(
        lowpass_hz=None if args.lowpass_design else args.lowpass,
        lowpass_design_hz=args.lowpass_design,
        grid_hz=None if args.grid == "native" else float(args.grid),
        window=args.window,
        research=args.research,
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
