"""The reports of a visit: what a report is made of, gathered from the station, and the PDFs of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from analysis.geometry import Side
from dashboard.figures.statokinesigram import Footprint, close_up_half_mm
from dashboard.report.build import clinician_report, patient_report
from dashboard.report.clinician import Pictures, TrendView
from dashboard.report.made import Made, program_text
from dashboard.signals import footprint_of
from dashboard.station import Station
from dashboard.visit_groups import analysed
from dashboard.visit_reading import read_visit
from dashboard.visit_view import ConditionView, VisitView
from dashboard.words import Words
from dashboard.words.dates import moment_text
from records import filing
from records.errors import Conflict
from records.model import Act, Actor
from records.permissions import require
from records.reports import NewReport, Report, ReportKind
from records.signatures import SignedState
from records.signing import signed_state

KINDS: Mapping[ReportKind, Callable[..., bytes]] = {
    ReportKind.CLINICIAN: clinician_report,
    ReportKind.PATIENT: patient_report,
}

#: How often a report is made anew where another station was quicker each time.
MOST_TRIES = 5


def pictures(station: Station, view: VisitView) -> Pictures:
    """The picked trial of each side of the first condition, on the scale of the screen: it holds every trial."""
    if not view.conditions:
        return Pictures({}, close_up_half_mm([]))
    condition = view.conditions[0]
    drawn = [footprint_of(station, filed.trial.id) for filed in analysed(condition.group.trials)]
    return Pictures({side: _picked(station, condition, side) for side in Side}, close_up_half_mm(drawn))


def _picked(station: Station, condition: ConditionView, side: Side) -> Footprint | None:
    picked = next(each.picked for each in condition.sides if each.side is side)
    return footprint_of(station, picked)


def visit_report(
    words: Words, station: Station, visit_id: str, kind: ReportKind, made: Made, state: SignedState | None = None
) -> bytes:
    """The PDF of a visit as the archive has it now.

    Raises
    ------
    NotFound
    """
    view = read_visit(words, station, visit_id)
    signed = signed_texts(words, state) if state is not None else ()
    return KINDS[kind](words, view, pictures(station, view), trends(view), replace(made, signed=signed))


def make_report(words: Words, station: Station, actor: Actor, visit_id: str, kind: ReportKind) -> tuple[Report, bytes]:
    """Make the report of a visit in the language of `words` and file it: every one that is handed out is kept.

    Its pages say which version it is: where another station filed that one meanwhile, it is made again.

    Raises
    ------
    NotPermitted, NotFound, RecordsError
    """
    require(actor, Act.REPORT_FILED)
    for _ in range(MOST_TRIES - 1):
        with suppress(Conflict):
            return _next_report(words, station, actor, visit_id, kind)
    return _next_report(words, station, actor, visit_id, kind)


def _next_report(words: Words, station: Station, actor: Actor, visit_id: str, kind: ReportKind) -> tuple[Report, bytes]:
    store = station.store
    state = signed_state(store, visit_id)
    older = [each for each in store.reports_of(visit_id) if (each.kind, each.language) == (kind, words.language)]
    head = store.audit_heads().get(store.station)
    made = Made(
        at=datetime.now().astimezone(),
        by=actor.name,
        number=len(older) + 1,
        head=f"{store.station}:{head}" if head else None,
    )
    pdf = visit_report(words, station, visit_id, kind, made, state)
    new = NewReport(kind, words.language, pdf, state.content_sha256, program_text())
    return filing.file_report(store, actor, visit_id, new, number=made.number), pdf


def signed_texts(words: Words, state: SignedState) -> tuple[str, ...]:
    """Who signed the visit, and whether it was changed since."""
    signed = [
        words(
            "report.signed",
            name=each.name,
            at=moment_text(words, each.local_at),
            meaning=words(f"report.meaning.{each.meaning.value}"),
        )
        for each in state.signatures
    ]
    return (*signed, words("report.amended")) if state.amended else tuple(signed)


def file_name(report: Report, code: str) -> str:
    """What a report is called where it is saved: no letter that a file system could refuse."""
    safe = "".join(character if character.isascii() and character.isalnum() else "-" for character in code)
    return f"{safe}-{report.kind.value}-{report.language}-{report.number}.pdf"


def trends(view: VisitView) -> list[TrendView]:
    """ML velocity of each leg under the first condition, where there is an earlier visit."""
    legs = [leg for condition in view.conditions[:1] for leg in condition.trends]
    return [TrendView(leg.progress, " ".join(leg.sentences)) for leg in legs if leg.progress is not None]
