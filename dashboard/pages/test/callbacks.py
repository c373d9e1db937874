"""What happens on the page of the guided test. The live view says when something changed; this redraws the controls."""

from __future__ import annotations

from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.conductor import Attendance
from dashboard.figures.scene import scene
from dashboard.ids import LiveId, TestId
from dashboard.pages.test import layout, view
from dashboard.protocol import Act
from dashboard.routes import Page
from dashboard.services import Services
from hardware.plates import load_plate_model, plate_models


def show(services: Services, visit_id: str) -> Component:
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
    conductor.attend(visit_id, take=True)
    identity = conductor.hub.snapshot().identity
    model = identity.model if identity and identity.model in plate_models() else plate_models()[0]
    return layout.page(words, patient, visit, demo, scene(load_plate_model(model)))


def controls(services: Services, visit_id: str) -> list[Component]:
    """Controls as the test stands now; nothing where it is not open."""
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
    guide = open_test.guide
    return layout.controls(
        words,
        guide,
        view.attempt_text(words, guide),
        view.buttons(words, guide),
        view.verdict(words, guide),
        f"/result/{visit_id}",
    )


def register(app: Dash, services: Services) -> Page:
    """Mount the page and its callbacks."""
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("live", "mount"), Output(TestId.MOUNTED, "data"), Input(LiveId.CANVAS, "id")
    )

    @app.callback(
        Output(TestId.CONTROLS, "children"),
        Input(TestId.STATE, "data"),
        State(TestId.VISIT, "data"),
    )
    def redraw(_state: str | None, visit_id: str) -> list[Component]:
        return controls(services, visit_id)

    @app.callback(
        Output(TestId.CONTROLS, "children", allow_duplicate=True),
        Input({"type": TestId.ACT.value, "act": ALL, "token": ALL}, "n_clicks"),
        State(TestId.VISIT, "data"),
        prevent_initial_call=True,
    )
    def act(_clicks: list[int | None], visit_id: str) -> list[Component]:
        pressed: Any = ctx.triggered_id
        if services.conductor is None or not pressed or not ctx.triggered[0]["value"]:
            raise PreventUpdate  # buttons came onto the page, nobody pressed one
        services.conductor.act(Act(pressed["act"]), pressed["token"])
        return controls(services, visit_id)

    return Page("test", "/test/<visit_id>", lambda visit_id: show(services, visit_id))
