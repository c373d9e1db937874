"""What happens on the page of the guided test. The live view says when something changed; this redraws the controls."""

from __future__ import annotations

from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.conductor import Attendance
from dashboard.figures.scene import scene
from dashboard.gate import acting, callback
from dashboard.ids import LiveId, TestId
from dashboard.lease import Standing
from dashboard.made_under import is_practice
from dashboard.observing import newest_trial, note, seen_of
from dashboard.orders import Outcome
from dashboard.pages.test import layout, view
from dashboard.pages.test.examiner import form, parsed
from dashboard.pages.test.setup import chosen, setup
from dashboard.protocol import IDLE, Act, Step
from dashboard.routes import Page
from dashboard.services import Services
from hardware.plates import load_plate_model, plate_models
from records.errors import RecordsError
from records.model import Act as Filing
from records.model import Actor
from records.store import RecordStore


def show(services: Services, visit_id: str, actor: Actor | None = None) -> Component:
    """The page of one visit's guided test; it becomes the test that is open, unless another is under way.

    Raises
    ------
    NotFound
    """
    words, store, conductor = services.words, services.station.store, services.conductor
    visit = store.visit(visit_id)
    patient = store.patient(visit.patient_id)
    demo = services.config.demo
    if conductor is None:
        return layout.page(words, patient, visit, demo, None)
    conductor.attend(visit_id, take=True, actor=actor)
    identity = conductor.hub.snapshot().identity
    model = identity.model if identity and identity.model in plate_models() else plate_models()[0]
    return layout.page(words, patient, visit, demo, scene(load_plate_model(model)))


def controls(services: Services, visit_id: str, screen: str) -> list[Component]:
    """Controls as the test stands now, for a screen that operates or watches; nothing where the test is not open."""
    words, conductor = services.words, services.conductor
    if conductor is None:
        return []
    attendance, open_test = conductor.attend(visit_id, take=False), conductor.view()
    if open_test is None:
        return []
    if attendance is Attendance.ELSEWHERE:
        return layout.elsewhere(words, f"/test/{open_test.visit_id}")
    if attendance is not Attendance.OPEN:
        return []
    guide, standing = open_test.guide, conductor.lease.standing(screen)
    attempt = view.attempt_text(words, guide)
    if standing is not Standing.OPERATES:
        return layout.watching(words, standing, layout.head(words, guide, attempt))
    acts, verdict = view.buttons(words, guide), view.verdict(words, guide)
    parts = layout.controls(words, guide, attempt, acts, verdict, f"/result/{visit_id}")
    return [*parts, setup(words, guide.protocol, conductor.protocols)] if guide.step in IDLE else parts


def choose(services: Services, visit_id: str, field: str, value: str) -> None:
    """One more choice of protocol or conditions."""
    conductor = services.conductor
    open_test = conductor.view() if conductor is not None else None
    if conductor is not None and open_test is not None:
        conductor.set_up(visit_id, *chosen(open_test.guide.protocol, field, value))


def register(app: Dash, services: Services) -> Page:
    """Mount the page and its callbacks."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("live", "mount"), Output(TestId.SCREEN, "data"), Input(LiveId.CANVAS, "id")
    )
    _register_acts(app, services)
    _register_examiner(app, services)

    @callback(app, _NEEDS, Output(TestId.CONTROLS, "children"), Input(TestId.STATE, "data"), *_WHERE, polls=True)
    def redraw(_state: str | None, visit_id: str, screen: str | None) -> list[Component]:
        return controls(services, visit_id, screen or "")

    return Page("test", "/test/<visit_id>", lambda visit_id: show(services, visit_id, acting()), _NEEDS)


#: Who measures, operates this page; `redraw` comes of the live view, and keeps no session open.
_NEEDS = Filing.RECORDING_FILED
_WHERE = State(TestId.VISIT, "data"), State(TestId.SCREEN, "data")
_DRAWN = Output(TestId.CONTROLS, "children", allow_duplicate=True)


def _register_acts(app: Dash, services: Services) -> None:
    """What is pressed, by the screen that operates."""
    act_pressed = Input({"type": TestId.ACT.value, "act": ALL, "token": ALL}, "n_clicks")
    choice_pressed = Input({"type": TestId.SETUP.value, "field": ALL, "value": ALL}, "n_clicks")

    @callback(app, _NEEDS, _DRAWN, act_pressed, *_WHERE, prevent_initial_call=True)
    def act(_clicks: list[int | None], visit_id: str, screen: str) -> list[Component]:
        pressed, conductor = _pressed(), services.conductor
        if conductor is not None and conductor.lease.claim(screen, take=False):
            conductor.act(Act(pressed["act"]), pressed["token"], acting())
        return controls(services, visit_id, screen)

    @callback(app, _NEEDS, _DRAWN, choice_pressed, *_WHERE, prevent_initial_call=True)
    def set_up(_clicks: list[int | None], visit_id: str, screen: str) -> list[Component]:
        pressed, conductor = _pressed(), services.conductor
        if conductor is not None and conductor.lease.claim(screen, take=False):
            choose(services, visit_id, pressed["field"], pressed["value"])
        return controls(services, visit_id, screen)

    @callback(app, _NEEDS, _DRAWN, Input(TestId.TAKE_OVER, "n_clicks"), *_WHERE, prevent_initial_call=True)
    def take_over(_clicks: int | None, visit_id: str, screen: str) -> list[Component]:
        _pressed()
        if services.conductor is not None:
            services.conductor.lease.claim(screen, take=True)
        return controls(services, visit_id, screen)


def examiner(services: Services, visit_id: str, screen: str) -> tuple[str, list[Component]]:
    """The examiner's fields of the newest trial, and its id; nothing while somebody is measured, or only watched."""
    conductor, store = services.conductor, services.station.store
    open_test = conductor.view() if conductor is not None else None
    if conductor is None or open_test is None or open_test.visit_id != visit_id:
        return "", []
    asked = open_test.guide.step in (*IDLE, Step.VERDICT) and not _practised(store, open_test.guide.outcome)
    if not asked or conductor.lease.standing(screen) is not Standing.OPERATES:
        return "", []
    trial = newest_trial(store, visit_id)
    return ("", []) if trial is None else (trial.id, form(services.words, trial, seen_of(store, trial)))


def _practised(store: RecordStore, outcome: Outcome | None) -> bool:
    return outcome is not None and is_practice(store.trial(outcome.trial_id))


def _register_examiner(app: Dash, services: Services) -> None:
    """What the examiner saw. The form is drawn for a trial once: what is typed in it stands until it is filed."""
    store, words = services.station.store, services.words
    pressed = Input({"type": TestId.SEEN.value, "trial": ALL, "field": ALL, "value": ALL, "at": ALL}, "n_clicks")
    typed = Input({"type": TestId.TYPED.value, "trial": ALL, "field": ALL}, "value")
    drawn = Output(TestId.EXAMINER, "children", allow_duplicate=True)

    @callback(
        app,
        _NEEDS,
        Output(TestId.EXAMINER, "children"),
        Output(TestId.EXAMINED, "data"),
        Input(TestId.STATE, "data"),
        State(TestId.EXAMINED, "data"),
        *_WHERE,
        polls=True,
    )
    def ask(_state: str | None, before: str | None, visit_id: str, screen: str | None) -> tuple[Any, Any]:
        trial_id, fields = examiner(services, visit_id, screen or "")
        return (no_update, no_update) if trial_id == before else (fields, trial_id)

    @callback(app, Filing.OBSERVATION_FILED, drawn, pressed, *_WHERE, prevent_initial_call=True)
    def see(_clicks: list[int | None], visit_id: str, screen: str) -> list[Component]:
        chosen = _pressed()
        note(store, acting(), visit_id, chosen["trial"], **{chosen["field"]: parsed(chosen["field"], chosen["value"])})
        return examiner(services, visit_id, screen)[1]

    problem_said = Output(TestId.SEEN_PROBLEM, "children")

    @callback(app, Filing.OBSERVATION_FILED, problem_said, typed, _WHERE[0], prevent_initial_call=True)
    def type_in(_typed: list[object], visit_id: str) -> str:
        if not ctx.triggered_id:
            raise PreventUpdate
        where: Any = ctx.triggered_id
        try:
            entered = {where["field"]: parsed(where["field"], ctx.triggered[0]["value"])}
            note(store, acting(), visit_id, where["trial"], **entered)
        except RecordsError as problem:
            return words(f"errors.{problem.code}", **problem.values)
        return ""


def _pressed() -> Any:
    """Id of the button that was pressed; buttons that only came onto the page are nothing."""
    if not ctx.triggered_id or not ctx.triggered[0]["value"]:
        raise PreventUpdate
    return ctx.triggered_id
