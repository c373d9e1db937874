"""What the virtual patients prove stands in the method as the programs printed it."""

from __future__ import annotations

import pytest
from tests_root import ROOT

from benchmarks.__main__ import END, METHOD, PARTS, PROOFS, with_proof


def test_a_part_is_a_cost_or_a_proof_and_has_a_module() -> None:
    assert not set(PARTS) & set(PROOFS)
    assert all((ROOT / "benchmarks" / f"{part}.py").is_file() for part in (*PARTS, *PROOFS))


@pytest.mark.parametrize("part", PROOFS)
def test_every_proof_has_its_table_in_the_method(part: str) -> None:
    _, after = METHOD.read_text(encoding="utf-8").split(f"<!-- written by python -m benchmarks {part} --write -->")
    written = after.split(END, 1)[0]
    assert written.count("\n| ") > 3


def test_writing_a_proof_changes_its_own_table_only() -> None:
    text = METHOD.read_text(encoding="utf-8")
    for part in PROOFS:
        once = with_proof(text, part, "## Title\n\n| what |\n")
        assert "### Title\n\n| what |\n" + END in once
        assert with_proof(once, part, "## Title\n\n| what |\n") == once
        assert once.count(END) == text.count(END)
