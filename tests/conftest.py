"""What every test may use, and the rule that CI skips nothing."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest
from browsing import browser
from postgres_server import databases
from tests_root import ROOT

__all__ = ["browser", "databases"]

RECORDINGS = ROOT.parent / "shared" / "data"

hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")

os.environ["STANCELAB_PLATE"] = "none"  # no test asks the ports of whoever runs it for a plate

_skipped: list[str] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--plate URL`: a plate on the bench, for its contract. `--postgres URL`: a server to make databases on."""
    parser.addoption("--plate", metavar="URL", help="address of a plate on the bench, to run the plates' contract on")
    parser.addoption("--postgres", metavar="URL", help="address of a PostgreSQL server; else one is started")


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Folder of the real recordings (`../shared/data`); they are not part of this repository."""
    if not RECORDINGS.is_dir():
        pytest.skip("real recordings are not here: put them into ../shared/data beside this checkout")
    return RECORDINGS


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was skipped."""
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skipped test is a failure: a missing tool there must not look like a pass."""
    if os.environ.get("CI") and _skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the skipped tests that fail the run."""
    if os.environ.get("CI") and _skipped:
        terminalreporter.section("skipped tests fail this run (CI is set)")
        for nodeid in _skipped:
            terminalreporter.line(nodeid)
