"""The firmware's own code holds the golden frames and answers the worked exchanges of the text, byte for byte."""

from __future__ import annotations

import json
import re
import struct
from binascii import crc_hqx
from typing import Any

import pytest
from native_plate import NV_BYTES, NativePlate, passes, says
from tests_root import ROOT

from acquisition import messages as wire
from acquisition.framing import Decoder
from acquisition.messages import Kind

VECTORS: dict[str, list[dict[str, Any]]] = json.loads((ROOT / "hardware" / "vectors.json").read_text(encoding="utf-8"))
TEXT = (ROOT / "hardware" / "PROTOCOL.md").read_text(encoding="utf-8")
EXCHANGES = re.findall(r"^([<>]) ((?:[0-9a-f]{2} )*00)    (.+)$", TEXT, flags=re.MULTILINE)
LARGEST_SENT, LARGEST_HEARD = 59, 36
#: What the bench of these tests says of itself, and the clocks it has, are not those of the text.
OWN_WORDS = (Kind.BOOT, Kind.INFO, Kind.PONG, Kind.STOPPED, Kind.DATA_PER_CHANNEL)


def named(vectors: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


def payload_of(hex_bytes: str) -> bytes:
    (payload,) = Decoder().feed(bytes.fromhex(hex_bytes)).payloads()
    return payload


@named([vector for vector in VECTORS["frames"] if len(vector["payload"]) <= 2 * LARGEST_SENT])
def test_it_makes_the_golden_frame(native: NativePlate, vector: dict[str, Any]) -> None:
    assert native.encode(bytes.fromhex(vector["payload"])) == bytes.fromhex(vector["frame"])


@named([vector for vector in VECTORS["frames"] if len(vector["frame"]) <= 2 * LARGEST_HEARD])
def test_it_reads_the_golden_frame(native: NativePlate, vector: dict[str, Any]) -> None:
    assert native.decode(bytes.fromhex(vector["frame"])) == ([bytes.fromhex(vector["payload"])], 0)


@named(VECTORS["bad_frames"])
def test_it_counts_a_bad_frame(native: NativePlate, vector: dict[str, Any]) -> None:
    assert native.decode(bytes.fromhex(vector["frame"])) == ([], 1)


@named([vector for vector in VECTORS["frames"] if bytes.fromhex(vector["payload"])[0] < 0x10])
def test_it_knows_every_golden_request(native: NativePlate, vector: dict[str, Any]) -> None:
    """Answered by the reply of that request, or refused for what it asks, but never as unknown or of a wrong length."""
    native.memory = b"\xff" * NV_BYTES
    native.boot()
    request = bytes.fromhex(vector["payload"])
    answer = wire.unpack(native.ask(request))
    assert isinstance(answer, wire.Reply)
    assert answer.token == request[1]
    if isinstance(answer, wire.Refused):
        assert answer.reason not in (wire.RefusalReason.UNKNOWN, wire.RefusalReason.BAD_LENGTH)
    else:
        assert answer.kind == request[0] | 0x80


def test_it_skips_what_a_host_would_skip(native: NativePlate) -> None:
    native.boot()
    for vector in VECTORS["skipped"]:
        payload = bytes.fromhex(vector["payload"])
        answers = [wire.unpack(one) for one in native.play(says(bytes.fromhex(vector["frame"])))]
        if payload[0] in wire.NEVER_REQUESTS:
            assert answers == []
        elif len(payload) <= LARGEST_HEARD - 3:
            assert isinstance(answers[0], wire.Refused)


def calibration_pieces() -> list[bytes]:
    """The six pieces between the first and the last of the worked example, as the text lays the block out."""
    gain, quarter = 4.5e-4, 0.1
    matrix = [gain] * 4 + [-quarter, quarter, quarter, -quarter] + [quarter, quarter, -quarter, -quarter]
    numbers = struct.pack("<19f", *matrix, *[gain] * 4, 1961.3, 0.5, 0.6)
    head = bytes.fromhex("534c4331" + "8015966a" + "00000000") + bytes(range(0xA0, 0xB0))
    block = head + numbers + b"10 kg, 9 crosses".ljust(24, b"\0")
    return [block[at : at + 16] for at in range(0, 128, 16)]


def test_it_gives_the_worked_answers(native: NativePlate) -> None:
    """Each request of the text in turn, at the clock its answer names; every byte but what is this bench's own."""
    native.memory = b"\xff" * NV_BYTES
    heard = list(native.boot())
    native.play(passes(300_000))  # the text's board has no cells, and has found out
    pieces = calibration_pieces()
    told: list[str] = []
    for at, (way, hex_bytes, meaning) in enumerate(EXCHANGES):
        if way == ">":
            expected = payload_of(EXCHANGES[at + 1][1])
            if expected[0] in (Kind.STARTED, Kind.STATUS_REPORT):
                start = 2 if expected[0] == Kind.STARTED else 4
                native.play(passes(int.from_bytes(expected[start : start + 4], "little")))
            if expected[:2] == bytes([Kind.NV_WRITTEN, 37]):
                for piece in range(1, 7):
                    native.ask(wire.NvWrite(30 + piece, 16 * piece, pieces[piece]).pack())
            heard = native.play(says(bytes.fromhex(hex_bytes)))
            continue
        payload = payload_of(hex_bytes)
        if payload[0] == Kind.DATA_SIMULTANEOUS:
            heard = native.play(passes(2_000_000 + 2000 * (payload[1] // 2 + 1)))
        if payload[0] == Kind.DATA_PER_CHANNEL:
            continue
        said = heard.pop(0)
        assert said[:2] == payload[:2] or payload[0] == Kind.BOOT, meaning
        if payload[0] not in OWN_WORDS:
            assert said == payload, meaning
            told.append(meaning)
    assert len(told) == 15


def test_the_crc_of_the_worked_calibration_is_the_crc_of_the_block() -> None:
    (commit,) = [payload_of(hex_bytes) for _, hex_bytes, meaning in EXCHANGES if meaning.startswith("NV_COMMIT ")]
    assert commit[2:] == crc_hqx(b"".join(calibration_pieces()), 0xFFFF).to_bytes(2, "little")
