"""The results of a visit -> what each side's panel, the comparison and the findings say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.assess import TrialResult
from analysis.geometry import Side
from analysis.metrics import METRICS
from analysis.sides import MetricComparison, NoComparison, SideComparison, SideResult
from dashboard.sentences import (
    comparison_text,
    ended_text,
    finding_text,
    metric_label,
    number_text,
    reason_text,
    side_label,
    side_word,
    usable_text,
)
from dashboard.station import FiledTrial, VisitResults
from dashboard.words import Words
from records.model import TrialStatus

#: Numbers of a side's panel, in reading order; failures stand in the strip above it.
PANEL = ("hold_time", "velocity_ml", "velocity", "rms_ml", "lateral_shift", "lateral_shift_pct")
COMPARED = ("velocity_ml", "velocity", "rms_ml", "lateral_shift", "hold_time", "failures")
NEAREST = "velocity_ml"
#: Velocity -> the share of it that is noise of the plate.
NOISE_OF = {"velocity": "noise_share", "velocity_ml": "noise_share_ml"}


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a panel: its text, or the reason why there is none."""

    metric: str
    label: str
    value: str | None
    reason: str | None
    more: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A trial that can be picked."""

    trial_id: str
    label: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One side's panel, without its picture. ``absent`` says that nothing was attempted on it."""

    side: Side
    label: str
    absent: str | None
    usable: str
    all_usable: bool
    failures: str
    choices: tuple[Choice, ...]
    picked: str | None
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the comparison.

    ``weight`` 0: a difference beyond test variability, 1: a difference with its interval or bound, 2: nothing to say.
    """

    text: str
    weight: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in one trial."""

    trial: str
    usable: bool
    ended: str
    findings: tuple[str, ...]


def side_of(filed: FiledTrial) -> Side | None:
    """The side as found in the recording; as asked for where nothing was found."""
    return filed.result.side if filed.result and filed.result.side else filed.trial.side


def of_side(results: VisitResults, side: Side | None) -> tuple[FiledTrial, ...]:
    """Trials of one side in the order they were filed, void ones too: a trial keeps its number."""
    return tuple(filed for filed in results.trials if side_of(filed) is side)


def counted(trials: Sequence[FiledTrial]) -> tuple[FiledTrial, ...]:
    """Trials without the void ones."""
    return tuple(filed for filed in trials if filed.trial.status is not TrialStatus.VOID)


def analysed(trials: Sequence[FiledTrial]) -> tuple[FiledTrial, ...]:
    """Trials that count and have a result."""
    return tuple(filed for filed in counted(trials) if filed.result is not None)


def trial_number(results: VisitResults, filed: FiledTrial) -> int:
    """Place of a trial among those of its side, from 1."""
    ids = [other.trial.id for other in of_side(results, side_of(filed))]
    return ids.index(filed.trial.id) + 1


def trial_name(words: Words, results: VisitResults, filed: FiledTrial) -> str:
    """Side and number of a trial."""
    side = side_label(words, side_of(filed))
    return words("result.trial_of_side", side=side, n=trial_number(results, filed))


def _choices(words: Words, results: VisitResults, trials: Sequence[FiledTrial]) -> tuple[Choice, ...]:
    """Trials of one side by number; one that is not usable says so."""

    def key(filed: FiledTrial) -> str:
        return "result.trial" if filed.result and filed.result.usable else "result.trial_unusable"

    return tuple(Choice(filed.trial.id, words(key(filed), n=trial_number(results, filed))) for filed in trials)


def all_choices(words: Words, results: VisitResults) -> tuple[Choice, ...]:
    """Every analysed trial of the visit, by name."""
    return tuple(Choice(filed.trial.id, trial_name(words, results, filed)) for filed in analysed(results.trials))


def nearest_to_mean(trials: Sequence[FiledTrial], side: SideResult) -> str | None:
    """The trial to show first: of the usable ones that whose ML velocity is nearest to the side's mean."""
    mean = side.values[NEAREST].mean

    def distance(filed: FiledTrial) -> float:
        value = filed.result.values[NEAREST].value if filed.result and filed.result.usable else None
        return float("inf") if value is None or mean is None else abs(value - mean)

    return min(trials, key=distance).trial.id if trials else None


def _failures_text(words: Words, side: SideResult) -> str:
    return words.counted("result.failures", side.failures) if side.failures else words("result.failures.none")


def panel(words: Words, results: VisitResults, side: Side) -> Panel:
    """One side's panel."""
    trials, values = counted(of_side(results, side)), _side_result(results.comparison, side)
    drawable = analysed(trials)
    return Panel(
        side=side,
        label=side_label(words, side),
        absent=None if trials else words("result.not_measured", side=side_word(words, side)),
        usable=words("result.usable", usable=values.n, attempts=len(trials)),
        all_usable=values.n == len(trials),
        failures=_failures_text(words, values),
        choices=_choices(words, results, drawable),
        picked=nearest_to_mean(drawable, values),
        numbers=tuple(number(words, id, values, _results(trials)) for id in PANEL),
    )


def _results(trials: Sequence[FiledTrial]) -> tuple[TrialResult, ...]:
    return tuple(filed.result for filed in trials if filed.result is not None)


def _side_result(comparison: SideComparison, side: Side) -> SideResult:
    return comparison.left if side is Side.LEFT else comparison.right


def number(words: Words, id: str, side: SideResult, trials: Sequence[TrialResult]) -> Number:
    """One number of a panel."""
    label, value = metric_label(words, id), side.values[id]
    if value.mean is None:
        return Number(id, label, None, reason(words, id, trials), "")
    text = number_text(words, id, value.mean, signed=METRICS[id].worse == "signed")
    if id == "hold_time":
        return _hold_time(words, label, text, value.n, trials)
    if value.sd is None:
        return Number(id, label, text, None, _with_noise(words, id, side, words("result.mean_of_one")))
    more = words("result.mean_of", n=value.n, sd=number_text(words, id, value.sd))
    return Number(id, label, text, None, _with_noise(words, id, side, more))


def _with_noise(words: Words, id: str, side: SideResult, more: str) -> str:
    """The share of a velocity that is the plate's noise stands beside it, where an empty plate showed it."""
    share = side.values.get(NOISE_OF.get(id, ""))
    if share is None or share.mean is None:
        return more
    return words("result.with_noise", more=more, share=number_text(words, NOISE_OF[id], share.mean))


def _hold_time(words: Words, label: str, mean: str, n: int, trials: Sequence[TrialResult]) -> Number:
    """Mean and best hold; a bound where a hold was not seen to its end."""
    longest = max(trials, key=lambda result: result.phases.hold_time_s).phases
    best = number_text(words, "hold_time", longest.hold_time_s)
    bound = any(result.phases.censored for result in trials)
    value = words("value.at_least", value=mean) if bound else mean
    top = words("value.at_least", value=best) if longest.censored else best
    more = words("result.best_of", n=n, best=top) if n > 1 else words("result.mean_of_one")
    return Number("hold_time", label, value, None, more)


def reason(words: Words, id: str, trials: Sequence[TrialResult]) -> str:
    """Why a side has no value of a metric: what its trials say, each reason once."""
    reasons = {result.values[id].reason for result in trials if id in result.values}
    texts = sorted(reason_text(words, one) for one in reasons if one is not None)
    return ", ".join(texts) or words("result.no_usable_trial")


def comparison(words: Words, results: VisitResults) -> tuple[Sentence, ...]:
    """Left against right in words; one sentence where there is nothing to compare."""
    compared, measured = results.comparison, [side for side in Side if counted(of_side(results, side))]
    if len(measured) == 1:
        return (Sentence(words("result.only_one_side", side=side_word(words, measured[0])), 1),)
    if not compared.left.n and not compared.right.n:
        return (Sentence(words("result.no_usable"), 1),)
    known = [id for id in COMPARED if id in compared.metrics]
    told = [Sentence(comparison_text(words, id, compared), _weight(compared.metrics[id])) for id in known]
    return tuple(sorted(told, key=lambda sentence: sentence.weight))


def _weight(entry: MetricComparison) -> int:
    if entry.flag:
        return 0
    return 1 if entry.estimate is not None or entry.reason is NoComparison.COUNTED else 2


def seen(words: Words, results: VisitResults) -> tuple[Seen, ...]:
    """What was seen in each trial, usable or not."""
    return tuple(_seen(words, results, filed) for filed in results.trials)


def _seen(words: Words, results: VisitResults, filed: FiledTrial) -> Seen:
    name = trial_name(words, results, filed)
    if filed.trial.status is TrialStatus.VOID:
        return Seen(name, False, words("result.void", reason=filed.trial.void_reason or ""), ())
    if filed.result is None:
        return Seen(name, False, _why_not(words, filed.error), ())
    result = filed.result
    told = tuple(finding_text(words, finding) for finding in result.findings)
    ended = words("result.ended", ended=ended_text(words, result.phases), usable=usable_text(words, result))
    return Seen(name, result.usable, ended, told)


def _why_not(words: Words, code: str | None) -> str:
    """Why a trial has no result."""
    if code is None:
        return words("result.not_analysed_yet")
    key = f"errors.{code}"
    return words("result.not_analysed", error=words(key) if words.has(key) else code)
