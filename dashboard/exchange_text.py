"""How the exchange with the server stands, in words: for the screen and the command line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.sender import ExchangeState
from dashboard.words import Words
from dashboard.words.dates import date_text, moment_text
from records.errors import NotFound, RecordsError, StoreUnreachable
from records.model import AuditEvent
from records.outbox import Waiting
from records.store import RecordStore


@dataclass(frozen=True, slots=True)
class ExchangeView:
    """What a screen shows: a badge always (``kind`` is one of its classes), and what a person has to know, if any."""

    badge: str
    kind: str
    title: str | None
    lines: tuple[str, ...]
    refused: tuple[str, ...]


def exchange_view(words: Words, state: ExchangeState, store: RecordStore) -> ExchangeView:
    """The state as a screen shows it."""
    waits = state.waiting.rows if state.waiting is not None else 0
    refused = refusal_lines(words, state.waiting, store)
    if state.error is not None and state.failing_since is not None:
        badge = words.counted("exchange.away_waiting", waits) if waits else words("exchange.away")
        title, *why = problem_text(words, state.error, state.failing_since)
        return ExchangeView(
            badge, "caution", title, (*why, words("exchange.go_on"), *waiting_lines(words, state.waiting)), refused
        )
    if waits:
        badge = words.counted("exchange.sending", waits)
    elif state.copying:
        badge = words("exchange.fetching")
    else:
        badge = words("exchange.good") if state.reached_at is not None else words("exchange.begins")
    return ExchangeView(badge, "plain", None, (), refused)


def problem_text(words: Words, error: RecordsError, since: datetime) -> list[str]:
    """Since when nothing is exchanged, and why where that is not plain."""
    at = moment_text(words, since.astimezone())
    if isinstance(error, StoreUnreachable):
        return [words("exchange.no_answer", at=at)]
    return [words("exchange.stopped", at=at), words(f"errors.{error.code}", **error.values)]


def waiting_lines(words: Words, waiting: Waiting | None) -> list[str]:
    """How much waits, and since when; nothing where nothing does."""
    if waiting is None or waiting.since is None or not waiting.rows:
        return []
    named = {"trials": waiting.trials, "since": moment_text(words, waiting.since.astimezone())}
    return [words.counted("exchange.waits", waiting.rows, **named)]


def refusal_lines(words: Words, waiting: Waiting | None, store: RecordStore) -> tuple[str, ...]:
    """Every entry that the server did not take, by name; and codes that two patients have."""
    if waiting is None:
        return ()
    lines = [_refusal(words, event, store) for event in waiting.refused]
    lines += [words("exchange.double_code", code=code) for code in waiting.double_codes]
    return tuple(lines)


def _refusal(words: Words, event: AuditEvent, store: RecordStore) -> str:
    kept, entered = event.details.get("kept"), event.details.get("entered")
    what = _subject(words, event, store)
    if not kept or not entered:
        return words("exchange.not_taken", what=what, id=event.subject_id)
    return words("exchange.refused", what=what, kept=_fields(words, kept), entered=_fields(words, entered))


def _fields(words: Words, values: object) -> str:
    """What was entered, field by field."""
    if not isinstance(values, dict):
        return str(values)
    said = []
    for name, value in values.items():
        key = f"exchange.field.{name}"
        shown = words("exchange.empty") if value in (None, "") else str(value)
        said.append(words("exchange.value", field=words(key) if words.has(key) else name, value=shown))
    return "; ".join(said)


def _subject(words: Words, event: AuditEvent, store: RecordStore) -> str:
    """The patient's code, and the day of the visit, where it is about one."""
    kind = event.subject_kind.value
    try:
        visit = None
        if kind == "patient":
            patient = store.patient(event.subject_id)
        elif kind in ("visit", "trial"):
            visit = store.visit(event.subject_id if kind == "visit" else store.trial(event.subject_id).visit_id)
            patient = store.patient(visit.patient_id)
        else:
            return words("exchange.kind.other", kind=event.details.get("table", kind))
    except NotFound:
        return words("exchange.kind.other", kind=kind)
    day = "" if visit is None else date_text(words, visit.local_at)
    return words(f"exchange.kind.{kind}", code=patient.code, day=day)
