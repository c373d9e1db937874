"""Run the parts named on the command line (all by default), print their table, write it with --write."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

from benchmarks.figures import Figure

PARTS = (
    "analysing",
    "calibrating",
    "importing",
    "reassessing",
    "wire",
    "reconnect",
    "spool",
    "patients",
    "page",
    "live",
)
#: What is proved rather than what it costs: their tables stand in the method, between marks of their own.
PROOFS = ("phases", "demands", "chance")
#: What must survive: each is a program with arguments of its own (`python -m benchmarks storm --help`).
STORMS = ("storm", "kills", "powercut")
DOCS = Path(__file__).parent.parent / "docs"
REPORT, METHOD = DOCS / "benchmarks.md", DOCS / "method.md"
END = "<!-- end of what was written -->"
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


def with_proof(text: str, part: str, section: str) -> str:
    """The method's text with this part's table in place of the one before."""
    begin = f"<!-- written by python -m benchmarks {part} --write -->"
    head, rest = text.split(begin)
    return f"{head}{begin}\n#{section}{END}{rest.split(END, 1)[1]}"


def write(sections: dict[str, str]) -> None:
    """Costs into their page, as a whole; each proof into its place in the method."""
    costs = [section for part, section in sections.items() if part in PARTS]
    if costs:
        head = HEAD.format(cores=os.cpu_count(), memory_gib=memory_gib())
        REPORT.write_text("\n".join([head, *costs]), encoding="utf-8")
    for part in PROOFS:
        if part in sections:
            METHOD.write_text(with_proof(METHOD.read_text(encoding="utf-8"), part, sections[part]), encoding="utf-8")


def main() -> None:
    """Print, and write where asked; or run a storm."""
    if sys.argv[1:] and sys.argv[1] in STORMS:
        sys.exit(import_module(f"benchmarks.{sys.argv[1]}").main(sys.argv[2:]))
    every = (*PARTS, *PROOFS)
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*every, []], metavar="PART", help=", ".join(every))
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name}, and the proofs into {METHOD.name}")
    args = parser.parse_args()
    sections: dict[str, str] = {}
    for part in args.parts or every:
        sections[part] = table(part, import_module(f"benchmarks.{part}").figures())
        print(sections[part], flush=True)
    if args.write:
        write(sections)


if __name__ == "__main__":
    main()
