"""The page of the guided test without a browser: what is on it, and what its buttons do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from dictated_plate import DictatedPlate, filing, good, holding, judged
from guided_bench import SCREEN, GuidedBench
from shelf import result

from acquisition.hub import HubState
from analysis.geometry import Side
from analysis.phases import EndedBy
from analysis.quality import Finding, FindingCode, Severity
from dashboard.conductor import Attendance
from dashboard.config import Config
from dashboard.figures.scene import scene
from dashboard.orders import Outcome
from dashboard.pages.test import view
from dashboard.pages.test.callbacks import controls, show
from dashboard.protocol import STANDARD, Act, Notice, Step
from dashboard.services import Services
from dashboard.words import load_words
from hardware.plates import load_plate_model
from records import filing as acts
from records.examination import GOOD_ANSWER

WORDS = load_words()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[GuidedBench]:
    made = GuidedBench(tmp_path)
    yield made
    made.close()


def services(bench: GuidedBench) -> Services:
    return Services(bench.station, WORDS, Config(bench.folder, "sqlite://", demo=True), bench.conductor)


@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("side", list(Side))
def test_every_step_has_its_words(step: Step, side: Side) -> None:
    guide = replace(DictatedPlate().view, step=step, side=side)
    assert view.step_title(WORDS, guide)
    assert view.step_text(WORDS, guide)


NUMBERS = {"cell": 2, "value": 14.2, "limit": 0.6, "age_min": 16.0, "limit_min": 15.0, "limit_s": 20.0}
WEIGHTS = {"weight_n": 700.0, "expected_n": 560.0, "deviation_pct": 25.0, "limit_pct": 10.0}


@pytest.mark.parametrize("notice", list(Notice))
def test_every_notice_has_its_words(notice: Notice) -> None:
    values = NUMBERS if notice is not Notice.WEIGHT_IMPLAUSIBLE else WEIGHTS
    assert view.notice_text(WORDS, replace(DictatedPlate().view, notice=notice, values=values))


def test_a_weight_is_told_in_the_unit_of_scales() -> None:
    """700 N and 560 N at 9.81 m/s2: 71 and 57 kg."""
    told = view.notice_text(WORDS, replace(DictatedPlate().view, notice=Notice.WEIGHT_IMPLAUSIBLE, values=WEIGHTS))
    assert "71 kg" in told
    assert "57 kg" in told


@pytest.mark.parametrize("act", list(Act))
def test_every_act_has_its_words(act: Act) -> None:
    assert WORDS(f"test.act.{act.value}", other="left")


def test_a_key_belongs_to_one_button_at_a_time() -> None:
    plate = DictatedPlate()
    for step in Step:
        acts_now = view.buttons(WORDS, replace(plate.view, step=step))
        keys = [one.key for one in acts_now if one.key]
        assert len(keys) == len(set(keys))


def test_in_the_hold_the_safety_keys_are_there() -> None:
    plate = DictatedPlate()
    holding(plate)
    shown = {one.act: one.key for one in view.buttons(WORDS, plate.view)}
    assert shown == {Act.TOUCHED: "t", Act.HAND_SUPPORT: "h", Act.STOP: "Escape", Act.ABORT: None}


def test_a_usable_hold_is_judged_usable() -> None:
    plate = DictatedPlate()
    judged(plate)
    verdict = view.verdict(WORDS, plate.view)
    assert verdict is not None
    assert (verdict.title, verdict.kind) == ("Usable", "good")
    assert "30" in verdict.ended


def test_an_unusable_one_says_why_the_gravest_first() -> None:
    plate = DictatedPlate()
    filing(plate)
    findings = (
        Finding(FindingCode.UNCALIBRATED, Severity.CAUTION, {"cop_error_mm": 5.0}),
        Finding(FindingCode.SATURATED, Severity.NOT_USABLE, {"n": 3}),
        Finding(FindingCode.SIMULATED, Severity.NOTE),
    )
    plate.filed(Outcome("t1", replace(result(), usable=False, findings=findings)))
    verdict = view.verdict(WORDS, plate.view)
    assert verdict is not None
    assert verdict.kind == "stop"
    assert len(verdict.findings) == 2
    assert "converter" in verdict.findings[0]


def test_a_usable_hold_that_ended_early_says_both() -> None:
    plate = DictatedPlate()
    filing(plate)
    fell = replace(result(), phases=replace(result().phases, ended_by=EndedBy.TOUCHDOWN))
    plate.filed(Outcome("t1", fell))
    verdict = view.verdict(WORDS, plate.view)
    assert verdict is not None
    assert verdict.kind == "caution"


@pytest.mark.parametrize("code", ["NO_LOAD", "TOO_SHORT", "ANALYSIS"])
def test_an_attempt_without_a_result_says_why(code: str) -> None:
    plate = DictatedPlate()
    filing(plate)
    plate.filed(Outcome("t1", None, code))
    verdict = view.verdict(WORDS, plate.view)
    assert verdict is not None
    assert verdict.ended


def test_the_verdict_goes_with_the_next_step() -> None:
    plate = DictatedPlate()
    filing(plate)
    plate.filed(good())
    plate.act(Act.KEEP)
    assert view.verdict(WORDS, plate.view) is None


def test_the_soles_are_mirror_images_on_their_template_places() -> None:
    """Drawn about x = -90 and +90 mm: the sum of the x of a pair of points is 0."""
    soles = scene(load_plate_model("reference-a"))["soles"]
    pairs = zip(soles["left"], soles["right"], strict=True)
    assert all(left[0] + right[0] == pytest.approx(0, abs=0.2) and left[1] == right[1] for left, right in pairs)
    assert sum(point[0] for point in soles["right"]) > 0


def test_the_page_opens_with_and_without_a_plate(bench: GuidedBench) -> None:
    told = services(bench)
    assert "test-canvas" in str(show(told, bench.visit.id))
    assert "No plate at this station" in str(show(replace(told, conductor=None), bench.visit.id))


def test_the_controls_of_a_visit_whose_turn_it_is_not_lead_to_the_test_under_way(bench: GuidedBench) -> None:
    other = acts.open_visit(bench.store, bench.station.actor, bench.patient.id, station="room 2")
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.BOTH_FEET)
    show(services(bench), other.id)
    assert f"/test/{bench.visit.id}" in str(controls(services(bench), other.id, SCREEN))


def test_once_both_sides_are_done_the_result_is_one_press_away(bench: GuidedBench) -> None:
    for _ in Side:
        bench.attempt()
        bench.act(Act.KEEP)
    bench.until(Step.DONE)
    assert f"/result/{bench.visit.id}" in str(controls(services(bench), bench.visit.id, SCREEN))


def test_a_recording_that_is_played_is_never_called_a_connected_plate(bench: GuidedBench) -> None:
    own = replace(bench.plate.identity, serial="FP-7")
    played = replace(bench.hub.snapshot(), replayed=True, identity=own, silent_s=0.0)
    text, level = view.plate_text(WORDS, Attendance.OPEN, played)
    assert ("recording of plate FP-7" in text, "connected" in text, level) == (True, False, "good")
    ended = replace(played, state=HubState.LOST, error="REPLAY_ENDED")
    text, level = view.plate_text(WORDS, Attendance.OPEN, ended)
    assert ("played to its end" in text, "lost" in text, level) == (True, False, "caution")


def test_a_test_whose_checklist_was_not_answered_says_so_and_leads_there(bench: GuidedBench) -> None:
    served = replace(services(bench), config=Config(bench.folder, "sqlite://"))
    asked, way = WORDS("test.checklist_open"), f"'/visit/{bench.visit.id}'"
    before = str(show(served, bench.visit.id))
    assert asked in before
    assert way in before
    acts.answer_checklist(bench.store, bench.station.actor, bench.visit.id, GOOD_ANSWER)
    after = str(show(served, bench.visit.id))
    assert asked not in after
    assert way in after


def test_on_a_void_visit_nothing_begins_until_it_is_restored(bench: GuidedBench) -> None:
    acts.void_visit(bench.store, bench.station.actor, bench.visit.id, "the wrong person")
    bench.until(Step.READY)
    bench.act(Act.START)  # of a screen that was opened before
    bench.run(2.0)
    assert (bench.view.step, bench.view.notice) == (Step.READY, Notice.VISIT_VOID)
    assert bench.hub.snapshot().recording is False
    show(services(bench), bench.visit.id)
    assert Act.START not in bench.view.acts
    assert WORDS("test.act.start") not in str(controls(services(bench), bench.visit.id, SCREEN))
    assert bench.store.trials_of(bench.visit.id) == ()
    acts.restore_visit(bench.store, bench.station.actor, bench.visit.id)
    show(services(bench), bench.visit.id)
    assert (Act.START in bench.view.acts, bench.view.notice) == (True, Notice.NOT_BEGUN)


def test_where_nothing_may_begin_the_screen_never_says_to_press_start(bench: GuidedBench) -> None:
    """A void visit; eyes closed before eyes open. Nothing is broken, so nothing of mending is said either."""
    closed = DictatedPlate(replace(STANDARD, condition="eyes_closed")).view
    acts.void_visit(bench.store, bench.station.actor, bench.visit.id, "the wrong person")
    show(services(bench), bench.visit.id)
    for guide, notice in ((bench.view, Notice.VISIT_VOID), (closed, Notice.EYES_OPEN_FIRST)):
        assert guide.notice is notice
        assert (view.step_title(WORDS, guide), view.step_text(WORDS, guide)) == (WORDS("test.fault.title"), "")
        assert view.patient_phase(WORDS, guide) == WORDS("test.patient.wait")


def test_a_void_visit_is_said_when_its_test_is_opened(tmp_path: Path) -> None:
    bench = GuidedBench(tmp_path)
    other = acts.open_visit(bench.store, bench.station.actor, bench.patient.id, station="room 2")
    acts.void_visit(bench.store, bench.station.actor, other.id, "the wrong person")
    show(services(bench), other.id)
    bench.run(1.0)
    assert (Act.START in bench.view.acts, bench.view.notice) == (False, Notice.VISIT_VOID)
    bench.close()


def test_an_attempt_under_way_is_filed_although_its_visit_was_made_void(bench: GuidedBench) -> None:
    bench.until(Step.READY)
    bench.act(Act.START)
    bench.until(Step.HOLD)
    acts.void_visit(bench.store, bench.station.actor, bench.visit.id, "the wrong person")
    show(services(bench), bench.visit.id)
    bench.until(Step.VERDICT)
    assert len(bench.store.trials_of(bench.visit.id)) == 1
    bench.act(Act.KEEP)
    bench.until(Step.READY, Step.REST)
    assert (Act.START in bench.view.acts, bench.view.notice) == (False, Notice.VISIT_VOID)
