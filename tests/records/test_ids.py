"""Ids are UUIDs of version 7 and sort by the time they were made."""

from __future__ import annotations

import time
import uuid

from records.ids import new_id


def test_an_id_is_a_uuid_of_version_7_of_now() -> None:
    before_ms = time.time_ns() // 1_000_000
    id = uuid.UUID(new_id())
    assert (id.version, id.variant) == (7, uuid.RFC_4122)
    assert before_ms <= id.int >> 80 <= time.time_ns() // 1_000_000


def test_many_ids_are_all_different_and_in_order_of_time() -> None:
    ids = [new_id() for _ in range(10_000)]
    times = [id[:18] for id in ids]  # 48 bits of milliseconds, version, 12 bits of their fraction
    assert len(set(ids)) == len(ids)
    assert times == sorted(times)
