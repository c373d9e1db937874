"""The specification in words and the program say the same: its exchanges are held, its tables are the layouts."""

from __future__ import annotations

import re

import pytest
from tests_root import ROOT

from acquisition import messages
from acquisition.framing import LARGEST_FRAME, LARGEST_PAYLOAD, Decoder, encode
from acquisition.messages import MESSAGES, SET_SIZE, Info, Kind, RefusalReason
from acquisition.plate import HELLO_EVERY_S, HELLO_LIMIT_S, PINGS
from hardware.simulator.device import Simulation

TEXT = (ROOT / "hardware" / "PROTOCOL.md").read_text(encoding="utf-8")
EXCHANGES = re.findall(r"^([<>]) ((?:[0-9a-f]{2} )*00)    (.+)$", TEXT, flags=re.MULTILINE)
BYTES = {"u8": "B", "u16": "H", "u32": "I"}


def test_there_are_worked_exchanges_both_ways() -> None:
    assert len(EXCHANGES) == 13
    assert {way for way, _, _ in EXCHANGES} == {"<", ">"}


@pytest.mark.parametrize(("way", "frame", "meaning"), EXCHANGES, ids=[meaning for *_, meaning in EXCHANGES])
def test_a_worked_frame_means_what_is_written_beside_it(way: str, frame: str, meaning: str) -> None:
    (payload,) = Decoder().feed(bytes.fromhex(frame)).payloads()
    assert bytes.fromhex(frame) in (encode(payload), b"\0" + encode(payload))
    if meaning.startswith("a request"):
        assert messages.unpack(payload) is None
        return
    name, _, rest = meaning.partition(" ")
    assert payload[0] == Kind[name]
    assert (way == ">") == (payload[0] < 0x10)
    if number := re.search(r"token (\d+)", rest):
        assert payload[1] == int(number[1])
    if number := re.search(r"set (\d+)", rest):
        assert int.from_bytes(payload[1:3], "little") == int(number[1])


@pytest.mark.parametrize("name", [kind.name for kind in Kind if kind.name not in ("INFO", "DATA_PER_CHANNEL")])
def test_the_bytes_of_a_message_are_those_of_its_row(name: str) -> None:
    found = re.search(rf"^\| 0x(\w\w) \| {name} \| `([^`]+)`", TEXT, flags=re.MULTILINE)
    assert found is not None
    assert int(found[1], 16) == Kind[name]
    layout = "<" + "".join(BYTES[part] for part in re.findall(r"\bu(?:8|16|32)\b", found[2]))
    assert layout == MESSAGES[Kind[name]].layout.format


def rows_after(heading: str) -> list[tuple[str, str]]:
    """First two columns of the table that follows a line."""
    table = TEXT.split(heading, 1)[1].split("\n\n", 2)[1]
    return re.findall(r"^\| ([\d, i+]+) \| `([^`]+)` \|", table, flags=re.MULTILINE)


def test_info_lies_where_its_table_says() -> None:
    at, codes = 0, "<"
    for place, sizes in rows_after("INFO, 40 bytes:"):
        assert int(place.split(",")[0]) == at
        for size in sizes.split(", "):
            codes += BYTES.get(size, "8s")
            at += {"u8": 1, "u16": 2, "u32": 4}.get(size, 8)
    assert at == Info.layout.size == 40
    assert codes == Info.layout.format


def test_a_set_lies_where_its_table_says() -> None:
    sizes = {"u8": 1, "u16": 2, "u32": 4, "i24": 3}
    rows = rows_after("DATA_PER_CHANNEL, 29 bytes.")
    at = 0
    for place, size in rows[:-2]:
        assert int(place) == at
        at += sizes[size]
    assert [row for row in rows[-2:]] == [("9 + 5 i", "u16"), ("11 + 5 i", "i24")]
    assert at == 9
    assert SET_SIZE == 9 + 4 * 5


def test_the_limits_in_the_text_are_the_programs() -> None:
    assert f"1 to {LARGEST_PAYLOAD} bytes" in TEXT
    assert f"longer than {LARGEST_FRAME} bytes before its 0x00" in TEXT
    assert f"every {1000 * HELLO_EVERY_S:.0f} ms for up to {HELLO_LIMIT_S:.0f} s" in TEXT
    assert PINGS == 8
    assert "The host sends eight PINGs" in TEXT
    refused = re.search(r"\| REFUSED \|.*", TEXT)
    assert refused is not None
    assert all(f"{reason.value}: " in refused[0] for reason in RefusalReason)


def test_the_simulated_plate_answers_the_worked_requests_as_written() -> None:
    """The same types and tokens in the same order; what it says about itself and its clock is its own."""
    board = Simulation().firmware()
    board.take()
    asked = [(frame, meaning) for way, frame, meaning in EXCHANGES if way == ">"]
    written = [m for way, _, m in EXCHANGES if way == "<" and not m.startswith(("BOOT", "DATA"))]
    answers = []
    for frame, _ in asked:
        board.receive(bytes.fromhex(frame))
        (payload,) = Decoder().feed(board.take()).payloads()
        answers.append((Kind(payload[0]).name, payload[1]))
    assert [name for name, _ in answers] == [meaning.split()[0] for meaning in written]
    tokens = [int(found[1]) if (found := re.search(r"token (\d+)", m)) else 0x2A for m in written]
    assert [token for _, token in answers] == tokens
