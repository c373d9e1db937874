"""The frame of the settings: the sections that this person may see, beside the one that is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dash import Dash, dcc, html
from dash.development.base_component import Component

from dashboard.components.aria import named
from dashboard.components.shell import page_head
from dashboard.gate import acting
from dashboard.pages.settings import account, audit, identity, users
from dashboard.pages.settings.section import Section
from dashboard.routes import Page
from dashboard.services import Services
from dashboard.words import Words
from records.model import Role
from records.permissions import Right, allows

#: Modules that offer ``register(app, services) -> Section``, in the order of the list.
SECTIONS = (account, users, identity, audit)
PATH = "/settings"


def register(app: Dash, services: Services) -> list[Page]:
    """Mount every section; the settings themselves open with the first one, which is everybody's."""
    sections = [section.register(app, services) for section in SECTIONS]

    def shown(section: Section) -> Callable[[], Component]:
        return lambda: page(services.words, sections, section, acting().role)

    pages = [Page(f"settings_{one.name}", f"{PATH}/{one.name}", shown(one), one.needs) for one in sections]
    return [Page("settings", PATH, shown(sections[0]), Right.OWN), *pages]


def page(words: Words, sections: Sequence[Section], open_one: Section, role: Role) -> Component:
    """One section in the frame."""
    links = [
        html.Li(
            dcc.Link(
                words(f"settings.{one.name}.title"),
                href=f"{PATH}/{one.name}",
                className="settings-link settings-link-open" if one is open_one else "settings-link",
            )
        )
        for one in sections
        if allows(role, one.needs)
    ]
    beside = html.Nav(html.Ul(links), className="settings-nav", **named(words("settings.sections")))
    body = html.Div([html.H2(words(f"settings.{open_one.name}.title")), open_one.layout()], className="settings-body")
    return html.Div([page_head(words("nav.settings")), html.Div([beside, body], className="settings")])
