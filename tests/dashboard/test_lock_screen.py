"""While somebody stands on the plate: the screen locks, the recording goes on, and what keeps the person safe works."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from guided_bench import CLINICIAN, GuidedBench
from visitors import VISITORS_PASSWORD, client_of, form_token

from analysis.phases import EndedBy
from dashboard.app import make_app
from dashboard.config import Config
from dashboard.gate.gate import gate_of_server
from dashboard.gate.tokens import CSRF_HEADER, csrf_of
from dashboard.protocol import Act, Notice, Step
from dashboard.services import Services
from dashboard.station import Attempt
from dashboard.words import load_words
from records import sign_in
from records.errors import StoreError
from records.model import Actor, Role

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


#: Those who may not file a recording.
NOT_MEASURING = [Role.VIEWER, Role.ADMIN]


def filed_by(bench: GuidedBench) -> set[str]:
    """Who the audit trail says filed the one recording of the visit."""
    (trial,) = bench.store.trials_of(bench.visit.id)
    return {event.actor for event in bench.store.audit_events(trial.recording_id) + bench.store.audit_events(trial.id)}


@pytest.mark.parametrize("role", NOT_MEASURING)
def test_who_may_not_measure_stops_a_test_and_it_is_filed_under_who_measured(bench: GuidedBench, role: Role) -> None:
    client = locked(bench, role)
    bench.until(Step.READY)
    bench.conductor.act(Act.START, bench.view.token, CLINICIAN)
    bench.until(Step.HOLD)
    sent = {"csrf": form_token(client.get("/lock")), "act": Act.STOP.value}
    assert client.post("/lock/safety", data=sent).status_code == 303
    bench.until(Step.VERDICT)
    assert filed_by(bench) == {CLINICIAN.name}


@pytest.mark.parametrize("role", NOT_MEASURING)
def test_who_may_not_measure_is_offered_stop_alone_and_marks_nothing(bench: GuidedBench, role: Role) -> None:
    client = locked(bench, role)
    hold(bench)
    page = client.get("/lock")
    assert 'value="stop"' in page.text
    for act in (Act.TOUCHED, Act.HAND_SUPPORT):
        assert f'value="{act.value}"' not in page.text
        assert client.post("/lock/safety", data={"csrf": form_token(page), "act": act.value}).status_code == 403
    assert bench.view.step is Step.HOLD
    bench.until(Step.VERDICT)
    (trial,) = bench.store.trials_of(bench.visit.id)
    assert not trial.marks


def test_an_attempt_that_was_refused_is_filed_under_who_tries_again(
    bench: GuidedBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(bench)
    with monkeypatch.context() as down:
        down.setattr(bench.station, "file_attempt", _not_taken)
        bench.conductor.act(Act.STOP, bench.view.token, CLINICIAN)
        bench.until_notice(Notice.NOT_FILED, limit_s=30.0)
    other = Actor("Bea Example", Role.CLINICIAN)
    assert bench.conductor.act(Act.RETRY, bench.view.token, other)
    bench.until(Step.VERDICT)
    assert filed_by(bench) == {other.name}


def _not_taken(_attempt: Attempt) -> None:
    """An archive that takes nothing."""
    raise StoreError("the disk is full")


def test_the_lock_screen_does_nothing_else_to_the_test(bench: GuidedBench) -> None:
    """Neither another act nor without its token; and the recording goes on."""
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


def test_the_lock_button_locks_while_the_archive_takes_nothing_and_the_pin_goes_on_once_it_does(
    bench: GuidedBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = present(bench)
    sign_in.change_pin(bench.store, cookie_of(client), VISITORS_PASSWORD, "402917", now=datetime.now(UTC))
    assert client.get("/_dash-layout").status_code == 200
    with monkeypatch.context() as down:
        down.setattr(bench.store, "writing", _no_room)
        assert client.post("/lock/now", data=form_of(client)).headers["Location"] == "/lock"
        assert client.get("/lock").status_code == 200
        assert client.get("/_dash-layout").status_code == 401
        assert client.get("/session").get_json() == {"go": "/lock"}
    assert client.get("/_dash-layout").status_code == 401  # nobody unlocked it meanwhile
    assert client.post("/lock", data={**form_of(client), "pin": "402917"}).headers["Location"] == "/"
    assert client.get("/_dash-layout").status_code == 200


def test_a_log_out_ends_the_token_while_the_archive_takes_nothing_and_stays_so(
    bench: GuidedBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = present(bench)
    name, token = gate_of_server(client.application).cookies.session, cookie_of(client)
    with monkeypatch.context() as down:
        down.setattr(bench.store, "writing", _no_room)
        assert client.post("/log-out", data=form_of(client)).status_code == 303
        client.set_cookie(name, token)  # somebody kept it
        assert client.get("/_dash-layout").status_code == 401
    assert client.get("/_dash-layout").status_code == 401


def present(bench: GuidedBench) -> FlaskClient:
    """A browser whose person is there."""
    services = Services(bench.station, WORDS, Config(bench.folder, "sqlite://"), bench.conductor)
    return client_of(make_app(services.config, services))


def cookie_of(client: FlaskClient) -> str:
    """The token of a browser's session."""
    cookie = client.get_cookie(gate_of_server(client.application).cookies.session)
    assert cookie is not None
    return cookie.value


def form_of(client: FlaskClient) -> dict[str, str]:
    """What every form of its pages sends."""
    return {"csrf": csrf_of(cookie_of(client))}


def _no_room() -> None:
    """The disk is full."""
    raise StoreError("the disk is full")
