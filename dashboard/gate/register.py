"""What may be asked for, and what it takes: every callback and every address of our own, with its permission."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec, TypeVar

from dash import Dash, _callback
from dash.dependencies import Input
from flask import Flask, abort
from flask.typing import ResponseReturnValue

from dashboard.gate.person import acting
from records.permissions import Permission, Right, require

P = ParamSpec("P")
T = TypeVar("T")
_EXTENSION = "stancelab.gate"


@dataclass(frozen=True, slots=True)
class Guarded:
    """What one callback or address takes.

    ``polls``: it is asked by itself, which keeps no session open. ``while_locked``: the lock screen does not close it.
    """

    needs: Permission
    polls: bool = False
    while_locked: bool = False


#: Of Dash itself: the frame without any content. What a page holds comes through a callback.
FRAME: Mapping[str, Guarded] = {
    "/": Guarded(Right.OWN),
    "/<path:path>": Guarded(Right.OWN),
    "/_dash-layout": Guarded(Right.OWN, polls=True),
    "/_dash-dependencies": Guarded(Right.OWN, polls=True),
    "/_reload-hash": Guarded(Right.OWN, polls=True),
}


@dataclass(slots=True)
class Register:
    """Callbacks by Dash's name of their output, addresses by Flask's endpoint."""

    callbacks: dict[str, Guarded] = field(default_factory=dict)
    routes: dict[str, Guarded] = field(default_factory=lambda: dict(FRAME))


class NoPermissionNamed(RuntimeError):
    """Happens at the start, when a callback was registered without saying who may call it."""


def register_of(server: Flask) -> Register:
    """The register of one application."""
    found: Register = server.extensions.setdefault(_EXTENSION, Register())
    return found


def callback(
    app: Dash, needs: Permission, *args: Any, polls: bool = False, **kwargs: Any
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Register a callback of the server: `app.callback` with its permission.

    Parameters
    ----------
    needs : Act or Right
        Who may not, gets 403 and the sentence why; the function is not called.
    polls : bool
        It fires without a person (a timer, the live view): that keeps no session open.
    args, kwargs
        As of `dash.Dash.callback`.
    """
    register = register_of(app.server)
    if not polls and any(isinstance(each, Input) and each.component_property == "n_intervals" for each in args):
        raise ValueError("a timer is not activity: polls=True")

    def registered(function: Callable[P, T]) -> Callable[P, T]:
        texts = _texts(function)

        @wraps(function)
        def checked(*values: P.args, **named: P.kwargs) -> T:
            require(acting(), needs)
            if any(isinstance(sent, list | dict) for sent, is_text in zip(values, texts, strict=False) if is_text):
                abort(400)  # no page of ours sends that
            return function(*values, **named)

        before = set(app.callback_map)
        app.callback(*args, **kwargs)(checked)
        for output in set(app.callback_map) - before:
            register.callbacks[output] = Guarded(needs, polls)
        return function

    return registered


def _texts(function: Callable[..., object]) -> list[bool]:
    """Which of a callback's values are declared as text."""
    declared = (str(each.annotation) for each in signature(function).parameters.values())
    return [each in ("str", "str | None") for each in declared]


def route(
    app: Dash,
    path: str,
    name: str,
    needs: Permission,
    view: Callable[..., ResponseReturnValue],
    *,
    methods: tuple[str, ...] = ("GET",),
    polls: bool = False,
    while_locked: bool = False,
) -> None:
    """Mount an address of our own, with its permission."""
    app.server.add_url_rule(path, name, view, methods=list(methods))
    register_of(app.server).routes[name] = Guarded(needs, polls, while_locked)


def check_callbacks(app: Dash) -> None:
    """Return where every callback of the server names its permission.

    Raises
    ------
    NoPermissionNamed
    """
    ours = register_of(app.server).callbacks
    open_ones = [output for output, entry in app.callback_map.items() if "callback" in entry and output not in ours]
    open_ones += list(_callback.GLOBAL_CALLBACK_MAP)  # of `dash.callback`: of no application, so of no gate
    if open_ones:
        raise NoPermissionNamed(f"no permission named for {', '.join(open_ones)}")
