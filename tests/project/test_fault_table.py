"""Every row of the fault table has a test, and each says what it injects and what comes of it."""

from __future__ import annotations

from pathlib import Path

from docs.fault_table import PAGE, ROWS, FaultTest, fault_tests, page


def test_every_row_has_a_test() -> None:
    assert {test.row for test in fault_tests()} == ROWS.keys()


def test_a_fault_test_says_what_it_injects_and_what_comes_of_it() -> None:
    """Its docstring begins `Row N: INJECTED -> OUTCOME`."""
    assert [f"{test.file}::{test.name}, row {test.row}" for test in fault_tests() if not test.outcome] == []


def test_the_page_is_as_the_tests_say() -> None:
    """Where it is not: `python -m docs.fault_table` writes it."""
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m docs.fault_table"


MARKED = '''
@pytest.mark.fault(row=7)
@pytest.mark.fault(row=33)
def test_the_plate_comes_back() -> None:
    """Rows 7 and 33: the cable is pulled out
    -> the trial goes on.

    More.
    """

def test_of_something_else() -> None:
    """Row 7: no mark -> not a test of a row."""
'''


def test_a_marked_test_is_found_with_its_rows_and_its_words(tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_cable.py").write_text(MARKED, encoding="utf-8")
    said = ("tests/test_cable.py", "test_the_plate_comes_back", "the cable is pulled out", "the trial goes on.")
    assert fault_tests(folder) == [FaultTest(7, *said), FaultTest(33, *said)]
