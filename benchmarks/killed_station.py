"""A station that measures and files one attempt after the other until it is killed, and what is left of it."""

from __future__ import annotations

import json
import logging
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from guided_bench import GuidedBench

from acquisition.replay import recording_of
from acquisition.spool_file import SUFFIX, recover
from dashboard.keeping import FILED, Keeper
from dashboard.protocol import MEASURING, Act, Step
from dashboard.rescue import Fate, rescue
from dashboard.station import Station
from records.errors import NotFound
from records.model import Actor, Role
from records.store import RecordStore, sqlite_url

ACTOR = Actor("recovery", Role.CLINICIAN)
#: Of a trial that runs: sets its decoder has given, and whether somebody was on the plate. Of one whose act has
#: returned: FILED. KNOWN: every trial that any note named, of all rounds.
NOTES, KNOWN, FOUND = "notes", "known", "found.json"
STOOD = "stood"


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
            stood = f" {STOOD}" if bench.view.step in MEASURING else ""
            os.write(notes, f"{trial} {sets - begun_at}{stood}\n".encode())
    if trial:
        os.write(notes, f"{trial} {FILED}\n".encode())


@dataclass(slots=True)
class Noted:
    """What the notes say: trials that were filed, sets of those that ran, and which of these somebody stood in."""

    filed: set[str] = field(default_factory=set)
    running: dict[str, int] = field(default_factory=dict)
    stood: set[str] = field(default_factory=set)


def judge(folder: Path) -> None:
    """Start again: file what the archive does not have, then compare with what was known. Written to `FOUND`."""
    logging.disable(logging.CRITICAL)
    store, keeper = RecordStore(sqlite_url(folder / "archive.db")), Keeper(folder / "spool")
    noted = _noted(folder / NOTES)
    known = _ever_known(folder / KNOWN, noted)
    missing = noted.filed - set(store.trial_ids())
    fates = {each.path.stem: each.fate for each in rescue(Station(store, ACTOR, "room 2"), keeper)}
    store.check_integrity()
    recordings, damaged = store.damaged_recordings()
    there = set(store.trial_ids())
    said = {trial for trial, fate in fates.items() if fate in (Fate.FILED, Fate.ALREADY_FILED)}
    lost = sum(max(0, sets - _recovered(store, keeper, trial)) for trial, sets in noted.running.items())
    count = Counter(fates.values())
    found = {
        "trials": len(there),
        "missing": len(missing | ((noted.stood | said) - there)),
        "damaged": len(damaged) + count[Fate.DAMAGED],
        "double": len(there - known) + abs(recordings - len(there)),
        "left": count[Fate.WAITING],
        "rescued": len(said),
        "empty": count[Fate.EMPTY],
        "lost_sets": lost,
        "broken_chains": len(store.verify_audit().faults),
    }
    store.close()
    (folder / NOTES).unlink(missing_ok=True)
    (folder / FOUND).write_text(json.dumps(found), encoding="utf-8")


def _noted(path: Path) -> Noted:
    noted = Noted()
    for line in path.read_text().splitlines() if path.exists() else []:
        trial, said, *stood = line.split(" ")
        if said == FILED:
            noted.filed.add(trial)
            noted.running.pop(trial, None)
            noted.stood.discard(trial)
        else:
            noted.running[trial] = int(said)
            noted.stood.update([trial] if stood else [])
    return noted


def _ever_known(path: Path, noted: Noted) -> set[str]:
    """Every trial that was ever begun: no other may be in the archive, under whatever id."""
    with path.open("a+", encoding="utf-8") as kept:
        kept.writelines(f"{trial}\n" for trial in (*noted.filed, *noted.running))
        kept.seek(0)
        return set(kept.read().split())


def _recovered(store: RecordStore, keeper: Keeper, trial: str) -> int:
    """Sets of a recording that was cut off: in the archive, or in a spool of an empty plate."""
    try:
        stored = store.recording(store.trial(trial).recording_id).raw
        return 0 if stored is None else len(stored.counts)
    except NotFound:
        path = keeper.folder / FILED / f"{trial}{SUFFIX}"
        return len(recording_of(recover(path)).counts) if path.exists() else 0
