"""Every test here reads real recordings and compares with numbers that other people or devices published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from published import Analyse

from dashboard.cli import main


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all of them."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.recordings)


@pytest.fixture
def analysed(capsys: pytest.CaptureFixture[str]) -> Analyse:
    """Trials that `stancelab analyse --json` prints for a file and options."""

    def analyse(*arguments: object) -> list[dict[str, Any]]:
        assert main(["analyse", "--json", *map(str, arguments)]) == 0
        return list(json.loads(capsys.readouterr().out)["trials"])

    return analyse
