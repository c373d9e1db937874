"""What is known before an attempt: the weight that stood on the plate before, and what the visit holds already."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from analysis.errors import AnalysisError
from analysis.geometry import Side
from analysis.marking import FAILURES
from dashboard.conditions import Conditions, Eyes
from dashboard.made_under import MadeUnder, is_practice, made_under
from dashboard.protocol import CHOICES, Protocol
from dashboard.station import Station
from dashboard.tally import Tally
from records.errors import RecordsError
from records.model import StoredResult, Trial, TrialStatus


def expected_weight_n(station: Station, visit_id: str) -> float | None:
    """What the patient of a visit weighed in the newest usable trial, of this visit or of a former one. [N]

    Raises
    ------
    NotFound
    """
    store = station.store
    visit = store.visit(visit_id)
    former = [each for each in store.visits_of(visit.patient_id) if each.id != visit_id]
    for each in [visit, *sorted(former, key=lambda one: one.at, reverse=True)]:
        results = store.latest_results(each.id)
        for trial in reversed(store.trials_of(each.id)):
            if trial.status is TrialStatus.VOID or trial.id not in results or not results[trial.id].result.usable:
                continue
            with suppress(AnalysisError, RecordsError):
                weight_n = station.assessed(trial.id).stance.weight_n
                if weight_n is not None:
                    return weight_n
    return None


def last_protocol(station: Station, visit_id: str, usual: Protocol) -> Protocol:
    """The protocol a visit goes on with after a restart: that of its newest trial, else the usual one.

    Raises
    ------
    NotFound
    """
    station.store.visit(visit_id)
    guided = [trial for trial in station.store.trials_of(visit_id) if trial.protocol is not None]
    if not guided:
        return usual
    newest = guided[-1]
    name = (newest.protocol or {}).get("name")
    chosen = next((one for one in (usual, *CHOICES) if one.name == name), usual)
    return replace(chosen, condition=newest.condition, demo=usual.demo)


def is_void(station: Station, visit_id: str) -> bool:
    """Whether a visit is known to be void: nothing measured on it counts."""
    with suppress(RecordsError):
        return station.store.visit(visit_id).void_reason is not None
    return False


def tally_of(station: Station, visit_id: str, protocol: Protocol) -> Tally:
    """What a visit holds. Of those asked for are trials that are averaged with the protocol's own: also of its hold.

    Raises
    ------
    NotFound
    """
    tally = Tally(void=is_void(station, visit_id))
    results = station.store.latest_results(visit_id)
    for trial in station.store.trials_of(visit_id):
        if trial.side is not None:
            _count(tally, trial, trial.side, results.get(trial.id), protocol)
    return tally


def _count(tally: Tally, trial: Trial, side: Side, stored: StoredResult | None, protocol: Protocol) -> None:
    phases = None if stored is None else stored.result.phases
    if phases is not None and _eyes_open(trial.condition):
        tally.eyes_open_s[side] = max(tally.eyes_open_s[side], phases.hold_time_s)
    if trial.condition != protocol.condition:
        return
    (tally.practised if is_practice(trial) else tally.attempts)[side] += 1
    asked = MadeUnder(protocol.condition, trial.demo, guided=True, hold_s=protocol.hold_s)
    if stored is None or phases is None or trial.status is TrialStatus.VOID:
        return
    if is_practice(trial) or made_under(trial) != asked:
        return
    tally.kept[side] += stored.result.usable
    tally.failed[side] += phases.ended_by in FAILURES and not stored.result.usable


def _eyes_open(condition: str) -> bool:
    try:
        return Conditions.of(condition).eyes is Eyes.OPEN
    except ValueError:
        return False
