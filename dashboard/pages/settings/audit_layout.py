"""How the audit log is shown."""

from __future__ import annotations

import json
from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from dashboard.components.aria import named
from dashboard.components.notice import notice
from dashboard.components.told import told
from dashboard.ids import AuditId
from dashboard.words import Words
from dashboard.words.dates import moment_text
from records.audit import AuditReport
from records.model import Act, AuditEvent

#: Of a longer list of faults the first ones are named.
FAULTS_SHOWN = 20


def page(words: Words) -> Component:
    """What to look for, the list, verify and copy."""
    acts = sorted(
        ({"value": act.value, "label": words(f"audited.{act.value}")} for act in Act), key=lambda one: one["label"]
    )
    who = dmc.TextInput(id=AuditId.WHO, label=words("settings.audit.who"), debounce=300, value="", className="search")
    what = dmc.Select(id=AuditId.WHAT, label=words("settings.audit.what"), data=acts, clearable=True, searchable=True)
    more = dmc.Button(words("patients.more"), id=AuditId.MORE, variant="default", style={"display": "none"})
    return html.Div(
        [
            html.P(words("settings.audit.text"), className="soft settings-text"),
            _whole(words),
            html.Div([who, what], className="audit-bar"),
            html.Div(id=AuditId.LIST),
            html.Div(more, className="form-actions"),
        ]
    )


def _whole(words: Words) -> Component:
    verify = dmc.Button(words("settings.audit.verify"), id=AuditId.VERIFY)
    copies = [
        html.A(
            words(f"settings.audit.copy_{kind}"),
            href=f"/api/audit/{kind}",
            className="button",
            download=f"audit.{kind}",
        )
        for kind in ("csv", "jsonl")
    ]
    return html.Div(
        [html.Div([verify, *copies], className="actions"), html.Div(id=AuditId.VERIFIED, role="status")],
        className="card form",
    )


def report(words: Words, found: AuditReport) -> Component:
    """What verifying found: how many events, the newest hash of each chain; or every broken place."""
    if not found.faults:
        heads = [
            html.Li(words("command.store.check.head", station=station, hash=hash))
            for station, hash in found.heads.items()
        ]
        whole = html.P(words("settings.audit.whole", n=found.events))
        return told([whole, html.Ul(heads, className="heads")], "good")
    faults = [
        html.Li(words(f"command.store.check.audit.{fault.problem.value}", station=fault.station, number=fault.number))
        for fault in found.faults[:FAULTS_SHOWN]
    ]
    broken = html.P(words("settings.audit.broken", n=len(found.faults)))
    return told([broken, html.Ul(faults)], "stop")


def event_list(words: Words, events: Sequence[AuditEvent]) -> Component:
    """Events, newest first."""
    if not events:
        return notice(words("settings.audit.none_title"), words("settings.audit.none_text"))
    columns = ("when", "who", "what", "about", "number")
    heads = [html.Th(words(f"settings.audit.column.{column}"), scope="col") for column in columns]
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_row(words, event) for event in events])],
        **named(words("settings.audit.title")),
    )
    return html.Div(html.Div(table, className="table-scroll"), className="card rows")


def _row(words: Words, event: AuditEvent) -> html.Tr:
    about = words(f"kind.{event.subject_kind.value}")
    shown = html.Details([html.Summary(about), html.P(event.subject_id), html.Pre(_details(event))])
    cells: list[Component | str | list[Component]] = [
        moment_text(words, event.at.astimezone()),
        [html.Div(event.actor), html.Div(words(f"role.{event.role.value}"), className="soft")],
        words(f"audited.{event.act.value}"),
        shown,
        f"{event.station} {event.number}",
    ]
    return html.Tr([html.Td(cell) for cell in cells])


def _details(event: AuditEvent) -> str:
    return "\n".join(f"{key}: {_shown(told)}" for key, told in event.details.items())


def _shown(told: object) -> str:
    return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
