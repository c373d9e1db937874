"""The web application: registers its pages by name, draws the frame, puts the gate before it. No work at import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State
from dash.development.base_component import Component
from flask import Flask, Response, request

from dashboard import copies, downloads, exchange_frame, language, live
from dashboard.archive_notice import archive_notice
from dashboard.components import explain
from dashboard.components.notice import notice
from dashboard.components.shell import shell
from dashboard.config import Config
from dashboard.gate import acting, callback, person
from dashboard.gate.gate import Gate
from dashboard.gate.screens import Screens
from dashboard.gate.tokens import CSRF_HEADER, Cookies, csrf_of
from dashboard.ids import ShellId
from dashboard.pages import compare, patient, patient_view, patients, progress, result, settings, test, visit
from dashboard.routes import Routes
from dashboard.services import Services
from dashboard.words import Words, load_words
from records.errors import NotFound
from records.permissions import Right, allows

#: Packages that offer ``register(app, services) -> Page``.
PAGES = (patients, patient, visit, test, patient_view, result, progress, compare)

#: Of a longer address that leads nowhere the beginning is said.
PATH_SHOWN = 100

ASSETS = Path(__file__).parent / "assets"

INDEX = """<!DOCTYPE html>
<html lang="{language}">
<head>
{metas}
<title>{title}</title>
<link rel="icon" type="image/svg+xml" href="/assets/icons/mark.svg">
<script src="/assets/theme.js"></script>
<script src="/assets/session.js"></script>
{css}
</head>
<body>
<noscript>{needs_javascript}</noscript>
{app_entry}
{config}
{scripts}
{renderer}
</body>
</html>"""


class App(Dash):
    """Dash with a page around all pages that is in the language of who asks for it."""

    def interpolate_index(self, **parts: Any) -> str:  # type: ignore[override]  # Dash names each part
        """The page around all pages."""
        words = load_words()
        return INDEX.format(language=words.language, needs_javascript=words("app.needs_javascript"), **parts)


def make_app(config: Config, services: Services) -> Dash:
    """Application with every page, ready to be served."""
    words, cookies = services.words, Cookies(config)
    app = App(
        "dashboard",
        assets_folder=str(ASSETS),
        assets_ignore=r"(theme|session|lock)\.js|gate\.css",
        serve_locally=True,
        suppress_callback_exceptions=True,
        title=words("app.name"),
        update_title="",
        enable_mcp=False,
        csrf_token_name=cookies.csrf,
        csrf_header_name=CSRF_HEADER,
    )
    gate = Gate(app, services)
    beside, above = exchange_frame.places(services)
    app.layout = lambda: shell(words, config.demo, person(), csrf_of(gate.token), beside, above)
    routes = Routes([*(page.register(app, services) for page in PAGES), *settings.register(app, services)])
    explain.register(app, words)
    live.register(app, services)
    copies.register(app, services)
    downloads.register(app, services)
    exchange_frame.register(app, services)
    _register_frame(app, routes, services)
    Screens(gate).mount(app.server)
    gate.put_before(app)
    language.register(app)
    _say_missing(app, routes)
    return app


def _register_frame(app: Dash, routes: Routes, services: Services) -> None:
    @callback(
        app, Right.OWN, Output(ShellId.PAGE, "children"), Output(ShellId.TITLE, "data"), Input(ShellId.URL, "pathname")
    )
    def show(path: str) -> tuple[list[Component], str]:
        page, title = shown(routes, services, path)
        return [*archive_notice(services.words, services.station.store), page], title

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("shell", "switch_scheme"),
        Output(ShellId.PROVIDER, "forceColorScheme"),
        Input(ShellId.SCHEME, "n_clicks"),
        prevent_initial_call=True,
    )
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("shell", "page_shown"),
        Output(ShellId.TITLE, "storage_type"),
        Input(ShellId.TITLE, "data"),
        State(ShellId.URL, "pathname"),
        prevent_initial_call=True,
    )


def shown(routes: Routes, services: Services, path: str) -> tuple[Component, str]:
    """The page at `path` and the title of the browser's tab; a page that says so where there is none."""
    words, found = services.words, routes.find(path)
    try:
        if found is not None:
            page, ids = found
            if not allows(acting().role, page.needs):
                return _not_allowed(words)
            content = page.layout(**ids)
            if services.reading is not None:
                services.reading.shown(page.name, ids)
            return content, words("nav.title", page=words(f"nav.{page.name}"))
    except NotFound:
        pass  # an address of something that is not in the archive is as unknown as any other
    missing = notice(words("nav.missing_title"), words("nav.missing_text", path=path[:PATH_SHOWN]), is_page=True)
    return missing, words("nav.title", page=words("nav.missing_title"))


def _not_allowed(words: Words) -> tuple[Component, str]:
    refused = notice(words("nav.not_allowed_title"), words("errors.NOT_PERMITTED"), is_page=True)
    return refused, words("nav.title", page=words("nav.not_allowed_title"))


def _say_missing(app: Dash, routes: Routes) -> None:
    """An unknown address shows a page that says so, with the status that says so too."""

    def add_status(response: Response) -> Response:
        if request.endpoint == "/<path:path>" and response.status_code == 200 and routes.find(request.path) is None:
            response.status_code = 404
        return response

    server: Flask = app.server
    server.after_request(add_status)
