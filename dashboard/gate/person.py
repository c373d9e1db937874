"""Who asks, in the request that is being answered."""

from __future__ import annotations

from flask import g, has_request_context

from records.model import Actor
from records.people import SignedIn


def person() -> SignedIn | None:
    """Whose session this request came with; None where it came without one."""
    return g.get("signed_in") if has_request_context() else None


def token() -> str:
    """The token of the session that this request came with: for acts on one's own account."""
    found: str = g.token
    return found


def acting() -> Actor:
    """Who does what this request asks for. Behind the gate there is always one."""
    asking = person()
    if asking is None:
        raise RuntimeError("nobody is logged in: this was not reached through the gate")
    return asking.account.actor
