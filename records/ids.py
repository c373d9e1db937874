"""Ids made on the station, without asking a server: UUID version 7."""

from __future__ import annotations

import secrets
import time
import uuid


def new_id() -> str:
    """A UUIDv7: its text sorts by the time it was made, to a quarter of a microsecond.

    Source: RFC 9562, 5.7 with method 3 (the 12 bits after the milliseconds are a fraction of one).
    """
    now_ms, rest_ns = divmod(time.time_ns(), 1_000_000)
    fraction = rest_ns * 4096 // 1_000_000
    value = (now_ms << 80) | (7 << 76) | (fraction << 64) | (2 << 62) | secrets.randbits(62)
    return str(uuid.UUID(int=value))
