"""A visit's page that is older than the archive overwrites nothing; of two observations of a trial one is made void."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from acts import observation, strength
from clinic import Clinic, stood
from dash import Dash
from dispatched import Id, sent
from visitors import CALLBACK, account_of, client_of, page_at

from analysis.geometry import Side
from dashboard.app import make_app
from dashboard.ids import VisitId
from dashboard.pages.patient.acts import with_code
from records import clinic_schema, filing, rows, schema
from records.errors import EntryProblem, InvalidEntry, NotFound
from records.examination import GOOD_ANSWER, ChecklistItem
from records.ids import new_id
from records.model import Actor, Patient, Role, Trial, TrialStatus


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    made = Clinic(tmp_path_factory.mktemp("archive"))
    account_of(made.store)
    yield made
    made.store.close()


@pytest.fixture(scope="module")
def app(clinic: Clinic) -> Dash:
    return make_app(clinic.services.config, clinic.services)


class Opened:
    """A visit's page as it was when it was opened."""

    def __init__(self, app: Dash, visit_id: str) -> None:
        self._app, self._client = app, client_of(app)
        self.text = page_at(self._client, f"/visit/{visit_id}")
        self.shown = _data(json.loads(self.text))

    def press(self, form: str, of: str = "", **typed: str) -> str:
        """Press a button of it; the answer."""
        button = {"type": "visit-act", "form": form, "of": of}
        fields = [{"type": "visit-field", "form": form, "of": of, "field": name} for name in typed]

        def value(id: Id, name: str) -> Any:
            text = typed[id["field"]] if isinstance(id, Mapping) and "field" in id else None
            return {"n_clicks": 1, "value": text, "data": self.shown, "id": id}[name]

        output = f"..{VisitId.BODY}.children...{VisitId.SAID}.children.."
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
