"""Whatever a plate can do wrong, the person at the screen reads a sentence about it."""

from __future__ import annotations

from acquisition.errors import AcquisitionError
from acquisition.files import FileRefused
from dashboard.words import load_words


def test_every_fault_of_a_plate_has_its_sentence() -> None:
    kinds = [kind for kind in AcquisitionError.__subclasses__() if not issubclass(kind, FileRefused)]
    assert len(kinds) >= 6
    for kind in (AcquisitionError, *kinds):
        assert load_words().has(f"test.plate_error.{kind.code}"), kind
