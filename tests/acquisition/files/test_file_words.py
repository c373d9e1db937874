"""Every code that is said about a file has words."""

from __future__ import annotations

import pytest

from acquisition.files import FileProblem
from dashboard.words import load_words


@pytest.mark.parametrize("code", FileProblem)
def test_every_file_problem_has_words(code: FileProblem) -> None:
    assert load_words().has(f"errors.{code}")
