"""A station that measures and files one attempt after the other until it is killed, and what is left of it."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

from guided_bench import GuidedBench

from acquisition.replay import recording_of
from acquisition.spool_file import SUFFIX, recover
from dashboard.keeping import FILED, Keeper
from dashboard.protocol import Act, Step
from dashboard.rescue import Fate, rescue
from dashboard.station import Station
from records.errors import NotFound
from records.model import Actor, Role
from records.store import RecordStore, sqlite_url

ACTOR = Actor("recovery", Role.CLINICIAN)
#: Of a trial that runs: sets its decoder has given. Of one whose act has returned: FILED.
NOTES, FOUND = "notes", "found.json"


def work(folder: Path) -> None:
    """Measure and file; the process is killed at any moment."""
    logging.disable(logging.CRITICAL)
    notes = os.open(folder / NOTES, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while True:
        bench = GuidedBench(folder)
        bench.until(Step.READY)
        bench.act(Act.START)
        _attempt(bench, notes)
        bench.close()


def _attempt(bench: GuidedBench, notes: int) -> None:
    """To the verdict; what is known is written down after each read."""
    trial, begun_at = "", 0
    while bench.view.step is not Step.VERDICT:
        bench.conductor.step(0.0)
        spool, sets = bench.conductor._spool, bench.hub.snapshot().sets
        if spool is not None and spool.header.trial != trial:
            trial, begun_at = spool.header.trial, sets
        if trial and spool is not None:
            os.write(notes, f"{trial} {sets - begun_at}\n".encode())
    if trial:
        os.write(notes, f"{trial} {FILED}\n".encode())


def judge(folder: Path) -> None:
    """Start again: file what the archive does not have, then compare with what was known. Written to `FOUND`."""
    logging.disable(logging.CRITICAL)
    store, keeper = RecordStore(sqlite_url(folder / "archive.db")), Keeper(folder / "spool")
    filed, running = _known(folder / NOTES)
    before = set(store.trial_ids())
    missing = len(filed - before)
    fates = [each.fate for each in rescue(Station(store, ACTOR, "room 2"), keeper)]
    store.check_integrity()
    recordings, damaged = store.damaged_recordings()
    there = store.trial_ids()
    lost = sum(max(0, sets - _recovered(store, keeper, trial)) for trial, sets in running.items())
    found = {
        "trials": len(there),
        "missing": missing,
        "damaged": len(damaged) + sum(fate is Fate.DAMAGED for fate in fates),
        "double": abs(recordings - len(there)),
        "left": sum(fate is Fate.WAITING for fate in fates),
        "rescued": sum(fate in (Fate.FILED, Fate.ALREADY_FILED) for fate in fates),
        "empty": sum(fate is Fate.EMPTY for fate in fates),
        "lost_sets": lost,
        "broken_chains": len(store.verify_audit().faults),
    }
    store.close()
    (folder / NOTES).unlink(missing_ok=True)
    (folder / FOUND).write_text(json.dumps(found), encoding="utf-8")


def _known(path: Path) -> tuple[set[str], dict[str, int]]:
    """Trials that were filed, and sets of those that ran."""
    filed, running = set(), {}
    for line in path.read_text().splitlines() if path.exists() else []:
        trial, _, said = line.partition(" ")
        if said == FILED:
            filed.add(trial)
            running.pop(trial, None)
        else:
            running[trial] = int(said or 0)
    return filed, running


def _recovered(store: RecordStore, keeper: Keeper, trial: str) -> int:
    """Sets of a recording that was cut off: in the archive, or in a spool of an empty plate."""
    try:
        stored = store.recording(store.trial(trial).recording_id).raw
        return 0 if stored is None else len(stored.counts)
    except NotFound:
        path = keeper.folder / FILED / f"{trial}{SUFFIX}"
        return len(recording_of(recover(path)).counts) if path.exists() else 0
