"""An attempt is kept on the disk until the archive gives it back; what a run before left behind is filed once."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from guided_bench import QUICK, GuidedBench
from shelf import CLINICIAN
from staff import ADMIN

from acquisition.errors import SpoolDamaged
from acquisition.files import ReadOptions
from acquisition.replay import recording_of
from acquisition.spool import begin_spool
from acquisition.spool_file import SpoolHeader, recover
from analysis.documents import trial_document
from analysis.geometry import Side
from analysis.quality import FindingCode
from dashboard.analyses import analyse_files
from dashboard.daily_backup import DailyBackup
from dashboard.keeping import KEPT_S, Keeper, papers_of
from dashboard.pages.patients.layout import page
from dashboard.pages.patients.view import rescue_text
from dashboard.protocol import SHORT, Act, Step
from dashboard.rescue import Fate, rescue
from dashboard.words import load_words
from records import filing
from records.backup import back_up, backed_up
from records.model import TrialStatus

WORDS = load_words()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[GuidedBench]:
    made = GuidedBench(tmp_path)
    yield made
    made.close()


def spools(bench: GuidedBench) -> tuple[list[str], list[str]]:
    """Names of those that wait, and of those that are filed."""
    folder = bench.keeper.folder
    return sorted(path.name for path in folder.glob("*.fpr")), sorted(path.name for path in folder.glob("filed/*.fpr"))


def standing(bench: GuidedBench, rounds: int = 300) -> Path:
    """In the middle of a hold; the spool that is written."""
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.HOLD)
    for _ in range(rounds):
        bench.conductor.step(0.0)
    (path,) = bench.keeper.folder.glob("*.fpr")
    return path


def left_behind(path: Path, folder: Path) -> Keeper:
    """The spool as it lies on the disk now: what a killed program leaves."""
    folder.mkdir()
    shutil.copy(path, folder / path.name)
    return Keeper(folder)


def test_a_filed_attempt_is_what_its_spool_plays_again(bench: GuidedBench) -> None:
    """The archive's recording and trial carry the spool's id, counts, times; the spool has moved on."""
    bench.attempt()
    (trial,) = bench.store.trials_of(bench.visit.id)
    waiting, filed = spools(bench)
    assert (waiting, filed) == ([], [f"{trial.id}.fpr"])
    found = recover(bench.keeper.folder / "filed" / filed[0])
    assert found.complete
    again, stored = recording_of(found), bench.store.recording(trial.recording_id).raw
    assert stored is not None
    assert np.array_equal(again.counts, stored.counts)
    assert np.array_equal(again.time_s, stored.time_s)
    assert (again.plate, again.gaps, again.interrupted) == (stored.plate, stored.gaps, None)


def test_a_replay_gives_the_result_that_was_filed(bench: GuidedBench) -> None:
    """The spool's bytes through decoder and analysis once more: every metric, phase and finding to the last bit."""
    bench.attempt()
    (path,) = (bench.keeper.folder / "filed").glob("*.fpr")
    (filed,) = bench.station.visit_results(bench.visit.id).trials
    analyses = analyse_files([(path, ReadOptions())], bench.station.settings, None)
    (trial,) = analyses.trials
    assert analyses.problems == ()
    assert analyses.sources[0].reader == "spool"
    assert filed.result is not None
    assert trial_document(trial.result) == trial_document(filed.result)


def test_a_spool_names_nobody(bench: GuidedBench) -> None:
    bench.attempt()
    (path,) = (bench.keeper.folder / "filed").glob("*.fpr")
    content = path.read_bytes()
    for personal in (bench.patient.code, bench.patient.id, bench.station.actor.name):
        assert personal.encode() not in content


def test_an_attempt_that_was_killed_is_filed_as_interrupted_with_all_that_was_known(bench: GuidedBench) -> None:
    path = standing(bench)
    keeper = left_behind(path, bench.folder / "killed")
    (rescued,) = rescue(bench.station, keeper)
    assert (rescued.fate, rescued.visit_id, rescued.interrupted) == (Fate.FILED, bench.visit.id, True)
    (trial,) = bench.store.trials_of(bench.visit.id)
    assert (trial.id, trial.status, trial.side) == (path.stem, TrialStatus.INTERRUPTED, Side.RIGHT)
    assert trial.protocol is not None
    assert trial.protocol["hold_s"] == QUICK.hold_s
    (filed,) = bench.station.visit_results(bench.visit.id).trials
    assert filed.result is not None
    assert FindingCode.INTERRUPTED in [finding.code for finding in filed.result.findings]
    assert filed.result.phases.foot_off_s is not None
    assert filed.result.phases.hold_time_s == pytest.approx(6.0, abs=0.5)  # 300 rounds of 20 ms after the foot-off
    assert (keeper.waiting(), sorted(path.name for path in (keeper.folder / "filed").iterdir())) == ((), [path.name])


def test_an_attempt_that_was_killed_is_filed_under_the_conditions_that_were_chosen(tmp_path: Path) -> None:
    """Eyes closed on foam, chosen between attempts: never filed as the station's own, eyes open on firm ground."""
    bench = GuidedBench(tmp_path, protocol=replace(QUICK, hold_s=21.0))
    bench.attempt()  # eyes open, long enough to close them next
    bench.act(Act.KEEP)
    bench.act(Act.RIGHT_NEXT)
    assert bench.conductor.set_up(bench.visit.id, "short", "eyes_closed.foam")
    path = standing(bench)
    rescue(bench.station, left_behind(path, bench.folder / "killed"))
    trial = bench.store.trial(path.stem)
    assert (trial.condition, trial.side) == ("eyes_closed.foam", Side.RIGHT)
    assert trial.protocol is not None
    assert (trial.protocol["name"], trial.protocol["hold_s"]) == ("short", SHORT.hold_s)
    bench.close()


def test_practice_that_was_killed_is_void_as_soon_as_it_is_filed(tmp_path: Path) -> None:
    """Of a person who was erased meanwhile, too: the spool does not wait for ever."""
    bench = GuidedBench(tmp_path, protocol=replace(QUICK, practice_a_side=1))
    keeper = left_behind(standing(bench), bench.folder / "killed")
    filing.erase_patient(bench.store, ADMIN, bench.patient.id, "asked")
    (rescued,) = rescue(bench.station, keeper)
    (trial,) = bench.store.trials_of(bench.visit.id)
    assert (rescued.fate, trial.status) == (Fate.FILED, TrialStatus.VOID)
    bench.close()


def test_what_is_filed_is_never_filed_twice(bench: GuidedBench) -> None:
    """The program died after the archive had it and before the spool was moved."""
    bench.attempt()
    (path,) = (bench.keeper.folder / "filed").glob("*.fpr")
    for n in range(2):
        (rescued,) = rescue(bench.station, left_behind(path, bench.folder / f"copy{n}"))
        assert rescued.fate is Fate.ALREADY_FILED
        assert rescue_text(WORDS, rescued) == ""
    assert len(bench.store.trials_of(bench.visit.id)) == 1


def test_a_spool_of_which_the_archive_has_less_is_not_moved_away(bench: GuidedBench) -> None:
    """The archive took the trial's first part; the spool went on: nothing of it may be given up."""
    path = standing(bench)
    rescue(bench.station, left_behind(path, bench.folder / "shorter"))
    for _ in range(100):
        bench.conductor.step(0.0)
    keeper = left_behind(path, bench.folder / "longer")
    (rescued,) = rescue(bench.station, keeper)
    assert rescued.fate is Fate.WAITING
    assert [waiting.name for waiting in keeper.waiting()] == [path.name]


def test_what_ended_before_the_zero_holds_nobody_and_is_only_kept(bench: GuidedBench) -> None:
    bench.until(Step.READY)
    bench.act(Act.START)
    for _ in range(20):
        bench.conductor.step(0.0)
    (path,) = bench.keeper.folder.glob("*.fpr")
    keeper = left_behind(path, bench.folder / "killed")
    (rescued,) = rescue(bench.station, keeper)
    assert rescued.fate is Fate.EMPTY
    assert bench.store.trials_of(bench.visit.id) == ()
    bench.act(Act.STOP)
    bench.conductor.step(0.0)
    assert spools(bench) == ([], [path.name])


def test_a_spool_that_is_being_written_is_left_alone(bench: GuidedBench) -> None:
    path = standing(bench)
    assert rescue(bench.station, bench.keeper) == ()
    assert bench.keeper.waiting() == (path,)


def test_a_file_that_cannot_be_read_is_named_and_stays(bench: GuidedBench) -> None:
    keeper = Keeper(bench.folder / "odd")
    keeper.folder.mkdir()
    (keeper.folder / "a.fpr").write_bytes(b"no spool")
    plate = bench.hub.snapshot().identity
    assert plate is not None
    begin_spool(keeper.folder, SpoolHeader("b", plate, bench.visit.at)).end()  # of no guided test
    found = rescue(bench.station, keeper)
    assert [each.fate for each in found] == [Fate.DAMAGED, Fate.DAMAGED]
    assert "a.fpr" in rescue_text(WORDS, found[0])
    assert len(keeper.waiting()) == 2


def test_a_visit_that_the_archive_does_not_know_leaves_its_spool_waiting(bench: GuidedBench) -> None:
    """Another archive, or an older backup: the recording is not lost, and its reason is said."""
    path = standing(bench)
    other = GuidedBench(bench.folder / "other") if (bench.folder / "other").mkdir() is None else bench
    keeper = left_behind(path, bench.folder / "killed")
    (rescued,) = rescue(other.station, keeper)
    assert (rescued.fate, rescued.error) == (Fate.WAITING, "VISIT_NOT_FOUND")
    assert "VISIT_NOT_FOUND" in rescue_text(WORDS, rescued)
    assert keeper.waiting() != ()
    (later,) = rescue(bench.station, keeper)
    assert later.fate is Fate.FILED
    other.close()


def test_what_the_start_found_stands_on_the_first_page(bench: GuidedBench) -> None:
    path = standing(bench)
    found = rescue(bench.station, left_behind(path, bench.folder / "killed"))
    shown = str(page(WORDS, found))
    assert "filed as interrupted" in shown
    assert f"/result/{bench.visit.id}" in shown
    assert "filed as interrupted" not in str(page(WORDS))


def test_filed_spools_are_removed_after_thirty_days_and_not_before(bench: GuidedBench) -> None:
    bench.attempt()
    (path,) = (bench.keeper.folder / "filed").glob("*.fpr")
    filed_s = path.stat().st_mtime
    assert bench.keeper.tidy(filed_s + KEPT_S - 60) == 0
    assert path.exists()
    assert bench.keeper.tidy(filed_s + KEPT_S + 60) == 1
    assert not path.exists()


def test_a_filed_spool_is_removed_once_a_verified_backup_holds_its_trial(bench: GuidedBench) -> None:
    bench.attempt()
    (path,) = (bench.keeper.folder / "filed").glob("*.fpr")
    assert bench.keeper.tidy(backed_up=backed_up(bench.station.store, bench.keeper.filed())) == 0
    back_up(bench.station.store, CLINICIAN)
    assert bench.keeper.tidy(backed_up=backed_up(bench.station.store, bench.keeper.filed())) == 1
    assert not path.exists()


def test_one_backup_a_day_is_made_and_lets_filed_spools_go(bench: GuidedBench) -> None:
    bench.attempt()
    (path,) = (bench.keeper.folder / "filed").glob("*.fpr")
    daily = DailyBackup(bench.station.store, bench.keeper)
    morning = datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert daily.look(morning)
    assert not path.exists()
    assert not daily.look(morning + timedelta(hours=15))
    assert daily.look(morning + timedelta(hours=16))


def test_thirty_days_count_from_the_filing(bench: GuidedBench) -> None:
    """A spool that waited for months is not old on the day it is filed."""
    path = standing(bench)
    keeper = left_behind(path, bench.folder / "killed")
    os.utime(keeper.folder / path.name, (0, 0))
    rescue(bench.station, keeper)
    assert keeper.tidy() == 0


def test_papers_of_another_programs_spool_are_refused(bench: GuidedBench, tmp_path: Path) -> None:
    plate = bench.hub.snapshot().identity
    assert plate is not None
    for context in ({}, {"visit": "v", "protocol": {"name": "x", "unknown": 1}}, {"visit": "v", "protocol": None}):
        spool = begin_spool(tmp_path / str(len(context)), SpoolHeader("b", plate, bench.visit.at, context=context))
        spool.end()
        with pytest.raises(SpoolDamaged):
            papers_of(recover(spool.path))
        spool.path.unlink()
