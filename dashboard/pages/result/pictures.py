"""Pictures of trials: a side's panel from above, and one trial over time."""

from __future__ import annotations

from collections.abc import Sequence

from dash import dcc, html
from dash.development.base_component import Component

from analysis.assess import AssessedTrial
from dashboard.components.aria import UNSPOKEN
from dashboard.components.graph import graph
from dashboard.figures.palette import course_gradient, style_of
from dashboard.figures.replay import replay_course
from dashboard.figures.stabilogram import stabilogram
from dashboard.figures.statokinesigram import Footprint, close_up_half_mm, footprint, statokinesigram
from dashboard.ids import ResultId
from dashboard.sentences import ended_text, side_label, usable_text
from dashboard.side_view import trial_name
from dashboard.signals import footprint_of, signals_of
from dashboard.station import FiledTrial, Station
from dashboard.visit_groups import ConditionGroup, analysed
from dashboard.words import Words

#: A panel is about half as wide as the window, so its height follows the window, too.
PANEL_HEIGHT, CURVES_HEIGHT = "clamp(270px, 31vw, 410px)", "560px"


def shared_half_mm(station: Station, group: ConditionGroup) -> float:
    """Scale of both panels: it holds every trial of the condition, so that it stays while trials are picked. [mm]"""
    drawn = [footprint_of(station, filed.trial.id) for filed in analysed(group.trials)]
    return close_up_half_mm(drawn)


def _says(words: Words, trial: AssessedTrial, drawn: Footprint) -> str:
    """How the drawn trial ended, and what is drawn where it has no steady part."""
    ended = words("result.ended", ended=ended_text(words, trial.result.phases), usable=usable_text(words, trial.result))
    return ended if drawn.ellipse_mm is not None else words("result.picture_no_window", ended=ended)


def legend(words: Words, station: Station, trial_ids: Sequence[str | None]) -> tuple[str, ...]:
    """How the pictures of these trials are to be read, each way once."""
    drawn = [footprint_of(station, id) for id in trial_ids]
    keys = {_legend_key(one): None for one in drawn if one is not None}
    return tuple(words(key) for key in keys)


def _legend_key(drawn: Footprint) -> str:
    if not drawn.ml_known:
        return "result.picture_unknown"
    return "result.picture_limb" if drawn.foot else "result.picture_centred"


def panel_picture(words: Words, station: Station, group: ConditionGroup, filed: FiledTrial | None) -> Component | None:
    """The picked trial of one side from above, with what it shows."""
    if filed is None:
        return None
    return drawn_trial(words, station, group, filed, shared_half_mm(station, group))


def drawn_trial(words: Words, station: Station, group: ConditionGroup, filed: FiledTrial, half_mm: float) -> Component:
    """A trial from above on a given scale, with what it shows."""
    trial = signals_of(station, filed.trial.id)
    if trial is None:
        return html.P(words("result.no_signals"), className="badge-stop alert-box")
    drawn = footprint(trial)
    if drawn is None:
        return html.P(words("result.no_picture"), className="soft")
    label = words(
        "result.picture_label",
        side=side_label(words, trial.result.side),
        trial=trial_name(words, group, filed),
    )
    figure = statokinesigram(drawn, half_mm, words)
    says = html.P(_says(words, trial, drawn), className="picture-says")
    return html.Div([graph(figure, label, PANEL_HEIGHT), _time_key(words, drawn), says])


def _time_key(words: Words, drawn: Footprint) -> Component:
    """What the colours of the path mean: from its first to its last second."""
    first_s, last_s = (words.number(float(at_s), 1) for at_s in drawn.time_s[[0, -1]])
    strip = html.Span(className="course", style={"background": course_gradient(style_of(drawn.side))}, **UNSPOKEN)
    ends = [html.Span(words("result.second", s=text)) for text in (first_s, last_s)]
    return html.Div([ends[0], strip, ends[1]], className="time-key")


def over_time(words: Words, station: Station, group: ConditionGroup, filed: FiledTrial) -> Component:
    """One trial over time, and to be played again."""
    trial = signals_of(station, filed.trial.id)
    if trial is None:
        return html.P(words("result.no_signals"), className="badge-stop alert-box")
    return html.Div([curves(words, trial, group, filed), replay(words, trial, group, filed)])


def replay(words: Words, trial: AssessedTrial, group: ConditionGroup, filed: FiledTrial) -> Component:
    """One trial to be played again: its course goes to the page, which draws it."""
    said = {key: words(f"replay.{key}") for key in ("play", "pause", "time", "speed")}
    said["second"] = words("replay.second", s="{s}")
    said["mark"] = words("language.decimal_mark")
    said["picture"] = words("replay.picture", trial=trial_name(words, group, filed))
    film = {"course": replay_course(trial, words), "words": said}
    return html.Div(
        [
            html.H2(words("replay.title")),
            dcc.Store(id=ResultId.FILM, data=film),
            dcc.Store(id=ResultId.REPLAYED),
            html.Div(id=ResultId.REPLAY, className="replay"),
        ],
        className="replay-part",
    )


def curves(words: Words, trial: AssessedTrial, group: ConditionGroup, filed: FiledTrial) -> Component:
    """One trial over time."""
    label = words("result.curves_label", trial=trial_name(words, group, filed))
    return graph(stabilogram(trial, words), label, CURVES_HEIGHT)
