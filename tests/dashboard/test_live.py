"""The live stream: what a screen is told, frame by frame; on the simulated plate in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from guided_bench import GuidedBench
from visitors import client_of

from analysis.geometry import Side
from dashboard.app import make_app
from dashboard.config import Config
from dashboard.live import STREAM_LIMIT, LiveStream
from dashboard.protocol import Act, Step
from dashboard.services import Services
from dashboard.words import load_words
from hardware.plates import load_plate_model

WORDS = load_words()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[GuidedBench]:
    made = GuidedBench(tmp_path)
    yield made
    made.close()


def stream(bench: GuidedBench) -> LiveStream:
    return LiveStream(bench.conductor, WORDS, bench.visit.id, "boot-1")


def test_the_first_frame_says_where_the_test_is(bench: GuidedBench) -> None:
    frame = stream(bench).frame()
    assert (frame["s"], frame["first"], frame["boot"]) == (1, True, "boot-1")
    assert frame["state"]["step"] == Step.READY
    assert frame["state"]["level"] == "good"


def test_the_state_is_sent_again_only_when_it_changes(bench: GuidedBench) -> None:
    screen = stream(bench)
    screen.frame()
    bench.act(Act.START)
    assert screen.frame()["state"]["step"] == Step.ZERO
    assert "state" not in screen.frame()


def test_before_a_zero_nothing_is_drawn_and_samples_are_counted(bench: GuidedBench) -> None:
    frame = stream(bench).frame()
    assert frame["n"] >= 1
    assert frame["t"] == []


def test_the_cop_runs_over_the_foot_that_carries_everything(bench: GuidedBench) -> None:
    """The person's lateral shift is below 15 mm, sway below 30 mm."""
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.HOLD)
    for _ in range(200):
        bench.conductor.step(0.0)
    frame = stream(bench).frame()
    foot_mm = load_plate_model("reference-a").template.of(Side.RIGHT).midline_x_mm
    assert frame["x"][-1] == pytest.approx(foot_mm, abs=45)
    assert frame["f"][-1] == pytest.approx(70 * 9.81, rel=0.05)
    assert len(frame["t"]) == len(frame["x"]) == len(frame["y"]) == len(frame["f"])
    assert frame["t"][-1] - frame["t"][0] == pytest.approx(5.0, abs=0.1)  # the first frame brings the last 5 s
    assert frame["left"] == pytest.approx(14 - 4, abs=1.5)


def test_an_empty_plate_has_a_force_and_no_cop(bench: GuidedBench) -> None:
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.BOTH_FEET)
    frame = stream(bench).frame()
    assert frame["x"][-1] is None
    assert abs(frame["f"][-1]) < 1.0


def test_two_screens_see_every_sample_each(bench: GuidedBench) -> None:
    """Each has its own cursor: the one reads on where it was, whatever the other did."""
    first, second = stream(bench), stream(bench)
    first.frame()
    second.frame()
    blocks = 5
    for _ in range(blocks):
        bench.hub.blocks_after(0)
    assert first.frame()["n"] >= blocks
    assert second.frame()["n"] >= blocks


def test_a_lost_plate_is_said_in_words(bench: GuidedBench) -> None:
    screen = stream(bench)
    screen.frame()
    bench.plate.close()
    state = screen.frame()["state"]
    assert state["level"] == "stop"
    assert state["plate"].startswith("The plate is lost")


def app_of(bench: GuidedBench, folder: Path) -> Services:
    return Services(bench.station, WORDS, Config(folder, "sqlite://", demo=True), bench.conductor)


def test_there_are_places_for_so_many_screens_and_a_place_comes_free(bench: GuidedBench, tmp_path: Path) -> None:
    services = app_of(bench, tmp_path)
    client = client_of(make_app(services.config, services))
    address = f"/api/live?visit={bench.visit.id}"
    opened = [client.get(address, buffered=False) for _ in range(STREAM_LIMIT)]
    assert [answer.status_code for answer in opened] == [200] * STREAM_LIMIT
    assert opened[0].mimetype == "text/event-stream"
    assert client.get(address).status_code == 503
    opened[0].close()
    again = client.get(address, buffered=False)
    assert again.status_code == 200
    for answer in (*opened[1:], again):
        answer.close()


def test_nothing_is_live_without_a_plate_or_a_visit(bench: GuidedBench, tmp_path: Path) -> None:
    services = app_of(bench, tmp_path)
    assert client_of(make_app(services.config, services)).get("/api/live?visit=x").status_code == 404
    without = replace(services, conductor=None)
    client = client_of(make_app(without.config, without))
    assert client.get(f"/api/live?visit={bench.visit.id}").status_code == 404
