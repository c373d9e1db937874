"""The simulated plate in a process of its own, over TCP: bytes in and out, one client at a time."""

from __future__ import annotations

import os
import select
import socket
import socketserver
from collections.abc import Callable, Iterable
from threading import Lock

from acquisition.errors import LinkLost
from acquisition.framing import Decoder, encode
from acquisition.messages import RefusalReason, Refused
from acquisition.plate import Cue
from hardware.simulator.device import SimulatedLink, Simulation
from hardware.simulator.memory import BlockMemory
from hardware.simulator.person import TimedCue

HOST = "127.0.0.1"  # never reachable from outside: there is nothing to protect it
WAIT_S = 0.01
REFUSAL_S = 5.0
SEND_BUFFER = 1 << 16
LARGEST_RECEIVED = 4096


class SimulatorServer(socketserver.ThreadingTCPServer):
    """Serves one simulated plate.

    Connecting switches the board on, as opening a port resets a real one: the person begins beside the plate. A second
    client is told BUSY.

    Parameters
    ----------
    wanted : Simulation
    port : int
        0: any free one.
    script : callable
        Makes the cues for each new person.
    on_cue : callable
        Told each cue as the person hears it.

    Raises
    ------
    OSError
        The port is taken.
    """

    allow_reuse_address = os.name == "posix"  # elsewhere it would let two servers share a port
    daemon_threads = True

    def __init__(
        self,
        wanted: Simulation,
        port: int,
        script: Callable[[], Iterable[TimedCue]] = tuple,
        on_cue: Callable[[TimedCue], None] = lambda timed: None,
    ) -> None:
        self._wanted, self._script, self._on_cue = wanted, script, on_cue
        self._in_use = Lock()
        self._boots, self._memory = 0, BlockMemory()
        self._link: SimulatedLink | None = None
        super().__init__((HOST, port), _Client)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.socket.getsockname()[1])

    def cue(self, cue: Cue) -> None:
        """Tell the person, if one is there."""
        link = self._link
        if link is not None:
            link.firmware.person.hear(cue)

    def serve_client(self, connection: socket.socket) -> None:
        """Talk with one client until it leaves."""
        if not self._in_use.acquire(blocking=False):
            _refuse(connection)
            return
        try:
            firmware = self._wanted.firmware(self._script(), boots=self._boots, memory=self._memory)
            self._boots += 1
            self._link = SimulatedLink(firmware, self._wanted.speed, "simulator")
            self._stream(connection, self._link)
        except (OSError, LinkLost):
            pass  # the client is gone, or the cable is planted to be cut
        finally:
            self._link = None
            self._in_use.release()

    def _stream(self, connection: socket.socket, link: SimulatedLink) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        told = 0
        while True:
            waits_s = WAIT_S if self._wanted.speed or not link.firmware.streaming else 0.0
            if select.select([connection], [], [], waits_s)[0]:
                received = connection.recv(LARGEST_RECEIVED)
                if not received:
                    return
                link.write(received)
            connection.sendall(link.read(WAIT_S if not self._wanted.speed else 0.0))
            for timed in link.firmware.person.heard[told:]:
                self._on_cue(timed)
                told += 1


class _Client(socketserver.BaseRequestHandler):
    server: SimulatorServer

    def handle(self) -> None:
        self.server.serve_client(self.request)


def _refuse(connection: socket.socket) -> None:
    """Answer the first request with BUSY and wait until the client has read it and left."""
    connection.settimeout(REFUSAL_S)
    decoder = Decoder()
    try:
        while received := connection.recv(LARGEST_RECEIVED):
            for payload in decoder.feed(received).payloads():
                connection.sendall(encode(Refused.answering(payload, RefusalReason.BUSY).pack()))
    except OSError:
        pass  # gone, or silent for so long that it is no plate's client
