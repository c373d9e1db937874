"""What no other page can make a browser do, and how people come in: forms, cookies, hosts, lock screen, set-up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from clinic import Clinic
from dash import Dash
from visitors import VISITORS_PASSWORD, account_of, client_of, fire, form_token, log_in

from dashboard.app import make_app
from dashboard.archive import console_actor
from dashboard.config import station_file
from dashboard.gate.gate import gate_of, now
from dashboard.gate.tokens import CSRF_HEADER, local_path
from records import accounts, sign_in
from records.errors import StoreDamaged
from records.model import Act, Role
from records.store import sqlite_url


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


# ---- what no other page can make a browser do


def test_an_act_without_the_token_of_its_session_is_refused(app: Dash) -> None:
    output = "..patients-list.children...patients-more.style.."
    mine, other = client_of(app), client_of(app)
    assert fire(mine, output).status_code != 403
    for token in ("", "0" * 64, other.environ_base[f"HTTP_{CSRF_HEADER.upper().replace('-', '_')}"]):
        assert fire(mine, output, **{CSRF_HEADER: token}).status_code == 403


def test_a_token_is_worth_nothing_after_the_log_out(app: Dash) -> None:
    client = client_of(app)
    kept = {cookie: client.get_cookie(cookie) for cookie in (gate_of(app).cookies.session, gate_of(app).cookies.csrf)}
    assert client.post("/log-out").status_code == 303
    for name, cookie in kept.items():
        assert cookie is not None
        client.set_cookie(name, cookie.value)
    assert fire(client, "patients-form.opened").status_code == 401


def test_the_form_of_a_log_in_is_worth_nothing_in_another_browser(app: Dash) -> None:
    one, other = app.server.test_client(), app.server.test_client()
    token = form_token(one.get("/log-in"))
    other.get("/log-in")
    sent = {"csrf": token, "name": "Dr. Example", "password": VISITORS_PASSWORD}
    assert other.post("/log-in", data=sent).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://localhost:9"},
        {"Origin": "null"},
    ],
    ids=str,
)
def test_what_another_site_sends_is_refused_with_every_cookie_and_token(app: Dash, headers: dict[str, str]) -> None:
    output = "..patients-list.children...patients-more.style.."
    assert fire(client_of(app), output, **headers).status_code == 403
    assert client_of(app).get("/_dash-layout", headers=headers).status_code == 403


def test_a_form_of_a_page_that_sends_no_referrer_is_its_own(app: Dash) -> None:
    """Browsers hide the origin of a form where the page sends no referrer, and say themselves that it is ours."""
    client = client_of(app)
    hidden = {"Origin": "null", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
    assert client.post("/log-out", headers={**hidden, "Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/log-out", headers=hidden).status_code == 303


def test_a_link_from_elsewhere_to_a_page_opens_it(app: Dash) -> None:
    """Without its cookies, which are SameSite=Strict: the log-in answers."""
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    answer = app.server.test_client().get("/patient/x", headers=headers)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/log-in?next=/patient/x")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8050"])
def test_a_name_that_leads_here_by_trickery_gets_nothing(app: Dash, host: str) -> None:
    """DNS rebinding: another site's name, pointed at this computer."""
    for path in ("/log-in", "/", "/assets/app.css"):
        assert app.server.test_client().get(path, base_url=f"http://{host}").status_code == 400


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/%0d%0aSet-Cookie:x".replace("%0d%0a", "\r\n"),
        "javascript:alert(1)",
        "/\t/evil.example",
        "http:/evil.example",
        "",
    ],
)
def test_after_the_log_in_nobody_lands_on_another_host(app: Dash, clinic: Clinic, wanted: str) -> None:
    account_of(clinic.store, Role.CLINICIAN)
    client = app.server.test_client()
    answer = log_in(client, "Dr. Example", VISITORS_PASSWORD, next=wanted)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_after_the_log_in_the_page_comes_that_was_asked_for(app: Dash, clinic: Clinic) -> None:
    account_of(clinic.store, Role.CLINICIAN)
    answer = log_in(app.server.test_client(), "Dr. Example", VISITORS_PASSWORD, next="/patient/0193?tab=1")
    assert answer.headers["Location"] == "/patient/0193?tab=1"
    assert local_path("/result/7") == "/result/7"


# ---- cookies, log-in, lock


def test_the_session_is_a_cookie_that_no_script_reads_and_no_other_site_sends(app: Dash, clinic: Clinic) -> None:
    account_of(clinic.store, Role.CLINICIAN)
    answer = log_in(app.server.test_client(), "Dr. Example", VISITORS_PASSWORD)
    set_cookies = answer.headers.getlist("Set-Cookie")
    (session,) = [one for one in set_cookies if one.startswith(f"{gate_of(app).cookies.session}=")]
    assert "HttpOnly" in session
    assert "SameSite=Strict" in session
    assert "Expires" not in session  # it is gone with the browser


def test_a_log_in_replaces_the_session_that_the_browser_had(app: Dash, clinic: Clinic) -> None:
    """Whoever planted a session in a browser has nothing of the one that is opened there."""
    client = client_of(app, Role.VIEWER, datetime.now(UTC) - timedelta(minutes=6))  # locked
    before = client.get_cookie(gate_of(app).cookies.session)
    assert log_in(client, "Dr. Example", VISITORS_PASSWORD).status_code == 303
    after = client.get_cookie(gate_of(app).cookies.session)
    assert before is not None
    assert after is not None
    assert before.value != after.value
    client.set_cookie(gate_of(app).cookies.session, before.value)
    assert client.get("/_dash-layout").status_code == 401


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(app: Dash, clinic: Clinic) -> None:
    account_of(clinic.store, Role.CLINICIAN)
    answers = [log_in(app.server.test_client(), name, "wrong password") for name in ("Dr. Example", "Nobody At All")]
    assert [answer.status_code for answer in answers] == [401, 401]
    texts = [re.sub(r'value="[^"]*"', "", answer.text) for answer in answers]
    assert texts[0] == texts[1]
    assert clinic.services.words("errors.LOGIN_REFUSED") in texts[0]
    assert "wrong password" not in answers[0].text


def test_after_five_failures_the_next_try_waits(app: Dash) -> None:
    """1 s, then 2, 4, 8 ... where this computer takes longer than that to look at a password."""
    client = app.server.test_client()
    codes = [log_in(client, "Unknown Person", "wrong password").status_code for _ in range(10)]
    assert codes[:5] == [401] * 5
    assert 429 in codes[5:]


def test_a_session_left_alone_is_locked_and_its_pin_goes_on_where_it_was(app: Dash, clinic: Clinic) -> None:
    account = account_of(clinic.store, Role.CLINICIAN)
    started = datetime.now(UTC) - timedelta(minutes=6)
    client = client_of(app, Role.CLINICIAN, started)
    token = client.get_cookie(gate_of(app).cookies.session)
    assert token is not None
    sign_in.change_pin(clinic.store, token.value, VISITORS_PASSWORD, "402917", now=started)
    answer = client.get("/patient/7")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/lock?next=/patient/7")
    assert client.get("/_dash-layout").get_json() == {"go": "/lock"}
    locked = client.get("/lock?next=/patient/7")
    assert account.name in locked.text
    sent = {"csrf": form_token(locked), "next": "/patient/7", "pin": "000000"}
    assert client.post("/lock", data=sent).status_code == 401
    answer = client.post("/lock", data={**sent, "pin": "402917"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/patient/7")
    assert client.get("/_dash-layout").status_code == 200


def test_the_script_of_a_page_is_told_how_long_it_is_open_and_that_a_person_is_there(app: Dash) -> None:
    client = client_of(app, Role.CLINICIAN, datetime.now(UTC) - timedelta(minutes=2))
    open_s = client.get("/session").get_json()["open_s"]
    assert open_s == pytest.approx(180.0, abs=5.0)
    assert client.get("/session").get_json()["open_s"] <= open_s  # asking is no activity
    assert client.post("/session").get_json()["open_s"] == pytest.approx(300.0, abs=5.0)
    assert app.server.test_client().get("/session").get_json() == {"go": "/log-in"}


def test_what_a_page_asks_by_itself_keeps_no_session_open(app: Dash, clinic: Clinic) -> None:
    client = client_of(app, Role.CLINICIAN, datetime.now(UTC) - timedelta(minutes=2))
    app.server.config["PROPAGATE_EXCEPTIONS"] = False
    fire(client, "test-controls.children")
    client.get("/api/live?visit=x")
    client.get("/_dash-layout")
    assert client.get("/session").get_json()["open_s"] < 190.0
    fire(client, "..patients-list.children...patients-more.style..")
    assert client.get("/session").get_json()["open_s"] > 290.0


# ---- first set-up


def test_a_fresh_archive_is_set_up_with_the_code_of_the_console_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    fresh = Clinic(tmp_path_factory.mktemp("fresh"))
    client = make_app(fresh.services.config, fresh.services).server.test_client()
    assert client.get("/").headers["Location"] == "/set-up"
    code = accounts.make_set_up_code(fresh.store, console_actor(), now=datetime.now(UTC))
    sent = {"name": "Ada", "password": "four words of plenty", "again": "four words of plenty"}
    sent["csrf"] = form_token(client.get("/set-up"))
    assert client.post("/set-up", data={**sent, "code": "0000-0000-0000-0000-0000"}).status_code == 400
    assert client.post("/set-up", data={**sent, "code": code, "again": "four words"}).status_code == 400
    answer = client.post("/set-up", data={**sent, "code": code})
    assert answer.status_code == 303
    assert client.get("/_dash-layout").status_code == 200
    assert client.get("/set-up").headers["Location"] == "/log-in"
    assert [account.role for account in accounts.accounts_of(fresh.store)] == [Role.ADMIN]
    fresh.store.close()


@pytest.mark.parametrize(
    ("store", "shown"),
    [
        (None, ""),
        ("postgresql://ada:hidden@db.example/archive", ' --store "postgresql://ada:***@db.example/archive"'),
    ],
)
def test_the_set_up_page_names_the_command_for_this_archive_and_no_password(
    tmp_path: Path, store: str | None, shown: str
) -> None:
    """What is told at the console has to reach the archive of the page, and not the one of the standard folder."""
    fresh = Clinic(tmp_path)
    kept = sqlite_url(station_file(tmp_path))
    config = replace(fresh.services.config, data_folder=tmp_path, store_url=store or kept)
    client = make_app(config, replace(fresh.services, config=config)).server.test_client()
    page = unescape(client.get("/set-up").text)
    assert f'stancelab users set-up-code --data "{tmp_path}"{shown}</code>' in page.replace(" </code>", "</code>")
    assert "hidden@" not in page
    fresh.store.close()


def test_the_link_of_a_demonstration_opens_it_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    demo = Clinic(tmp_path_factory.mktemp("demo"), demo=True)
    app = make_app(demo.services.config, demo.services)
    key = gate_of(app).links.made_for(account_of(demo.store).id)
    first, second = app.server.test_client(), app.server.test_client()
    assert first.get(f"/enter?key={key}").status_code == 303
    assert first.get("/_dash-layout").status_code == 200
    assert second.get(f"/enter?key={key}").status_code == 404
    assert second.get("/_dash-layout").status_code == 401
    assert demo.store.audit_events(None, 1)[0].act is Act.LOGGED_IN
    demo.store.close()


def test_an_archive_that_can_only_be_read_is_looked_at_by_its_people(tmp_path: Path) -> None:
    """Nothing is written: no session, no event; the lock screen and the log-out work all the same."""
    clinic = Clinic(tmp_path)
    account_of(clinic.store, Role.ADMIN)
    account = account_of(clinic.store, Role.CLINICIAN)
    opened = sign_in.open_session(clinic.store, account.id, now=now())
    sign_in.change_pin(clinic.store, opened.token, VISITORS_PASSWORD, "402917", now=now())
    before = clinic.store.audit_events()
    app = make_app(clinic.services.config, clinic.services)
    clinic.store.damage = StoreDamaged("sqlite:///archive.db", "a page of it")
    client = app.server.test_client()
    assert log_in(client, account.name, "wrong password").status_code == 401
    assert log_in(client, account.name, VISITORS_PASSWORD).status_code == 303
    assert client.get("/_dash-layout").status_code == 200
    token = client.get_cookie(gate_of(app).cookies.csrf)
    assert token is not None
    sent = {"csrf": token.value, "pin": "402917"}
    assert client.post("/lock/now", data=sent).headers["Location"] == "/lock"
    assert client.get("/_dash-layout").status_code == 401
    assert client.post("/lock", data=sent).headers["Location"] == "/"
    assert client.get("/_dash-layout").status_code == 200
    assert client.post("/log-out", data=sent).status_code == 303
    assert client.get("/_dash-layout").status_code == 401
    assert clinic.store.audit_events() == before
    clinic.store.close()


def test_people_who_were_let_in_go_on_while_the_archive_does_not_answer(tmp_path: Path) -> None:
    """A recording in memory can still be saved, a running test stopped; nobody new comes in."""
    clinic = Clinic(tmp_path)
    app = make_app(clinic.services.config, clinic.services)
    client, stranger = client_of(app), app.server.test_client()
    assert client.get("/_dash-layout").status_code == 200
    file = clinic.store.file
    assert file is not None
    clinic.store.close()
    file.write_bytes(b"no archive any more " * 1000)
    assert client.get("/_dash-layout").status_code == 200
    assert client.get("/api/unfiled").status_code == 404  # answered: there is nothing to save
    assert stranger.get("/_dash-layout").status_code == 503
    assert stranger.get("/").status_code == 503
