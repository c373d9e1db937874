"""The abductor findings of one condition as texts: each number with its interval, each sentence with its rule. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from analysis.abductors import PANEL_METRICS, SideEntries, SidePanel, abductor_findings
from analysis.demand import Body, EntryRefused
from analysis.errors import AnalysisError
from analysis.geometry import Side
from dashboard.abductor_sentences import (
    budget_text,
    deficit_text,
    demand_text,
    entry_text,
    help_texts,
    observation_text,
    pattern_text,
    reserve_text,
    rule_text,
    strength_text,
)
from dashboard.entries import VisitEntries, side_entries
from dashboard.observation_text import strength_pain_text
from dashboard.sentences import no_comparison_text, number_text, side_label
from dashboard.side_view import NumberView, number_view
from dashboard.visit_groups import ConditionGroup
from dashboard.words import Words

#: Numbers of the plate in the panel; failures stand in the strip of the side.
PLATE = tuple(id for id in PANEL_METRICS if id != "failures")


@dataclass(frozen=True, slots=True)
class EnteredRow:
    """One line of what was entered and what follows from it. ``topic``: what its explanation is called."""

    topic: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class AbductorSide:
    """The panel of one side.

    ``budget``: where the uncertainty of a demand comes from; ``refused``: why an entry gives no demand. "" for none.
    ``findings``: the numbers themselves.
    """

    side: Side
    label: str
    pattern: str
    rule: str
    numbers: tuple[NumberView, ...]
    entered: tuple[EnteredRow, ...]
    budget: str
    refused: str
    findings: SidePanel


@dataclass(frozen=True, slots=True)
class AbductorView:
    """Both sides, and what always stands below them. ``mdc``: what a side difference must exceed."""

    left: AbductorSide
    right: AbductorSide
    mdc: str
    help: tuple[str, ...]


def abductor_view(words: Words, group: ConditionGroup, entries: VisitEntries) -> AbductorView:
    """The abductor findings of one condition; what was entered and cannot be is said, and gives nothing."""
    entered, refused, body = {}, {}, None
    try:
        body = entries.body()
    except AnalysisError as error:
        refused = dict.fromkeys(Side, _refused_text(words, error))
    for side in Side:
        entered[side], problem = _accepted(words, entries, group, side, body)
        refused[side] = problem or refused.get(side, "")
    found = abductor_findings(group.comparison, entered, body, entries.mass_kg)
    left, right = (
        _side(words, group, panel, refused[panel.side], _Beside(words, entries, entered, panel))
        for panel in (found.left, found.right)
    )
    return AbductorView(left, right, _mdc_text(words, group), tuple(help_texts(words)))


def _accepted(
    words: Words, entries: VisitEntries, group: ConditionGroup, side: Side, body: Body | None
) -> tuple[SideEntries, str]:
    """The entries of a side, and why its tilts give no demand; "" where nothing is wrong with them."""
    try:
        found = side_entries(entries, group, side)
    except AnalysisError as error:
        return SideEntries(), _refused_text(words, error)
    try:
        abductor_findings(group.comparison, {side: found}, body, entries.mass_kg)
    except AnalysisError as error:
        return replace(found, readings=()), _refused_text(words, error)
    return found, ""


class _Beside:
    """What stands beside a side's entries: why there is no demand although a tilt was read, pain in a strength test."""

    def __init__(
        self, words: Words, entries: VisitEntries, entered: Mapping[Side, SideEntries], panel: SidePanel
    ) -> None:
        tilted = bool(entered[panel.side].readings)
        self.no_demand = words("abductors.demand_no_body") if tilted and panel.demand is None else ""
        self.pain = strength_pain_text(words, entries.strength.get(panel.side))


def _side(words: Words, group: ConditionGroup, panel: SidePanel, refused: str, beside: _Beside) -> AbductorSide:
    return AbductorSide(
        side=panel.side,
        label=side_label(words, panel.side),
        pattern=pattern_text(words, panel),
        rule=rule_text(words, panel),
        numbers=tuple(number_view(words, id, group, panel.side) for id in PLATE),
        entered=_entered(words, panel, beside),
        budget=budget_text(words, panel.demand) if panel.demand is not None else "",
        refused=refused,
        findings=panel,
    )


def _entered(words: Words, panel: SidePanel, beside: _Beside) -> tuple[EnteredRow, ...]:
    texts = {
        "observed": observation_text(words, panel.observation),
        "strength": strength_text(words, panel) + beside.pain,
        "deficit": deficit_text(words, panel.deficit_pct),
        "demand": beside.no_demand or demand_text(words, panel.demand),
        "reserve": reserve_text(words, panel.reserve),
    }
    return tuple(EnteredRow(topic, words(f"abductors.{topic}"), text) for topic, text in texts.items())


def _mdc_text(words: Words, group: ConditionGroup) -> str:
    """The side difference in lateral shift against what test variability alone may bring."""
    shift = group.comparison.metrics["lateral_shift"]
    if shift.mdc is None:
        return ""
    mdc = number_text(words, "lateral_shift", shift.mdc)
    if shift.estimate is None:
        reason = no_comparison_text(words, shift.reason) if shift.reason else ""
        return words("abductors.shift_none", mdc=mdc, reason=reason)
    return words("abductors.shift_mdc", size=number_text(words, "lateral_shift", abs(shift.estimate)), mdc=mdc)


def _refused_text(words: Words, error: AnalysisError) -> str:
    return entry_text(words, error) if isinstance(error, EntryRefused) else words(f"errors.{error.code}")
