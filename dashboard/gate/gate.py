"""Closed unless opened: looks at every request before anything answers it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from urllib.parse import quote, urlsplit

from dash import Dash
from flask import Flask, Response, abort, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, SecurityError

from dashboard.config import Config
from dashboard.gate import headers
from dashboard.gate.known import Known
from dashboard.gate.links import Links
from dashboard.gate.register import Guarded, check_callbacks, register_of
from dashboard.gate.tokens import Cookies
from dashboard.gate.withdrawn import Withdrawn
from dashboard.services import Services
from records import accounts, sign_in
from records.errors import NotFound, NotPermitted, RecordsError, SessionOver, StoreError
from records.people import Seen
from records.permissions import require
from records.sign_in_apart import SignInApart
from records.sign_in_rules import SessionLimits

log = logging.getLogger(__name__)

#: Files of the program itself: the same for everyone, nothing of the archive in them.
STATIC = frozenset(
    {
        "_dash_assets.static",
        "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
        "/_favicon.ico",
    }
)
CALLBACKS, PAGES = "/_dash-update-component", frozenset({"/", "/<path:path>"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: Nobody is known yet: a form of a few lines is all there is to send.
FORM_BYTES = 64 * 1024
#: The largest that a page may send: a recording to be imported, with what the browser adds to it.
BODY_BYTES = 64 * 1024 * 1024
LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_EXTENSION = "stancelab.gate.closed"
#: A stream outlasts its session by this at most. [s]
STREAM_LOOK_S = 2.0
_DAY_S = 12 * 3600.0
#: In a demonstration nothing is secret: its screen does not lock.
_DEMO_LIMITS = SessionLimits(_DAY_S, _DAY_S, _DAY_S)


class Gate:
    """The gate of one application.

    Parameters
    ----------
    app : dash.Dash
    services : Services
    """

    def __init__(self, app: Dash, services: Services) -> None:
        self.services, self.config = services, services.config
        self.store, self.words = services.station.store, services.words
        self.cookies = Cookies(self.config)
        self.limits = _DEMO_LIMITS if self.config.demo else sign_in.LIMITS
        self.links = Links()
        #: For an archive that can only be read.
        self.apart = SignInApart(self.store, self.limits)
        #: For what people locked or ended while the archive could not keep it.
        self.withdrawn = Withdrawn(self.limits)
        self._known = Known(self.limits)
        #: Endpoints that look at the session themselves, if they need one.
        self.open: set[str] = set()
        self._register = register_of(app.server)
        self._set_up = False

    @property
    def is_set_up(self) -> bool:
        """Whether there is an administrator; the last one can't be taken away again. A demonstration needs none."""
        self._set_up = self._set_up or self.config.demo or accounts.has_administrator(self.store)
        return self._set_up

    def seen(self) -> Seen:
        """Whose session the request came with, open or locked. Raises SessionOver, StoreError."""
        return self._look(self.token)

    def _look(self, token: str) -> Seen:
        if self.withdrawn.is_ended(token):
            raise SessionOver
        seen = self._found(token)
        return replace(seen, is_locked=True) if self.withdrawn.is_locked(token) else seen

    def _found(self, token: str) -> Seen:
        try:
            seen = sign_in.look(self.store, token, now=now(), limits=self.limits)
        except SessionOver:
            self._known.forget(token)
            return self.apart.look(token, now=now())
        except StoreError as error:
            return self._known.recall(token, now(), error)
        self._known.keep(token, seen)
        return seen

    def while_in(self, token: str, events: Iterator[str], every_s: float = STREAM_LOOK_S) -> Iterator[str]:
        """A stream for as long as the session that opened it lasts; it is looked at every so often."""
        looked_s = monotonic()
        for event in events:
            if monotonic() - looked_s >= every_s:
                looked_s = monotonic()
                try:
                    self._look(token)
                except (SessionOver, StoreError):
                    return
            yield event

    @property
    def token(self) -> str:
        """The session's token that the request came with; empty: none."""
        return request.cookies.get(self.cookies.session, "")

    def before(self) -> ResponseReturnValue | None:
        """Let a request pass (None), or answer it here."""
        if isinstance(request.routing_exception, SecurityError):
            abort(400)  # a host that is not ours
        self._check_sender()
        if request.endpoint in STATIC or request.endpoint in self.open:
            request.max_content_length = FORM_BYTES
            return None
        try:
            seen = self.seen()
        except SessionOver:
            return self._turned_away("/log-in" if self.is_set_up else "/set-up")
        guarded = self._register.routes.get(request.endpoint or "")
        if seen.is_locked and not (guarded and guarded.while_locked):
            return self._turned_away("/lock")
        g.signed_in, g.token = seen.signed_in, self.token
        if request.endpoint is None:
            return None  # there is no such address: Flask says so
        if request.method not in SAFE_METHODS and not self.cookies.proves(request, self.cookies.session):
            abort(403)
        guarded = _of_callback(self._register.callbacks) if request.endpoint == CALLBACKS else guarded
        if guarded is None:
            abort(403)
        require(seen.signed_in.account.actor, guarded.needs)
        if not guarded.polls:
            self.keep_open(seen)
        return None

    def after(self, response: Response) -> Response:
        """Set the headers of every answer."""
        is_static = request.endpoint in STATIC
        headers.put_on(response, self.policy, is_static=is_static, is_secure=self.cookies.secure)
        return response

    def refused(self, status: int, text: str, **more: str) -> ResponseReturnValue:
        """An answer that says why not: a page where one was asked for, else JSON."""
        if request.method == "GET" and request.endpoint in (*PAGES, *self.open):
            return render_template("message.html", words=self.words, text=text, demo=self.config.demo), status
        return jsonify(text=text, **more), status

    def put_before(self, app: Dash) -> None:
        """Close the application. Everything is registered by now.

        Raises
        ------
        NoPermissionNamed
        """
        check_callbacks(app)
        self.policy = headers.policy(app.csp_hashes())
        server: Flask = app.server
        server.extensions[_EXTENSION] = self
        server.config["TRUSTED_HOSTS"] = list(trusted_hosts(self.config))
        server.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
        server.config["MAX_FORM_MEMORY_SIZE"] = BODY_BYTES
        server.before_request_funcs.setdefault(None, []).insert(0, self.before)
        server.after_request(self.after)
        server.register_error_handler(RecordsError, self._error)
        server.register_error_handler(Exception, self._fault)

    def keep_open(self, seen: Seen) -> None:
        """Somebody did something: the session lasts for another while."""
        idle_s = abs((now() - seen.signed_in.session.active_at).total_seconds())
        if idle_s < sign_in.ACTIVITY_STEP_S:
            return
        try:
            g.signed_in = sign_in.signed_in(self.store, self.token, now=now(), active=True, limits=self.limits)
        except (StoreError, SessionOver):  # the archive can't keep it, or knows nothing of it
            self._known.active(self.token, now())
            self.apart.active(self.token, now=now())

    def _check_sender(self) -> None:
        """Nothing but pages of this server asks this server; only a link to a page may come from elsewhere."""
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        opens_page = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
        if site not in (None, "same-origin", "none") and not opens_page:
            abort(403)
        hidden = origin == "null" and site == "same-origin"  # a form of a page that sends no referrer
        if origin is not None and origin != self._origin() and not hidden:
            abort(403)

    def _origin(self) -> str:
        if self.config.public_url is None:
            return request.host_url.rstrip("/")
        parts = urlsplit(self.config.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    def _turned_away(self, to: str) -> ResponseReturnValue:
        """Pages send the browser where one can log in; everything else is told to."""
        if request.method == "GET" and request.endpoint in PAGES:
            return redirect(to if request.path == "/" else f"{to}?next={quote(request.path)}", 303)
        return jsonify(go=to), 401

    def _error(self, error: RecordsError) -> ResponseReturnValue:
        """What the archive refuses is said in words, whoever asked for it."""
        if isinstance(error, SessionOver):
            return self._turned_away("/log-in")
        status = {NotPermitted: 403, NotFound: 404}.get(type(error), 503 if isinstance(error, StoreError) else 409)
        return self.refused(status, self.words(f"errors.{error.code}", **error.values))

    def _fault(self, error: Exception) -> ResponseReturnValue:
        """A mistake in the program: where it happened is logged, and never its message, which may hold what was typed.

        What Flask itself answers with (no such address, too large) passes.
        """
        if isinstance(error, HTTPException):
            return error.get_response()
        where = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__)))
        log.error("%s at %s:\n%s", type(error).__name__, request.endpoint, where)
        return self.refused(500, self.words("gate.fault"))


def gate_of(app: Dash) -> Gate:
    """The gate before an application."""
    return gate_of_server(app.server)


def gate_of_server(server: Flask) -> Gate:
    """The gate before a server."""
    found: Gate = server.extensions[_EXTENSION]
    return found


def trusted_hosts(config: Config) -> tuple[str, ...]:
    """Names under which a browser may ask for this server: any other page that leads here gets nothing."""
    shown = urlsplit(config.public_url).hostname if config.public_url else None
    return (*LOOPBACK_HOSTS, shown) if shown else LOOPBACK_HOSTS


def now() -> datetime:
    """The time of the session's limits."""
    return datetime.now(UTC)


def _of_callback(callbacks: dict[str, Guarded]) -> Guarded | None:
    body = request.get_json(silent=True)
    return callbacks.get(str(body.get("output"))) if isinstance(body, dict) else None
