"""The faults of acquisition and the tests that inject them: `python -m docs.fault_table` writes `docs/reliability.md`.

A test of a row carries `@pytest.mark.fault(row=15)`, and the first paragraph of its docstring says what it does to the
plate and what comes of it: `Row 15: one cell repeats its count -> red within 0.6 s, the cell named.`
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reliability.md"

ROWS: dict[int, str] = {
    1: "Bit flip, garbage on the wire",
    2: "Lost frames",
    3: "Repeated or reordered frames",
    4: "Truncated frame, endless stream without an end mark",
    5: "Another device, wrong baud rate, boot text",
    6: "Firmware of another wire version",
    7: "Cable pulled out during a trial",
    8: "Port open, nothing comes",
    9: "Plate restarts during a trial",
    10: "The plate's clock wraps (71.6 min)",
    11: "The plate's clock drifts",
    12: "The computer's clock jumps",
    13: "The computer sleeps",
    14: "The computer is overloaded",
    15: "Frozen cell",
    16: "Saturated cell",
    17: "Disconnected cell",
    18: "Swapped or rotated cells",
    19: "Negative load, inverted cell",
    20: "The zero has drifted or is old",
    21: "Weight implausible for this patient",
    22: "Wrong leg, or both feet",
    23: "Step off, touch-down",
    25: "Disk full, short write",
    26: "Disk slow",
    27: "Folder or archive read-only",
    28: "Archive locked",
    29: "Archive damaged",
    30: "The archive's server gone",
    31: "Two programs, one port",
    32: "No permission for the port",
    33: "Port comes back under another name",
    34: "Port stays dead until it is closed (Windows)",
    35: "Ctrl-C, termination, log-out, kill, power cut",
    36: "Calibration missing, of another plate, or expired",
}


@dataclass(frozen=True, slots=True)
class FaultTest:
    """One test of a row: where it is, what it does to the plate, what comes of it. Empty where it does not say."""

    row: int
    file: str
    name: str
    injected: str
    outcome: str


def fault_tests(folder: Path = ROOT / "tests") -> list[FaultTest]:
    """Every marked test, by row, file and place. Read from the sources: nothing is imported."""
    found = [
        test
        for path in sorted(folder.rglob("test_*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        for test in _tests_of(node, path.relative_to(folder.parent).as_posix())
    ]
    return sorted(found, key=lambda test: test.row)


def _tests_of(node: ast.FunctionDef, file: str) -> Iterator[FaultTest]:
    paragraph = " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())
    said = re.fullmatch(r"Rows? ([\d, and]+): (.+?) -> (.+)", paragraph)
    named = {int(number) for number in re.findall(r"\d+", said[1])} if said else set()
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.fault":
            row = ast.literal_eval(decorator.keywords[0].value)
            injected, outcome = (said[2], said[3]) if said and row in named else ("", "")
            yield FaultTest(row, file, node.name, injected, outcome)


def page() -> str:
    """The page as it has to be."""
    tests = fault_tests()
    lines = [
        "# Reliability: every fault of acquisition and archive has a test",
        "",
        "Written by `python -m docs.fault_table` from the tests themselves. Faults are injected into the bytes on",
        "the wire, into the simulated electronics, into what the computer answers or into the archive. Row 24 is",
        "the analysis' own.",
        "",
        "| row | fault | injected | outcome | test |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {test.row} | {ROWS[test.row]} | {test.injected} | {test.outcome} |"
        f" [{test.name.removeprefix('test_').replace('_', ' ')}](../{test.file}) |"
        for test in tests
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
