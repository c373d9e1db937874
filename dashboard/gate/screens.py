"""The pages before the pages: log in, first set-up, lock screen. Plain HTML, which needs neither Dash nor a session."""

from __future__ import annotations

from contextlib import suppress
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, abort, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from dashboard.gate.gate import SAFE_METHODS, Gate, now
from dashboard.gate.tokens import csrf_of, local_path
from dashboard.protocol import IDLE, Act
from records import accounts, sign_in
from records.errors import (
    AlreadySetUp,
    LoginDelayed,
    LoginRefused,
    NotFound,
    RecordsError,
    SessionOver,
    StoreError,
    UnlockRefused,
)
from records.identity import Identity, choose_identity
from records.model import Act as Filing
from records.model import Role
from records.passwords import PASSWORD_MINIMUM, PIN_DIGITS
from records.people import Opened, Seen
from records.permissions import allows, require

#: Tries looked at together; more are told to wait, so that they can't hold every thread of the server.
TRIES_AT_ONCE = 4
#: What keeps a person on the plate safe, and so works while the screen is locked. Everyone may stop; the others mark a
#: measurement, which is for those who measure.
SAFETY = {Act.STOP: "escape", Act.TOUCHED: "t", Act.HAND_SUPPORT: "h"}


def safety_of(role: Role) -> dict[Act, str]:
    """The safety acts that people of this role may do, each with its key."""
    measures = allows(role, Filing.RECORDING_FILED)
    return {act: key for act, key in SAFETY.items() if act is Act.STOP or measures}


class Screens:
    """The open addresses of one gate."""

    def __init__(self, gate: Gate) -> None:
        self._gate, self._store, self._words = gate, gate.store, gate.words
        self._trying = BoundedSemaphore(TRIES_AT_ONCE)

    def mount(self, server: Flask) -> None:
        """Give each screen its address."""
        both = ("GET", "POST")
        mounted: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
            ("/log-in", self.log_in, both),
            ("/set-up", self.set_up, both),
            ("/new-password", self.new_password, both),
            ("/lock", self.lock, both),
            ("/lock/now", self.lock_now, ("POST",)),
            ("/lock/safety", self.safety, ("POST",)),
            ("/log-out", self.log_out, ("POST",)),
            ("/enter", self.enter, ("GET",)),
            ("/session", self.session, both),
        )
        for path, view, methods in mounted:
            server.add_url_rule(path, path, view, methods=list(methods))
            self._gate.open.add(path)

    def log_in(self) -> ResponseReturnValue:
        """Name and password."""
        if not self._gate.is_set_up:
            return redirect("/set-up", 303)
        seen = self._seen()
        if request.method == "GET":
            if seen is not None and not seen.is_locked:
                return redirect(self._next(), 303)
            name = seen.signed_in.account.name if seen else ""
            return self._form("log_in.html", name=name, demo=self._gate.config.demo)
        self._check_form()
        name = request.form.get("name", "")
        try:
            opened = self._logged_in(name, request.form.get("password", ""))
        except LoginDelayed as error:
            answer = make_response(self._form("log_in.html", 429, error, name=name))
            answer.headers["Retry-After"] = str(error.values["wait_s"])
            return answer
        except LoginRefused as error:
            return self._form("log_in.html", 401, error, name=name)
        return self._opened(opened, self._next())

    def set_up(self) -> ResponseReturnValue:
        """The first administrator, with the code from the console."""
        if self._gate.is_set_up:
            return redirect("/log-in", 303)
        if request.method == "GET":
            return self._form("set_up.html", minimum=PASSWORD_MINIMUM, options=self._gate.config.options)
        self._check_form()
        typed = {field: request.form.get(field, "") for field in ("code", "name", "password", "again")}
        identity = Identity.NAMES if request.form.get("identity") == Identity.NAMES else Identity.CODE
        shown = {"minimum": PASSWORD_MINIMUM, "name": typed["name"], "code": typed["code"], "identity": identity.value}
        if typed["password"] != typed["again"]:
            return self._form("set_up.html", 400, self._words("gate.set_up.not_the_same"), **shown)
        try:
            made = accounts.set_up(self._store, typed["code"], typed["name"], typed["password"], now=now())
            choose_identity(self._store, made.actor, identity)
        except AlreadySetUp:
            return redirect("/log-in", 303)
        except NotFound as error:
            return self._form("set_up.html", 400, error, **{**shown, "code": ""})
        except RecordsError as error:
            return self._form("set_up.html", 400, error, **shown)
        return self._opened(self._logged_in(typed["name"], typed["password"]), "/settings/users")

    def new_password(self) -> ResponseReturnValue:
        """Choose a password with the code of an administrator: of a new account, or where the old one is forgotten."""
        if request.method == "GET":
            return self._form("new_password.html", minimum=PASSWORD_MINIMUM)
        self._check_form()
        typed = {field: request.form.get(field, "") for field in ("code", "name", "password", "again")}
        shown: dict[str, Any] = {"minimum": PASSWORD_MINIMUM, "name": typed["name"], "code": typed["code"]}
        shown["options"] = self._gate.config.options
        if typed["password"] != typed["again"]:
            return self._form("new_password.html", 400, self._words("gate.set_up.not_the_same"), **shown)
        try:
            sign_in.choose_password(self._store, typed["name"], typed["code"], typed["password"], now=now())
        except LoginRefused:
            return self._form("new_password.html", 401, self._words("gate.new_password.refused"), **shown)
        except RecordsError as error:
            return self._form("new_password.html", 400, error, **shown)
        return self._opened(self._logged_in(typed["name"], typed["password"]), "/")

    def lock(self) -> ResponseReturnValue:
        """The lock screen: the same person's PIN goes on; safety keys of a running test work."""
        seen = self._seen()
        if seen is None:
            return redirect(self._with_next("/log-in"), 303)
        if not seen.is_locked:
            return redirect(self._next(), 303)
        if request.method == "GET":
            return self._locked(seen)
        self._check_session()
        try:
            self._unlock(request.form.get("pin", ""))
        except UnlockRefused as error:
            return self._locked(seen, 401, error)
        except SessionOver:
            answer = make_response(redirect(self._with_next("/log-in"), 303))
            self._gate.cookies.close(answer)
            return answer
        return redirect(self._next(), 303)

    def lock_now(self) -> ResponseReturnValue:
        """Lock at once: who leaves the room does not wait five minutes."""
        if self._check_session() is not None:
            self._lock(self._gate.token)
        return redirect(self._with_next("/lock"), 303)

    def safety(self) -> ResponseReturnValue:
        """Stop, touched, hand support: of a test that runs behind the lock screen. Raises NotPermitted."""
        seen = self._check_session()
        wanted, conductor = request.form.get("act", ""), self._gate.services.conductor
        if wanted not in SAFETY or seen is None:
            abort(400)
        actor = seen.signed_in.account.actor
        if wanted not in safety_of(actor.role):
            require(actor, Filing.RECORDING_FILED)
        if conductor is not None:
            conductor.safety(Act(wanted), actor)
        return redirect(self._with_next("/lock"), 303)

    def log_out(self) -> ResponseReturnValue:
        """End one's own session."""
        self._check_session()
        self._end(self._gate.token)
        answer = make_response(redirect("/log-in", 303))
        self._gate.cookies.close(answer)
        return answer

    def enter(self) -> ResponseReturnValue:
        """The one-time link of a demonstration."""
        account_id = self._gate.links.taken(request.args.get("key", ""))
        if account_id is None:
            return self._gate.refused(404, self._words("gate.link_used"))
        return self._opened(sign_in.open_session(self._store, account_id, now=now()), "/")

    def session(self) -> ResponseReturnValue:
        """What the page's script asks: is it open, and for how long; POST: a person is there."""
        try:
            if request.method not in SAFE_METHODS:
                self._check_session()
            seen = self._gate.seen()
            if request.method not in SAFE_METHODS and not seen.is_locked:
                self._gate.keep_open(seen)
                seen = self._gate.seen()
        except SessionOver:
            return jsonify(go="/log-in")
        if seen.is_locked:
            return jsonify(go="/lock")
        idle_s = abs((now() - seen.signed_in.session.active_at).total_seconds())
        age_s = abs((now() - seen.signed_in.session.created_at).total_seconds())
        limits = self._gate.limits
        return jsonify(open_s=max(0.0, min(limits.lock_s - idle_s, limits.absolute_s - age_s)))

    # ---- what they share

    def _seen(self) -> Seen | None:
        try:
            return self._gate.seen()
        except SessionOver:
            return None

    def _logged_in(self, name: str, password: str) -> Opened:
        """A session by name and password. Raises LoginRefused, LoginDelayed."""
        if not self._trying.acquire(blocking=False):
            raise LoginDelayed(1.0)
        try:
            return sign_in.log_in(self._store, name, password, now=now())
        except StoreError:  # it may still be read
            return self._gate.apart.log_in(name, password, now=now())
        finally:
            self._trying.release()

    def _opened(self, opened: Opened, to: str) -> Response:
        """Send the browser on with its new session; the one it had before is over."""
        self._end(self._gate.token)
        answer = make_response(redirect(to, 303))
        self._gate.cookies.open(answer, opened.token)
        return answer

    def _lock(self, token: str) -> None:
        try:
            sign_in.lock(self._store, token, now=now(), limits=self._gate.limits)
        except (StoreError, SessionOver):  # the archive can't keep it, or knows nothing of it
            self._gate.withdrawn.lock(token, now())

    def _unlock(self, pin: str) -> None:
        token = self._gate.token
        try:
            sign_in.unlock(self._store, token, pin, now=now(), limits=self._gate.limits)
        except (StoreError, SessionOver):
            self._gate.apart.unlock(token, pin, now=now())
        self._gate.withdrawn.unlock(token)

    def _end(self, token: str) -> None:
        self._gate.apart.log_out(token)
        try:
            with suppress(SessionOver):
                sign_in.log_out(self._store, token, now=now(), limits=self._gate.limits)
        except StoreError:
            self._gate.withdrawn.end(token, now())

    def _form(
        self, template: str, status: int = 200, problem: RecordsError | str = "", **shown: object
    ) -> ResponseReturnValue:
        """A form that nobody but this browser can send."""
        secret = self._gate.cookies.new_form(request)
        text = self._words(f"errors.{problem.code}", **problem.values) if isinstance(problem, Exception) else problem
        page = render_template(
            template, words=self._words, csrf=csrf_of(secret), next=self._next(), problem=text, **shown
        )
        answer = make_response(page, status)
        self._gate.cookies.new_form(request, answer, secret)
        return answer

    def _locked(self, seen: Seen, status: int = 200, problem: RecordsError | None = None) -> ResponseReturnValue:
        conductor = self._gate.services.conductor
        test = conductor.view() if conductor is not None else None
        page = render_template(
            "lock.html",
            words=self._words,
            csrf=csrf_of(self._gate.token),
            next=self._next(),
            name=seen.signed_in.account.name,
            pin_digits=PIN_DIGITS if seen.has_pin else 0,
            problem=self._words(f"errors.{problem.code}", **problem.values) if problem else "",
            visit_id=test.visit_id if test is not None and test.guide.step not in IDLE else "",
            safety=safety_of(seen.signed_in.account.role),
        )
        return make_response(page, status)

    def _check_form(self) -> None:
        if not self._gate.cookies.proves(request, self._gate.cookies.form):
            abort(403)

    def _check_session(self) -> Seen | None:
        if not self._gate.cookies.proves(request, self._gate.cookies.session):
            abort(403)
        return self._seen()

    def _next(self) -> str:
        return local_path(request.values.get("next"))

    def _with_next(self, path: str) -> str:
        to = self._next()
        return path if to == "/" else f"{path}?{urlencode({'next': to})}"
