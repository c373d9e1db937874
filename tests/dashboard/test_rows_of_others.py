"""What one page is opened on opens nothing of another patient or visit, whatever ids a browser sends with it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from acts import PDF, report, strength, therapy
from clinic import Clinic, stood
from dash import Dash
from dispatched import Id, patterns_of, sent
from flask.testing import FlaskClient
from visitors import CALLBACK, account_of, client_of, page_at
from werkzeug.test import TestResponse

from analysis.geometry import Side
from dashboard.app import make_app
from dashboard.gate.register import register_of
from dashboard.ids import CompareId, PatientId, ProgressId, ResultId, VisitId
from dashboard.ids import TestId as GuidedId
from dashboard.pages.patient.acts import ACTS as PATIENT_ACTS
from dashboard.pages.result.layout import DETAILS, RESEARCH
from dashboard.pages.visit.acts import ACTS as VISIT_ACTS
from records import filing
from records.model import Role
from records.signing import signed_state

PAGES = ("patient", "visit", "test", "result", "progress", "compare")


@dataclass(frozen=True)
class Whole:
    """A patient with one of everything."""

    name: str
    patient: str
    visit: str
    trial: str
    strength: str
    therapy: str
    merge: str
    report: str

    @property
    def ids(self) -> tuple[str, ...]:
        """Of every row."""
        return (self.patient, self.visit, self.trial, self.strength, self.therapy, self.merge, self.report)


def whole(clinic: Clinic, code: str, name: str) -> Whole:
    store, actor = clinic.store, clinic.actor
    patient, double = clinic.patient(code, name=name), clinic.patient(f"{code}-double")
    visit = clinic.visit(patient, [stood(Side.LEFT, 3.0), stood(Side.RIGHT, 3.0)])
    return Whole(
        name,
        patient.id,
        visit.id,
        store.trials_of(visit.id)[0].id,
        filing.file_strength_test(store, actor, visit.id, strength()).id,
        filing.add_therapy_event(store, actor, patient.id, therapy()).id,
        filing.merge_patients(store, actor, patient.id, double.id, "one person").id,
        filing.file_report(store, actor, visit.id, report()).id,
    )


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    made = Clinic(tmp_path_factory.mktemp("archive"))
    account_of(made.store, Role.ADMIN)
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def app(clinic: Clinic) -> Dash:
    made = make_app(clinic.services.config, clinic.services)
    made.server.config["PROPAGATE_EXCEPTIONS"] = False
    return made


@pytest.fixture(scope="module")
def mine(clinic: Clinic) -> Whole:
    return whole(clinic, "M-1", "Mia Meine")


@pytest.fixture(scope="module")
def own(clinic: Clinic) -> Whole:
    """Somebody whose visit may be made void."""
    return whole(clinic, "O-1", "Olga Own")


@pytest.fixture(scope="module")
def other(clinic: Clinic) -> Whole:
    return whole(clinic, "F-1", "Frida Fremd")


def events_about(clinic: Clinic, whose: Whole) -> int:
    return sum(any(id in str(event) for id in whose.ids) for event in clinic.store.audit_events(limit=10_000))


def shown(clinic: Clinic, page: str, whose: Whole) -> dict[str, Any]:
    """What a page's store says it was opened on."""
    if page == "patient":
        return {"id": whose.patient, "version": clinic.store.patient(whose.patient).version}
    sha256 = signed_state(clinic.store, whose.visit).content_sha256
    version = clinic.store.visit(whose.visit).version
    return {"visit_id": whose.visit, "version": version, "content_sha256": sha256}


def press(client: FlaskClient, app: Dash, page: str, who: Mapping[str, Any], form: str, of: str) -> TestResponse:
    """Press the button of a form, a reason typed into it."""
    body = {"patient": PatientId.BODY, "visit": VisitId.BODY}[page]
    said = {"patient": PatientId.SAID, "visit": VisitId.SAID}[page]
    button = {"type": f"{page}-act", "form": form, "of": of}
    field = {"type": f"{page}-field", "form": form, "of": of, "field": "void_reason"}

    def value(id: Id, name: str) -> Any:
        return {"n_clicks": 1, "value": "wrong person", "data": who, "id": id}[name]

    asked = sent(
        app, f"..{body}.children...{said}.children..", value, lambda one: [field if "field" in one else button]
    )
    return client.post(CALLBACK, json=asked)


@pytest.mark.parametrize(
    ("page", "form"), [("patient", form) for form in PATIENT_ACTS] + [("visit", form) for form in VISIT_ACTS]
)
def test_no_button_of_a_page_reaches_a_row_of_another(
    app: Dash, clinic: Clinic, own: Whole, other: Whole, page: str, form: str
) -> None:
    before, client = events_about(clinic, other), client_of(app)
    for of in other.ids:
        answer = press(client, app, page, shown(clinic, page, own), form, of)
        assert other.name not in answer.text
    assert events_about(clinic, other) == before


ROWS = {
    ("visit", "trial"): ("void_trial", "restore_trial"),
    ("visit", "strength"): ("void_strength", "restore_strength"),
    ("patient", "therapy"): ("void_therapy", "restore_therapy"),
    ("patient", "merge"): ("unmerge",),
}


@pytest.mark.parametrize(("page", "row"), ROWS)
def test_the_same_button_on_the_rows_own_page_is_filed(
    app: Dash, clinic: Clinic, own: Whole, page: str, row: str
) -> None:
    for form in ROWS[page, row]:
        before = events_about(clinic, own)
        press(client_of(app), app, page, shown(clinic, page, own), form, getattr(own, row))
        assert events_about(clinic, own) == before + 1


#: What pages were opened on, where a callback takes it from the browser.
OPENED = {ResultId.VISIT: "visit", GuidedId.VISIT: "visit", CompareId.WHO: "patient", ProgressId.WHO: "patient"}


def picking(app: Dash) -> list[str]:
    """Callbacks that take what the page was opened on."""
    entries = {output: app.callback_map[output] for output in register_of(app.server).callbacks}
    return [output for output, entry in entries.items() if any(one["id"] in OPENED for one in entry["state"])]


def picked(app: Dash, output: str, opened: Whole, chosen: str, trial: str, tab: str) -> dict[str, Any]:
    def value(id: Id, name: str) -> Any:
        if isinstance(id, str) and id in OPENED:
            return getattr(opened, OPENED[id])
        if id == ResultId.TABS:
            return tab
        return {"n_clicks": 0, "data": 0}.get(name, chosen)

    known = {"type": "", "trial": trial, "field": "note", "value": "x", "at": "x", "side": "left"}
    return sent(app, output, value, lambda one: [{key: known.get(key, "x") for key in one} | {"type": one["type"]}])


def test_no_choice_on_a_page_shows_or_changes_a_trial_or_visit_of_another(
    app: Dash, clinic: Clinic, mine: Whole, other: Whole
) -> None:
    before, client = events_about(clinic, other), client_of(app)
    chosen = (other.trial, other.visit, f"trial:{other.visit}:{other.trial}", f"visit:{other.visit}:0")
    outputs = picking(app)
    assert len(outputs) >= 8
    for output in outputs:
        for choice in chosen:
            for tab in (DETAILS, RESEARCH):
                answer = client.post(CALLBACK, json=picked(app, output, mine, choice, other.trial, tab))
                assert other.name not in answer.text, output
                assert other.trial not in answer.text, output
    assert events_about(clinic, other) == before


@pytest.mark.parametrize("name", [ResultId.PICTURE, ResultId.DETAIL, ResultId.RESEARCH, CompareId.BODY])
def test_what_another_visit_holds_is_not_found_and_what_its_own_holds_is(
    app: Dash, mine: Whole, other: Whole, name: str
) -> None:
    (output,) = [one for one in picking(app) if name in one and not one.startswith("..")]
    tab = RESEARCH if name == ResultId.RESEARCH else DETAILS
    for whose, status in ((other, 404), (mine, 200)):
        choice = f"trial:{whose.visit}:{whose.trial}" if name == CompareId.BODY else whose.trial
        answer = client_of(app).post(CALLBACK, json=picked(app, output, mine, choice, whose.trial, tab))
        assert answer.status_code == status, answer.text[:300]


def test_what_the_examiner_saw_is_filed_only_from_the_page_of_its_visit(
    app: Dash, clinic: Clinic, mine: Whole, other: Whole
) -> None:
    noted = [one for one in picking(app) if any("trial" in each for each in patterns_of(app, one))]
    assert len(noted) == 2

    def seen_from(opened: Whole) -> int:
        for output in noted:
            asked = picked(app, output, opened, "a sore hip", other.trial, DETAILS)
            for each in asked["inputs"][0]:
                each["value"] = "a sore hip"
            client_of(app).post(CALLBACK, json=asked)
        return len(clinic.store.observations_of(other.visit))

    assert (seen_from(mine), seen_from(other)) == (0, 1)


@pytest.mark.parametrize("page", PAGES)
def test_the_address_of_a_page_takes_only_ids_of_its_own_kind(
    app: Dash, clinic: Clinic, other: Whole, page: str
) -> None:
    own_kind = other.patient if page in ("patient", "progress") else other.visit
    for id in (one for one in other.ids if one != own_kind):
        assert clinic.services.words("nav.missing_title") in page_at(client_of(app), f"/{page}/{id}")
    assert clinic.services.words("nav.missing_title") not in page_at(client_of(app), f"/{page}/{own_kind}")


def test_a_report_has_its_own_id_and_no_other_opens_it(app: Dash, other: Whole) -> None:
    client = client_of(app)
    for id in other.ids:
        answer = client.get(f"/report/{id}")
        assert (answer.status_code, PDF in answer.data) == ((200, True) if id == other.report else (404, False)), id
    assert json.dumps(other.name) not in client.get("/report/none").text
