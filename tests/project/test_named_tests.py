"""Pages name the tests that hold what they say; a test that is gone leaves a promise that nothing holds."""

from __future__ import annotations

import ast
import re

import pytest
from tests_root import ROOT

NAMED = re.compile(r"`(test_\w+)`")


def test_every_test_that_a_page_names_is_there() -> None:
    there = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    named = {
        (page.name, test)
        for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
        for test in NAMED.findall(page.read_text(encoding="utf-8"))
    }
    assert [f"{page}: {test}" for page, test in sorted(named) if test not in there] == []


@pytest.mark.parametrize(("page", "begins"), [("docs/regulatory.md", "## Hazards"), ("SECURITY.md", "| who | wants")])
def test_every_hazard_and_every_attacker_names_a_test(page: str, begins: str) -> None:
    section = (ROOT / page).read_text(encoding="utf-8").partition(begins)[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith("| hazardous")]
    assert len(rows) > 10
    assert [row for row in rows if not NAMED.search(row)] == []
