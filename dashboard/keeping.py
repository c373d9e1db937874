"""Recordings on this station's own disk: where they are kept while they run, and until the archive has them.

::

    spool/TRIAL.fpr         running, or not in the archive yet
    spool/filed/TRIAL.fpr   read back from the archive, bit for bit; or of an empty plate only. Removed when a verified
                            backup holds it too, or after 30 days
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from acquisition.errors import SpoolDamaged
from acquisition.hub import HubSnapshot
from acquisition.spool import Spool, begin_spool
from acquisition.spool_disk import sync_folder
from acquisition.spool_file import SUFFIX, Recovered, SpoolHeader, zero_document, zero_from
from analysis.calibration import Calibration
from analysis.geometry import Side
from analysis.phases import EndedBy, Mark
from dashboard.orders import Facts, followed_document, followed_from
from dashboard.protocol import Act, Protocol
from records.ids import new_id

log = logging.getLogger(__name__)
FILED = "filed"
KEPT_S = 30 * 86400.0
FACTS = "facts"
_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Papers:
    """What is known of a recording besides its counts: enough to file it."""

    trial_id: str
    visit_id: str
    facts: Facts | None


class Keeper:
    """The spool folder of a station.

    Parameters
    ----------
    folder : Path
        Made when the first recording begins.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(
        self, snapshot: HubSnapshot, visit_id: str, protocol: Protocol, calibration: Calibration, software: str = ""
    ) -> Spool:
        """A spool for the attempt that begins, under the id its trial will have.

        Raises
        ------
        SpoolRefused
            It would not be safe there.
        """
        if snapshot.identity is None:
            raise ValueError("no plate, no recording")
        header = SpoolHeader(
            trial=new_id(),
            plate=snapshot.identity,
            began_at=datetime.now(UTC),
            boot_count=snapshot.boot_count,
            calibration=calibration,
            context={"visit": visit_id, "protocol": dict(protocol.document())},
            software=software,
        )
        return begin_spool(self.folder, header)

    def waiting(self) -> tuple[Path, ...]:
        """Spools that are not in the archive yet, oldest first: their names are made in order of time."""
        return tuple(sorted(self.folder.glob(f"*{SUFFIX}")))

    def done(self, path: Path) -> None:
        """The archive has it, or there is nothing to file: it is kept for 30 more days."""
        filed = self.folder / FILED
        try:
            filed.mkdir(exist_ok=True)
            os.replace(path, filed / path.name)
            os.utime(filed / path.name)
            sync_folder(filed)
            sync_folder(self.folder)
        except OSError:
            log.exception("spool %s stays where it is", path)  # filed again at the next start, under the same id

    def filed(self) -> tuple[str, ...]:
        """Ids of the trials whose spools are still kept beside the archive."""
        return tuple(sorted(path.stem for path in (self.folder / FILED).glob(f"*{SUFFIX}")))

    def tidy(self, now_s: float | None = None, backed_up: Collection[str] = ()) -> int:
        """Remove what has been in the archive for 30 days, or is of a trial that is `backed_up` too; how many."""
        before_s = (time.time() if now_s is None else now_s) - KEPT_S
        old = [
            path
            for path in (self.folder / FILED).glob(f"*{SUFFIX}")
            if path.stem in backed_up or path.stat().st_mtime < before_s
        ]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def facts_document(facts: Facts) -> dict[str, Any]:
    """What the guided test knows of an attempt, as an event of its spool. The protocol stands in the header."""
    return {
        "side": facts.side.value,
        "attempt": facts.attempt,
        "zero": zero_document(facts.zero),
        "lift_s": facts.lift_s,
        "marks": [[mark.at_s, mark.ended_by.value] for mark in facts.marks],
        "rest_s": facts.rest_s,
        "expected_weight_n": facts.expected_weight_n,
        "confirmed": [act.value for act in facts.confirmed],
        "followed": followed_document(facts.followed),
        "practice": facts.practice,
    }


def _facts_from(document: Mapping[str, Any], protocol: Protocol) -> Facts:
    lift_s, rest_s, expected_n = document["lift_s"], document["rest_s"], document.get("expected_weight_n")
    return Facts(
        side=Side(document["side"]),
        attempt=int(document["attempt"]),
        zero=zero_from(document["zero"]),
        lift_s=None if lift_s is None else float(lift_s),
        marks=tuple(Mark(float(at_s), EndedBy(ended_by)) for at_s, ended_by in document["marks"]),
        rest_s=None if rest_s is None else float(rest_s),
        protocol=protocol,
        expected_weight_n=None if expected_n is None else float(expected_n),
        confirmed=tuple(Act(act) for act in document.get("confirmed", ())),
        followed=followed_from(document.get("followed")),
        practice=bool(document.get("practice", False)),
    )


def papers_of(recovered: Recovered) -> Papers:
    """What a spool says about its attempt. ``facts`` is None where nobody was measured: it ended before the zero.

    Raises
    ------
    SpoolDamaged
        It is not the spool of a guided test.
    """
    header = recovered.header
    if header is None:
        raise SpoolDamaged(f"no header: {recovered.damage}")
    try:
        context = header.context or {}
        protocol = Protocol.of(context["protocol"])
        known = recovered.events(FACTS)
        facts = _facts_from(known[-1], protocol) if known else None
        return Papers(header.trial, str(context["visit"]), facts)
    except _UNREADABLE as error:
        raise SpoolDamaged(f"not of a guided test: {type(error).__name__} {error}") from error
