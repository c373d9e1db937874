"""What a browser carries: the session's token, which no script can read, and what proves that a page of ours asks."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from flask import Request, Response

from dashboard.config import Config

CSRF_HEADER, CSRF_FIELD = "X-CSRFToken", "csrf"


class Cookies:
    """The cookies of one archive: browsers do not keep two servers of one computer apart, their names do.

    Parameters
    ----------
    config : Config
    """

    def __init__(self, config: Config) -> None:
        own = hashlib.sha256(config.store_url.encode()).hexdigest()[:8]
        self.secure = config.is_secure
        prefix = "__Host-" if self.secure else ""
        self.session = f"{prefix}stancelab-{own}"
        self.form = f"{prefix}stancelab-form-{own}"
        self.csrf = f"{prefix}stancelab-csrf-{own}"

    def open(self, response: Response, token: str) -> None:
        """Give the browser a session. The form that opened it is worth nothing any more."""
        self._set(response, self.session, token, http_only=True)
        self._set(response, self.csrf, csrf_of(token), http_only=False)  # the page's script sends it as a header
        response.delete_cookie(self.form, path="/", secure=self.secure)

    def close(self, response: Response) -> None:
        """Take the session from the browser."""
        for name in (self.session, self.csrf):
            response.delete_cookie(name, path="/", secure=self.secure)

    def new_form(self, request: Request, response: Response | None = None, secret: str | None = None) -> str:
        """Secret of the form before a log-in: the browser's own, or a new one."""
        made = secret or request.cookies.get(self.form) or secrets.token_urlsafe(32)
        if response is not None:
            self._set(response, self.form, made, http_only=True)
        return made

    def proves(self, request: Request, secret_cookie: str) -> bool:
        """Whether a request carries what only a page of ours knows of the secret in a cookie."""
        secret = request.cookies.get(secret_cookie, "")
        sent = request.headers.get(CSRF_HEADER, ""), request.form.get(CSRF_FIELD, "")
        wanted = csrf_of(secret).encode()
        return bool(secret) and any(hmac.compare_digest(one.encode("utf-8", "replace"), wanted) for one in sent)

    def _set(self, response: Response, name: str, value: str, *, http_only: bool) -> None:
        response.set_cookie(name, value, path="/", secure=self.secure, httponly=http_only, samesite="Strict")


def csrf_of(secret: str) -> str:
    """What a page sends with each act: of this session only, and nothing to find the session by."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), b"stancelab csrf", hashlib.sha256).hexdigest()


def local_path(wanted: str | None) -> str:
    """Where to go on after a log-in: a path of this server, or its first page where it is anything else."""
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return "/"
    if any(ord(character) < 33 or character == "\\" for character in wanted):
        return "/"
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    return wanted if not parts.scheme and not parts.netloc else "/"
