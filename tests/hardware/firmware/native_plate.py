"""The firmware's portable code in a process of its own, compiled for this computer with sanitizers on."""

from __future__ import annotations

import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from acquisition.framing import Decoder, encode
from hardware.firmware.build import SKETCH, cached, run

HARNESS = Path(__file__).with_name("native_harness.cpp")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wno-sign-conversion", "-Werror")
FLAGS = ("-std=c++11", "-O1", "-g", *SANITIZERS, *WARNINGS, f"-I{SKETCH}")

NV_BYTES = 1024
FOREVER = 0xFFFFFFFF


class PowerFailed(Exception):
    """Happens when the byte writes that the test allows are used up: the board is off from here on."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """One conversion as the driver hands it over."""

    cell: int
    counts: int
    at_us: int
    in_step: bool = True
    missed: int = 0


class NativePlate:
    """`stancelab.ino` without its pins: time, conversions and the host's bytes go in, bytes come out."""

    def __init__(self) -> None:
        built = cached("native", [HARNESS, *SKETCH.glob("*.h")], FLAGS, self._compile)
        self._process = subprocess.Popen([built / "harness"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    @staticmethod
    def _compile(into: Path) -> None:
        run(["g++", *FLAGS, str(HARNESS), "-o", str(into / "harness")])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.communicate(timeout=20)

    def _command(self, name: str, arguments: bytes = b"") -> bytes:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(name.encode() + struct.pack("<I", len(arguments)) + arguments)
        self._process.stdin.flush()
        length = self._process.stdout.read(4)
        assert len(length) == 4, "the harness ended: a sanitizer spoke, see above"
        return self._process.stdout.read(struct.unpack("<I", length)[0])

    def encode(self, payload: bytes) -> bytes:
        """A payload's frame as the board makes it."""
        return self._command("e", payload)

    def decode(self, received: bytes) -> tuple[list[bytes], int]:
        """The requests the board finds in any bytes, and how many frames it counts as bad."""
        answer = self._command("d", received)
        payloads, at = [], 2
        while at < len(answer):
            payloads.append(answer[at + 1 : at + 1 + answer[at]])
            at += 1 + answer[at]
        return payloads, int.from_bytes(answer[:2], "little")

    @property
    def memory(self) -> bytes:
        """The EEPROM."""
        return self._command("m")

    @memory.setter
    def memory(self, content: bytes) -> None:
        assert len(content) == NV_BYTES
        self._command("M", content)

    def wear_out(self, at: int | None) -> None:
        """From now on this byte of the EEPROM keeps what it has, whatever is written to it; None: none does."""
        self._command("w", struct.pack("<H", 0xFFFF if at is None else at))

    def boot(self, now_us: int = 0, writes: int = FOREVER, seed: int = 1) -> list[bytes]:
        """Switch on; the payloads it says. `writes`: bytes it may write to the EEPROM before the power fails."""
        return self._heard(self._command("b", struct.pack("<IIB", now_us, writes, seed)))

    def boot_raw(self) -> bytes:
        """Switch on; the bytes it sends."""
        return self._command("b", struct.pack("<IIB", 0, FOREVER, 1))

    def play(self, *events: bytes) -> list[bytes]:
        """Let things happen in order; the payloads it says."""
        return self._heard(self._command("p", b"".join(events)))

    def play_raw(self, *events: bytes) -> bytes:
        """Let things happen in order; the bytes it sends."""
        return self._command("p", b"".join(events))

    def ask(self, request: bytes) -> bytes:
        """One request, the one payload it answers."""
        answers = self.play(says(frame(request)))
        assert len(answers) == 1
        return answers[0]

    def resets(self) -> list[int]:
        """Masks of converters reset since the last call."""
        return list(self._command("r"))

    def baud(self) -> int:
        """Rate of its serial line now."""
        return int(self._command("u"))

    @staticmethod
    def _heard(sent: bytes) -> list[bytes]:
        if sent == b"died":
            raise PowerFailed
        decoded = Decoder().feed(sent)
        assert decoded.bad_frames == 0
        return decoded.payloads()


class NativeLink:
    """A link to the firmware's own code: its clock moves by what a read waits, 2 ms at a time."""

    def __init__(self, plate: NativePlate) -> None:
        self.name = "the firmware's own code"
        self.plate = plate
        self.now_us = 0
        self._sent = b""

    def read(self, timeout_s: float) -> bytes:
        """What it has sent, or what it sends within the time."""
        for _ in range(max(1, int(timeout_s * 500))):
            sent, self._sent = self._sent, b""
            if sent:
                return sent
            self.now_us += 2000
            self._sent += self.plate.play_raw(passes(self.now_us))
        return b""

    def write(self, content: bytes) -> None:
        """To the board."""
        self._sent += self.plate.play_raw(says(content))

    def hears(self, sent: bytes) -> None:
        """Bytes that the board has sent without being asked."""
        self._sent += sent

    def close(self) -> None:
        """Nothing to let go of."""


def frame(request: bytes) -> bytes:
    """A request as a host sends it."""
    return b"\0" + encode(request)


def says(content: bytes) -> bytes:
    """Event: the host's bytes arrive."""
    parts = [content[at : at + 255] for at in range(0, len(content), 255)]
    return b"".join(b"R" + bytes([len(part)]) + part for part in parts)


def passes(to_us: int) -> bytes:
    """Event: the clock stands here now."""
    return b"T" + struct.pack("<I", to_us % 2**32)


def converts(conversion: Conversion) -> bytes:
    """Event: a conversion was read."""
    one = conversion
    return b"C" + struct.pack("<BiIBB", one.cell, one.counts, one.at_us % 2**32, one.in_step, one.missed)


def has_room(room: int) -> bytes:
    """Event: so many bytes may be sent from now on (65535: any number)."""
    return b"W" + struct.pack("<H", room)


def sees(inputs: int) -> bytes:
    """Event: sync in (8) and button (16)."""
    return b"I" + bytes([inputs])


def holds_low(lines: int) -> bytes:
    """Event: these ready lines are low."""
    return b"L" + bytes([lines])
