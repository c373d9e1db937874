"""Serving: on this computer only, on a fresh archive or an existing one, and ended cleanly."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from tests_root import ROOT

from dashboard.archive import local_actor, open_store
from dashboard.cli import main
from dashboard.config import Config, store_url
from dashboard.demonstration import PAST, PATIENTS, fill
from dashboard.serving import Server, running
from dashboard.station import Station
from dashboard.visit_groups import condition_groups
from records.store import RecordStore


def config_in(folder: Path, http_port: int = 0) -> Config:
    return Config(folder, store_url(None, folder, {}), http_port, open_browser=False)


@contextmanager
def served(config: Config) -> Iterator[Server]:
    with running(config, open_store(config)) as services:
        server = Server(config, services)
        thread = Thread(target=server.run)
        thread.start()
        try:
            yield server
        finally:
            server.close()
            thread.join()


def test_a_fresh_folder_is_served_on_loopback(tmp_path: Path) -> None:
    with served(config_in(tmp_path / "new")) as server:
        assert server.address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(server.address) as answer:  # noqa: S310 - loopback
            assert answer.status == 200
    assert (tmp_path / "new" / "stancelab.db").is_file()


def test_a_port_in_use_is_said_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(config_in(tmp_path / "one")) as server:
        port = server.address.rsplit(":", 1)[1].strip("/")
        assert main(["serve", "--http-port", port, "--no-browser", "--data", str(tmp_path / "two")]) == 1
    assert f"Port {port} is in use" in capsys.readouterr().err


def test_a_demonstration_begins_in_an_empty_folder_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert main(["demo", "--no-browser", "--data", str(tmp_path)]) == 1
    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_demonstration_holds_simulated_patients_with_both_sides_measured(tmp_path: Path) -> None:
    """Every trial is the guided test's own: as many a side as its protocol asks for, each with its result."""
    store = RecordStore(f"sqlite:///{(tmp_path / 'demo.db').as_posix()}")
    store.upgrade()
    fill(store)
    station = Station(store, local_actor(), "test")
    rows = store.search_patients()
    assert {row.patient.code for row in rows} == {entry.patient.code for entry in PATIENTS}
    assert all(row.patient.simulated for row in rows)
    for row in rows:
        for visit in store.visits_of(row.patient.id):
            results = station.visit_results(visit.id)
            (group,) = condition_groups(results)
            assert group.comparison.left.n == group.comparison.right.n == PAST.attempts_a_side
            assert all(filed.trial.demo for filed in results.trials)
    store.close()


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process; end it by hand there")
def test_ctrl_c_ends_the_program_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "dashboard.cli", "serve", "--no-browser", "--http-port", "0"]
    options = ["--data", str(tmp_path), "--plate", "sim:healthy"]
    with subprocess.Popen(
        [*command, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        with urllib.request.urlopen(address) as answer:  # noqa: S310 - loopback
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert errors == ""
