"""Reload, second screen, program ended or killed, cable out, laptop closed: in each phase, and the screen says what is.

In the plate's own time, without a browser: what a page shows is made of `show`, `controls` and the live stream.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from guided_bench import QUICK, SCREEN, GuidedBench

from acquisition.spool import Spool
from analysis.geometry import Side
from dashboard.config import Config
from dashboard.keeping import Keeper
from dashboard.lease import Standing
from dashboard.live import LiveStream
from dashboard.pages.test.callbacks import controls, show
from dashboard.protocol import MEASURING, Act, Notice, Step
from dashboard.rescue import Fate, rescue
from dashboard.services import Services
from dashboard.words import load_words
from records.model import Trial, TrialStatus

WORDS = load_words()
#: As short as it goes: what is measured does not matter here, that it is kept does.
SHORT = replace(QUICK, both_feet_s=1.0, hold_s=3.0, settle_s=1.0, rest_s=3.0)
#: In the order they come. In `FILING` nothing runs: it lasts as long as the archive takes.
PHASES = (
    Step.READY,
    Step.ZERO,
    Step.BOTH_FEET,
    Step.LIFT,
    Step.HOLD,
    Step.FOOT_DOWN,
    Step.SETTLE,
    Step.VERDICT,
    Step.REST,
)
BEFORE = (Step.READY, Step.ZERO)  # nobody was measured yet
AFTER = (Step.VERDICT, Step.REST)  # it is in the archive


@contextmanager
def at_work(folder: Path, **known: object) -> Iterator[GuidedBench]:
    made = GuidedBench(folder, protocol=SHORT, **known)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()


def reach(bench: GuidedBench, step: Step) -> None:
    """Let the test run to a step, doing what an operator does."""
    bench.until(Step.READY)
    if step is Step.READY:
        return
    bench.act(Act.START)
    if step is Step.REST:
        bench.until(Step.VERDICT)
        bench.act(Act.KEEP)
    bench.until(step)
    bench.conductor.step(0.0)


def trials(bench: GuidedBench) -> tuple[Trial, ...]:
    return bench.store.trials_of(bench.visit.id)


def services(bench: GuidedBench) -> Services:
    return Services(bench.station, WORDS, Config(bench.folder, "sqlite://"), bench.conductor)


def step_on_screen(bench: GuidedBench, screen: str = SCREEN) -> str:
    """What a page that is opened now says: its frame, its controls and the first thing it hears."""
    show(services(bench), bench.visit.id)
    drawn = str(controls(services(bench), bench.visit.id, screen))
    frame = LiveStream(bench.conductor, WORDS, bench.visit.id, "boot", screen).frame(0.0)
    operates = bench.conductor.lease.standing(screen) is Standing.OPERATES
    assert (operates and bool(bench.view.acts)) == ("data-act" in drawn)
    return str(frame["state"]["step"])


def kept_whole(bench: GuidedBench, trial: Trial) -> None:
    """The archive has the counts, and the disk held them as well."""
    stored = bench.store.recording(trial.recording_id)
    assert stored.raw is not None
    assert stored.raw.gaps == ()
    assert len(stored.raw.counts) > 100


def test_reload_and_second_screen_in_every_phase_change_nothing_and_say_where_the_test_is(tmp_path: Path) -> None:
    """Every page opened takes part in one and the same attempt; only one of the screens operates."""
    with at_work(tmp_path) as bench:
        for step in PHASES:
            if step is Step.ZERO:
                bench.act(Act.START)
            if step is Step.REST:
                bench.act(Act.KEEP)
            bench.until(step)
            for screen in (SCREEN, "second", SCREEN):
                assert step_on_screen(bench, screen) == step
        (trial,) = trials(bench)
        kept_whole(bench, trial)
        assert (trial.status, trial.attempt) == (TrialStatus.FILED, 1)


def test_a_program_that_is_killed_in_any_phase_goes_on_where_the_visit_is(tmp_path: Path) -> None:
    """The folder is copied as the disk has it at that moment: what a killed program leaves behind."""
    with at_work(tmp_path / "running") as bench:
        for step in PHASES:
            if step is Step.ZERO:
                bench.act(Act.START)
            if step is Step.REST:
                bench.act(Act.KEEP)
            bench.until(step)
            bench.conductor.step(0.0)
            left = tmp_path / step.value
            shutil.copytree(bench.folder, left)
            with at_work(left, visit=bench.visit) as again:
                again_after_the_kill(again, step)


def again_after_the_kill(bench: GuidedBench, step: Step) -> None:
    """The next start: an attempt under way is filed as interrupted, and nothing is filed that was not measured."""
    fates = [found.fate for found in rescue(bench.station, bench.keeper)]
    assert fates == ([Fate.FILED] if step in MEASURING else [Fate.EMPTY] if step is Step.ZERO else [])
    statuses = [trial.status for trial in trials(bench)]
    filed = [] if step in BEFORE else [TrialStatus.FILED] if step in AFTER else [TrialStatus.INTERRUPTED]
    assert statuses == filed
    for trial in trials(bench):
        kept_whole(bench, trial)
    assert step_on_screen(bench) == Step.READY
    assert rescue(bench.station, bench.keeper) == ()


@pytest.mark.parametrize("step", PHASES)
def test_a_program_that_is_closed_in_any_phase_files_what_it_measured(tmp_path: Path, step: Step) -> None:
    with at_work(tmp_path) as bench:
        reach(bench, step)
        bench.conductor.close()
        filed = trials(bench)
    assert [trial.status for trial in filed] == (
        [] if step in BEFORE else [TrialStatus.FILED if step in AFTER else TrialStatus.INTERRUPTED]
    )
    with at_work(tmp_path, visit=bench.visit) as again:
        assert again.keeper.waiting() == ()
        assert trials(again) == filed
        for trial in filed:
            kept_whole(again, trial)


@pytest.mark.parametrize("step", PHASES)
def test_a_cable_that_is_pulled_in_any_phase_loses_nothing_and_is_said(tmp_path: Path, step: Step) -> None:
    with at_work(tmp_path) as bench:
        reach(bench, step)
        bench.plate.close()
        for _ in range(5):
            bench.conductor.step(0.0)
        if step in MEASURING:
            assert (bench.view.step, bench.view.notice) == (Step.VERDICT, Notice.LINK_LOST)
            (trial,) = trials(bench)
            kept_whole(bench, trial)
            assert trial.status is TrialStatus.INTERRUPTED
        else:
            assert bench.view.notice is Notice.PLATE_AWAY
            assert bench.view.step is (Step.VERDICT if step is Step.VERDICT else Step.READY)
            assert len(trials(bench)) == (step in AFTER)
        assert LiveStream(bench.conductor, WORDS, bench.visit.id, "b").frame(0.0)["state"]["level"] == "stop"
        assert bench.keeper.waiting() == ()


class Watched(Keeper):
    """Remembers the spool that runs."""

    spool: Spool | None = None

    def begin(self, *known: object) -> Spool:  # type: ignore[override]
        """A spool, as ever."""
        self.spool = super().begin(*known)  # type: ignore[arg-type]
        return self.spool


@pytest.mark.parametrize("step", [step for step in PHASES if step not in (Step.READY, *AFTER)])
def test_a_laptop_that_is_closed_in_any_phase_ends_the_attempt_and_says_so(tmp_path: Path, step: Step) -> None:
    """The spool's own watch of the clocks notes the sleep (tests of the computer); here: what becomes of it."""
    with at_work(tmp_path) as bench:
        bench.conductor._keeper = keeper = Watched(bench.keeper.folder)
        reach(bench, step)
        assert keeper.spool is not None
        keeper.spool.suspended = True
        for _ in range(5):
            bench.conductor.step(0.0)
        assert bench.view.notice is Notice.SUSPENDED
        assert bench.view.step is (Step.VERDICT if step in MEASURING else Step.READY)
        assert [trial.status for trial in trials(bench)] == [TrialStatus.INTERRUPTED] * (step in MEASURING)
        assert bench.view.kept == dict.fromkeys(Side, 0)
