"""Carries the guided test out: feeds the guide with the plate's blocks and does what it orders. Needs no browser.

One thread. Screens ask for the view and hand in acts from theirs; nobody else touches the guide.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from threading import Event, Lock, Thread
from uuid import uuid4

from acquisition.errors import AcquisitionError
from acquisition.hub import Hub, HubSnapshot, HubState
from acquisition.replay import read_back
from acquisition.spool import Spool
from analysis.calibration import Calibration, Zero
from analysis.errors import InvalidRecording
from analysis.geometry import Footing
from analysis.recording import PlateIdentity, RawRecording
from dashboard.conditions import Conditions
from dashboard.expected import expected_weight_n, is_void, last_protocol, tally_of
from dashboard.guide import Guide
from dashboard.keeping import FACTS, Keeper, facts_document
from dashboard.lease import Lease
from dashboard.orders import Discard, Facts, File, GuideView, Order, Outcome, Record, Tell, Void
from dashboard.protocol import ANY_STEP, CHOICES, IDLE, STANDARD, Act, Notice, Protocol
from dashboard.rescue import rescue
from dashboard.station import Attempt, Station
from records.errors import RecordsError
from records.model import Act as Filing
from records.model import Actor
from records.permissions import allows

WAIT_S = 0.1
log = logging.getLogger(__name__)


class Attendance(StrEnum):
    """Whether a visit's guided test is open. Values are keys of the catalogue (`test.plate.*`)."""

    OPEN = "open"
    ELSEWHERE = "elsewhere"
    NO_PLATE = "no_plate"
    MODEL_UNKNOWN = "model_unknown"


@dataclass(frozen=True, slots=True)
class GuidedView:
    """The guided test and its plate at one moment. ``zero``: what live forces are measured from."""

    visit_id: str
    guide: GuideView
    footing: Footing
    calibration: Calibration
    zero: Zero | None


@dataclass(frozen=True, slots=True)
class _Unfiled:
    """An attempt that the archive has not taken yet."""

    attempt: Attempt
    spool: Spool | None


@dataclass(slots=True)
class _Guided:
    """A guided test that is open.

    ``actor``: who of those who may file recordings did something on it last; attempts are filed under that name.
    """

    visit_id: str
    identity: PlateIdentity
    guide: Guide
    footing: Footing
    calibration: Calibration
    actor: Actor | None


def open_guide(
    station: Station, visit_id: str, identity: PlateIdentity, protocol: Protocol
) -> tuple[Guide, Footing, Calibration]:
    """A guide for a visit on a plate, going on from what the visit holds.

    Raises
    ------
    NotFound, InvalidRecording
    """
    protocol = last_protocol(station, visit_id, protocol)
    footing, calibration = station.footing_for(identity), station.calibration_for(identity)
    tally, expected_n = tally_of(station, visit_id, protocol), expected_weight_n(station, visit_id)
    guide = Guide(uuid4().hex[:8], protocol, footing, calibration, tally, expected_n)
    return guide, footing, calibration


class Conductor:
    """Owns the guided test of this station.

    Parameters
    ----------
    station : Station
        With a hub.
    protocol : Protocol
    keeper : Keeper or None
        Where recordings are kept while they run. None: in memory only, for a plate that can be asked again.
    """

    def __init__(self, station: Station, protocol: Protocol = STANDARD, keeper: Keeper | None = None) -> None:
        if station.hub is None:
            raise ValueError("a guided test needs a station with a plate")
        self._station, self._hub, self._protocol = station, station.hub, protocol
        self._test: _Guided | None = None
        self._keeper = keeper
        self._spool: Spool | None = None  # of the recording that runs
        self._noted: Facts | None = None
        self._unfiled: _Unfiled | None = None
        self._closing = False
        #: Which screen operates.
        self.lease = Lease()
        self._cursor, self._stream = -1, -1
        self._lock, self._stop = Lock(), Event()
        #: Set when the program is about to end: live streams end at once instead of holding it up.
        self.ending = Event()
        self._thread = Thread(target=self._run, name="conductor", daemon=True)

    def start(self) -> None:
        """Begin to follow the plate."""
        self._thread.start()

    def close(self) -> None:
        """End. An attempt under way is filed as interrupted."""
        with self._lock:
            self._closing = True
            if self._test is not None:
                self._test.guide.lost(Notice.STOPPED)
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self.step(0.0)

    @property
    def hub(self) -> Hub:
        """The reader of the plate."""
        return self._hub

    def attend(self, visit_id: str, *, take: bool, actor: Actor | None = None) -> Attendance:
        """Open the guided test of a visit. Opening the one that is open changes nothing.

        ``take``: in place of another visit's test, unless an attempt of that one is under way. A screen takes when it
        is opened, never while it is shown: two of them would take from each other.

        Raises
        ------
        NotFound
        """
        identity, void = self._hub.snapshot().identity, take and is_void(self._station, visit_id)
        with self._lock:
            test = self._test
            if test is not None and (test.visit_id != visit_id or test.identity != identity):
                mine = test.visit_id == visit_id
                if test.guide.view().step not in IDLE or not (mine or take):
                    return Attendance.OPEN if mine else Attendance.ELSEWHERE
                self._test = test = None
            if test is None:
                if identity is None:
                    return Attendance.NO_PLATE
                try:
                    guide, footing, calibration = open_guide(self._station, visit_id, identity, self._protocol)
                except InvalidRecording:
                    return Attendance.MODEL_UNKNOWN
                self._test = _Guided(visit_id, identity, guide, footing, calibration, actor)
            elif take:
                test.guide.void_visit(void)
        return Attendance.OPEN

    def view(self) -> GuidedView | None:
        """The open test; None where there is none."""
        with self._lock:
            test = self._test
            if test is None:
                return None
            return GuidedView(test.visit_id, test.guide.view(), test.footing, test.calibration, test.guide.zero)

    def unfiled_copy(self) -> tuple[str, bytes] | None:
        """Name and bytes of the recording that the archive has not taken, from memory; None where there is none."""
        spool = self._unfiled.spool if self._unfiled is not None else None
        content = spool.content() if spool is not None else None
        return (spool.path.name, content) if spool is not None and content is not None else None

    def act(self, act: Act, token: str, actor: Actor | None = None) -> bool:
        """Hand in what the operator did; False where the screen it was done on is stale.

        Attempts are filed under the name of who did something last, if that person may file them: who only stops a
        test for safety does not become the one who measured.
        """
        with self._lock:
            test = self._test
            done = test is not None and test.guide.act(act, token)
            if done and test is not None and actor is not None and allows(actor.role, Filing.RECORDING_FILED):
                test.actor = actor
            return done

    def safety(self, act: Act, actor: Actor) -> bool:
        """Hand in what keeps the person safe, from a screen that does not show the test: the lock screen."""
        view = self.view()
        return view is not None and act in ANY_STEP and self.act(act, view.guide.token, actor)

    @property
    def protocols(self) -> tuple[Protocol, ...]:
        """What can be chosen at this station, its own first."""
        mine = self._protocol
        return (mine, *(replace(one, demo=mine.demo) for one in CHOICES if one.name != mine.name))

    def set_up(self, visit_id: str, name: str, condition: str) -> bool:
        """Ask for another protocol or other conditions from now on; False while an attempt is under way.

        Raises
        ------
        ValueError
            No such conditions.
        """
        chosen = next((one for one in self.protocols if one.name == name), self._protocol)
        protocol = replace(chosen, condition=Conditions.of(condition).code)
        tally = tally_of(self._station, visit_id, protocol)
        with self._lock:
            test = self._test
            return test is not None and test.visit_id == visit_id and test.guide.set_up(protocol, tally)

    # ---- the thread

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.step(WAIT_S)
            except Exception:  # the thread must outlive any fault of one round
                log.exception("guided test")

    def step(self, wait_s: float) -> None:
        """One round: take what the plate sent, then do what the guide ordered. The thread's, or a caller's without."""
        snapshot = self._hub.snapshot()
        with self._lock:
            guide = self._test.guide if self._test else None
            if guide is not None and self._gone(snapshot):
                guide.lost(_notice(snapshot))
        blocks, self._cursor = self._hub.blocks_after(self._cursor, wait_s)
        now = datetime.now(UTC)
        with self._lock:
            if self._test is None or self._test.guide is not guide or guide is None:
                return
            for block in blocks:
                guide.feed(block, now)
            orders, facts, test = guide.take_orders(), guide.facts, self._test
        self._note(facts)
        for order in orders:
            self._do(order, test)

    def _gone(self, snapshot: HubSnapshot) -> bool:
        """Whether the stream or the recording that the guide follows has ended since the last round.

        A link that dropped and may come back to the same stream has not ended it.
        """
        goes_on = snapshot.state is HubState.STREAMING or snapshot.waiting
        before, self._stream = self._stream, snapshot.stream if goes_on else -1
        return before not in (-1, self._stream) or snapshot.interrupted is not None

    def _do(self, order: Order, test: _Guided) -> None:
        match order:
            case Record():
                self._begin(test)
            case Discard():
                self._discard()
            case Tell(cue):
                self._hub.cue(cue)
            case File(facts):
                self._file(facts, test)
            case Void(trial_id, reason):
                self._void(trial_id, reason, test.actor)

    def _note(self, facts: Facts | None) -> None:
        """Write down what the guide has come to know: after a crash it is filed with the counts."""
        if self._spool is not None and facts is not None and facts != self._noted:
            self._noted = facts
            self._spool.event(FACTS, **facts_document(facts))

    def _begin(self, test: _Guided) -> None:
        if self._station.store.is_read_only:  # whoever stood here now would have stood in vain
            with self._lock:
                test.guide.refused(Notice.ARCHIVE_READ_ONLY)
            return
        if is_void(self._station, test.visit_id):
            with self._lock:
                test.guide.void_visit(True)
                test.guide.refused(Notice.NOT_BEGUN)
            return
        try:
            if self._keeper is not None:
                with self._lock:  # what is asked of this attempt, which need not be the station's own
                    protocol = test.guide.view().protocol
                self._spool = self._keeper.begin(self._hub.snapshot(), test.visit_id, protocol, test.calibration)
            self._cursor, self._noted = self._hub.begin_recording(self._spool), None
        except AcquisitionError as error:
            log.warning("recording not begun: %s", error)
            self._done_with(self._spool)
            with self._lock:
                test.guide.refused(_NOTICES.get(error.code, Notice.LINK_LOST))

    def _end_recording(self) -> RawRecording | None:
        """End the recording; it is made of what its spool gives back."""
        try:
            live = self._hub.end_recording(Notice.STOPPED.name if self._closing else None)
        except AcquisitionError as error:
            log.warning("recording not ended: %s", error)
            return None
        return live if self._spool is None else read_back(self._spool, live)

    def _discard(self) -> None:
        """The recording holds an empty plate only."""
        with suppress(AcquisitionError):  # it may never have begun
            self._hub.end_recording()
        self._done_with(self._spool)

    def _done_with(self, spool: Spool | None) -> None:
        """Nothing of a spool is missing in the archive."""
        self._spool = None
        if spool is not None and self._keeper is not None:
            spool.end()
            self._keeper.done(spool.path)

    def _file(self, facts: Facts, test: _Guided) -> None:
        """File the recording; where the archive does not take it, it stays on the disk and is tried again."""
        if self._unfiled is None:
            self._note(facts)
            raw, spool = self._end_recording(), self._spool
            if raw is None:
                return
            trial_id = spool.header.trial if spool else None
            attempt = Attempt(test.visit_id, raw, test.footing, facts, trial_id, test.calibration, test.actor)
            self._unfiled, self._spool = _Unfiled(attempt, spool), None
        attempt, spool = replace(self._unfiled.attempt, actor=test.actor), self._unfiled.spool  # who tries now, files
        try:
            filed = self._station.file_attempt(attempt)
            safe = self._station.holds(filed.trial.id, attempt.raw)
        except RecordsError:
            log.exception("attempt not filed")
            with self._lock:
                test.guide.not_filed()
            return
        self._unfiled = None
        if safe:
            self._done_with(spool)
        with self._lock:
            test.guide.filed(Outcome(filed.trial.id, filed.result, filed.error))
        if self._keeper is not None and self._keeper.waiting():
            rescue(self._station, self._keeper)  # the archive takes recordings again

    def _void(self, trial_id: str, reason: str, actor: Actor | None) -> None:
        try:
            self._station.void(trial_id, reason, actor)
        except RecordsError:
            log.exception("trial not voided")


#: Codes of what ends a recording, or keeps it from beginning.
_NOTICES = {
    "REPLAY_ENDED": Notice.REPLAY_ENDED,
    "PLATE_REBOOTED": Notice.PLATE_REBOOTED,
    "SPOOL_FULL": Notice.DISK_FULL,
    "SPOOL_READ_ONLY": Notice.DISK_READ_ONLY,
    "SPOOL_FAILED": Notice.DISK_FAILED,
    "SUSPENDED": Notice.SUSPENDED,
    "RATE_TOO_LOW": Notice.RATE_TOO_LOW,
}


def _notice(snapshot: HubSnapshot) -> Notice:
    return _NOTICES.get(snapshot.interrupted or snapshot.error or "", Notice.LINK_LOST)
