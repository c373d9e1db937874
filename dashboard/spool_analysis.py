"""A recording of our own plate in a file (`.fpr`) -> trials, as files of other systems are analysed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from acquisition.errors import SpoolDamaged
from acquisition.replay import recording_of
from acquisition.spool_file import Recovered, recover
from analysis.assess import assess_recording
from analysis.calibration import Zero
from analysis.errors import AnalysisError
from analysis.geometry import Side
from analysis.preprocess import MINIMUM_SAMPLES
from analysis.settings import AnalysisSettings
from dashboard.analyses import Source, SourceProblem, SourceTrial
from dashboard.keeping import papers_of
from dashboard.orders import Facts
from dashboard.plate_calibration import calibration_without_archive
from hardware.plates import load_plate_model

READER = "spool"
Seen = SourceProblem | SourceTrial


def assess_spool(
    number: int, path: Path, side: Side | None, settings: AnalysisSettings, target_hold_s: float | None
) -> tuple[Source, list[Seen]]:
    """The file, and what was found in it.

    ``side``, ``target_hold_s``: as a person says; None: as the guided test knew it.
    """
    recovered = recover(path)
    source = Source(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), READER)
    try:
        return source, list(_assessed(number, recovered, side, settings, target_hold_s))
    except SpoolDamaged:
        return source, [SourceProblem(number, SpoolDamaged.code, None, {}, refused=True)]
    except AnalysisError as error:
        values: dict[str, str | int | float] = {
            "part": path.name,
            "minimum_n": settings.minimum_load_n,
            "minimum": MINIMUM_SAMPLES,
            "reason": str(error),
        }
        return source, [SourceProblem(number, error.code, None, values, refused=True)]


def _assessed(
    number: int, recovered: Recovered, side: Side | None, settings: AnalysisSettings, target_hold_s: float | None
) -> Iterator[Seen]:
    raw = recording_of(recovered)
    facts = facts_of(recovered)
    zero = zero_of(recovered, facts)
    if recovered.end is None or recovered.damage is not None:
        yield SourceProblem(number, "SPOOL_CUT", None, {"lost_bytes": recovered.lost_bytes}, refused=False)
    if zero is None:
        yield SourceProblem(number, "NO_ZERO", None, {}, refused=True)
        return
    header = recovered.header
    calibration = (header.calibration if header else None) or calibration_without_archive(raw.plate)
    wanted_s = target_hold_s or (facts.protocol.hold_s if facts else None)
    assessed = assess_recording(
        raw,
        calibration,
        zero,
        settings=replace(settings, target_hold_s=wanted_s),
        footing=load_plate_model(raw.plate.model).template if facts else None,
        side=side or (facts.side if facts else None),
        marks=facts.marks if facts else (),
        expected_weight_n=facts.expected_weight_n if facts else None,
        followed=facts.followed if facts else None,
    )
    for trial in assessed:
        yield SourceTrial(number, "", raw.plate.serial, trial.result)


def facts_of(recovered: Recovered) -> Facts | None:
    """What a guided test knew; None where the recording is none of its own."""
    try:
        return papers_of(recovered).facts
    except SpoolDamaged:
        return None


def zero_of(recovered: Recovered, facts: Facts | None) -> Zero | None:
    """The empty plate: as measured before the recording, or by the guided test in it."""
    if facts is not None:
        return facts.zero
    return recovered.header.zero if recovered.header is not None else None
