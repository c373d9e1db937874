"""A built firmware running in simavr: the process, what it is told, what it takes. POSIX and a source checkout only.

The program is `tests/hardware/firmware/simavr_runner.c` (GPL, never installed), which says what it knows.
"""

from __future__ import annotations

import struct
import subprocess
from binascii import crc_hqx
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from acquisition.framing import CRC_START
from hardware.firmware.build import build_runner

Float = NDArray[np.float64]

END_S = 5.0
EEPROM_SIZE, ID_AT, ID_TWIN_AT = 1024, 16, 32


class ChipEnded(Exception):
    """Happens when the simulated chip's process ends by itself; carries its last words."""


class Runner:
    """The process in which the chip and its four converters are simulated: orders in, answers out.

    Ends with this process, however that ends: its input is then at its end.

    Parameters
    ----------
    firmware : Path
        The .elf.
    options : mapping
        Of `simavr_runner.c`, by their names.
    keep_open : tuple of int
        File descriptors it may open as /dev/fd/N.

    Raises
    ------
    CannotBuild
    """

    def __init__(self, firmware: Path, options: Mapping[str, object], keep_open: tuple[int, ...] = ()) -> None:
        words = ["--firmware", str(firmware)]
        for name, value in options.items():
            words += [f"--{name.replace('_', '-')}", str(value)]
        self._chatter = TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [str(build_runner()), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._chatter,
            bufsize=0,
            pass_fds=keep_open,
            process_group=0,  # Ctrl-C is for this process, which then ends that one
        )
        self._orders = cast(IO[bytes], self._process.stdin)
        self.answers = cast(IO[bytes], self._process.stdout)

    def order(self, words: str) -> None:
        """Tell it; `simavr_runner.c` says what it knows."""
        try:
            self._orders.write(words.encode() + b"\n")
        except BrokenPipeError as error:
            raise ChipEnded(self._last_words()) from error

    def answer(self) -> str:
        """The next line it says."""
        said = self.answers.readline().decode().strip()
        if not said:
            raise ChipEnded(self._last_words())
        return said

    def _last_words(self) -> str:
        self._chatter.seek(0)
        return (self._chatter.read().decode(errors="replace").splitlines() or [""])[-1]

    def close(self) -> int:
        """End it and return its exit code."""
        self._orders.close()
        try:
            return self._process.wait(timeout=END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self.answers.close()
            self._chatter.close()


def loads_head(step_s: float) -> bytes:
    """What comes before rows of four float64 [counts], one row every `step_s`, as the runner takes them."""
    return b"SLCOUNTS" + struct.pack("<d", step_s)


def loads_rows(counts: Float) -> bytes:
    """Rows (n, 4) as the runner takes them."""
    return np.ascontiguousarray(counts, dtype="<f8").tobytes()


def memory_of(plate_number: int) -> bytes:
    """An EEPROM with this id, as the board itself would have written it: twice, each with its CRC."""
    identity = plate_number.to_bytes(8, "big")
    record = identity + crc_hqx(identity, CRC_START).to_bytes(2, "little")
    content = bytearray(b"\xff" * EEPROM_SIZE)
    for at in (ID_AT, ID_TWIN_AT):
        content[at : at + len(record)] = record
    return bytes(content)
