"""What people, or programs in their name, type into every field: a megabyte, SQL, markup. And what logs say of it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from clinic import Clinic
from dash import Dash
from visitors import CALLBACK, VISITORS_PASSWORD, account_of, client_of, form_token, log_in, page_at

from dashboard.app import make_app
from dashboard.gate.gate import BODY_BYTES, FORM_BYTES, gate_of
from dashboard.gate.register import register_of
from records.model import Act, Role
from records.permissions import allows

MEGABYTE = "x" * 1_000_000
SQL = "'); DROP TABLE patient; -- %_\\"
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"


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
    return made


def asked(entry: dict[str, Any], output: str, text: str) -> dict[str, Any]:
    """A callback as a page would fire it, every field of it holding the same text, its button pressed."""

    def put(one: dict[str, str]) -> dict[str, Any]:
        pressed = one["property"] in ("n_clicks", "n_submit")
        return {"id": one["id"], "property": one["property"], "value": 1 if pressed else text}

    outputs = [
        dict(zip(("id", "property"), part.split("@")[0].rsplit(".", 1), strict=True))
        for part in output.strip(".").split("...")
    ]
    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": [put(one) for one in entry["inputs"]],
        "state": [put(one) for one in entry["state"]],
        "changedPropIds": [f"{one['id']}.{one['property']}" for one in entry["inputs"]],
    }


@pytest.mark.parametrize("text", [MEGABYTE, SQL], ids=["a megabyte", "SQL"])
@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.ADMIN])
def test_no_field_of_any_callback_takes_it(app: Dash, clinic: Clinic, role: Role, text: str) -> None:
    """Nothing is filed under such a text, nothing of the archive is touched, and it does not come back."""
    client = client_of(app, role)
    before = clinic.store.audit_events(limit=1000)
    for output, guarded in register_of(app.server).callbacks.items():
        entry = app.callback_map[output]
        if not allows(role, guarded.needs) or "{" in output or any("{" in one["id"] for one in entry["inputs"]):
            continue
        answer = client.post(CALLBACK, json=asked(entry, output, text))
        assert answer.content_length is None or answer.content_length < 200_000, output
    filed = [event for event in clinic.store.audit_events(limit=1000) if event not in before]
    assert [event.act for event in filed if str(event.details).count(text[:50])] == []
    assert [row.patient.code for row in clinic.store.search_patients("")][-1] == "P-0042"


@pytest.mark.parametrize("text", [SQL, MARKUP, "%", "_", "\\", "\x00", "'", '"'])
def test_a_search_for_it_finds_nobody(clinic: Clinic, text: str) -> None:
    assert clinic.store.search_patients(text) == ()
    assert clinic.store.audit_events(None, actor=text) == ()


def test_a_name_of_markup_is_text_on_the_page_and_on_the_lock_screen(app: Dash, clinic: Clinic) -> None:
    patient = clinic.patient("M-1", name=MARKUP)
    assert MARKUP not in client_of(app).get("/").text
    assert "dangerously" not in page_at(client_of(app), f"/patient/{patient.id}")  # a component's text, never HTML
    answer = log_in(app.server.test_client(), MARKUP, "not the password")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_what_a_stranger_sends_is_short(app: Dash) -> None:
    """A form of a few lines is all there is to send before a log-in."""
    client = app.server.test_client()
    token = form_token(client.get("/log-in"))
    for field in ("name", "password", "next"):
        sent = {"csrf": token, "name": "a", "password": "b", field: MEGABYTE}
        assert len(MEGABYTE) > FORM_BYTES
        assert client.post("/log-in", data=sent).status_code == 413
    assert client.post(CALLBACK, json={"output": MEGABYTE}).status_code == 401


def test_what_a_page_sends_has_a_limit(app: Dash) -> None:
    client = client_of(app)
    body = b'{"output": "' + b"x" * BODY_BYTES + b'"}'
    assert client.post(CALLBACK, data=body, content_type="application/json").status_code in (403, 413)


def test_another_visits_trial_is_not_shown_for_a_visit(app: Dash, clinic: Clinic) -> None:
    """The page says which trial of which visit; the archive says whether they belong together."""
    answer = page_at(client_of(app), "/result/00000000-0000-0000-0000-000000000000")
    assert clinic.services.words("nav.missing_title") in answer


def test_a_viewer_changes_nothing_whatever_patient_the_page_names(app: Dash, clinic: Clinic) -> None:
    (row,) = clinic.store.search_patients("P-0042")
    (output,) = [
        output for output, guarded in register_of(app.server).callbacks.items() if guarded.needs is Act.VISIT_OPENED
    ]
    entry = app.callback_map[output]
    assert client_of(app, Role.VIEWER).post(CALLBACK, json=asked(entry, output, row.patient.id)).status_code == 403
    assert clinic.store.visits_of(row.patient.id) == ()


def test_no_secret_and_no_name_of_a_patient_is_logged(
    app: Dash, clinic: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    clinic.patient("S-1", name="Berta Verborgen")
    client = client_of(app)
    secrets = [VISITORS_PASSWORD, "wrong secret word", "Berta Verborgen"]
    for name in (gate_of(app).cookies.session, gate_of(app).cookies.csrf):
        cookie = client.get_cookie(name)
        assert cookie is not None
        secrets.append(cookie.value)
    for password in ("wrong secret word", VISITORS_PASSWORD):
        log_in(app.server.test_client(), "Dr. Example", password)
    for output, entry in app.callback_map.items():
        if "callback" in entry and "{" not in output and all("{" not in one["id"] for one in entry["inputs"]):
            client.post(CALLBACK, json=asked(entry, output, "Berta Verborgen"))
    assert [secret for secret in secrets if secret in caplog.text] == []
