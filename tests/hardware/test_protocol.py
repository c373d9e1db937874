"""The specification in words and the program say the same: its exchanges are held, its tables are the layouts."""

from __future__ import annotations

import re

import pytest
from tests_root import ROOT

from acquisition import messages
from acquisition.conversation import HELLO_EVERY_S
from acquisition.framing import LARGEST_FRAME, LARGEST_PAYLOAD, Decoder, encode
from acquisition.messages import (
    BATCH_HEAD_SIZE,
    BATCH_SET_SIZE,
    BLOCK_BYTES,
    LARGEST_PIECE,
    MESSAGES,
    SET_SIZE,
    Capability,
    CellFault,
    Info,
    Kind,
    RefusalReason,
    SelfTestReport,
)
from acquisition.plate import HELLO_LIMIT_S, PINGS
from analysis.recording import SetFlag
from hardware.simulator.device import Simulation

TEXT = (ROOT / "hardware" / "PROTOCOL.md").read_text(encoding="utf-8")
EXCHANGES = re.findall(r"^([<>]) ((?:[0-9a-f]{2} )*00)    (.+)$", TEXT, flags=re.MULTILINE)
BYTES = {"u8": "B", "u16": "H", "u32": "I", "i24": "3s", "8 bytes": "8s"}
SIZES = {"u8": 1, "u16": 2, "u32": 4, "i24": 3, "8 bytes": 8}
OWN_TABLE = ("INFO", "DATA_PER_CHANNEL", "DATA_SIMULTANEOUS", "SELF_TEST_REPORT")


def test_there_are_worked_exchanges_both_ways() -> None:
    assert len(EXCHANGES) == 37
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


@pytest.mark.parametrize("name", [kind.name for kind in Kind if kind.name not in OWN_TABLE])
def test_the_bytes_of_a_message_are_those_of_its_row(name: str) -> None:
    found = re.search(rf"^\| 0x(\w\w) \| {name} \| `([^`]+)`(?:, up to (\d+) bytes)?", TEXT, flags=re.MULTILINE)
    assert found is not None
    assert int(found[1], 16) == Kind[name]
    parts = re.findall(r"(?:(\d+) x )?\b(u8|u16|u32)\b", found[2])
    message = MESSAGES[Kind[name]]
    assert "<" + "".join(times + BYTES[size] for times, size in parts) == message.layout.format
    assert int(found[3] or 0) == message.extra


def rows_after(heading: str) -> list[tuple[str, str]]:
    """First two columns of the table that follows a line."""
    table = TEXT.split(heading, 1)[1].split("\n\n", 2)[1]
    return re.findall(r"^\| ([\d, ij+]+) \| `([^`]+)` \|", table, flags=re.MULTILINE)


def test_info_lies_where_its_table_says() -> None:
    at, codes = 0, "<"
    for place, sizes in rows_after("INFO, 42 bytes:"):
        assert int(place.split(",")[0]) == at
        for size in sizes.split(", "):
            codes += BYTES[size]
            at += SIZES[size]
    assert at == Info.layout.size == 42
    assert codes == Info.layout.format


def test_a_set_lies_where_its_table_says() -> None:
    rows = rows_after("DATA_PER_CHANNEL, 29 bytes.")
    assert end_of(rows[:-2]) == 9
    assert rows[-2:] == [("9 + 5 i", "u16"), ("11 + 5 i", "i24")]
    assert SET_SIZE == 9 + 4 * 5


def end_of(rows: list[tuple[str, str]]) -> int:
    """Where the next byte would be; each row begins where the one before it ends."""
    at = 0
    for place, size in rows:
        assert int(place) == at
        at += SIZES[size]
    return at


def test_sets_at_once_lie_where_their_table_says() -> None:
    rows = rows_after("DATA_SIMULTANEOUS, 11 + 12 n bytes:")
    assert end_of(rows[:-1]) == BATCH_HEAD_SIZE == 11
    assert rows[-1] == ("11 + 12 j + 3 i", "i24")
    assert BATCH_SET_SIZE == 12


def test_a_self_test_report_lies_where_its_table_says() -> None:
    rows = rows_after("SELF_TEST_REPORT, 50 bytes.")
    assert end_of(rows[:4]) == 6
    of_cell_0 = [(place.removesuffix(" + 11 i"), size) for place, size in rows[4:]]
    assert end_of(rows[:4] + of_cell_0) == 6 + 11
    layout = SelfTestReport.layout
    cell = "".join(BYTES[size] for _, size in of_cell_0)
    assert layout.format == "<" + "".join(BYTES[size] for _, size in rows[:4]) + 4 * cell
    assert layout.size == 6 + 4 * 11 == 50


def test_the_bits_in_the_text_are_the_programs() -> None:
    """Flags of a set, faults of a cell, capabilities, each beside its number."""
    flags = {value for name, value in vars(SetFlag).items() if name.isupper()}
    said = re.search(r"\| flags: (.+) \|", TEXT)
    faults = re.search(r"\| cell i: 1 no signal.+\|", TEXT)
    capabilities = re.search(r"\| capabilities: (.+) \|", TEXT)
    assert said is not None
    assert faults is not None
    assert capabilities is not None
    assert flags <= {int(number) for number in re.findall(r"\b(\d+) (?!ms)", said[1])}
    assert {int(fault) for fault in CellFault} <= {int(number) for number in re.findall(r"\b(\d+) ", faults[0])}
    bits = {value.bit_length() - 1 for name, value in vars(Capability).items() if name.isupper()}
    assert bits == {
        int(number) for number in re.findall(r"\b(\d+) (?!MUST)", re.sub(r"section \d", "", capabilities[1]))
    }


def test_the_limits_in_the_text_are_the_programs() -> None:
    assert f"1 to {LARGEST_PAYLOAD} bytes" in TEXT
    assert f"longer than {LARGEST_FRAME} bytes before its 0x00" in TEXT
    assert f"every {1000 * HELLO_EVERY_S:.0f} ms for up to {HELLO_LIMIT_S:.0f} s" in TEXT
    assert PINGS == 8
    assert "The host sends eight PINGs" in TEXT
    reasons = re.findall(r"^\| (\d+) \| ([A-Z_]+) \|", TEXT, flags=re.MULTILINE)
    assert {name: int(number) for number, name in reasons} == {reason.name: reason.value for reason in RefusalReason}
    assert f"one block of {BLOCK_BYTES} bytes" in TEXT
    assert f"length 1 to {LARGEST_PIECE}" in TEXT


def test_the_simulated_plate_answers_the_worked_requests_as_written() -> None:
    """The same types and tokens in the same order; what it says about itself and its clock is its own.

    Up to the first request about the health of its cells, which it does not know.
    """
    board = Simulation().firmware()
    board.take()
    asked = [bytes.fromhex(frame) for way, frame, _ in EXCHANGES if way == ">"][:5]
    written = [m for way, _, m in EXCHANGES if way == "<" and not m.startswith(("BOOT", "DATA"))][:5]
    answers = []
    for frame in asked:
        board.receive(frame)
        (payload,) = Decoder().feed(board.take()).payloads()
        answers.append((Kind(payload[0]).name, payload[1]))
    assert [name for name, _ in answers] == [meaning.split()[0] for meaning in written]
    tokens = [int(found[1]) for m in written if (found := re.search(r"token (\d+)", m))]
    assert [token for _, token in answers] == tokens


@pytest.mark.parametrize("kind", range(Kind.SELF_TEST, Kind.DIAG + 1))
def test_the_simulated_plate_says_what_it_does_not_have(kind: int) -> None:
    board = Simulation().firmware()
    board.take()
    request = MESSAGES[kind]
    board.receive(encode(bytes([kind, 77]) + bytes(request.layout.size - 2 + (request.extra and 1))))
    (payload,) = Decoder().feed(board.take()).payloads()
    assert messages.unpack(payload) == messages.Refused(77, kind, RefusalReason.CANNOT)
