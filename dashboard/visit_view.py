"""A visit as screen and report show it: every number with its interval and unit, every sentence with its reason. Pure.

One view model for both, so that their numbers cannot differ. Conditions stand apart: nothing here joins two of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.geometry import Side
from analysis.norms import references
from analysis.quality import Severity
from analysis.sides import MetricComparison, NoComparison
from dashboard.abductor_view import AbductorView, abductor_view
from dashboard.entries import VisitEntries
from dashboard.history import PatientHistory
from dashboard.made_under import is_practice, made_under_text
from dashboard.observation_text import entered_text
from dashboard.progress_view import LegProgress, ProgressLine, visit_progress, visit_trends
from dashboard.sentences import (
    comparison_text,
    ended_text,
    finding_text,
    metric_label,
    no_result_text,
    number_text,
    side_word,
    usable_text,
)
from dashboard.side_view import Choice, SideView, side_view, trial_name
from dashboard.station import FiledTrial, VisitResults
from dashboard.visit_groups import ConditionGroup, analysed, condition_groups, counted
from dashboard.words import Words
from records.model import Patient, TrialStatus, Visit

COMPARED = ("velocity_ml", "velocity", "rms_ml", "lateral_shift", "hold_time", "failures")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the comparison.

    ``weight`` 0: a difference beyond test variability, 1: a difference with its interval or bound, 2: nothing to say.
    ``metric``: what it is about; None for one about all of them. ``comparison``: its numbers.
    """

    text: str
    weight: int
    metric: str | None = None
    comparison: MetricComparison | None = None


@dataclass(frozen=True, slots=True)
class TrialView:
    """What was seen in one trial. ``verdict``: usable, or what became of it; ``findings``: why, and what else.

    ``entered``: what the examiner entered beside it.
    """

    trial_id: str
    side: Side | None
    name: str
    usable: bool
    practice: bool
    void: bool
    verdict: str
    findings: tuple[tuple[Severity, str], ...]
    entered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConditionView:
    """One condition of a visit.

    ``title``: the condition; ``left`` and ``right``: the sides; ``sentences``: left against right, what stands out
    first; ``trials``: every trial, void and practice ones too; ``choices``: trials that can be drawn; ``references``:
    published values for orientation, never a verdict; ``progress``: changes of the metrics that get a label since
    earlier visits; ``trends``: ML velocity of each leg so far. Both are empty where nothing came before.
    """

    title: str
    demo: bool
    left: SideView
    right: SideView
    sentences: tuple[Sentence, ...]
    caveat: str
    abductors: AbductorView
    trials: tuple[TrialView, ...]
    choices: tuple[Choice, ...]
    references: tuple[str, ...]
    progress: tuple[ProgressLine, ...]
    trends: tuple[LegProgress, ...]
    group: ConditionGroup

    @property
    def sides(self) -> tuple[SideView, SideView]:
        """Left, right: in this order on every screen and page."""
        return self.left, self.right


@dataclass(frozen=True, slots=True)
class VisitView:
    """A visit. ``conditions`` is empty where nothing was recorded."""

    patient: Patient
    visit: Visit
    conditions: tuple[ConditionView, ...]
    purpose: str

    @property
    def demo(self) -> bool:
        """Whether any trial is a demonstration."""
        return any(condition.demo for condition in self.conditions)


def visit_view(
    words: Words,
    results: VisitResults,
    entries: VisitEntries | None = None,
    history: PatientHistory | None = None,
) -> VisitView:
    """Everything a visit says; ``history`` of the patient for what changed, None: nothing is said of it."""
    groups = condition_groups(results)
    year, born = results.visit.local_at.year, results.patient.birth_year
    age = None if born is None else year - born
    beside = Beside(entries or VisitEntries(), None if history is None else history.until(results.visit.id), age)
    views = tuple(condition_view(words, group, groups, beside) for group in groups)
    return VisitView(results.patient, results.visit, views, words("app.purpose"))


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known beside the trials of a visit. ``history`` ends with it; ``age`` of the patient then. [years]"""

    entries: VisitEntries
    history: PatientHistory | None
    age: int | None


def condition_view(
    words: Words,
    group: ConditionGroup,
    among: tuple[ConditionGroup, ...],
    beside: Beside,
) -> ConditionView:
    """Everything one condition says."""
    return ConditionView(
        title=made_under_text(words, group.made, [other.made for other in among]),
        demo=group.made.demo,
        left=side_view(words, group, Side.LEFT),
        right=side_view(words, group, Side.RIGHT),
        sentences=sentences(words, group),
        caveat=words("comparison.no_reference"),
        abductors=abductor_view(words, group, beside.entries),
        trials=tuple(trial_view(words, group, filed, beside.entries) for filed in group.trials),
        choices=tuple(Choice(filed.trial.id, trial_name(words, group, filed)) for filed in analysed(group.trials)),
        references=_references(words, group, beside.age),
        progress=visit_progress(words, beside.history, group.made.condition_key) if beside.history else (),
        trends=visit_trends(words, beside.history, group.made.condition_key) if beside.history else (),
        group=group,
    )


def _references(words: Words, group: ConditionGroup, age: int | None) -> tuple[str, ...]:
    """What others held at this age, where the condition is the same and somebody was measured."""
    if age is None or group.made.demo or not group.results():
        return ()
    return tuple(
        words(
            "result.reference",
            label=metric_label(words, row.metric),
            low=row.ages[0],
            high=row.ages[1],
            mean=number_text(words, row.metric, row.mean),
            source=row.source,
            n=row.n,
            device=row.device,
        )
        for row in references("hold_time", group.made.code, age)
    )


def sentences(words: Words, group: ConditionGroup) -> tuple[Sentence, ...]:
    """Left against right in words; one sentence where there is nothing to compare."""
    compared, measured = group.comparison, [side for side in Side if counted(group.of_side(side))]
    if not measured:
        return (Sentence(words("result.nothing_counts"), 1),)
    if len(measured) == 1:
        return (Sentence(words("result.only_one_side", side=side_word(words, measured[0])), 1),)
    if not compared.left.n and not compared.right.n:
        return (Sentence(words("result.no_usable"), 1),)
    known = [id for id in COMPARED if id in compared.metrics]
    told = [
        Sentence(comparison_text(words, id, compared), _weight(compared.metrics[id]), id, compared.metrics[id])
        for id in known
    ]
    return tuple(sorted(told, key=lambda sentence: sentence.weight))


def _weight(entry: MetricComparison) -> int:
    if entry.flag:
        return 0
    return 1 if entry.estimate is not None or entry.reason is NoComparison.COUNTED else 2


def trial_view(words: Words, group: ConditionGroup, filed: FiledTrial, entries: VisitEntries) -> TrialView:
    """What was seen in one trial, usable or not."""
    practice, result = is_practice(filed.trial), filed.result
    void = filed.trial.status is TrialStatus.VOID and not practice
    told: tuple[tuple[Severity, str], ...] = ()
    if void:
        verdict = words("result.void", reason=filed.trial.void_reason or "")
    elif result is None:
        verdict = _why_not(words, filed.error)
    else:
        key = "result.ended_practice" if practice else "result.ended"
        verdict = words(key, ended=ended_text(words, result.phases), usable=usable_text(words, result))
        told = tuple((finding.severity, finding_text(words, finding)) for finding in result.findings)
    return TrialView(
        trial_id=filed.trial.id,
        side=filed.trial.side,
        name=trial_name(words, group, filed),
        usable=not void and result is not None and result.usable,
        practice=practice,
        void=void,
        verdict=verdict,
        findings=told,
        entered=tuple(text for seen in entries.trials.get(filed.trial.id, ()) if (text := entered_text(words, seen))),
    )


def _why_not(words: Words, code: str | None) -> str:
    """Why a trial has no result."""
    if code is None:
        return words("result.not_analysed_yet")
    return words("result.not_analysed", error=no_result_text(words, code))
