"""The audit log: who did what, when; whether its chains are whole; a copy for someone else."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dash import Dash, Input, Output, State
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from flask import Response, abort

from dashboard.gate import acting, callback, route
from dashboard.ids import AuditId
from dashboard.pages.settings import audit_layout as layout
from dashboard.pages.settings.section import Section
from dashboard.services import Services
from records.audit_copy import export_audit
from records.model import NAME_LIMIT, Act
from records.permissions import Right

PAGE_ROWS = 50
TYPES = {"csv": "text/csv", "jsonl": "application/jsonl"}


def found(services: Services, who: str, what: str | None, pages: int) -> tuple[Component, dict[str, str]]:
    """The events that were asked for, and whether there are more of them."""
    wanted = PAGE_ROWS * pages
    acts = [Act(what)] if what else []
    events = services.station.store.audit_events(None, wanted + 1, actor=who.strip(), acts=acts)
    more: dict[str, str] = {} if len(events) > wanted else {"display": "none"}
    return layout.event_list(services.words, events[:wanted]), more


def verified(services: Services) -> Component:
    """Whether every chain is whole, and where not."""
    return layout.report(services.words, services.station.store.verify_audit())


def copied(services: Services, kind: str) -> bytes:
    """Every event as a file's content; the copy is an event of its own."""
    with TemporaryDirectory(prefix="stancelab-audit-") as folder:
        path = Path(folder) / f"audit.{kind}"
        export_audit(services.station.store, acting(), path)
        return path.read_bytes()


def register(app: Dash, services: Services) -> Section:
    """Mount the section, its callbacks and its download."""

    @callback(
        app,
        Right.READ_AUDIT,
        Output(AuditId.LIST, "children"),
        Output(AuditId.MORE, "style"),
        Input(AuditId.WHO, "value"),
        Input(AuditId.WHAT, "value"),
        Input(AuditId.MORE, "n_clicks"),
    )
    def search(who: str | None, what: str | None, clicks: int | None) -> tuple[Component, dict[str, str]]:
        return found(services, (who or "")[:NAME_LIMIT], what, (clicks or 0) + 1)

    @callback(
        app,
        Right.READ_AUDIT,
        Output(AuditId.VERIFIED, "children"),
        Input(AuditId.VERIFY, "n_clicks"),
        State(AuditId.VERIFY, "n_clicks"),
        running=[(Output(AuditId.VERIFY, "loading"), True, False)],
        prevent_initial_call=True,
    )
    def verify(clicks: int | None, _again: Any) -> Component:
        if not clicks:
            raise PreventUpdate
        return verified(services)

    def download(kind: str) -> Response:
        if kind not in TYPES:
            abort(404)
        response = Response(copied(services, kind), mimetype=TYPES[kind])
        response.headers["Content-Disposition"] = f'attachment; filename="audit.{kind}"'
        return response

    route(app, "/api/audit/<kind>", "audit", Right.READ_AUDIT, download)
    return Section("audit", Right.READ_AUDIT, lambda: layout.page(services.words))
