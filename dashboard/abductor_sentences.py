"""The abductor panel in words: each number with its interval, each sentence with the rule that allows it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.abductors import (
    LEVEL_DEMAND_NM_PER_KG,
    USED_BY_YOUNG_ADULTS,
    Observation,
    PelvicDrop,
    SidePanel,
)
from analysis.demand import Demand, EntryRefused, Estimate
from analysis.sides import ASSUMED_MDC
from dashboard.sentences import side_label
from dashboard.words import Words

SMALLEST_TERM = 0.01  # of a level pelvis: what adds less is not worth a word


def pattern_text(words: Words, panel: SidePanel) -> str:
    """What was seen together on a side."""
    return words(f"abductors.pattern.{panel.pattern}", side=side_label(words, panel.side))


def rule_text(words: Words, panel: SidePanel) -> str:
    """The rule that allows `pattern_text`."""
    return words(f"abductors.rule.{panel.pattern}", mdc=words.number(ASSUMED_MDC["lateral_shift"], 0))


def panel_rows(words: Words, panel: SidePanel) -> list[tuple[str, str]]:
    """Label and text of what was entered for a side and what follows from it; the plate's metrics have their own."""
    return [
        (words("abductors.observed"), observation_text(words, panel.observation)),
        (words("abductors.strength"), strength_text(words, panel)),
        (words("abductors.deficit"), deficit_text(words, panel.deficit_pct)),
        (words("abductors.demand"), demand_text(words, panel.demand)),
        (words("abductors.reserve"), reserve_text(words, panel.reserve)),
    ]


def observation_text(words: Words, seen: Observation | None) -> str:
    """What the examiner saw; what was not looked at is not said to be absent."""
    parts = [] if seen is None else [*_drop(words, seen), *_lean(words, seen)]
    return "; ".join(parts) if parts else words("abductors.not_entered")


def _drop(words: Words, seen: Observation) -> list[str]:
    match seen.pelvic_drop:
        case None:
            return []
        case PelvicDrop.NONE:
            return [words("abductors.no_drop")]
        case PelvicDrop.FROM_START:
            return [words("abductors.drop_from_start")]
        case PelvicDrop.LATER if seen.drop_at_s is not None:
            return [words("abductors.drop_at", at_s=words.number(seen.drop_at_s, 0))]
        case _:
            return [words("abductors.drop_later")]


def _lean(words: Words, seen: Observation) -> list[str]:
    if seen.trunk_lean is None:
        return []
    if not seen.trunk_lean:
        return [words("abductors.no_lean")]
    if seen.trunk_lean_deg is None:
        return [words("abductors.lean")]
    return [words("abductors.lean_deg", deg=words.number(seen.trunk_lean_deg, 0))]


def strength_text(words: Words, panel: SidePanel) -> str:
    """Measured strength with its interval."""
    if panel.strength_nm is None:
        return words("abductors.not_entered")
    per_kg = panel.strength_nm_per_kg
    return moment_text(words, panel.strength_nm, None if per_kg is None else per_kg.value)


def moment_text(words: Words, moment: Estimate, nm_per_kg: float | None) -> str:
    """A moment with its interval, over body mass where that is known."""
    values = {"nm": words.number(moment.value, 0), **_ends(words, moment, 0)}
    if nm_per_kg is None:
        return words("abductors.strength_value", **values)
    return words("abductors.strength_per_kg", **values, per_kg=words.number(nm_per_kg, 2))


def deficit_text(words: Words, deficit_pct: Estimate | None) -> str:
    """How much weaker or stronger than the other side."""
    if deficit_pct is None:
        return words("abductors.not_entered")
    weaker = deficit_pct.value >= 0
    shown = deficit_pct if weaker else Estimate(-deficit_pct.value, deficit_pct.se)
    key = "abductors.deficit_weaker" if weaker else "abductors.deficit_stronger"
    return words(key, pct=words.number(shown.value, 0), **_ends(words, shown, 0))


def demand_text(words: Words, demand: Demand | None) -> str:
    """Demand of the stance with its interval, or why there is none."""
    if demand is None:
        return words("abductors.demand_none")
    return words(
        "abductors.demand_value",
        ratio=words.number(demand.ratio.value, 2),
        **_ends(words, demand.ratio, 2),
        nm=words.number(demand.moment_nm.value, 0),
        per_kg=words.number(demand.moment_nm_per_kg.value, 2),
        trials=words.counted("abductors.trials", demand.n),
    )


def budget_text(words: Words, demand: Demand) -> str:
    """Where the uncertainty of a demand comes from, the largest first."""
    terms = sorted(demand.budget.items(), key=lambda item: -item[1])
    said = [
        words("abductors.demand_term", what=words(f"abductors.term.{term}"), pct=words.number(100 * part, 0))
        for term, part in terms
        if part >= SMALLEST_TERM
    ]
    return words("abductors.demand_budget", se=words.number(100 * demand.ratio.se, 0), terms=", ".join(said))


def reserve_text(words: Words, reserve: Estimate | None) -> str:
    """Strength over demand."""
    if reserve is None:
        return words("abductors.not_entered")
    return words("abductors.reserve_value", ratio=words.number(reserve.value, 2), **_ends(words, reserve, 2))


def help_texts(words: Words) -> Sequence[str]:
    """What stands below the panels, always."""
    used = words.number(100 * USED_BY_YOUNG_ADULTS, 0)
    level = words.number(LEVEL_DEMAND_NM_PER_KG, 2)
    return (
        words("abductors.demand_limits", level=level, used=used),
        words("abductors.deficit_limits"),
        words("abductors.confirm"),
    )


def entry_text(words: Words, refused: EntryRefused) -> str:
    """An entry that cannot be, and what it may be."""
    return words(
        f"errors.{refused.code}",
        what=words(f"entry.{refused.name}"),
        value=float(refused.value),
        low=float(refused.low),
        high=float(refused.high),
    )


def _ends(words: Words, estimate: Estimate, decimals: int) -> dict[str, str]:
    low, high = estimate.ci95
    return {"low": words.number(low, decimals), "high": words.number(high, decimals)}
