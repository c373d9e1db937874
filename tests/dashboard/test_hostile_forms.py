"""Hostile text in every form and every pattern's id of the pages, and names that lead out of a folder."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from acts import strength, therapy
from clinic import Clinic, stood
from dash import Dash
from dispatched import Id, ids_in, patterns_of, sent
from visitors import CALLBACK, account_of, client_of, page_at

from analysis.geometry import Side
from dashboard.app import make_app
from dashboard.gate.register import register_of
from dashboard.ids import TestId as GuidedId
from dashboard.pages.test.examiner import CHOICES, NUMBERS
from records import filing
from records.model import Actor, NewPatient, Patient, Role, Visit
from records.permissions import allows
from records.signing import signed_state

TEXTS = {
    "a megabyte": "x" * 1_000_000,
    "SQL": "'); DROP TABLE patient; -- %_\\",
    "control characters": "\x1b[31m\x00\x07",
    "a formula": '=HYPERLINK("http://evil.example";"x")',
}
#: Fields of the forms that take any text; a number or a choice that is none stops the form before them.
WRITTEN = (
    *("code", "name", "record_number", "diagnosis", "note", "examiner", "instrument", "double_code", "confirm_code"),
    *("change_reason", "void_reason", "go_on_reason", "merge_reason", "erase_reason", "password"),
)
#: What never may be filed; the others are only text.
NEVER = ("a megabyte", "control characters")


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    folder = tmp_path_factory.mktemp("outside")
    (folder / "secret.txt").write_text("secret beside the archive", encoding="utf-8")
    (folder / "archive").mkdir()
    made = Clinic(folder / "archive")
    account_of(made.store, Role.ADMIN)
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def patient(clinic: Clinic) -> Patient:
    made = clinic.patient("P-0042", name="Anna Example")
    filing.add_therapy_event(clinic.store, clinic.actor, made.id, therapy())
    return made


@pytest.fixture(scope="module")
def visit(clinic: Clinic, patient: Patient) -> Visit:
    made = clinic.visit(patient, [stood(Side.LEFT, 3.0), stood(Side.RIGHT, 3.0)])
    filing.file_strength_test(clinic.store, clinic.actor, made.id, strength())
    return made


@pytest.fixture(scope="module")
def app(clinic: Clinic) -> Dash:
    made = make_app(clinic.services.config, clinic.services)
    made.server.config["PROPAGATE_EXCEPTIONS"] = False
    return made


def opened_on(clinic: Clinic, page: str, patient: Patient, visit: Visit) -> dict[str, Any]:
    if page == "patient":
        return {"id": patient.id, "version": clinic.store.patient(patient.id).version}
    now = {"version": clinic.store.visit(visit.id).version, "visit_id": visit.id}
    return {**now, "content_sha256": signed_state(clinic.store, visit.id).content_sha256}


def filled(
    app: Dash, clinic: Clinic, text: str, patient: Patient, visit: Visit
) -> Iterator[tuple[str, dict[str, Any], Role]]:
    """Every callback with patterns: each button of the real pages with its fields, else ids that are the text."""
    for output, guarded in register_of(app.server).callbacks.items():
        patterns = patterns_of(app, output)
        role = next(role for role in (Role.CLINICIAN, Role.ADMIN) if allows(role, guarded.needs))
        kinds = {pattern["type"] for pattern in patterns}
        page = next((page for page in ("patient", "visit") if f"{page}-act" in kinds), None)
        who = opened_on(clinic, page, patient, visit) if page else visit.id
        for ids in _on_page(app, page, patient, visit) if page else _made_up(visit, clinic, text) if patterns else ():

            def value(id: Id, name: str, who: object = who, page: str | None = page) -> Any:
                field = id.get("field", "note") if isinstance(id, dict) and page else "note"
                return {"n_clicks": 1, "data": who, "id": id}.get(name, text if field in WRITTEN else None)

            def matching(one: Mapping[str, Any], ids: list[dict[str, Any]] = ids) -> list[dict[str, Any]]:
                whole = [{key: each.get(key, text) for key in one} for each in ids if each["type"] == one["type"]]
                return whole or [{**dict.fromkeys(one, text), "type": one["type"]}]

            yield output, sent(app, output, value, matching), role


def _on_page(app: Dash, page: str, patient: Patient, visit: Visit) -> list[list[dict[str, Any]]]:
    body = json.loads(page_at(client_of(app), f"/{page}/{patient.id if page == 'patient' else visit.id}"))
    ids = [dict(id) for id in ids_in(body)]
    acts = [id for id in ids if id["type"] == f"{page}-act"]
    assert len(acts) > 2
    return [[act, *(id for id in ids if "field" in id and id["form"] == act["form"])] for act in acts]


def _made_up(visit: Visit, clinic: Clinic, text: str) -> list[list[dict[str, Any]]]:
    trial = clinic.store.trials_of(visit.id)[0].id
    fields = (*CHOICES, *NUMBERS, "note", "trial_id", text)
    seen = [{"type": GuidedId.SEEN.value, "trial": trial, "field": field, "value": text, "at": ""} for field in fields]
    typed = [{"type": GuidedId.TYPED.value, "trial": trial, "field": field} for field in fields]
    return [[], *([one, other] for one, other in zip(seen, typed, strict=True))]


@pytest.mark.parametrize("name", TEXTS)
def test_no_form_and_no_pattern_takes_it(app: Dash, clinic: Clinic, patient: Patient, visit: Visit, name: str) -> None:
    text, before = TEXTS[name], len(clinic.store.audit_events(limit=10_000))
    clients = {role: client_of(app, role) for role in (Role.CLINICIAN, Role.ADMIN)}
    fired = 0
    for output, asked, role in filled(app, clinic, text, patient, visit):
        answer = clients[role].post(CALLBACK, json=asked)
        assert answer.content_length is None or answer.content_length < 200_000, output
        fired += 1
    assert fired > 40
    events = clinic.store.audit_events(limit=10_000)
    filed = [event.act for event in events[: len(events) - before] if repr(text)[1:8] in str(event.details.values())]
    assert filed == [] or name not in NEVER
    assert clinic.store.verify_audit().faults == ()
    assert clinic.store.patient(patient.id).id == patient.id
    assert len(clinic.store.trials_of(visit.id)) == 2


def test_a_formula_as_somebodys_name_is_text_in_the_copy_of_the_audit_log(app: Dash, clinic: Clinic) -> None:
    filing.add_patient(clinic.store, Actor(TEXTS["a formula"], Role.CLINICIAN), NewPatient("P-0043"))
    copy = client_of(app, Role.ADMIN).get("/api/audit/csv").text
    assert "=HYPERLINK" in copy
    assert [cell for row in csv.reader(io.StringIO(copy)) for cell in row if cell[:1] in tuple("=+@")] == []


# ---- names

OUT = (
    "../secret.txt",
    "../../secret.txt",
    "..%2f..%2fsecret.txt",
    "%2e%2e/%2e%2e/secret.txt",
    "..%5c..%5csecret.txt",
    "....//....//secret.txt",
    "%2fetc%2fpasswd",
    "../../../../../../../../../../etc/passwd",
    "..%252f..%252fsecret.txt",
    "csv/../../secret.txt",
    "secret.txt%00.csv",
)


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.ADMIN])
def test_no_name_in_any_address_leads_to_another_file(app: Dash, clinic: Clinic, role: Role) -> None:
    """Every address of the server that takes a name, whatever it is for; also with the file's own whole path."""
    client = client_of(app, role)
    file = Path(str(clinic.store.file))
    secret = file.parent.parent / "secret.txt"
    rules = [rule for rule in app.server.url_map.iter_rules() if rule.arguments]
    assert {"/report/<report_id>", "/api/audit/<kind>"} <= {rule.rule for rule in rules}
    for rule in rules:
        for name in (*OUT, secret.as_posix(), file.as_posix(), file.name):
            answer = client.get(re.sub(r"<[^>]+>", lambda _, name=name: name, rule.rule))  # type: ignore[misc]
            assert b"secret beside" not in answer.data, (rule.rule, name)
            assert b"root:" not in answer.data, (rule.rule, name)
            assert not answer.data.startswith(b"SQLite"), (rule.rule, name)
            assert "Content-Disposition" not in answer.headers or answer.status_code != 200, (rule.rule, name)
