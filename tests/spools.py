"""Recordings kept in spools, made from the simulated plate through the tap: what a station does, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from direct_hub import DirectHub

from acquisition.plate import Plate, Wrap, open_plate
from acquisition.spool import Spool, Tap, begin_spool
from acquisition.spool_file import SpoolHeader
from analysis.recording import PlateIdentity, RawRecording

TRIAL = "019ab000-0000-7000-8000-000000000001"
PLATE = "sim:healthy?seed=3&speed=0"


@dataclass(frozen=True, slots=True)
class Kept:
    """A recording as the hub saw it live, and its spool."""

    live: RawRecording
    path: Path
    content: bytes


def header(plate: PlateIdentity, trial: str = TRIAL, context: Mapping[str, Any] | None = None) -> SpoolHeader:
    """A header of now."""
    return SpoolHeader(trial, plate, datetime.now(UTC), boot_count=1, context=context or {})


def tapped(url: str = PLATE, opener: Callable[[Wrap], Plate] | None = None) -> tuple[DirectHub, Tap]:
    """A hub whose plate is tapped, streaming."""
    tap = Tap()
    hub = DirectHub(partial(opener, tap.wrap) if opener else partial(open_plate, url, tap.wrap), tap)
    hub.start()
    return hub, tap


def run(hub: DirectHub, seconds: float) -> None:
    """Let the plate send so many seconds of its own time."""
    begin_s = hub.snapshot().newest_s
    while hub.snapshot().newest_s - begin_s < seconds:
        hub.blocks_after(-1)


def begun(hub: DirectHub, folder: Path) -> Spool:
    """A recording that runs."""
    identity = hub.snapshot().identity
    assert identity is not None
    spool = begin_spool(folder, header(identity))
    hub.begin_recording(spool)
    return spool


def kept(folder: Path, seconds: float = 2.0, url: str = PLATE, before_s: float = 0.5) -> Kept:
    """A whole recording."""
    hub, _ = tapped(url)
    run(hub, before_s)
    spool = begun(hub, folder)
    run(hub, seconds)
    live = hub.end_recording()
    hub.close()
    return Kept(live, spool.path, spool.path.read_bytes())
