"""Recordings that the archive does not have yet: of a program that was killed, of an archive that was not there.

Each is filed once, under the id it was begun with. What cannot be filed stays where it is, and is said.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from acquisition.errors import SpoolDamaged
from acquisition.replay import recording_of
from acquisition.spool_disk import Held
from acquisition.spool_file import Damage, Recovered, recover
from analysis.errors import AnalysisError
from analysis.recording import RawRecording
from dashboard.keeping import Keeper, Papers, papers_of
from dashboard.station import Attempt, Station
from records.errors import NotFound, RecordingDamaged, RecordsError

log = logging.getLogger(__name__)


class Fate(StrEnum):
    """What became of a spool. Values are keys of the catalogue (`rescue.*`)."""

    FILED = "filed"
    ALREADY_FILED = "already_filed"
    EMPTY = "empty"
    WAITING = "waiting"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Rescued:
    """One spool.

    ``length_s``: of its recording [s]; ``missing``: sets that were lost inside it; ``lost_bytes``: bytes at its end
    that are no whole chunk; ``interrupted``: it was cut off; ``error``: code of what keeps it from the archive.
    """

    path: Path
    fate: Fate
    visit_id: str | None = None
    length_s: float = 0.0
    missing: int = 0
    lost_bytes: int = 0
    interrupted: bool = False
    error: str | None = None


def rescue(station: Station, keeper: Keeper) -> tuple[Rescued, ...]:
    """File every spool that waits; what happened to each, oldest first."""
    found: list[Rescued] = []
    for path in keeper.waiting():
        try:
            held = Held(path)
        except OSError:
            continue  # a recording that runs, in another program
        try:
            rescued = _rescue(station, path)
            if rescued.fate in (Fate.FILED, Fate.ALREADY_FILED, Fate.EMPTY):
                keeper.done(path)
        finally:
            held.release()
        log.warning("spool %s: %s, %.1f s, %s", path.name, rescued.fate, rescued.length_s, rescued.error or "no error")
        found.append(rescued)
    return tuple(found)


def _rescue(station: Station, path: Path) -> Rescued:
    try:
        recovered = recover(path)
        if recovered.damage is Damage.BEGUN:
            return Rescued(path, Fate.EMPTY, lost_bytes=recovered.lost_bytes, interrupted=True)
        papers, raw = papers_of(recovered), recording_of(recovered, path.name)
    except OSError as error:
        return Rescued(path, Fate.WAITING, error=type(error).__name__)
    except (SpoolDamaged, AnalysisError) as error:
        log.error("spool %s: %s", path, error)
        return Rescued(path, Fate.DAMAGED, error=SpoolDamaged.code)
    except Exception:  # one spool must not keep the station from starting
        log.exception("spool %s", path)
        return Rescued(path, Fate.WAITING, error=AnalysisError.code)
    if papers.facts is None:
        return _said(path, Fate.EMPTY, papers, raw, recovered)
    try:
        fate = _file(station, papers, raw, recovered)
    except (RecordsError, AnalysisError) as error:
        return _said(path, Fate.WAITING, papers, raw, recovered, error.code)
    return _said(path, fate, papers, raw, recovered)


def _file(station: Station, papers: Papers, raw: RawRecording, recovered: Recovered) -> Fate:
    fate = Fate.ALREADY_FILED
    try:
        station.store.trial(papers.trial_id)
    except NotFound:
        facts, header = papers.facts, recovered.header
        if facts is None or header is None:
            raise
        footing = station.footing_for(raw.plate)
        attempt = Attempt(papers.visit_id, raw, footing, facts, papers.trial_id, header.calibration)
        station.file_attempt(attempt)
        fate = Fate.FILED
    if not station.holds(papers.trial_id, raw):
        raise RecordingDamaged("the archive does not give back what its spool holds", papers.trial_id)
    return fate


def _said(
    path: Path, fate: Fate, papers: Papers, raw: RawRecording, recovered: Recovered, error: str | None = None
) -> Rescued:
    length_s = float(raw.time_s.max() - raw.time_s.min()) if len(raw.time_s) else 0.0
    missing = sum(gap.missing for gap in raw.gaps)
    interrupted = raw.interrupted is not None
    return Rescued(path, fate, papers.visit_id, length_s, missing, recovered.lost_bytes, interrupted, error)
