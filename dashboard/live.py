"""The live view: what the plate feels and where the test is, as Server-Sent Events at `/api/live?visit=ID`.

`&screen=` names the browser's tab, `&claim=1` lets it operate the test if no other does. `&view=patient` sends what the
patient may see: no points, no plate.

One stream for each open test page, each with its own cursor: a slow screen skips, it never queues and never holds up
the recording. A frame is one JSON object:

    s     number of the frame in its stream
    boot  changes when the program was restarted; a screen clears then
    first true in the first frame, which brings the last 5 s
    n     samples the frame stands for
    t     plate's time of each point [s]; x, y [mm] and f [N] beside it; x and y null where too little load makes a CoP
    left  countdown [s] or null
    sent  wall time of the server when the frame was made [ms]
    state in the first frame and whenever it changes: `screen_state`, or `patient_state`
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from threading import Lock
from time import monotonic, sleep, time
from typing import Any
from uuid import uuid4

from dash import Dash
from flask import Response, abort, request

from acquisition.hub import HubSnapshot, HubState
from analysis.cop import Frame, centre_of_pressure
from analysis.online import live_forces, thinned
from analysis.recording import SampleBlock
from dashboard.conductor import Attendance, Conductor, GuidedView
from dashboard.gate import route, token
from dashboard.gate.gate import gate_of
from dashboard.pages.test.view import patient_state, screen_state
from dashboard.services import Services
from dashboard.words import Words
from records.errors import NotFound
from records.model import Act

STREAM_LIMIT = 6  # each holds one of the server's threads
TOGETHER_S = 0.016
SILENT_S = 0.25  # a state frame comes at least this often, so that a screen knows the server lives
FIRST_S = 5.0
SHOWN_FROM_N = 50.0
RETRY_MS = 500
SCREEN_LENGTH = 64


class LiveStream:
    """The frames of one screen.

    Parameters
    ----------
    conductor : Conductor
    words : Words
    visit_id : str
    boot : str
    screen : str or None
        Id of the browser's tab; None: it is the patient's.
    """

    def __init__(self, conductor: Conductor, words: Words, visit_id: str, boot: str, screen: str | None = "") -> None:
        self._conductor, self._words, self._visit_id, self._boot = conductor, words, visit_id, boot
        self._screen = screen
        self._cursor = 0
        self._number = 0
        self._key: str | None = None
        self._place: object = None
        self._looked_s = 0.0

    def frame(self, wait_s: float = SILENT_S) -> dict[str, Any]:
        """The next frame: everything since the last one, or only the state where nothing came in `wait_s`."""
        attendance = self._conductor.attend(self._visit_id, take=False)
        hub = self._conductor.hub
        blocks, self._cursor = hub.blocks_after(self._cursor, wait_s)
        snapshot = hub.snapshot()
        view = self._conductor.view() if attendance is Attendance.OPEN else None
        first = self._number == 0
        if first:
            blocks = _newest(blocks, FIRST_S)
        self._number += 1
        frame: dict[str, Any] = {"s": self._number, "boot": self._boot, "n": sum(map(len, blocks))}
        if first:
            frame["first"] = True
        if self._screen is not None and snapshot.state is HubState.STREAMING and view is not None:
            frame |= _points(blocks, view, snapshot.rate_hz)
        frame["left"] = view.guide.left_s if view is not None else None
        if state := self._changed(attendance, view, snapshot):
            frame["state"] = state
        frame["sent"] = round(time() * 1000)
        return frame

    def _changed(self, attendance: Attendance, view: GuidedView | None, snapshot: HubSnapshot) -> dict[str, Any] | None:
        """The state where it changed. Numbers in its sentences are looked at four times a second, steps each time."""
        guide, now_s = None if view is None else view.guide, monotonic()
        place = attendance, snapshot.state, guide and (guide.token, guide.side, guide.notice, guide.acts)
        if place == self._place and now_s < self._looked_s + SILENT_S:
            return None
        self._place, self._looked_s = place, now_s
        state = self._state(attendance, view, snapshot)
        if state["key"] == self._key:
            return None
        self._key = state["key"]
        return state

    def _state(self, attendance: Attendance, view: GuidedView | None, snapshot: HubSnapshot) -> dict[str, Any]:
        if self._screen is None:
            return patient_state(self._words, attendance, view)
        lease = self._conductor.lease
        lease.seen(self._screen)
        return screen_state(self._words, attendance, view, snapshot, lease.standing(self._screen))

    def events(self) -> Iterator[str]:
        """The stream as text, for as long as somebody reads it."""
        yield f"retry: {RETRY_MS}\n\n"
        while not self._conductor.ending.is_set():
            began_s = monotonic()
            frame = self.frame()
            yield f"id: {frame['s']}\ndata: {json.dumps(frame, separators=(',', ':'), allow_nan=False)}\n\n"
            sleep(max(0.0, TOGETHER_S - (monotonic() - began_s)))


def _newest(blocks: tuple[SampleBlock, ...], length_s: float) -> tuple[SampleBlock, ...]:
    if not blocks:
        return blocks
    from_us = float(blocks[-1].device_us[-1, 0]) - length_s * 1e6
    return tuple(block for block in blocks if block.device_us[-1, 0] >= from_us)


def _points(blocks: tuple[SampleBlock, ...], view: GuidedView, rate_hz: float) -> dict[str, list[float | None]]:
    """Time, CoP and force of each point; nothing before the plate has a zero."""
    points: dict[str, list[float | None]] = {"t": [], "x": [], "y": [], "f": []}
    if view.zero is None:
        return points
    for block in blocks:
        forces = thinned(live_forces(block, view.calibration, view.zero), rate_hz)
        cop = centre_of_pressure(forces, SHOWN_FROM_N, Frame.PLATE)
        points["t"] += [round(at_s, 3) for at_s in forces.time_s.tolist()]
        points["x"] += [_shown(mm) for mm in cop.xy_mm[:, 0].tolist()]
        points["y"] += [_shown(mm) for mm in cop.xy_mm[:, 1].tolist()]
        points["f"] += [_shown(n) for n in forces.fz_n.tolist()]
    return points


def _shown(number: float) -> float | None:
    return round(number, 1) if math.isfinite(number) else None


class _Places:
    """At most so many streams at once."""

    def __init__(self, limit: int) -> None:
        self._free, self._lock = limit, Lock()

    def take(self) -> bool:
        with self._lock:
            taken = self._free > 0
            self._free -= taken
            return taken

    def give(self) -> None:
        with self._lock:
            self._free += 1


def _ended(conductor: Conductor, places: _Places, screen: str | None) -> None:
    places.give()
    if screen:
        conductor.lease.left(screen)


def register(app: Dash, services: Services) -> None:
    """Mount `/api/live`. Without a plate there is nothing live: 404."""
    places, boot = _Places(STREAM_LIMIT), uuid4().hex[:8]

    def live() -> Response:
        conductor, visit_id = services.conductor, request.args.get("visit", "")
        if conductor is None:
            abort(404)
        try:
            services.station.store.visit(visit_id)
        except NotFound:
            abort(404)
        if not places.take():
            abort(503)
        screen = None if request.args.get("view") == "patient" else request.args.get("screen", "")[:SCREEN_LENGTH]
        if screen and "claim" in request.args:
            conductor.lease.claim(screen, take=False)
        events = LiveStream(conductor, services.words, visit_id, boot, screen).events()
        response = Response(gate_of(app).while_in(token(), events), mimetype="text/event-stream")
        response.headers["X-Accel-Buffering"] = "no"
        response.call_on_close(lambda: _ended(conductor, places, screen))
        return response

    route(app, "/api/live", "live", Act.RECORDING_FILED, live, polls=True, while_locked=True)
