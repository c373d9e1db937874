"""The gate: nothing answers without a session, nothing for the wrong role, nothing that a page of ours did not ask."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from clinic import Clinic
from dash import Dash, Input, Output
from flask.testing import FlaskClient
from visitors import CALLBACK, account_of, client_of, fire

from dashboard.app import make_app
from dashboard.gate.gate import STATIC, gate_of
from dashboard.gate.register import FRAME, NoPermissionNamed, callback, check_callbacks, register_of
from dashboard.gate.tokens import Cookies
from records import accounts
from records.model import Role
from records.people import Session
from records.permissions import PERMITTED, READING, Permission, Right

NOBODY_NEEDED = {
    "/log-in",
    "/new-password",
    "/set-up",
    "/lock",
    "/lock/now",
    "/lock/safety",
    "/log-out",
    "/enter",
    "/session",
}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    made = Clinic(tmp_path_factory.mktemp("archive"))
    account_of(made.store, Role.ADMIN)
    made.patient("P-0042", name="Anna Example")
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def app(clinic: Clinic) -> Dash:
    made = make_app(clinic.services.config, clinic.services)
    made.server.test_client().get("/log-in")  # the first request: Dash finishes its addresses
    return made


@pytest.fixture
def stranger(app: Dash) -> FlaskClient:
    return app.server.test_client()


def may(role: Role, needed: Permission) -> bool:
    return role in (READING[needed] if isinstance(needed, Right) else PERMITTED[needed])


# ---- without a session


def test_no_address_answers_without_a_session_but_the_way_in_and_files_of_the_program(
    app: Dash, stranger: FlaskClient
) -> None:
    """Every rule of the server, whatever its method: a new one is closed until it is opened on purpose."""
    for rule in app.server.url_map.iter_rules():
        if rule.endpoint in STATIC or rule.endpoint in NOBODY_NEEDED:
            continue
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        for method in (rule.methods or set()) - {"OPTIONS"}:
            answer = stranger.open(path, method=method, json={} if method == "POST" else None)
            page = rule.endpoint in ("/", "/<path:path>") and method == "GET"
            assert answer.status_code == (303 if page else 401), f"{method} {rule.rule}"
            assert "P-0042" not in answer.text


def test_no_callback_answers_without_a_session(app: Dash, stranger: FlaskClient) -> None:
    assert app.callback_map
    assert {fire(stranger, output).status_code for output in app.callback_map} == {401}


def test_what_is_open_is_what_is_named_here_and_says_nothing_of_the_archive(app: Dash, stranger: FlaskClient) -> None:
    assert gate_of(app).open == NOBODY_NEEDED
    for path in sorted(NOBODY_NEEDED):
        answer = stranger.get(path)
        assert "P-0042" not in answer.text
        assert "Dr. Example" not in answer.text


@pytest.mark.parametrize("token", ["", "x", "'; drop table account; --", "../../etc/passwd", "\xff", "A" * 60_000])
def test_a_forged_session_is_none(app: Dash, token: str) -> None:
    client = app.server.test_client(use_cookies=False)
    headers = {"Cookie": f"{gate_of(app).cookies.session}={token}"}
    assert client.get("/_dash-layout", headers=headers).status_code == 401


def test_a_session_that_is_over_revoked_or_left_alone_is_none(app: Dash, clinic: Clinic) -> None:
    now = datetime.now(UTC)
    for role, age in ((Role.VIEWER, timedelta(minutes=16)), (Role.VIEWER, timedelta(hours=13))):
        assert client_of(app, role, now - age).get("/_dash-layout").status_code == 401
    client = client_of(app, Role.VIEWER)
    assert client.get("/_dash-layout").status_code == 200
    account = account_of(clinic.store, Role.VIEWER)
    newest: Session = accounts.sessions_of(clinic.store, account.id)[0]
    accounts.revoke_session(clinic.store, account_of(clinic.store, Role.ADMIN).actor, newest.id, now=now)
    assert client.get("/_dash-layout").status_code == 401


def test_the_session_of_one_archive_opens_no_other(app: Dash, clinic: Clinic) -> None:
    """Browsers give the cookies of one port to every other of the same host: their names keep archives apart."""
    names = {gate_of(app).cookies.session, gate_of(app).cookies.csrf}
    other = replace(clinic.services.config, store_url="sqlite:///elsewhere.db")
    assert names.isdisjoint({Cookies(other).session, Cookies(other).csrf})


# ---- each role and each callback, each role and each address


def test_a_callback_without_a_permission_keeps_the_program_from_starting(clinic: Clinic) -> None:
    app = make_app(clinic.services.config, clinic.services)
    check_callbacks(app)
    app.callback(Output("x", "children"), Input("y", "n_clicks"))(lambda clicks: clicks)
    with pytest.raises(NoPermissionNamed, match=r"x\.children"):
        check_callbacks(app)


def test_a_timer_has_to_say_that_it_is_no_activity(clinic: Clinic) -> None:
    app = make_app(clinic.services.config, clinic.services)
    with pytest.raises(ValueError, match="polls"):
        callback(app, Right.READ, Output("x", "children"), Input("y", "n_intervals"))


@pytest.mark.parametrize("role", Role)
def test_each_role_reaches_the_callbacks_its_permissions_name_and_no_other(app: Dash, role: Role) -> None:
    """403 before anything of the callback runs. What is allowed fails in other ways: nothing was typed."""
    client = client_of(app, role)
    app.server.config["PROPAGATE_EXCEPTIONS"] = False
    registered = register_of(app.server).callbacks
    assert registered
    for output, guarded in registered.items():
        assert (fire(client, output).status_code == 403) is not may(role, guarded.needs), output


@pytest.mark.parametrize("role", Role)
def test_each_role_reaches_the_addresses_its_permissions_name_and_no_other(app: Dash, role: Role) -> None:
    client = client_of(app, role)
    for endpoint, guarded in register_of(app.server).routes.items():
        if endpoint in FRAME:
            continue
        (rule,) = [rule for rule in app.server.url_map.iter_rules() if rule.endpoint == endpoint]
        assert (client.get(rule.rule).status_code == 403) is not may(role, guarded.needs), endpoint


def test_a_callback_that_is_not_there_is_refused(app: Dash) -> None:
    assert fire(client_of(app), "nothing.children").status_code == 403


@pytest.mark.parametrize("sent", [["a"], {"a": 1}, []])
def test_what_is_no_text_where_a_callback_takes_text_is_a_bad_request(app: Dash, sent: object) -> None:
    asked = {
        "output": "..page.children...title.data..",
        "outputs": [{"id": "page", "property": "children"}, {"id": "title", "property": "data"}],
        "inputs": [{"id": "url", "property": "pathname", "value": sent}],
        "changedPropIds": ["url.pathname"],
    }
    assert client_of(app).post(CALLBACK, json=asked).status_code == 400


def test_a_page_says_to_a_role_that_it_is_not_for_it(app: Dash, clinic: Clinic) -> None:
    asked = {
        "output": "..page.children...title.data..",
        "outputs": [{"id": "page", "property": "children"}, {"id": "title", "property": "data"}],
        "inputs": [{"id": "url", "property": "pathname", "value": "/test/x"}],
        "changedPropIds": ["url.pathname"],
    }
    assert clinic.services.words("errors.NOT_PERMITTED") in client_of(app, Role.VIEWER).post(CALLBACK, json=asked).text


def test_what_a_role_may_is_looked_up_each_time(app: Dash, clinic: Clinic) -> None:
    """An account that was given another role has it in the session that is open."""
    client, admin = client_of(app, Role.VIEWER), account_of(clinic.store, Role.ADMIN).actor
    viewer = account_of(clinic.store, Role.VIEWER)
    assert client.get("/api/live").status_code == 403
    accounts.change_role(clinic.store, admin, viewer.id, Role.CLINICIAN)
    assert client.get("/api/live").status_code == 404
    accounts.change_role(clinic.store, admin, viewer.id, Role.VIEWER)
    assert client.get("/api/live").status_code == 403
