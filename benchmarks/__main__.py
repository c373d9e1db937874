"""Run the parts named on the command line (all by default), print their table, write it with --write."""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from pathlib import Path

from benchmarks.figures import Figure

PARTS = (
    "analysing",
    "calibrating",
    "importing",
    "wire",
    "reconnect",
    "spool",
    "patients",
    "phases",
    "demands",
    "chance",
    "page",
    "live",
)
REPORT = Path(__file__).parent.parent / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

What `python -m benchmarks --write` printed, in one run. No test asserts these figures; they say what this program costs
on a small machine, and how it compares with the plain way of doing the same, measured in the same run.

Machine: {cores} cores, {memory_gib:.0f} GiB of memory. CPU times are of one core, medians.
"""


def memory_gib() -> float:
    """Memory of this machine. [GiB]"""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0.0


def table(part: str, figures: list[Figure]) -> str:
    """Return one part as Markdown."""
    module = import_module(f"benchmarks.{part}")
    rows = "\n".join(f"| {figure.what} | {figure.value} | {figure.how} |" for figure in figures)
    return (
        f"## {(module.__doc__ or part).splitlines()[0].rstrip('.')}\n\n| what | figure | how |\n|---|---|---|\n{rows}\n"
    )


def main() -> None:
    """Print, and write where asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} too")
    args = parser.parse_args()
    sections = []
    for part in args.parts or PARTS:
        sections.append(table(part, import_module(f"benchmarks.{part}").figures()))
        print(sections[-1], flush=True)
    if args.write:
        head = HEAD.format(cores=os.cpu_count(), memory_gib=memory_gib())
        REPORT.write_text("\n".join([head, *sections]), encoding="utf-8")


if __name__ == "__main__":
    main()
