"""An archive analysed anew: the same numbers, old results kept, stopped and gone on, on any executor."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clinic import Clinic, stood

from analysis.assess import TrialResult, Value
from analysis.geometry import Side
from analysis.settings import AnalysisSettings
from dashboard.cli import main
from dashboard.commands.reassess import change_lines
from dashboard.reassessment import ChangeTable, Reassessed, reassess
from dashboard.words import load_words
from records import filing
from records.errors import NotPermitted
from records.model import Act, Actor, Role

SMOOTHER = AnalysisSettings(lowpass_hz=5.0)
WORDS = load_words()


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    """Three patients, two stances each."""
    made = Clinic(tmp_path)
    for code in ("P-1", "P-2", "P-3"):
        made.visit(made.patient(code), [stood(Side.LEFT, 4.0), stood(Side.RIGHT, -2.0)])
    return made


@pytest.fixture
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


def anew(clinic: Clinic, executor: Executor, settings: AnalysisSettings = SMOOTHER, **how: Any) -> list[Reassessed]:
    return list(reassess(clinic.store, clinic.actor, clinic.store.trial_ids(), settings, executor, **how))


def results_filed(clinic: Clinic) -> int:
    return sum(event.act is Act.RESULT_FILED for event in clinic.store.audit_events(limit=1000))


def test_what_is_current_is_left_alone(clinic: Clinic, threads: Executor) -> None:
    assert anew(clinic, threads, AnalysisSettings()) == []
    assert results_filed(clinic) == 6


def test_the_same_analysis_gives_the_same_numbers(clinic: Clinic, threads: Executor) -> None:
    done = anew(clinic, threads, AnalysisSettings(), again=True)
    table = ChangeTable()
    for each in done:
        table.add(each)
    assert (table.trials, table.metrics, table.sides) == (6, {}, [])


def test_new_results_stand_beside_the_old_ones(clinic: Clinic, threads: Executor) -> None:
    before = {id: clinic.store.latest_result(id) for id in clinic.store.trial_ids()}
    done = anew(clinic, threads)
    for each in done:
        newest = clinic.store.latest_result(each.trial_id)
        assert newest is not None
        assert newest.number == 2
        assert newest.result.settings.lowpass_hz == 5.0
        old = before[each.trial_id]
        assert old is not None
        assert each.before == old.result
    assert results_filed(clinic) == 12
    assert clinic.store.verify_audit().faults == ()


def test_a_5_hz_low_pass_takes_what_it_takes_from_a_half_hertz_circle(clinic: Clinic, threads: Executor) -> None:
    """Gain of two passes at 0.5 Hz: 1/(1 + 0.1^4 (sqrt 2 - 1)) = 0.99996; 15.708 mm/s loses less than 0.1 %."""
    for each in anew(clinic, threads):
        assert each.before is not None
        assert each.after is not None
        old, new = (result.values["velocity"].value for result in (each.before, each.after))
        assert old is not None
        assert new == pytest.approx(old, rel=1e-3)
        assert new != old


def test_stopped_in_the_middle_it_goes_on_where_it_ended(clinic: Clinic, threads: Executor) -> None:
    ids = clinic.store.trial_ids()
    list(reassess(clinic.store, clinic.actor, ids[:4], SMOOTHER, threads))
    assert [each.trial_id for each in anew(clinic, threads)] == list(ids[4:])
    assert results_filed(clinic) == 12


def test_never_more_trials_are_under_way_than_was_said(clinic: Clinic) -> None:
    class Counting(Executor):
        """Computes when asked for the result, and counts what waits."""

        def __init__(self) -> None:
            self.open = self.most = 0

        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            self.open += 1
            self.most = max(self.most, self.open)
            counted = self

            class Later(Future[Any]):
                def result(self, timeout: float | None = None) -> Any:
                    counted.open -= 1
                    return fn(*args, **kwargs)

            return Later()

    counting = Counting()
    assert len(anew(clinic, counting, waiting=2)) == 6
    assert counting.most == 2


def test_other_processes_compute_the_same(clinic: Clinic, threads: Executor) -> None:
    here = {each.trial_id: each.after for each in anew(clinic, threads)}
    with ProcessPoolExecutor(1) as processes:
        there = {each.trial_id: each.after for each in anew(clinic, processes, again=True)}
    assert there == here


def test_a_trial_that_cannot_be_analysed_keeps_its_old_result(clinic: Clinic, threads: Executor) -> None:
    """A load gate of 5000 N lets nobody stand."""
    done = anew(clinic, threads, AnalysisSettings(minimum_load_n=5000.0))
    assert {each.error for each in done} == {"NO_LOAD"}
    assert results_filed(clinic) == 6


def test_a_viewer_may_not(clinic: Clinic, threads: Executor) -> None:
    with pytest.raises(NotPermitted):
        list(reassess(clinic.store, Actor("V", Role.VIEWER), clinic.store.trial_ids(), SMOOTHER, threads))
    assert results_filed(clinic) == 6


def test_trials_are_chosen_by_patient_and_day(clinic: Clinic) -> None:
    store = clinic.store
    (row,) = store.search_patients("P-2")
    (visit,) = store.visits_of(row.patient.id)
    assert set(store.trial_ids("P-2")) == {trial.id for trial in store.trials_of(visit.id)}
    assert store.trial_ids(since=visit.at) == store.trial_ids()
    assert store.trial_ids(since=visit.at.replace(year=visit.at.year + 1)) == ()
    assert store.trial_ids("nobody") == ()


@pytest.fixture
def pair(clinic: Clinic) -> tuple[TrialResult, TrialResult]:
    stored = clinic.store.latest_result(clinic.store.trial_ids()[0])
    assert stored is not None
    result = stored.result
    values = {**result.values, "velocity": Value(10.0), "apa": Value(None), "rms_ml": Value(4.0)}
    after = {**values, "velocity": Value(12.5), "apa": Value(3.0), "rms_ml": Value(None)}
    return replace(result, values=values), replace(result, values=after, usable=False, side=Side.RIGHT)


def test_the_table_says_what_changed(pair: tuple[TrialResult, TrialResult]) -> None:
    table = ChangeTable()
    table.add(Reassessed("t-1", *pair))
    assert table.metrics["velocity"].typical == table.metrics["velocity"].largest == 2.5
    assert (table.metrics["apa"].gained, table.metrics["rms_ml"].lost) == (1, 1)
    text = "\n".join(change_lines(WORDS, table, 1))
    assert "Usable before and not now: 1" in text
    assert "t-1" in text
    assert "+2.5" in text


def test_the_command_prints_what_it_did_and_the_archive_holds_it(
    clinic: Clinic, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = clinic.services.config.store_url
    assert main(["reassess", "--store", url, "--again", "--jobs", "1"]) == 0
    printed = capsys.readouterr()
    assert "6 trials analysed anew of 6" in printed.out
    assert "No number changed" in printed.out
    assert "6 of 6 trials" in printed.err
    assert results_filed(clinic) == 12
    assert main(["reassess", "--store", url]) == 0
    assert "0 trials analysed anew of 6; 6 had a current result" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--patient", "nobody"], "code nobody"),
        (["--jobs", "0"], "--jobs 0"),
        (["--cluster", "tcp://127.0.0.1:9"], "cluster"),
    ],
)
def test_what_cannot_be_done_is_said(
    clinic: Clinic, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["reassess", "--store", clinic.services.config.store_url, *arguments]) == 1
    assert said in capsys.readouterr().err


IDLE_PROGRAM = """
import os
from concurrent.futures import ProcessPoolExecutor
from dashboard.commands.reassess import end_with_the_program
if __name__ == "__main__":
    workers = ProcessPoolExecutor(2, initializer=end_with_the_program)
    print(len({workers.submit(os.getpid) for _ in range(2)}), flush=True)
    input()
"""


def test_workers_end_with_a_program_that_was_killed() -> None:
    """They hold its output open as long as they live."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", IDLE_PROGRAM], **pipes) as program:
        assert program.stdout is not None
        assert program.stdout.readline().strip() == b"2"
        program.kill()
        assert program.communicate(timeout=60)[0] == b""


def test_results_of_one_transaction_are_filed_together_or_not_at_all(
    clinic: Clinic, pair: tuple[TrialResult, TrialResult]
) -> None:
    with pytest.raises(Exception, match="nowhere"):
        filing.file_results(clinic.store, clinic.actor, [(clinic.store.trial_ids()[0], pair[0]), ("nowhere", pair[0])])
    assert results_filed(clinic) == 6
