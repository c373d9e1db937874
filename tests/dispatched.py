"""What a browser sends when a callback fires, also one whose ids are patterns."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dash import Dash

Id = str | Mapping[str, Any]
#: An id and a property -> what stands there.
Value = Callable[[Id, str], Any]
#: A pattern -> the ids that match it on the page.
Matching = Callable[[Mapping[str, Any]], Sequence[Mapping[str, Any]]]


def key_of(id: Id) -> str:
    """An id as Dash writes it."""
    return id if isinstance(id, str) else json.dumps(id, sort_keys=True, separators=(",", ":"))


def sent(app: Dash, output: str, value: Value, matching: Matching, pressed: Id | None = None) -> dict[str, Any]:
    """The request of one callback. ``pressed``: the input that changed; None: every one of them."""
    entry = app.callback_map[output]

    def put(one: Mapping[str, str]) -> Any:
        ids = _ids(one["id"], matching)
        filled = [{"id": id, "property": one["property"], "value": value(id, one["property"])} for id in ids]
        return filled if "ALL" in one["id"] else filled[0]

    parts = [part.split("@")[0].rsplit(".", 1) for part in output.strip(".").split("...")]
    outputs = [{"id": _ids(id, matching)[0], "property": property} for id, property in parts]
    changed = [(id, one["property"]) for one in entry["inputs"] for id in _ids(one["id"], matching)]
    return {
        "output": output,
        "outputs": outputs if output.startswith("..") else outputs[0],
        "inputs": [put(one) for one in entry["inputs"]],
        "state": [put(one) for one in entry["state"]],
        "changedPropIds": [f"{key_of(id)}.{name}" for id, name in changed if pressed in (None, id)],
    }


def patterns_of(app: Dash, output: str) -> list[Mapping[str, Any]]:
    """The patterns among the ids of a callback."""
    entry = app.callback_map[output]
    return [json.loads(one["id"]) for one in (*entry["inputs"], *entry["state"]) if one["id"].startswith("{")]


def ids_in(component: object) -> list[Mapping[str, Any]]:
    """Every pattern's id in what a page's answer holds, in its order."""
    found: list[Mapping[str, Any]] = []
    for part in component.values() if isinstance(component, dict) else component if isinstance(component, list) else ():
        found += ids_in(part)
    if isinstance(component, dict) and isinstance(component.get("id"), dict):
        found.append(component["id"])
    return found


def _ids(id: str, matching: Matching) -> Sequence[Id]:
    return matching(json.loads(id)) if id.startswith("{") else [id]
