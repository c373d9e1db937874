"""What the examiner saw of a trial, filed field by field as it is entered: nothing waits to be saved."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from threading import Lock
from typing import Any

from analysis.abductors import PelvicDrop
from analysis.geometry import Side
from dashboard.made_under import is_practice
from records import filing
from records.errors import Conflict, EntryProblem, InvalidEntry
from records.examination import NewObservation, Observation
from records.model import Actor, Trial, TrialStatus
from records.store import RecordStore

#: How often an entry is put onto what is filed by then.
TRIES = 3
#: Entries of one trial come one after the other.
_TURNS = tuple(Lock() for _ in range(16))


def newest_trial(store: RecordStore, visit_id: str) -> Trial | None:
    """The guided trial of a visit that the examiner saw last; practice and what was taken out is not asked about."""
    guided = [
        trial
        for trial in store.trials_of(visit_id)
        if trial.side is not None
        and trial.protocol is not None
        and trial.status is not TrialStatus.VOID
        and not is_practice(trial)
    ]
    return guided[-1] if guided else None


def seen_of(store: RecordStore, trial: Trial) -> Observation | None:
    """What was seen of a trial; None where nothing was entered."""
    return next((one for one in store.observations_of(trial.visit_id) if one.trial_id == trial.id), None)


def note(store: RecordStore, actor: Actor, visit_id: str, trial_id: str, **entered: Any) -> None:
    """File one more thing the examiner saw; what is the same already changes nothing.

    Where somebody else changed the trial's fields meanwhile, only what was entered is put onto what is filed now.

    Raises
    ------
    NotFound, InvalidEntry
    Conflict
        Somebody else was faster each time.
    """
    trial = store.trial(trial_id)
    if trial.visit_id != visit_id:
        raise InvalidEntry(EntryProblem.TRIAL_OF_OTHER_VISIT, "trial_id")
    if trial.side is None:
        raise ValueError("a trial without a side has no examiner's fields")
    with _TURNS[hash(trial.id) % len(_TURNS)]:
        for _ in range(TRIES - 1):
            with suppress(Conflict):
                _note(store, actor, trial, trial.side, entered)
                return
        _note(store, actor, trial, trial.side, entered)


def _note(store: RecordStore, actor: Actor, trial: Trial, side: Side, entered: Mapping[str, Any]) -> None:
    known = seen_of(store, trial)
    before = known or NewObservation(side, trial.id)
    after = replace(before, **entered)
    if after.pelvic_drop is not PelvicDrop.LATER:
        after = replace(after, drop_at_s=None)
    if not after.trunk_lean:
        after = replace(after, trunk_lean_deg=None)
    if after == before:
        return
    if isinstance(after, Observation):
        filing.edit_observation(store, actor, after)
    else:
        filing.file_observation(store, actor, trial.visit_id, after)
