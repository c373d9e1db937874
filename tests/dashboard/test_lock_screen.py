"""While somebody stands on the plate: the screen locks, the recording goes on, and what keeps the person safe works."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from guided_bench import GuidedBench
from visitors import client_of, form_token

from analysis.phases import EndedBy
from dashboard.app import make_app
from dashboard.config import Config
from dashboard.gate.gate import gate_of_server
from dashboard.gate.tokens import CSRF_HEADER
from dashboard.protocol import Act, Step
from dashboard.services import Services
from dashboard.words import load_words
from records import sign_in
from records.model import Role

WORDS = load_words()
LEFT_ALONE = timedelta(minutes=6)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[GuidedBench]:
    made = GuidedBench(tmp_path)
    yield made
    made.close()


def locked(bench: GuidedBench, role: Role = Role.CLINICIAN) -> FlaskClient:
    """A browser whose person went away six minutes ago."""
    services = Services(bench.station, WORDS, Config(bench.folder, "sqlite://"), bench.conductor)
    return client_of(make_app(services.config, services), role, datetime.now(UTC) - LEFT_ALONE)


def hold(bench: GuidedBench) -> None:
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.HOLD)


def test_a_running_test_is_stopped_from_the_lock_screen_under_the_name_of_who_stopped_it(bench: GuidedBench) -> None:
    client = locked(bench)
    hold(bench)
    page = client.get("/lock")
    assert WORDS("gate.lock.running") in page.text
    assert bench.patient.code not in page.text
    sent = {"csrf": form_token(page), "act": Act.STOP.value}
    assert client.post("/lock/safety", data=sent).status_code == 303
    bench.until(Step.VERDICT)
    (trial,) = bench.store.trials_of(bench.visit.id)
    filed = bench.store.audit_events(trial.recording_id) or bench.store.audit_events(trial.id)
    assert {event.actor for event in filed} == {"Dr. Example"}


@pytest.mark.parametrize(
    ("act", "ended_by"), [(Act.TOUCHED, EndedBy.TOUCHDOWN), (Act.HAND_SUPPORT, EndedBy.HAND_SUPPORT)]
)
def test_what_happened_is_marked_from_the_lock_screen(bench: GuidedBench, act: Act, ended_by: EndedBy) -> None:
    client = locked(bench)
    hold(bench)
    client.post("/lock/safety", data={"csrf": form_token(client.get("/lock")), "act": act.value})
    bench.until(Step.VERDICT)
    (trial,) = bench.store.trials_of(bench.visit.id)
    assert [mark.ended_by for mark in trial.marks] == [ended_by]


def test_the_lock_screen_does_nothing_else_to_the_test(bench: GuidedBench) -> None:
    """Neither another act, nor without its token, nor by who may not measure; and the recording goes on."""
    client = locked(bench)
    hold(bench)
    token, wrong = form_token(client.get("/lock")), {CSRF_HEADER: "0" * 64}
    for act in (Act.ABORT, Act.START, Act.KEEP, "nonsense"):
        assert client.post("/lock/safety", data={"csrf": token, "act": str(act)}).status_code == 400
    assert client.post("/lock/safety", data={"csrf": "0" * 64, "act": "stop"}, headers=wrong).status_code == 403
    assert bench.view.step is Step.HOLD
    bench.until(Step.VERDICT)


def test_without_a_running_test_the_lock_screen_shows_none(bench: GuidedBench) -> None:
    bench.until(Step.READY)
    assert WORDS("gate.lock.running") not in locked(bench).get("/lock").text


def test_the_live_view_goes_on_behind_the_lock_screen_and_names_nobody(bench: GuidedBench) -> None:
    client = locked(bench)
    hold(bench)
    with client.get(f"/api/live?visit={bench.visit.id}", buffered=False) as answer:
        assert answer.status_code == 200
        sent = b"".join(next(answer.response) for _ in range(2))  # type: ignore[call-overload]
    for personal in (bench.patient.code, bench.patient.id, "Dr. Example"):
        assert personal.encode() not in sent


def test_a_stream_ends_with_the_session_that_opened_it(bench: GuidedBench) -> None:
    client = locked(bench)
    gate = gate_of_server(client.application)
    cookie = client.get_cookie(gate.cookies.session)
    assert cookie is not None
    events = gate.while_in(cookie.value, iter(["one", "two", "three"]), every_s=0.0)
    assert next(events) == "one"
    sign_in.log_out(bench.store, cookie.value, now=datetime.now(UTC))
    assert list(events) == []
