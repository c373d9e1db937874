"""What a signature of a visit is for: everything filed about it, in one document with one digest.

Every column of the visit, its trials with the SHA-256 of their recordings and newest results, and what was seen and
measured beside the plate; not the version numbers, nor reports and studies. The digest is the SHA-256 of its JSON with
sorted keys and without blanks, the same on every database and in every archive that the rows come to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from records import clinic_schema, schema
from records.columns import sha256_of
from records.errors import Kind, NotFound
from records.row_text import row_document, stored_form, text_columns
from records.signatures import Change

_NOT_SIGNED = frozenset({"version"})
_MISSING = object()


def visit_content(connection: sa.Connection, visit_id: str) -> dict[str, Any]:
    """The document. Raises NotFound."""
    visits = _rows(connection, schema.visit, "id", visit_id)
    if not visits:
        raise NotFound(Kind.VISIT, visit_id)
    trials = _rows(connection, schema.trial, "visit_id", visit_id)
    results = _results(connection, list(trials))
    recordings = _rows(connection, schema.recording, "visit_id", visit_id)
    for id, trial in trials.items():
        trial["recording_sha256"] = recordings[trial["recording_id"]]["sha256"]
        trial["result"] = results.get(id)
    return {
        "visit": visits[visit_id],
        "trials": trials,
        "observations": _rows(connection, clinic_schema.observation, "visit_id", visit_id),
        "strength_tests": _rows(connection, clinic_schema.strength_test, "visit_id", visit_id),
    }


def content_digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of a document."""
    return sha256_of(json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode())


def changes_between(signed: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Change, ...]:
    """Where two documents differ, by path."""
    before, after = dict(_leaves(signed)), dict(_leaves(now))
    paths = [path for path in {**before, **after} if before.get(path, _MISSING) != after.get(path, _MISSING)]
    return tuple(Change(path, before.get(path), after.get(path)) for path in sorted(paths))


def _leaves(document: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(document, Mapping) and document:
        for key, value in document.items():
            yield from _leaves(value, f"{path}.{key}" if path else key)
    else:
        yield path, document


def _rows(connection: sa.Connection, table: sa.Table, column: str, id: str) -> dict[str, dict[str, Any]]:
    stored = stored_form(table)
    columns = [stored.c[each.name] for each in text_columns(table)]
    found = connection.execute(sa.select(*columns).where(stored.c[column] == id))
    documents = (row_document(table, dict(row._mapping)) for row in found)
    return {row["id"]: {key: value for key, value in row.items() if key not in _NOT_SIGNED} for row in documents}


def _results(connection: sa.Connection, trial_ids: list[str]) -> dict[str, dict[str, Any]]:
    """Number, version and digest of the newest result of each trial."""
    stored = stored_form(schema.result)
    names = ("trial_id", "number", "analysis_version", "result")
    chosen = sa.select(*(stored.c[name] for name in names)).where(stored.c.trial_id.in_(trial_ids))
    newest: dict[str, dict[str, Any]] = {}
    for row in connection.execute(chosen.order_by(stored.c.number, stored.c.made_at, stored.c.id)):
        newest[row.trial_id] = {
            "number": row.number,
            "analysis_version": row.analysis_version,
            "sha256": content_digest(row.result),
        }
    return newest
