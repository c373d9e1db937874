"""Serving: on this computer only, on a fresh archive or an existing one, and ended cleanly."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from clinic import Clinic
from tests_root import ROOT
from visitors import VISITORS_PASSWORD, account_of, form_token

from dashboard.app import make_app
from dashboard.archive import local_actor, open_store
from dashboard.cli import main
from dashboard.config import Config, store_url
from dashboard.demonstration import PAST, PATIENTS, fill
from dashboard.serving import Server, running
from dashboard.station import Station
from dashboard.visit_groups import condition_groups
from records.model import Role
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


def test_every_listening_socket_of_the_pages_is_bound_to_this_computer_only(tmp_path: Path) -> None:
    """Asked of the system: a socket on every address (0.0.0.0) would answer on loopback just as well."""
    with served(config_in(tmp_path)) as server:
        held = [each.socket for each in server._sockets.values() if getattr(each, "accepting", False)]
        assert [each.getsockname() for each in held] == [("127.0.0.1", int(server._server.effective_port))]


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


@pytest.mark.parametrize(
    "text",
    [
        "http://balance.example",
        "balance.example",
        "https://",
        "https://x.example/path",
        "https://me@x.example",
        "0.0.0.0",  # noqa: S104
    ],
)
def test_other_computers_are_let_in_through_tls_only(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--lan", text, "--no-browser", "--data", str(tmp_path)])
    assert ended.value.code == 2
    assert "reverse proxy" in capsys.readouterr().err


def test_behind_a_proxy_with_tls_cookies_are_secure_and_only_its_pages_may_send(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path)
    config = replace(clinic.services.config, public_url="https://balance.example")
    app = make_app(config, replace(clinic.services, config=config))
    account_of(clinic.store, Role.ADMIN)
    account_of(clinic.store, Role.CLINICIAN)
    client = app.server.test_client()
    there: dict[str, Any] = {"base_url": "http://balance.example"}
    page = client.get("/log-in", **there)
    assert page.headers["Strict-Transport-Security"].startswith("max-age=")
    sent = {"name": "Dr. Example", "password": VISITORS_PASSWORD, "csrf": form_token(page)}
    from_there = {"Origin": "https://balance.example", "Sec-Fetch-Site": "same-origin"}
    (form,) = page.headers.getlist("Set-Cookie")
    cookie = {"Cookie": form.partition(";")[0]}  # over http the client would not send a secure one
    for origin in ("http://balance.example", "https://evil.example"):
        answer = client.post("/log-in", data=sent, headers={**cookie, "Origin": origin}, **there)
        assert answer.status_code == 403
    answer = client.post("/log-in", data=sent, headers={**cookie, **from_there}, **there)
    assert answer.status_code == 303
    for one in answer.headers.getlist("Set-Cookie"):
        assert one.startswith("__Host-")
        assert "Secure" in one
    assert client.get("/log-in", base_url="http://elsewhere.example").status_code == 400
    clinic.store.close()
