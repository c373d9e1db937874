"""The rules of the house that a machine can see."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests_root import ROOT

PACKAGES = ("analysis", "acquisition", "hardware", "records", "dashboard")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [ROOT / name for name in listed.decode().split("\0") if name and (ROOT / name).is_file()]


def test_the_import_contracts_hold() -> None:
    command = "from importlinter.cli import lint_imports_command as check; check()"
    done = subprocess.run([sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_function_is_longer_than_40_lines(path: Path) -> None:
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [f"{node.name}: {body_length(node)}" for node in functions if body_length(node) > 40] == []


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "base", "manager", "misc", "data"])
def test_no_module_has_a_name_that_says_nothing(word: str) -> None:
    assert [path for path in SOURCES if path.stem == word] == []


def test_only_geometry_mirrors() -> None:
    """A sign that depends on the side, or a negated ML column, anywhere else is how a wrong side is born."""
    flips = re.compile(r"-\s*1(\.0)?\s+if\s+.*side|side\s*(==|is)\s*Side\.\w+\s+else\s+-\s*1|\[:,\s*0\]\s*\*=\s*-\s*1")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCES
        if path.name != "geometry.py"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if flips.search(line)
    ]
    assert found == []


def test_nothing_names_a_machine_path_or_a_package_index() -> None:
    pattern = re.compile(
        r"https?://\S*/(simple|packages|pool)/|--(extra-)?index-url|find-links|(^|[^.\w])/(work|root|opt)/"
    )
    allowed = {Path(__file__), ROOT / "LICENSE"}
    found = []
    for path in tracked_files():
        if (
            path in allowed
            or path.suffix in {".png", ".woff2", ".ttf", ".db", ".sqlite"}
            or path.name.endswith(".min.js")
        ):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")
    assert found == []


def test_no_recording_of_another_project_is_committed() -> None:
    """The real recordings stay outside: one is under GPL, all belong to other people."""
    assert [path for path in tracked_files() if "kinvent_sls" in path.name or "wbb_" in path.name] == []


def test_every_test_file_has_a_name_of_its_own() -> None:
    """Pytest imports test files by their name alone: two of one name cannot be collected together."""
    names = Counter(
        path.name for path in (ROOT / "tests").rglob("*.py") if path.name not in ("conftest.py", "__init__.py")
    )
    assert [name for name, n in names.items() if n > 1] == []
