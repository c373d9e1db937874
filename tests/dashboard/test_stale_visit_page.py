"""A visit's page that is older than the archive overwrites nothing; of two observations of a trial one is made void."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from acts import observation, strength
from clinic import Clinic, stood
from dash import Dash
from dispatched import Id, sent
from flask import g
from visitors import CALLBACK, VISITORS_PASSWORD, account_of, client_of, page_at

from analysis.geometry import Side
from dashboard.answering import Sent, answered
from dashboard.app import make_app
from dashboard.ids import VisitId
from dashboard.pages.patient.acts import with_code
from dashboard.pages.visit.acts import ACTS, RAISES, Shown
from dashboard.pages.visit.callbacks import now
from records import clinic_schema, filing, rows, schema, sign_in
from records.errors import EntryProblem, InvalidEntry, NotFound
from records.examination import GOOD_ANSWER, ChecklistItem
from records.ids import new_id
from records.model import Actor, Patient, Role, Trial, TrialStatus
from records.signatures import Meaning


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    made = Clinic(tmp_path_factory.mktemp("archive"))
    account_of(made.store)
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def app(clinic: Clinic) -> Dash:
    return make_app(clinic.services.config, clinic.services)


def field_id(form: str, of: str, field: str) -> dict[str, str]:
    return {"type": "visit-field", "form": form, "of": of, "field": field}


class Opened:
    """A visit's page as it was when it was opened."""

    def __init__(self, app: Dash, visit_id: str) -> None:
        self._app, self._client = app, client_of(app)
        self.text = page_at(self._client, f"/visit/{visit_id}")
        self.shown = _data(json.loads(self.text))

    def press(
        self, form: str, of: str = "", beside: Mapping[tuple[str, str, str], str] | None = None, **typed: str
    ) -> str:
        """Press a button of it; the answer. ``beside``: what stands typed in other forms, by (form, of, field)."""
        button = {"type": "visit-act", "form": form, "of": of}
        stands = {(form, of, field): text for field, text in typed.items()} | dict(beside or {})

        def value(id: Id, name: str) -> Any:
            text = stands[id["form"], id["of"], id["field"]] if isinstance(id, Mapping) and "field" in id else None
            return {"n_clicks": 1, "value": text, "data": self.shown, "id": id}[name]

        output = f"..{VisitId.BODY}.children...{VisitId.SAID}.children.."
        fields = [field_id(*each) for each in stands]
        asked = sent(self._app, output, value, lambda one: fields if "field" in one else [button])
        return self._client.post(CALLBACK, json=asked).text


def _data(part: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if isinstance(part, dict) and part.get("id") == VisitId.SHOWN:
        return dict(part["data"])
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        found = found or _data(inner)
    return found


@pytest.fixture
def trial(clinic: Clinic) -> Trial:
    patient = clinic.patient(f"S-{new_id()}")
    return clinic.store.trials_of(clinic.visit(patient, [stood(Side.LEFT, 3.0)]).id)[0]


def test_answers_of_an_older_page_do_not_overwrite_newer_ones(app: Dash, clinic: Clinic, trial: Trial) -> None:
    older = Opened(app, trial.visit_id)
    said = {**GOOD_ANSWER, ChecklistItem.PAIN: True}
    filing.answer_checklist(clinic.store, clinic.actor, trial.visit_id, said, "she insists")
    good = {item.value: "yes" if yes else "no" for item, yes in GOOD_ANSWER.items()}
    older.press("checklist", **good, go_on_reason="")
    known = clinic.store.visit(trial.visit_id).checklist
    assert known is not None
    assert known.answers == said
    Opened(app, trial.visit_id).press("checklist", **good, go_on_reason="")
    known = clinic.store.visit(trial.visit_id).checklist
    assert known is not None
    assert known.answers == GOOD_ANSWER


def test_a_trial_changed_since_the_page_was_opened_is_not_made_void_by_it(
    app: Dash, clinic: Clinic, trial: Trial
) -> None:
    older = Opened(app, trial.visit_id)
    filing.void_trial(clinic.store, clinic.actor, trial.id, "a cough")
    filing.restore_trial(clinic.store, clinic.actor, trial.id)
    older.press("void_trial", trial.id, void_reason="wrong person")
    assert clinic.store.trial(trial.id).status is TrialStatus.FILED
    Opened(app, trial.visit_id).press("void_trial", trial.id, void_reason="wrong person")
    older = Opened(app, trial.visit_id)
    assert clinic.store.trial(trial.id).void_reason == "wrong person"
    filing.restore_trial(clinic.store, clinic.actor, trial.id)
    filing.void_trial(clinic.store, clinic.actor, trial.id, "fell off")
    older.press("restore_trial", trial.id)
    assert clinic.store.trial(trial.id).void_reason == "fell off"


def test_a_strength_test_changed_since_is_not_made_void(app: Dash, clinic: Clinic, trial: Trial) -> None:
    test = filing.file_strength_test(clinic.store, clinic.actor, trial.visit_id, strength())
    older = Opened(app, trial.visit_id)
    filing.edit_strength_test(clinic.store, clinic.actor, replace(test, note="again, with a belt"))
    older.press("void_strength", test.id, void_reason="no belt")
    (known,) = clinic.store.strength_tests_of(trial.visit_id, void=True)
    assert known.void_reason is None


def test_of_two_observations_of_a_trial_each_can_be_edited_and_one_made_void(
    app: Dash, clinic: Clinic, trial: Trial
) -> None:
    """As two stations leave them that file one each while apart."""
    first = filing.file_observation(clinic.store, clinic.actor, trial.visit_id, observation(trial_id=trial.id))
    second = replace(first, id=new_id(), note="seen by the other")
    with clinic.store.writing() as archive:
        rows.insert(archive, clinic_schema.observation, second)
    edited = filing.edit_observation(clinic.store, clinic.actor, replace(first, note="seen by me"))
    page = Opened(app, trial.visit_id)
    assert "seen by me" in page.text
    assert "seen by the other" in page.text
    page.press("void_observation", second.id, void_reason="two of one")
    assert clinic.store.observations_of(trial.visit_id) == (edited,)
    Opened(app, trial.visit_id).press("restore_observation", second.id)
    assert clinic.store.observations_of(trial.visit_id) == (edited,)  # one of a trial


def test_what_is_typed_into_the_form_of_another_leg_or_row_stays(app: Dash, clinic: Clinic) -> None:
    visit = clinic.visit(clinic.patient(f"S-{new_id()}"), [stood(Side.LEFT, 3.0), stood(Side.RIGHT, 3.0)])
    first, second = clinic.store.trials_of(visit.id)
    beside = {
        ("strength", "right", "instrument"): "typed for the right leg",
        ("void_trial", second.id, "void_reason"): "typed at the second trial",
    }
    answer = Opened(app, visit.id).press("strength", "left", beside, moment_nm="42.5", instrument="typed and sent")
    assert (clinic.store.strength_tests_of(visit.id)[0].side, "typed and sent" in answer) == (Side.LEFT, True)
    assert [text for text in beside.values() if text not in answer] == []
    answer = Opened(app, visit.id).press("void_trial", first.id, beside, void_reason="a cough")
    assert clinic.store.trial(first.id).void_reason == "a cough"
    assert [text for text in beside.values() if text not in answer] == []


def test_an_act_raises_the_version_that_the_page_counts_with(app: Dash, clinic: Clinic, trial: Trial) -> None:
    seen = filing.file_observation(clinic.store, clinic.actor, trial.visit_id, observation(trial_id=trial.id))
    test = filing.file_strength_test(clinic.store, clinic.actor, trial.visit_id, strength())
    good = {item.value: "yes" if yes else "no" for item, yes in GOOD_ANSWER.items()}
    rows_of = {"trial": trial.id, "strength": test.id, "observation": seen.id, "visit": ""}
    typed: list[tuple[str, str, dict[str, str]]] = [
        ("visit", "", {"note": "new"}),
        ("checklist", "", good),
        ("strength", "left", {"moment_nm": "40"}),
        ("sign", "", {"meaning": Meaning.EXAMINED.value, "password": VISITORS_PASSWORD}),
    ]
    for what, id in rows_of.items():
        typed += [(f"void_{what}", id, {"void_reason": "a cough"}), (f"restore_{what}", id, {})]
    assert {form for form, _, _ in typed} == set(ACTS)
    for form, of, fields in typed:
        page, before = Opened(app, trial.visit_id), clinic.store.visit(trial.visit_id).version
        acts = len(clinic.store.audit_events(limit=10_000))
        page.press(form, of, **fields)
        assert len(clinic.store.audit_events(limit=10_000)) == acts + 1, form
        assert clinic.store.visit(trial.visit_id).version - before == (form in RAISES), form


@pytest.mark.parametrize("form", ["strength", "visit"])
@pytest.mark.parametrize("between", [False, True])
def test_text_typed_before_somebody_elses_change_is_not_laid_over_it(
    app: Dash, clinic: Clinic, trial: Trial, *, form: str, between: bool
) -> None:
    """Also where the change comes after the act, before the page is read anew."""
    store, shown_version = clinic.store, clinic.store.visit(trial.visit_id).version
    shown = Shown(trial.visit_id, shown_version, "", "left")

    def act() -> None:
        if form == "strength":
            filing.file_strength_test(store, clinic.actor, trial.visit_id, strength())
        else:
            filing.edit_visit(store, clinic.actor, replace(store.visit(trial.visit_id), note="mine"))
        if between:
            filing.edit_visit(store, clinic.actor, replace(store.visit(trial.visit_id), note="of somebody else"))

    beside = ("checklist", "", "go_on_reason")
    pressed = Sent(form, "left", [field_id(*beside)], ["typed before"])
    with app.server.test_request_context():
        opened = sign_in.open_session(store, account_of(store).id, now=datetime.now(UTC))
        g.signed_in = sign_in.signed_in(store, opened.token, now=datetime.now(UTC), active=False)
        body, _ = answered(clinic.services.words, pressed, act, lambda: now(clinic.services, shown, form))
    assert ("typed before" in str(body)) is not between
    assert ("of somebody else" in str(body)) is between


def test_a_form_that_no_page_has_is_a_bad_request(app: Dash, trial: Trial) -> None:
    assert "400" in Opened(app, trial.visit_id).press("no_such_form")


def share_code(clinic: Clinic, patient: Patient, code: str) -> None:
    """As another station gave it."""
    same = {"code": code, "code_key": schema.fold(code), "search_key": schema.fold(code)}
    with clinic.store.writing() as archive:
        archive.execute(schema.patient.update().where(schema.patient.c.id == patient.id).values(same))


def test_the_double_of_a_code_is_another_patient_or_refused_by_name(clinic: Clinic) -> None:
    shown, other = clinic.patient("Twice"), clinic.patient("twice-2")
    with pytest.raises(NotFound):
        with_code(clinic.store, "twice", shown.id)
    share_code(clinic, other, "TWICE")
    assert with_code(clinic.store, "twice", shown.id).id == other.id
    assert with_code(clinic.store, "twice", other.id).id == shown.id
    share_code(clinic, clinic.patient("twice-3"), "twice")
    with pytest.raises(InvalidEntry) as refused:
        with_code(clinic.store, "twice", shown.id)
    assert (refused.value.code, refused.value.values["count"]) == (EntryProblem.CODE_SHARED, 2)


def test_the_page_of_an_erased_persons_visit_offers_no_form(app: Dash, clinic: Clinic, trial: Trial) -> None:
    assert "visit-act" in Opened(app, trial.visit_id).text
    patient_id = clinic.store.visit(trial.visit_id).patient_id
    filing.erase_patient(clinic.store, Actor("Ada Admin", Role.ADMIN), patient_id, "asked for it")
    assert "visit-act" not in Opened(app, trial.visit_id).text
