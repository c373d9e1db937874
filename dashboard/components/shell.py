"""The frame of every page: header with the mark, place for the page, footer with the purpose."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.components.aria import named
from dashboard.components.badges import demo_stamp
from dashboard.gate.tokens import CSRF_FIELD
from dashboard.ids import ShellId
from dashboard.language import QUERY, other_languages
from dashboard.theme import THEME
from dashboard.words import Words
from records.people import SignedIn


def _scheme_button(words: Words) -> html.Button:
    label = words("nav.scheme")
    icon = html.Span(className="icon icon-scheme")
    return html.Button(icon, id=ShellId.SCHEME, className="icon-button", title=label, **named(label))


def _form(words: Words, csrf: str, action: str, key: str, icon: str) -> html.Form:
    """A button that needs no script: locked or logged out also where Dash has failed."""
    label = words(key)
    icon_of = html.Span(className=f"icon icon-{icon}")
    button = html.Button(icon_of, name=CSRF_FIELD, value=csrf, className="icon-button", title=label, **named(label))
    return html.Form(button, action=action, method="post")


def _me(words: Words, me: SignedIn, csrf: str, demo: bool) -> html.Div:
    """Who is logged in. In a demonstration nobody has a PIN, so nothing locks: there would be no way back."""
    name = html.Span(me.account.name, className="me-name")
    role = html.Span(words(f"role.{me.account.role.value}"), className="soft")
    who = dcc.Link([name, role], href="/settings/account", className="me-who")
    lock = [] if demo else [_form(words, csrf, "/lock/now", "gate.lock_now", "lock")]
    return html.Div([who, *lock, _form(words, csrf, "/log-out", "gate.log_out", "log-out")], className="me")


def _header(words: Words, demo: bool, beside: Sequence[Component]) -> html.Header:
    mark = dcc.Link([html.Span(className="mark"), words("app.name")], href="/", className="brand")
    claim = html.Span(words("app.claim"), className="claim")
    stamp = [demo_stamp(words)] if demo else []
    links = [
        dcc.Link(words(f"nav.{name}"), href=href, className="nav-link")
        for name, href in (("patients", "/"), ("settings", "/settings"))
    ]
    navigation = html.Nav(links, **named(words("nav.main")))
    return html.Header([mark, navigation, claim, *stamp, *beside], className="header")


def _other_languages(words: Words) -> list[Component]:
    """A link to this page in each other language, named in that language."""
    return [
        html.A(name, href=f"?{QUERY}={code}", lang=code, hrefLang=code, className="language")
        for code, name in other_languages(words)
    ]


def shell(
    words: Words,
    demo: bool,
    me: SignedIn | None = None,
    csrf: str = "",
    beside: Sequence[Component] = (),
    above: Sequence[Component] = (),
) -> Component:
    """Layout of the application: pages come into the middle. ``beside``: in the header; ``above``: over every page."""
    right = [*beside, *_other_languages(words), _scheme_button(words), *([_me(words, me, csrf, demo)] if me else [])]
    provider: Component = dmc.MantineProvider(
        [
            dcc.Location(id=ShellId.URL, refresh="callback-nav"),
            dcc.Store(id=ShellId.TITLE),
            html.Div(
                [
                    html.A(words("nav.skip"), href=f"#{ShellId.PAGE}", className="skip-link"),
                    _header(words, demo, right),
                    html.P(id="refused", className="act-refused", role="alert", hidden=True),
                    *above,
                    html.Main(id=ShellId.PAGE, className="page", tabIndex="-1"),
                    html.Footer(words("app.purpose"), className="footer"),
                ],
                className="frame",
            ),
        ],
        id=ShellId.PROVIDER,
        theme=THEME,
        defaultColorScheme="auto",
    )
    return provider


def page_head(title: str | list[Component], *actions: Component, back: tuple[str, str] | None = None) -> html.Div:
    """Heading of a page with its actions, and the way back as (text, address)."""
    way = [dcc.Link([html.Span(className="icon icon-back"), back[0]], href=back[1], className="back")] if back else []
    heading = html.H1(title)
    return html.Div(
        [*way, html.Div([heading, html.Div(actions, className="actions")], className="head-row")], className="head"
    )
