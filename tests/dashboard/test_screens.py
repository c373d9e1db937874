"""Who operates and who watches, what the patient sees, and what is asked for: without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dictated_plate import CALIBRATION, DictatedPlate
from guided_bench import QUICK, SCREEN, GuidedBench

from dashboard.config import Config
from dashboard.lease import AWAY_S, Lease, Standing
from dashboard.live import LiveStream
from dashboard.pages.test import view
from dashboard.pages.test.callbacks import choose, controls
from dashboard.protocol import SHORT, STANDARD, Act, Step
from dashboard.services import Services
from dashboard.words import load_words

WORDS = load_words()


class Seconds:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        """Now. [s]"""
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def lease(clock: Seconds) -> Lease:
    made = Lease(clock)
    assert made.claim("a", take=False)
    return made


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[GuidedBench]:
    made = GuidedBench(tmp_path)
    yield made
    made.close()


def services(bench: GuidedBench) -> Services:
    return Services(bench.station, WORDS, Config(bench.folder, "sqlite://"), bench.conductor)


# ---- one screen operates


def test_the_first_screen_operates_and_every_other_one_watches(lease: Lease) -> None:
    assert not lease.claim("b", take=False)
    assert (lease.standing("a"), lease.standing("b")) == (Standing.OPERATES, Standing.WATCHES)


def test_a_reloaded_page_is_the_same_screen(lease: Lease) -> None:
    assert lease.claim("a", take=False)


def test_whoever_takes_over_operates_and_the_other_one_is_told(lease: Lease) -> None:
    assert lease.claim("b", take=True)
    assert (lease.standing("a"), lease.standing("b")) == (Standing.REPLACED, Standing.OPERATES)
    assert lease.standing("c") is Standing.WATCHES


def test_a_screen_that_is_gone_leaves_the_test_free_and_nobody_gets_it_unasked(lease: Lease, clock: Seconds) -> None:
    clock.now = AWAY_S + 0.1
    assert lease.standing("b") is Standing.FREE
    assert lease.claim("b", take=False)
    assert lease.standing("a") is Standing.WATCHES  # it was away: nobody took anything from it


def test_a_screen_that_is_sent_what_happens_is_there(lease: Lease, clock: Seconds) -> None:
    for _ in range(10):
        clock.now += AWAY_S / 2
        lease.seen("a")
    assert not lease.claim("b", take=False)


def test_a_page_that_was_closed_leaves_at_once_and_one_that_is_loaded_again_goes_on(lease: Lease) -> None:
    lease.left("b")  # of a screen that only watched
    assert lease.standing("b") is Standing.WATCHES
    lease.left("a")
    assert lease.standing("b") is Standing.FREE
    assert lease.claim("a", take=False)
    assert lease.standing("b") is Standing.WATCHES
    lease.left("a")
    assert lease.claim("b", take=False)


def test_a_page_without_a_name_never_operates(clock: Seconds) -> None:
    lease = Lease(clock)
    assert not lease.claim("", take=True)
    assert lease.standing("") is Standing.FREE


def test_a_screen_that_watches_has_no_act_and_the_way_to_take_over(bench: GuidedBench) -> None:
    watching = str(controls(services(bench), bench.visit.id, "tablet"))
    assert "data-act" not in watching
    assert "Take over" in watching
    assert "data-act" in str(controls(services(bench), bench.visit.id, SCREEN))


# ---- what the patient sees


def test_the_patient_is_sent_the_phase_and_the_countdown_and_nothing_of_the_plate(bench: GuidedBench) -> None:
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.HOLD)
    frame = LiveStream(bench.conductor, WORDS, bench.visit.id, "boot", None).frame()
    assert set(frame) == {"s", "boot", "n", "first", "left", "state", "sent"}
    assert set(frame["state"]) == {"key", "step", "phase", "side"}
    assert (frame["state"]["phase"], frame["left"] > 10) == ("Hold", True)


def test_the_patients_phases_are_short_and_name_the_foot_to_lift() -> None:
    """At 30 mm a letter, a 10-inch screen takes eleven letters in a line."""
    guide = DictatedPlate().view
    phases = {step: view.patient_phase(WORDS, replace(guide, step=step)) for step in Step}
    assert max(map(len, phases.values())) <= 11
    assert phases[Step.LIFT] == "Lift left"  # the right leg is measured


# ---- the plate's facts


@pytest.mark.parametrize(
    ("days", "valid_days", "level", "text"),
    [(12, None, "good", "12 days ago"), (12, 30, "good", "12 days ago"), (40, 30, "caution", "no longer valid")],
)
def test_the_age_of_the_calibration_is_told(days: int, valid_days: int | None, level: str, text: str) -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    made_at = now - timedelta(days=days)
    until = None if valid_days is None else made_at + timedelta(days=valid_days)
    calibration = replace(CALIBRATION, made_at=made_at, valid_until=until, reference="20 kg")
    told, found = view.calibration_fact(WORDS, calibration, now)
    assert (text in told, found) == (True, level)


def test_the_screen_says_when_the_plate_was_measured_empty(bench: GuidedBench) -> None:
    screen = LiveStream(bench.conductor, WORDS, bench.visit.id, "boot", SCREEN)
    assert screen.frame()["state"]["facts"]["zero"] == ["not yet", "caution"]
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.BOTH_FEET)
    facts = screen.frame()["state"]["facts"]
    assert facts["zero"] == ["just now", "good"]
    assert facts["rate"] == ["80 sets a second", "good"]


# ---- protocol and conditions


def test_conditions_that_were_chosen_are_filed_and_outlive_the_program(bench: GuidedBench) -> None:
    told = services(bench)
    choose(told, bench.visit.id, "surface", "foam")
    choose(told, bench.visit.id, "sight", "trace_seen")
    assert "Foam · Patient sees the trace" in str(controls(told, bench.visit.id, SCREEN))
    bench.attempt()
    (trial,) = bench.store.trials_of(bench.visit.id)
    assert trial.condition == "eyes_open.foam.trace_seen"
    again = GuidedBench(bench.folder, visit=bench.visit)
    try:
        assert again.view.protocol == replace(QUICK, condition=trial.condition)
        assert again.view.kept == {side: int(side is trial.side) for side in again.view.kept}
    finally:
        again.close()


def test_a_protocol_is_chosen_between_attempts_and_keeps_the_stations_stamp(bench: GuidedBench) -> None:
    choose(services(bench), bench.visit.id, "protocol", "short")
    assert bench.view.protocol == replace(SHORT, demo=True)
    choose(services(bench), bench.visit.id, "protocol", "standard")
    assert bench.view.protocol == replace(STANDARD, demo=True)
    bench.until(Step.READY)
    bench.act(Act.START)
    choose(services(bench), bench.visit.id, "protocol", "short")
    assert bench.view.protocol.name == "standard"
