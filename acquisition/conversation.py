"""Requests to a plate and its answers, over a link that may be full of other things."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from acquisition import messages
from acquisition.clock import HostClock
from acquisition.errors import LinkLost, NoAnswer, PlateBusy, PlateRefused, WireVersionUnknown
from acquisition.framing import encode
from acquisition.link import Link
from acquisition.messages import Hello, Info, Message, OtherVersion, Ping, Pong, RefusalReason, Refused, Reply, Request
from acquisition.receiving import Received, Receiver

HELLO_EVERY_S = 0.25
REPLY_LIMIT_S = 1.0

Answer = TypeVar("Answer", bound=Reply)
Make = Callable[[int], Request]  # a request with the token it gets


class Conversation:
    """Asks, one request at a time, and hands on what comes in between.

    Parameters
    ----------
    link : Link
    hear : callable
        Told of everything each read brought.

    Attributes
    ----------
    received : int
        Bytes so far.
    clock : HostClock
        The plate's clock against ours, from every PING.
    """

    def __init__(self, link: Link, hear: Callable[[Received], None]) -> None:
        self.link = link
        self.received = 0
        self.clock = HostClock()
        self._hear, self._receiver = hear, Receiver()
        self._token = 0
        self._ping: tuple[int, float] | None = None  # token and time [s] of the one under way

    def hello(self, limit_s: float) -> Info:
        """Who is there, asked until answered: opening a port resets many boards.

        Raises
        ------
        NoAnswer, WireVersionUnknown, PlateBusy, LinkLost
        """
        deadline_s = monotonic() + limit_s
        while monotonic() < deadline_s:
            hello = Hello(self._next_token())
            self._send(hello)
            info = self._await(hello, Info, HELLO_EVERY_S)
            if info is not None:
                return info
        text = f"no force plate on {self.link.name}: {self.received} bytes came, none of them an answer"
        raise NoAnswer(text, port=self.link.name, received=self.received)

    def ask(self, make: Make, reply: type[Answer], limit_s: float = REPLY_LIMIT_S) -> Answer:
        """The answer to a request, which is sent until it comes.

        Raises
        ------
        LinkLost, PlateRefused, PlateBusy
        """
        request = make(self._next_token())
        deadline_s = monotonic() + limit_s
        while monotonic() < deadline_s:
            self._send(request)
            answer = self._await(request, reply, HELLO_EVERY_S)
            if answer is not None:
                return answer
        raise LinkLost(f"{self.link.name}: no reply to {type(request).__name__} within {limit_s:g} s")

    def tell(self, make: Make) -> None:
        """Send a request whose answer nobody waits for."""
        self._send(make(self._next_token()))

    def ask_clock(self) -> None:
        """Ask for the plate's clock and wait for the answer. Raises LinkLost."""
        self.ping()
        while self._ping is not None:
            token, sent_s = self._ping
            if monotonic() > sent_s + REPLY_LIMIT_S:
                raise LinkLost(f"{self.link.name}: no reply to PING {token} within {REPLY_LIMIT_S:g} s")
            self.receive(HELLO_EVERY_S)

    def ping(self) -> None:
        """Ask for the plate's clock; the answer is taken when it comes, with whatever else."""
        ping = Ping(self._next_token())
        self._ping = ping.token, monotonic()
        self._send(ping)

    def receive(self, timeout_s: float) -> tuple[Message | OtherVersion, ...]:
        """Read once, and hand it on; the messages are returned too."""
        received = self.link.read(timeout_s)
        got_s = monotonic()
        self.received += len(received)
        came = self._receiver.feed(received)
        for message in came.messages:
            if isinstance(message, Pong) and self._ping is not None and message.token == self._ping[0]:
                self.clock.add(self._ping[1], got_s, message.sent_us)
                self._ping = None
        self._hear(came)
        return came.messages

    def _next_token(self) -> int:
        self._token = self._token % 255 + 1
        return self._token

    def _send(self, message: Request) -> None:
        self.link.write(b"\0" + encode(message.pack()))

    def _await(self, request: Request, reply: type[Answer], limit_s: float) -> Answer | None:
        deadline_s = monotonic() + limit_s
        while (left_s := deadline_s - monotonic()) > 0:
            for message in self.receive(left_s):
                if isinstance(message, reply) and message.token == request.token:
                    return message
                if isinstance(message, OtherVersion):
                    text = f"the plate speaks wire version {message.wire_major}, this program {messages.WIRE_MAJOR}"
                    raise WireVersionUnknown(text, theirs=message.wire_major, ours=messages.WIRE_MAJOR)
                if isinstance(message, Refused) and (message.token, message.request) == (request.token, request.kind):
                    self._give_up(message)
        return None

    def _give_up(self, answer: Refused) -> None:
        if answer.reason == RefusalReason.BUSY:
            raise PlateBusy(f"{self.link.name}: the plate talks with another program")
        name = {reason.value: reason.name for reason in RefusalReason}.get(answer.reason, "of a later version")
        raise PlateRefused(f"the plate refuses request {answer.request:#04x} (reason {answer.reason}, {name})")
