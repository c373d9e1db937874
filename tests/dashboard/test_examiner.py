"""What the examiner saw of a trial: filed with each answer, of the right trial, and never invented."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from threading import Barrier

import pytest
from guided_bench import CLINICIAN, SCREEN, GuidedBench

from analysis.abductors import PelvicDrop
from analysis.geometry import Side
from dashboard import observing
from dashboard.config import Config
from dashboard.observing import newest_trial, note, seen_of
from dashboard.pages.test.callbacks import examiner
from dashboard.pages.test.examiner import CHOICES, form, parsed
from dashboard.protocol import Act, Step
from dashboard.services import Services
from dashboard.words import load_words
from records import filing
from records.errors import Conflict, InvalidEntry
from records.examination import Observation
from records.model import Trial
from records.store import RecordStore

WORDS = load_words()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuidedBench]:
    """One attempt of the right leg, at its verdict."""
    made = GuidedBench(tmp_path_factory.mktemp("examined"))
    made.attempt()
    yield made
    made.close()


@pytest.fixture
def trial(bench: GuidedBench) -> Trial:
    found = newest_trial(bench.store, bench.visit.id)
    assert found is not None
    return found


def services(bench: GuidedBench) -> Services:
    return Services(bench.station, WORDS, Config(bench.folder, "sqlite://"), bench.conductor)


def see(bench: GuidedBench, trial: Trial, **entered: object) -> None:
    note(bench.store, CLINICIAN, trial.visit_id, trial.id, **entered)


def test_after_a_trial_its_fields_are_asked_and_nothing_is_answered_beforehand(
    bench: GuidedBench, trial: Trial
) -> None:
    asked, fields = examiner(services(bench), bench.visit.id, SCREEN)
    assert (asked, trial.side) == (trial.id, Side.RIGHT)
    assert "Right leg, attempt 1" in str(fields)
    assert "'true'" not in str(form(WORDS, trial, None))
    assert bench.store.observations_of(bench.visit.id) == ()


def test_a_screen_that_only_watches_is_not_asked(bench: GuidedBench) -> None:
    assert examiner(services(bench), bench.visit.id, "tablet") == ("", [])


def test_each_answer_is_filed_at_once_and_the_others_stay(bench: GuidedBench, trial: Trial) -> None:
    see(bench, trial, pelvic_drop=PelvicDrop.LATER)
    see(bench, trial, drop_at_s=12.5)
    see(bench, trial, pain=4)
    see(bench, trial, tilt_deg=6.5)
    see(bench, trial, note="holds the breath")
    seen = seen_of(bench.store, trial)
    assert seen is not None
    assert (seen.pelvic_drop, seen.drop_at_s, seen.pain) == (PelvicDrop.LATER, 12.5, 4)
    assert (seen.tilt_deg, seen.note, seen.side, seen.created_by) == (
        6.5,
        "holds the breath",
        Side.RIGHT,
        CLINICIAN.name,
    )
    assert seen.trunk_lean is None  # not looked at


def test_the_same_answer_again_changes_nothing(bench: GuidedBench, trial: Trial) -> None:
    see(bench, trial, pain=5)
    before = seen_of(bench.store, trial)
    see(bench, trial, pain=5)
    assert seen_of(bench.store, trial) == before


def test_a_time_of_a_drop_and_an_angle_of_a_lean_go_with_what_they_belong_to(bench: GuidedBench, trial: Trial) -> None:
    see(bench, trial, pelvic_drop=PelvicDrop.LATER, drop_at_s=3.0, trunk_lean=True, trunk_lean_deg=8.0)
    see(bench, trial, pelvic_drop=PelvicDrop.NONE)
    see(bench, trial, trunk_lean=False)
    seen = seen_of(bench.store, trial)
    assert seen is not None
    assert (seen.drop_at_s, seen.trunk_lean_deg) == (None, None)


def test_what_cannot_be_is_refused_and_what_was_filed_stays(bench: GuidedBench, trial: Trial) -> None:
    see(bench, trial, pain=2)
    with pytest.raises(InvalidEntry):
        see(bench, trial, pain=11)
    seen = seen_of(bench.store, trial)
    assert seen is not None
    assert seen.pain == 2


@pytest.mark.parametrize(
    ("field", "value", "meant"),
    [
        ("pelvic_drop", "from_start", PelvicDrop.FROM_START),
        ("trunk_lean", "yes", True),
        ("hand_support", "no", False),
        ("pain", "0", 0),
        ("pain", "", None),
        ("tilt_deg", 6.3, 6.3),
        ("tilt_deg", "", None),
        ("note", None, ""),
    ],
)
def test_an_empty_answer_is_not_looked_at_and_no_is_no(field: str, value: object, meant: object) -> None:
    assert parsed(field, value) == meant


@pytest.mark.parametrize(("field", "value"), [("pain", "11"), ("trunk_lean", "maybe"), ("pelvic_drop", "some")])
def test_what_is_no_answer_is_refused(field: str, value: str) -> None:
    with pytest.raises(ValueError, match="no answer"):
        parsed(field, value)


def test_every_choice_has_its_words() -> None:
    for field in CHOICES:
        assert WORDS(f"test.seen.{field}")
        assert field == "pain" or all(WORDS(f"test.seen.{field}_{value}") for value in CHOICES[field])


def test_while_somebody_is_measured_nothing_is_asked_and_afterwards_of_the_new_trial(
    bench: GuidedBench, trial: Trial
) -> None:
    bench.act(Act.KEEP)
    assert examiner(services(bench), bench.visit.id, SCREEN)[0] == trial.id  # during the rest too
    bench.until(Step.READY)
    bench.act(Act.START)
    assert examiner(services(bench), bench.visit.id, SCREEN) == ("", [])
    bench.until(Step.VERDICT)
    asked, fields = examiner(services(bench), bench.visit.id, SCREEN)
    assert asked not in ("", trial.id)
    assert "Left leg, attempt 1" in str(fields)


def test_two_entries_at_the_same_moment_are_both_filed(bench: GuidedBench, trial: Trial) -> None:
    """A note is filed on leaving its field, which a click on a pain button does: both come at once."""
    for pain in range(5):
        ready = Barrier(2)

        def enter(entered: dict[str, object], ready: Barrier = ready) -> None:
            ready.wait()
            see(bench, trial, **entered)

        with ThreadPoolExecutor(2) as both:
            list(both.map(enter, [{"note": f"sways {pain}"}, {"pain": pain}]))
        seen = seen_of(bench.store, trial)
        assert seen is not None
        assert (seen.note, seen.pain) == (f"sways {pain}", pain)


@pytest.mark.parametrize(("others", "is_filed"), [(2, True), (3, False)])
def test_what_another_station_enters_meanwhile_stays_and_only_the_field_entered_is_added(
    bench: GuidedBench, trial: Trial, monkeypatch: pytest.MonkeyPatch, others: int, is_filed: bool
) -> None:
    """Read again up to twice: the third time, it is said that somebody else changes it."""
    see(bench, trial, note="", pain=1, hand_support=None)
    notes = [f"{others}, {number}" for number in range(others)]
    last = notes[-1]

    def read_and_overtaken(store: RecordStore, asked: Trial) -> Observation | None:
        read = seen_of(store, asked)
        if read is not None and notes:
            filing.edit_observation(store, CLINICIAN, replace(read, note=notes.pop(0)))
        return read

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(observing, "seen_of", read_and_overtaken)
        with nullcontext() if is_filed else pytest.raises(Conflict):
            see(bench, trial, pain=7)
    seen = seen_of(bench.store, trial)
    assert seen is not None
    assert (seen.note, seen.pain) == (last, 7 if is_filed else 1)
