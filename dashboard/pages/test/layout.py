"""The guided test: where the plate stands and the CoP runs, what is to be done now, and the buttons."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import copies
from dashboard.components.aria import UNSPOKEN, named, pressed
from dashboard.components.badges import badge, demo_stamp, simulated_badge
from dashboard.components.notice import notice
from dashboard.components.shell import page_head
from dashboard.ids import LiveId, TestId
from dashboard.lease import Standing
from dashboard.orders import GuideView
from dashboard.pages.test.view import Button, Verdict
from dashboard.protocol import Act, Step
from dashboard.words import Words
from dashboard.words.dates import moment_text
from records.model import Patient, Visit


def page(words: Words, patient: Patient, visit: Visit, demo: bool, scene: dict[str, Any] | None) -> Component:
    """The page; without a scene (no plate at this station) it says what is missing."""
    badges: list[Component] = [simulated_badge(words)] if patient.simulated else []
    badges += [demo_stamp(words)] if demo else []
    title = [html.Span(words("test.title")), html.Span(moment_text(words, visit.local_at), className="soft"), *badges]
    results = dcc.Link(words("test.to_result"), href=f"/result/{visit.id}", className="button")
    window = html.A(
        words("test.patient_window"), href=f"/test/{visit.id}/patient", target="patient-view", className="button"
    )
    entries = dcc.Link(words("test.to_visit"), href=f"/visit/{visit.id}", className="button")
    actions = [entries, results] if scene is None else [_sound(words), window, entries, results]
    way = (" ".join(part for part in (patient.code, patient.name) if part), f"/patient/{patient.id}")
    body = [_no_plate(words)] if scene is None else [_plate_line(words), _stage(words, visit, scene)]
    if visit.checklist is None and not demo:
        body = [_checklist_open(words, visit), *body]
    stores = [dcc.Store(id=TestId.VISIT, data=visit.id), dcc.Store(id=TestId.STATE), dcc.Store(id=TestId.SCREEN)]
    stores.append(dcc.Store(id=TestId.EXAMINED))
    return html.Div([*stores, page_head(title, *actions, back=way), *body])


def _no_plate(words: Words) -> Component:
    return notice(words("test.no_plate_title"), words("test.no_plate_text"))


def _checklist_open(words: Words, visit: Visit) -> Component:
    """Whether this person may be tested is asked before anybody lifts a foot; it keeps nobody from testing."""
    answer = dcc.Link(words("test.checklist_answer"), href=f"/visit/{visit.id}")
    return html.P([words("test.checklist_open"), " ", answer], className="checklist-open")


def _sound(words: Words) -> Component:
    texts: dict[str, Any] = {"data-sound": "", "data-on": words("test.sound.on"), "data-off": words("test.sound.off")}
    return html.Button(words("test.sound.on"), className="button", **texts, **pressed(True))


def _plate_line(words: Words) -> Component:
    dot = html.Span(className="plate-dot")
    lost = html.Span(words("test.signal_lost"), id=LiveId.LOST, className="badge badge-stop", hidden=True)
    return html.P([dot, html.Span(id=LiveId.PLATE), lost], className="plate-line")


def _facts(words: Words) -> Component:
    """Measured rate, age of zero and calibration."""
    facts = {"rate": LiveId.RATE, "zero": LiveId.ZERO, "calibration": LiveId.CALIBRATION}
    rows = [
        html.Div([html.Dt(words(f"test.facts.{name}_label")), html.Dd(id=place)], className="fact")
        for name, place in facts.items()
    ]
    return html.Dl(rows, className="plate-facts")


def _stage(words: Words, visit: Visit, scene: dict[str, Any]) -> Component:
    drawn: dict[str, Any] = {"data-visit": visit.id, "data-scene": json.dumps(scene, separators=(",", ":"))}
    canvas = html.Canvas(id=LiveId.CANVAS, role="img", **named(words("test.canvas")), **drawn)
    marks = html.P(words("test.template", spacing=2 * scene["half"]), className="soft stage-marks")
    seen = html.Section(
        [_facts(words), canvas, marks, *_force(words)], className="card stage-seen", **named(words("test.live"))
    )
    controls = html.Div(id=TestId.CONTROLS, className="controls")
    examiner = html.Div(id=TestId.EXAMINER, className="controls examiner")
    return html.Div([seen, html.Div([_now(), controls, examiner], className="stage-told")], className="stage")


def _force(words: Words) -> list[Component]:
    """What is carried: in newtons, how much of it on each side, and over the last seconds."""
    share: dict[str, Any] = {"data-share": words("test.share", left="{left}", right="{right}")}
    numbers = [html.Span(id=LiveId.SHARE), html.Span(id=LiveId.NEWTON, className="force-number")]
    label = html.Div([html.Span(words("test.force")), *numbers], className="force-label")
    sides = [html.Span(className="bar-left"), html.Span(className="bar-right")]
    bar = html.Div(html.Div(sides, className="bar-carried"), id=LiveId.BAR, className="force-bar", **UNSPOKEN, **share)
    trace = html.Canvas(id=LiveId.FORCE, role="img", **named(words("test.force_canvas")))
    return [label, bar, trace]


def _now() -> Component:
    """What is to be done now: filled by the live view; read aloud when it changes, the countdown is not."""
    told = html.Div(
        [
            html.H2(id=LiveId.TITLE),
            html.P(id=LiveId.TEXT),
            html.P(id=LiveId.NOTICE, className="now-notice"),
        ],
        role="status",
    )
    count = html.Div(id=LiveId.COUNT, className="now-count", **UNSPOKEN)
    return html.Section([told, count], id=LiveId.NOW, className="card now")


def controls(
    words: Words, guide: GuideView, attempt: str, acts: Sequence[Button], verdict: Verdict | None, result_href: str
) -> list[Component]:
    """Side and attempt, verdict, buttons; the way to the result once both sides are done."""
    parts: list[Component] = [head(words, guide, attempt)]
    if verdict is not None:
        parts.append(_verdict(verdict))
    if guide.step in (Step.DONE, Step.ENDED):
        parts.append(dcc.Link(words("test.show_result"), href=result_href, className="button button-main wide"))
    leading = [_button(guide, one) for one in acts if one.act is not Act.ABORT]
    if leading:
        parts.append(html.Div(leading, className="act-buttons"))
    if Act.RETRY in guide.acts:
        parts.append(html.A(words("test.save_copy"), href=copies.PATH, download="", className="button wide"))
    last = [_chooser(words, guide)] if Act.LEFT_NEXT in guide.acts else []
    last += [_button(guide, one) for one in acts if one.act is Act.ABORT]
    return [*parts, html.Div(last, className="act-last")] if last else parts


def head(words: Words, guide: GuideView, attempt: str) -> Component:
    """Which leg, which attempt."""
    side = guide.side.value
    leg = html.H3([html.Span(className="glyph"), words(f"test.stance.{side}")])
    return html.Div([leg, html.Span(attempt, className="soft")], className=f"side-head side-{side}")


def watching(words: Words, standing: Standing, first: Component) -> list[Component]:
    """What a screen shows that does not operate: who does, and the way to operate here."""
    free = standing is Standing.FREE
    operate = html.Button(
        words("test.standing.operate" if free else "test.standing.take_over"),
        id=TestId.TAKE_OVER,
        className="button act",
    )
    said = html.P(words(f"test.standing.{standing.value}"), role="status", className="watching")
    asked = [] if free else [html.P(words("test.standing.take_over_text"))]
    return [first, said, *asked, operate]


def _verdict(verdict: Verdict) -> Component:
    findings = [html.Ul([html.Li(text) for text in verdict.findings])] if verdict.findings else []
    return html.Div([badge(verdict.title, verdict.kind), html.P(verdict.ended), *findings], className="verdict")


def _button(guide: GuideView, one: Button) -> Component:
    key = [html.Kbd(one.key_text, **UNSPOKEN)] if one.key_text else []
    main = "button button-main" if one.main and guide.step not in (Step.DONE, Step.ENDED) else "button"
    attributes: dict[str, Any] = (
        {"data-key": one.key, "data-act": one.act.value} if one.key else {"data-act": one.act.value}
    )
    return html.Button(
        [html.Span(one.text), *key],
        id=act_id(one.act, guide.token),
        className=f"{main} act act-{one.act.value}",
        **attributes,
    )


def _chooser(words: Words, guide: GuideView) -> Component:
    """The side that goes next: a button for the other one."""
    act = Act.LEFT_NEXT if guide.side.other.value == "left" else Act.RIGHT_NEXT
    return html.Button(words(f"test.act.{act.value}"), id=act_id(act, guide.token), className="button act")


def act_id(act: Act, token: str) -> dict[str, str]:
    """Id of a button: it carries the state of the test it was drawn in."""
    return {"type": TestId.ACT.value, "act": act.value, "token": token}


def elsewhere(words: Words, href: str) -> list[Component]:
    """Another visit's test is under way: the way there."""
    return [dcc.Link(words("test.go_there"), href=href, className="button button-main wide")]
