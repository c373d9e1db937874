"""The abductor findings of one condition as texts: each number with its interval, each sentence with its rule. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from analysis.abductors import PANEL_METRICS, SidePanel, abductor_findings
from analysis.demand import EntryRefused
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
    """The abductor findings of one condition."""
    entered = {side: side_entries(entries, group, side) for side in Side}
    refused: dict[Side, str] = {}
    for side in Side:
        try:
            abductor_findings(group.comparison, {side: entered[side]}, entries.body, entries.mass_kg)
        except AnalysisError as error:
            refused[side] = _refused_text(words, error)
            entered[side] = replace(entered[side], readings=())
    found = abductor_findings(group.comparison, entered, entries.body, entries.mass_kg)
    left, right = (
        _side(words, group, panel, refused, tilted=bool(entered[panel.side].readings))
        for panel in (found.left, found.right)
    )
    return AbductorView(left, right, _mdc_text(words, group), tuple(help_texts(words)))


def _side(
    words: Words, group: ConditionGroup, panel: SidePanel, refused: Mapping[Side, str], *, tilted: bool
) -> AbductorSide:
    no_body = tilted and panel.demand is None
    return AbductorSide(
        side=panel.side,
        label=side_label(words, panel.side),
        pattern=pattern_text(words, panel),
        rule=rule_text(words, panel),
        numbers=tuple(number_view(words, id, group, panel.side) for id in PLATE),
        entered=_entered(words, panel, demand=words("abductors.demand_no_body") if no_body else ""),
        budget=budget_text(words, panel.demand) if panel.demand is not None else "",
        refused=refused.get(panel.side, ""),
        findings=panel,
    )


def _entered(words: Words, panel: SidePanel, *, demand: str) -> tuple[EnteredRow, ...]:
    texts = {
        "observed": observation_text(words, panel.observation),
        "strength": strength_text(words, panel),
        "deficit": deficit_text(words, panel.deficit_pct),
        "demand": demand or demand_text(words, panel.demand),
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
