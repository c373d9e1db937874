"""Reports of the visit: make one, and open those that were made."""

from __future__ import annotations

import base64
from typing import Any

from dash import Dash, Input, Output, State, ctx, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from dashboard.downloads import report_path
from dashboard.gate import acting, callback
from dashboard.ids import ResultId
from dashboard.reporting import file_name, make_report
from dashboard.services import Services
from dashboard.words import Words, load_words
from dashboard.words.dates import moment_text
from records.model import Act, Visit
from records.permissions import allows
from records.reports import Report, ReportKind

BUTTONS = {ReportKind.CLINICIAN: ResultId.REPORT_CLINICIAN, ReportKind.PATIENT: ResultId.REPORT_PATIENT}


def reports_card(services: Services, visit: Visit) -> Component:
    """The card; who may not make reports sees those there are."""
    words = services.words
    parts: list[Component] = [html.H2(words("reports.title"))]
    if allows(acting().role, Act.REPORT_FILED):
        buttons = [
            html.Button(words(f"reports.make_{kind.value}"), id=button, className="button")
            for kind, button in BUTTONS.items()
        ]
        parts += [html.P(words("reports.hint"), className="soft"), html.Div(buttons, className="actions")]
    made = html.Div(_listed(services, visit.id), id=ResultId.REPORTS, role="status")
    return html.Section(
        [*parts, made, dcc.Download(id=ResultId.REPORT_FILE)], id=ResultId.REPORTS_CARD, className="card reports"
    )


def _listed(services: Services, visit_id: str) -> Component:
    """Every report of a visit, the newest first."""
    words, visit = services.words, services.station.store.visit(visit_id)
    filed = services.station.store.reports_of(visit_id)
    if not filed:
        return html.P(words("reports.none"), className="soft")
    return html.Ul([_line(words, report, visit) for report in reversed(filed)], className="made")


def _line(words: Words, report: Report, visit: Visit) -> html.Li:
    at = report.made_at.astimezone(visit.local_at.tzinfo)
    made = words(
        "reports.made",
        number=report.number,
        language=load_words(report.language)("language.name"),
        at=moment_text(words, at),
        by=report.made_by,
    )
    kind = words(f"reports.kind.{report.kind.value}")
    if report.erased:
        return html.Li([html.Span(kind), html.Span(words("reports.erased"), className="soft")])
    link = html.A(kind, href=report_path(report.id), target="_blank")
    return html.Li([link, html.Span(made, className="soft")])


def register(app: Dash, services: Services) -> None:
    """Mount the two buttons."""

    @callback(
        app,
        Act.REPORT_FILED,
        Output(ResultId.REPORT_FILE, "data"),
        Output(ResultId.REPORTS, "children"),
        *[Input(button, "n_clicks") for button in BUTTONS.values()],
        State(ResultId.VISIT, "data"),
        prevent_initial_call=True,
    )
    def make(*pressed: Any) -> tuple[dict[str, Any] | None, Component]:
        if not any(pressed[:-1]):
            raise PreventUpdate  # the buttons came onto the page, nobody pressed one
        return _made(services, str(ctx.triggered_id), pressed[-1])


def _made(services: Services, button: str, visit_id: str) -> tuple[dict[str, Any] | None, Component]:
    kind = next(kind for kind, id in BUTTONS.items() if id == button)
    station = services.station
    report, pdf = make_report(services.words, station, acting(), visit_id, kind)
    code = station.store.patient(station.store.visit(visit_id).patient_id).code
    return downloaded(pdf, file_name(report, code)), _listed(services, visit_id)


def downloaded(pdf: bytes, name: str) -> dict[str, Any]:
    """A file as `dcc.Download` takes it."""
    content = base64.b64encode(pdf).decode()
    return {"content": content, "filename": name, "type": "application/pdf", "base64": True}
