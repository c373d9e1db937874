"""The program ends when it is told to, although a screen is open; nothing measured is lost by it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests_root import ROOT
from visitors import session_cookies

from dashboard.config import Config, store_url
from records import filing
from records.model import Actor, NewPatient, Role
from records.store import RecordStore

pytestmark = pytest.mark.process


@contextmanager
def serving(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "dashboard.cli", "serve", "--no-browser", "--http-port", "0"]
    command += ["--data", str(folder), "--plate", "sim:healthy?speed=4"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            addresses = (re.search(r"http://[\d.:]+", line) for line in program.stdout)
            yield program, next(found.group() for found in addresses if found)
        finally:
            program.kill()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_an_open_screen_does_not_hold_up_the_end(how: signal.Signals, tmp_path: Path) -> None:
    """Ended by the system or by Ctrl-C, it takes its leave in order: exit code 0."""
    with serving(tmp_path) as (program, address):
        store, actor = RecordStore(f"sqlite:///{tmp_path}/stancelab.db"), Actor("x", Role.CLINICIAN)
        patient = filing.add_patient(store, actor, NewPatient("P"))
        visit = filing.open_visit(store, actor, patient.id, station="x")
        cookies = session_cookies(store, Config(tmp_path, store_url(None, tmp_path, {})))
        store.close()
        asked = urllib.request.Request(f"{address}/api/live?visit={visit.id}")  # noqa: S310 - loopback
        asked.add_header("Cookie", "; ".join(f"{name}={text}" for name, text in cookies.items()))
        with urllib.request.urlopen(asked) as screen:  # noqa: S310 - loopback
            assert screen.readline().startswith(b"retry")
            program.send_signal(how)
            assert program.wait(30) == 0
