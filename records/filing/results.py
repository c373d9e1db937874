"""Acts on results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa

from analysis.assess import TrialResult
from analysis.documents import trial_document
from records import queries, rows
from records.audit import append
from records.errors import Kind
from records.filing.amendments import amend
from records.ids import new_id
from records.model import Act, Actor, StoredResult
from records.permissions import require
from records.schema import sha256_of
from records.store import RecordStore


def file_result(store: RecordStore, actor: Actor, trial_id: str, result: TrialResult) -> StoredResult:
    """Commit 2: what was computed of a trial. Older results of the trial are kept.

    Raises
    ------
    NotPermitted, NotFound
    """
    (filed,) = file_results(store, actor, [(trial_id, result)])
    return filed


def file_results(
    store: RecordStore, actor: Actor, results: Sequence[tuple[str, TrialResult]]
) -> tuple[StoredResult, ...]:
    """Results of several trials in one transaction, each with its own event: all of them are filed, or none.

    Raises
    ------
    NotPermitted, NotFound
    """
    require(actor, Act.RESULT_FILED)
    with store.writing() as archive:
        return tuple(_file_result(archive, actor, store.station, *each) for each in results)


def _file_result(
    archive: sa.Connection, actor: Actor, station: str, trial_id: str, result: TrialResult
) -> StoredResult:
    document = json.dumps(trial_document(result), sort_keys=True, separators=(",", ":"), allow_nan=False)
    trial = queries.find_trial(archive, trial_id)
    stored = StoredResult(
        id=new_id(),
        trial_id=trial_id,
        number=queries.next_result_number(archive, trial_id),
        result=result,
        analysis_version=result.analysis_version,
        made_at=datetime.now(UTC),
    )
    rows.insert_result(archive, stored)
    details = {
        "result_id": stored.id,
        "number": stored.number,
        "analysis_version": stored.analysis_version,
        "sha256": sha256_of(document.encode()),
    }
    subject = (Kind.TRIAL, trial_id)
    append(archive, actor, Act.RESULT_FILED, station, subject, details)
    shown = {name: details[name] for name in ("number", "analysis_version", "sha256")}
    amend(archive, actor, trial.visit_id, Act.RESULT_FILED, subject, {}, {"result": shown}, explained=True)
    return stored
