"""Whatever a plate can do wrong, the person reads a sentence about it that says what to do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from acquisition.errors import (
    AcquisitionError,
    LinkLost,
    NoAnswer,
    NoPlate,
    PlateRebooted,
    PortForbidden,
    PortInUse,
    PortMissing,
    WireVersionUnknown,
)
from acquisition.files import FileRefused
from dashboard.plates import plate_error_text
from dashboard.words import load_words


def kinds_of(kind: type[AcquisitionError]) -> Iterator[type[AcquisitionError]]:
    yield kind
    for child in kind.__subclasses__():
        if child is not FileRefused:
            yield from kinds_of(child)


def test_every_fault_of_a_plate_has_its_sentence() -> None:
    kinds = list(kinds_of(AcquisitionError))
    assert len(kinds) >= 12
    assert [kind for kind in kinds if not load_words().has(f"errors.{kind.code}")] == []
    assert len({kind.code for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (PortInUse("", port="COM5", pid=4711), ["COM5", "4711"]),
        (PortMissing("", port="COM5"), ["COM5", "stancelab ports"]),
        (PortForbidden("", port="/dev/ttyACM0", group="uucp"), ["/dev/ttyACM0", "usermod -aG uucp"]),
        (NoAnswer("", port="COM5", received=1204), ["No force plate on COM5 (received 1,204 bytes, none valid)"]),
        (WireVersionUnknown("", theirs=2, ours=1), ["version 2", "program 1", "update"]),
        (PlateRebooted(4), ["restarted"]),
        (LinkLost("pulled out"), ["cable"]),
    ],
    ids=lambda value: value.code if isinstance(value, AcquisitionError) else "",
)
def test_a_sentence_names_what_a_person_needs(error: AcquisitionError, says: list[str]) -> None:
    text = plate_error_text(load_words(), error)
    assert [part for part in says if part not in text] == []


def test_a_search_without_a_plate_tells_of_each_port() -> None:
    attempts = [("COM3", NoAnswer("", port="COM3", received=0)), ("COM4", PortInUse("", port="COM4", pid=9))]
    first, third, fourth, passed_over = plate_error_text(load_words(), NoPlate(attempts, ["COM1"])).splitlines()
    assert first.startswith("No plate was found")
    assert third.startswith("COM3: No force plate on COM3")
    assert fourth.startswith("COM4: Another program holds COM4 (process 9)")
    assert "COM1" in passed_over
