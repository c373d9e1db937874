"""Who opens the pages in tests: people with an account and an open session, without the log-in page."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from dash import Dash
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.config import Config
from dashboard.gate.gate import gate_of
from dashboard.gate.tokens import CSRF_HEADER, Cookies, csrf_of
from dashboard.services import Services
from records import accounts, passwords, people_rows, sign_in
from records.ids import new_id
from records.model import Role
from records.people import Account
from records.store import RecordStore

NAMES = {Role.VIEWER: "Vera Viewer", Role.CLINICIAN: "Dr. Example", Role.ADMIN: "Ada Admin"}
VISITORS_PASSWORD = "nine lives of a cat"  # noqa: S105

CALLBACK = "/_dash-update-component"

#: Address of a served application -> cookies of a session there.
_known: dict[str, dict[str, str]] = {}


@cache
def _password_hash() -> str:
    """Made once: its work is meant to be slow."""
    return passwords.hashed(VISITORS_PASSWORD)


def account_of(store: RecordStore, role: Role = Role.CLINICIAN) -> Account:
    """The account of this role, made where there is none yet. Its password: `VISITORS_PASSWORD`."""
    known = accounts.account_named(store, NAMES[role])
    if known is not None:
        return known
    made = Account(new_id(), NAMES[role], role, datetime.now(UTC), disabled_at=None, version=1)
    with store.writing() as archive:
        people_rows.insert_account(archive, made, _password_hash())
    return made


def session_cookies(
    store: RecordStore, config: Config, role: Role = Role.CLINICIAN, now: datetime | None = None
) -> dict[str, str]:
    """Cookies of a new session of somebody with this role."""
    cookies = Cookies(config)
    if not accounts.has_administrator(store):
        account_of(store, Role.ADMIN)
    opened = sign_in.open_session(store, account_of(store, role).id, now=now or datetime.now(UTC))
    return {cookies.session: opened.token, cookies.csrf: csrf_of(opened.token)}


def client_of(app: Dash, role: Role = Role.CLINICIAN, now: datetime | None = None) -> FlaskClient:
    """A client of an application with a session of somebody with this role, which sends what Dash's pages send."""
    client = app.server.test_client()
    gate = gate_of(app)
    for name, text in session_cookies(gate.store, gate.config, role, now).items():
        client.set_cookie(name, text)
        if name == gate.cookies.csrf:
            client.environ_base[f"HTTP_{CSRF_HEADER.upper().replace('-', '_')}"] = text
    return client


def let_in(services: Services, address: str, role: Role = Role.CLINICIAN) -> str:
    """Let browsers that open `address` be logged in there (`browsing.watched`); the address."""
    _known[address.rstrip("/")] = session_cookies(services.station.store, services.config, role)
    return address


def browser_cookies(address: str) -> list[dict[str, Any]]:
    """Cookies of whoever was let in at an address, as a browser takes them."""
    return [
        {"name": name, "value": text, "url": address, "sameSite": "Strict"}
        for name, text in _known.get(address.rstrip("/"), {}).items()
    ]


def fire(client: FlaskClient, output: str, **headers: str) -> TestResponse:
    """A callback as a browser fires it, with nothing typed."""
    asked = {"output": output, "outputs": [], "inputs": [], "changedPropIds": []}
    return client.post(CALLBACK, json=asked, headers=headers)


def form_token(answer: TestResponse) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', answer.text)
    assert found is not None
    return found.group(1)


def log_in(client: FlaskClient, name: str, password: str, **more: str) -> TestResponse:
    token = form_token(client.get("/log-in"))
    return client.post("/log-in", data={"csrf": token, "name": name, "password": password, **more})


def page_at(client: FlaskClient, path: str) -> str:
    """What the application puts into the page for an address, as its JSON."""
    asked: dict[str, Any] = {
        "output": "..page.children...title.data..",
        "outputs": [{"id": "page", "property": "children"}, {"id": "title", "property": "data"}],
        "inputs": [{"id": "url", "property": "pathname", "value": path}],
        "changedPropIds": ["url.pathname"],
    }
    answer = client.post(CALLBACK, json=asked)
    assert answer.status_code == 200, answer.text
    return json.dumps(answer.get_json(), ensure_ascii=False)
