"""Golden frames: meaning <-> hex, the same for every language that speaks the wire."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import wire_by_definition
from tests_root import ROOT

from acquisition import messages
from acquisition.framing import Decoder, encode
from acquisition.messages import MESSAGES, CellReport, Kind, Sets

VECTORS = json.loads((ROOT / "hardware" / "vectors.json").read_text(encoding="utf-8"))
FRAMES: list[dict[str, Any]] = VECTORS["frames"]


def named(vectors: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


def test_they_are_of_this_wire_version() -> None:
    assert VECTORS["wire_version"] == [messages.WIRE_MAJOR, messages.WIRE_MINOR]
    assert f"{wire_by_definition.crc16(b'123456789'):04x}" == VECTORS["crc16_of_123456789"]


def test_every_message_has_a_vector() -> None:
    assert {vector["message"] for vector in FRAMES} == {kind.name for kind in Kind}


@named(FRAMES)
def test_a_frame_is_its_payload_by_definition(vector: dict[str, Any]) -> None:
    payload, frame = bytes.fromhex(vector["payload"]), bytes.fromhex(vector["frame"])
    assert wire_by_definition.frame(payload) == frame
    assert encode(payload) == frame
    assert Decoder().feed(frame).payloads() == [payload]
    assert payload[0] == Kind[vector["message"]]


def value_of(name: str, value: Any) -> Any:
    """JSON has no bytes, they are written in hex; and no tuples."""
    if name in ("device_id", "content"):
        return bytes.fromhex(value)
    if name == "cells" and isinstance(value, list):
        return tuple(CellReport(**cell) for cell in value)
    return tuple(value) if isinstance(value, list) else value


def fields_of(vector: dict[str, Any]) -> dict[str, Any]:
    return {name: value_of(name, value) for name, value in vector["fields"].items()}


@named([vector for vector in FRAMES if not vector["message"].startswith("DATA_")])
def test_a_message_is_its_payload(vector: dict[str, Any]) -> None:
    message = MESSAGES[Kind[vector["message"]]](**fields_of(vector))
    payload = bytes.fromhex(vector["payload"])
    assert message.pack() == payload
    assert messages.unpack(payload) == message


@named([vector for vector in FRAMES if vector["message"] == "DATA_PER_CHANNEL"])
def test_a_set_is_its_payload(vector: dict[str, Any]) -> None:
    row = np.frombuffer(bytes.fromhex(vector["payload"]), dtype=np.uint8)[None]
    sets = messages.unpack_sets(row)
    assert {name: getattr(sets, name)[0].tolist() for name in vector["fields"]} == vector["fields"]
    again = Sets(**{name: np.array([value], dtype=np.int64) for name, value in vector["fields"].items()})
    assert np.array_equal(messages.pack_sets(again), row)


@named([vector for vector in FRAMES if vector["message"] == "DATA_SIMULTANEOUS"])
def test_sets_at_once_are_their_payload(vector: dict[str, Any]) -> None:
    """Set k has the k-th number after the first and is k steps later; the flag for a loss is the first one's."""
    fields, row = vector["fields"], np.frombuffer(bytes.fromhex(vector["payload"]), dtype=np.uint8)[None]
    assert messages.is_batch(row).all()
    sets = messages.unpack_batches(row)
    steps = range(len(fields["counts"]))
    assert sets.counts.tolist() == fields["counts"]
    assert sets.sequence.tolist() == [(fields["sequence"] + k) % 2**16 for k in steps]
    assert sets.newest_us.tolist() == [(fields["first_us"] + k * fields["step_us"]) % 2**32 for k in steps]
    assert sets.flags.tolist() == [fields["flags"] if k == 0 else fields["flags"] & ~1 for k in steps]
    assert not sets.age_us.any()
    assert set(sets.fresh.tolist()) == {0b1111}
    assert messages.pack_batch(sets, fields["step_us"]) == bytes.fromhex(vector["payload"])


@named(VECTORS["bad_frames"])
def test_a_bad_frame_is_counted(vector: dict[str, Any]) -> None:
    decoder = Decoder()
    assert decoder.feed(bytes.fromhex(vector["frame"])).payloads() == []
    assert decoder.bad_frames == 1


@named(VECTORS["skipped"])
def test_a_right_frame_of_an_unknown_message_is_skipped(vector: dict[str, Any]) -> None:
    (payload,) = Decoder().feed(bytes.fromhex(vector["frame"])).payloads()
    assert payload.hex() == vector["payload"]
    assert messages.unpack(payload) is None
    assert not messages.is_batch(np.frombuffer(payload, dtype=np.uint8)[None]).any()
