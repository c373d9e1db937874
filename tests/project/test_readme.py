"""What the README promises is there."""

from __future__ import annotations

import re

from tests_root import ROOT

from dashboard.cli import VERBS

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_shows_every_verb() -> None:
    """As `start.py VERB`, or as a further verb of the same row."""
    shown = set(re.findall(r"start\.py (\w+)", README))
    assert shown - {"test"} == set(VERBS)
