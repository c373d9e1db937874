"""The block that a simulated board keeps for its host, as PROTOCOL.md section 5 has it."""

from __future__ import annotations

from binascii import crc_hqx

from acquisition.framing import CRC_START
from acquisition.messages import (
    BLOCK_BYTES,
    LARGEST_PIECE,
    Message,
    NvCommit,
    NvCommitted,
    NvContent,
    NvRead,
    NvWrite,
    NvWritten,
    RefusalReason,
    Refused,
)


class BlockMemory:
    """What is stored, and what is being written."""

    def __init__(self) -> None:
        self._stored: bytes | None = None
        self._written: dict[int, int] = {}

    @property
    def crc(self) -> int:
        """CRC of what is stored; 0: nothing."""
        return 0 if self._stored is None else crc_hqx(self._stored, CRC_START)

    def forget_unfinished(self) -> None:
        """The board restarted: what was not committed is gone."""
        self._written.clear()

    def answer(self, request: NvRead | NvWrite | NvCommit, *, streaming: bool) -> Message:
        """The board's reply."""
        token = request.token
        if isinstance(request, NvRead):
            return self._read(request)
        if streaming:
            return Refused(token, request.kind, RefusalReason.STREAMING)
        if isinstance(request, NvWrite):
            if not 0 < len(request.content) <= BLOCK_BYTES - request.offset:
                return Refused(token, request.kind, RefusalReason.BAD_VALUE)
            self._written |= dict(enumerate(request.content, request.offset))
            return NvWritten(token, request.offset, len(request.content))
        if request.crc == self.crc != 0:
            return NvCommitted(token, request.crc)  # asked again because the answer was lost
        block = bytes(self._written.get(at, 0) for at in range(BLOCK_BYTES))
        if len(self._written) < BLOCK_BYTES or crc_hqx(block, CRC_START) != request.crc or request.crc == 0:
            return Refused(token, request.kind, RefusalReason.BAD_CRC)
        self._stored = block
        self._written.clear()
        return NvCommitted(token, request.crc)

    def _read(self, request: NvRead) -> Message:
        if not 0 < request.length <= LARGEST_PIECE or request.offset + request.length > BLOCK_BYTES:
            return Refused(request.token, request.kind, RefusalReason.BAD_VALUE)
        if self._stored is None:
            return Refused(request.token, request.kind, RefusalReason.NOTHING_STORED)
        piece = self._stored[request.offset : request.offset + request.length]
        return NvContent(request.token, request.offset, piece)
