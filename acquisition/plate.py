"""Plates: the seam for every device, real, simulated or replayed. What leaves here is counts."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from time import monotonic
from types import TracebackType
from typing import Any, Literal, Protocol, Self, runtime_checkable

from acquisition import messages
from acquisition.clock import ClockMapping
from acquisition.continuity import Continuity, Position
from acquisition.conversation import REPLY_LIMIT_S, Answer, Conversation
from acquisition.errors import AddressRefused, LinkLost, PlateRebooted
from acquisition.link import Link
from acquisition.messages import Boot, Capability, Request, Start, Started, Stop, Stopped
from acquisition.receiving import Received
from analysis.geometry import Side
from analysis.recording import PlateIdentity, SampleBlock

HELLO_LIMIT_S = 4.0
PING_EVERY_S = 1.0
RESUME_LIMIT_S = 0.5
PINGS = 8
PORT_NAME = re.compile(r"/|COM\d+$|\\\\", re.IGNORECASE)  # /dev/ttyACM0, COM5, \\.\COM12: what a person types


@dataclass(frozen=True, slots=True)
class Cue:
    """What a person on the plate is told. A simulated person does it; a real one hears it from the operator."""

    action: Literal["empty", "both_feet", "lift", "foot_down"]
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class LossCounters:
    """What did not arrive since the plate was opened: true loss by the plate's own count, and damage on the wire."""

    lost_sets: int = 0
    bad_frames: int = 0
    repeated_sets: int = 0
    unknown_messages: int = 0


class Plate(Protocol):
    """A force plate of four cells.

    Use as a context manager or call `close`. ``read`` gives counts in the plate's channel order.
    """

    @property
    def address(self) -> str:
        """Where it is, for people."""

    @property
    def identity(self) -> PlateIdentity:
        """Who the plate says it is."""

    @property
    def boot_count(self) -> int:
        """How often its board has started, 16 bits: unchanged after a lost link, its clock and settings are too."""

    @property
    def losses(self) -> LossCounters:
        """What did not arrive."""

    def start(self) -> None:
        """Begin streaming; a plate that streams already starts over."""

    def stop(self) -> None:
        """End streaming."""

    def read(self, timeout_s: float) -> SampleBlock | None:
        """Sets that came, None if none came within `timeout_s`.

        Raises
        ------
        LinkLost, PlateRebooted
        """

    def close(self) -> None:
        """Let go of the device; a second call does nothing."""


@runtime_checkable
class Timed(Protocol):
    """A plate whose clock is compared with this computer's."""

    @property
    def clock(self) -> ClockMapping | None:
        """The plate's clock against this computer's; None for now, or where its time is not the world's."""


@runtime_checkable
class Prompted(Protocol):
    """A plate whose person hears cues: the simulated one."""

    def cue(self, cue: Cue) -> None:
        """Tell the person what to do now."""


class WirePlate:
    """A plate behind a link, speaking wire version 1.

    Raises
    ------
    NoAnswer
        Nothing answered HELLO within 4 s; says how many bytes came.
    WireVersionUnknown
    PlateBusy
        It talks with another program.

    Attributes
    ----------
    ping_every_s : float
        How often its clock is asked while it streams. [s]
    """

    def __init__(self, link: Link) -> None:
        self._talk = Conversation(link, self._hear)
        self._waiting: deque[SampleBlock] = deque()
        self._continuity = Continuity()
        self.ping_every_s = PING_EVERY_S
        self._ping_due_s = 0.0
        self._streaming = self._closed = False
        self._boot: Boot | None = None
        self._boot_count = 0
        self._losses = LossCounters()
        try:
            info = self._talk.hello(HELLO_LIMIT_S)
            for _ in range(PINGS):
                self._talk.ask_clock()
            self._identity, self._boot_count = info.identity(), info.boot_count
            self._own_time = bool(info.capabilities & Capability.OWN_TIME)
        except BaseException:
            link.close()
            raise

    @property
    def address(self) -> str:
        """Where it is, for people."""
        return self._talk.link.name

    @property
    def identity(self) -> PlateIdentity:
        """Who the plate says it is."""
        return self._identity

    @property
    def boot_count(self) -> int:
        """How often its board has started, 16 bits."""
        return self._boot_count

    @property
    def losses(self) -> LossCounters:
        """What did not arrive."""
        return self._losses

    @property
    def pings(self) -> int:
        """How often its clock was asked, and it answered."""
        return len(self._talk.clock)

    @property
    def clock(self) -> ClockMapping | None:
        """The plate's clock against this computer's; None for now, or where its time is not the world's."""
        return None if self._own_time else self._talk.clock.mapping()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def start(self) -> None:
        """Begin streaming."""
        self._waiting.clear()
        self._continuity = Continuity()
        self._boot = None
        self._streaming = False
        self._talk.ask(Start, Started)
        self._streaming = True

    @property
    def position(self) -> Position | None:
        """The newest set of the stream."""
        return self._continuity.position

    def resume(self, after: Position, limit_s: float = RESUME_LIMIT_S) -> bool:
        """Take up a stream that runs already: START would number it anew."""
        self._waiting.clear()
        self._continuity, self._boot, self._streaming = Continuity(after), None, True
        deadline_s = monotonic() + limit_s
        while not self._waiting and self._boot is None and (left_s := deadline_s - monotonic()) > 0:
            self._talk.receive(left_s)
        self._streaming = bool(self._waiting)
        return self._streaming

    def stop(self) -> None:
        """End streaming; sets still on the way are read and dropped."""
        self._streaming = False
        self._talk.ask(Stop, Stopped)

    def read(self, timeout_s: float) -> SampleBlock | None:
        """Sets that came, None if none came within `timeout_s`. Asks for the plate's clock once a second."""
        self._keep_time()
        deadline_s = monotonic() + timeout_s
        while not self._waiting and self._boot is None:  # part of a set is no set: what came may end in mid frame
            left_s = deadline_s - monotonic()
            self._talk.receive(max(left_s, 0.0))
            if left_s <= 0:
                break
        if self._waiting:
            return self._waiting.popleft()
        if self._boot is not None:  # only after the sets that came before it
            boot, self._boot, self._streaming = self._boot, None, False
            raise PlateRebooted(boot.reset_cause)
        return None

    def _keep_time(self) -> None:
        now_s = monotonic()
        if self._streaming and not self._own_time and now_s >= self._ping_due_s:
            self._ping_due_s = now_s + self.ping_every_s
            self._talk.ping()

    def close(self) -> None:
        """Stop the stream if it can still be told, then let go of the link."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._streaming:
                self._talk.tell(Stop)
        except LinkLost:
            pass  # it is gone, which is what closing is for
        finally:
            self._talk.link.close()

    def ask(self, make: Callable[[int], Request], reply: type[Answer], limit_s: float = REPLY_LIMIT_S) -> Answer:
        """The answer to any request, made with the token it gets; also while streaming: sets that come are kept.

        Raises
        ------
        LinkLost, PlateRefused, PlateBusy
        """
        return self._talk.ask(make, reply, limit_s)

    def _hear(self, came: Received) -> None:
        """Everything one read brought."""
        for sets in came.sets:
            self._take(sets)
        self._count(bad_frames=came.bad_frames, unknown_messages=came.unknown_messages)
        boots = [message for message in came.messages if isinstance(message, Boot)]
        if boots:
            self._boot_count = boots[-1].boot_count
        if boots and self._streaming and self._boot is None:
            self._boot = boots[0]

    def _take(self, sets: messages.Sets) -> None:
        """Sets of a stream go to the waiting blocks; what still comes after STOP does not."""
        if not self._streaming:
            return
        arrived = self._continuity.take(sets)
        self._count(lost_sets=arrived.lost, repeated_sets=arrived.repeated)
        if arrived.block is not None:
            self._waiting.append(arrived.block)

    def _count(self, **more: int) -> None:
        if any(more.values()):
            so_far = {name: getattr(self._losses, name) + count for name, count in more.items()}
            self._losses = replace(self._losses, **so_far)


Wrap = Callable[[Link], Link]  # puts something around a link: a tap on its bytes


def open_wire(url: str, wrap: Wrap | None = None) -> Plate:
    """The plate at the end of a link that has nothing but bytes."""
    link = open_link(url)
    return WirePlate(link if wrap is None else wrap(link))


#: scheme -> "module:function" that opens the link of an address. A lazy string: acquisition runs without the simulator.
LINKS: dict[str, str] = {
    "serial": "acquisition.link:open_serial",
    "socket": "acquisition.link:open_socket",
    "sim": "hardware.simulator.device:open_simulated_link",
    "replay": "acquisition.replay:open_replay_link",
}

#: scheme -> "module:function" that opens the plate at an address, its link wrapped where a wrap is given.
#: What the address of a recording that is played begins with.
REPLAY = "replay:"
PLATES: dict[str, str] = {
    "serial": "acquisition.plate:open_wire",
    "socket": "acquisition.plate:open_wire",
    "sim": "hardware.simulator.device:open_simulated",
    "replay": "acquisition.plate:open_wire",
}


def open_link(url: str) -> Link:
    """The link to the plate at an address; nothing is sent yet.

    Raises
    ------
    PlateNotFound, PlateBusy
    """
    address, opener = _opener(url, LINKS)
    link: Link = opener(address)
    return link


def open_plate(url: str, wrap: Wrap | None = None) -> Plate:
    """Open the plate at an address: `serial:COM5`, `socket://127.0.0.1:5331`, `sim:healthy`, or just a port's name.

    Parameters
    ----------
    url : str
    wrap : callable or None
        Put around the link before anything is sent: a spool that keeps every byte.

    Raises
    ------
    PlateNotFound, PlateBusy, WireVersionUnknown
    """
    address, opener = _opener(url, PLATES)
    plate: Plate = opener(address, wrap)
    return plate


def _opener(url: str, table: dict[str, str]) -> tuple[str, Callable[..., Any]]:
    """The whole address, and what opens it."""
    address = f"serial:{url}" if PORT_NAME.match(url) else url
    scheme = address.partition(":")[0]
    if scheme not in table:
        raise AddressRefused(url, f"it has to begin with {', '.join(f'{name}:' for name in table)}")
    module, _, function = table[scheme].partition(":")
    return address, getattr(import_module(module), function)
