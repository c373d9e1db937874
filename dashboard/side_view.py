"""One side of one condition as numbers and texts: what a panel of the screen and a column of the report say. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.assess import TrialResult
from analysis.geometry import Side
from analysis.metrics import METRICS
from analysis.side_intervals import mean_intervals
from analysis.sides import MEDIAN_FROM, SideResult, held_of
from dashboard.made_under import is_practice
from dashboard.sentences import (
    interval_text,
    metric_label,
    no_comparison_text,
    number_text,
    reason_text,
    side_label,
    side_word,
)
from dashboard.station import FiledTrial
from dashboard.visit_groups import ConditionGroup, analysed, counted, side_of
from dashboard.words import Words

#: Numbers of a side, in reading order; failures and noise stand in the strip above them.
PANEL = ("hold_time", "velocity_ml", "velocity", "rms_ml", "lateral_shift", "lateral_shift_pct")
NEAREST = "velocity_ml"
#: Velocity -> the share of it that is noise of the plate.
NOISE_OF = {"velocity": "noise_share", "velocity_ml": "noise_share_ml"}


@dataclass(frozen=True, slots=True)
class NumberView:
    """One number of a side: its text, or the reason why there is none.

    Parameters
    ----------
    value, reason : str or None
        Exactly one of them is there.
    interval : str
        The 95 % interval of the mean as text, "" where there is none.
    more : str
        Of how many trials, with their SD; for hold time the best.
    mean, sd : float or None
        In the metric's unit.
    ci95 : (float, float) or None
    n : int
        Trials behind it.
    """

    metric: str
    label: str
    value: str | None
    reason: str | None
    interval: str
    more: str
    mean: float | None
    sd: float | None
    ci95: tuple[float, float] | None
    n: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A trial that can be picked."""

    trial_id: str
    label: str


@dataclass(frozen=True, slots=True)
class SideView:
    """One side. ``absent`` says that nothing was attempted on it.

    ``usable``, ``failures``, ``noise``, ``practice``: the validity strip; "" where there is nothing to say.
    ``picked``: the trial to draw.
    """

    side: Side
    label: str
    absent: str | None
    attempts: int
    usable_n: int
    usable: str
    failures: str
    noise: str
    practice: str
    choices: tuple[Choice, ...]
    picked: str | None
    numbers: tuple[NumberView, ...]

    @property
    def all_usable(self) -> bool:
        """Whether every attempt that counts is usable."""
        return self.usable_n == self.attempts


def side_view(words: Words, group: ConditionGroup, side: Side) -> SideView:
    """One side of one condition."""
    trials, values = group.of_side(side), group.of(side)
    attempts, drawable = counted(trials), analysed(trials)
    practised = sum(is_practice(filed.trial) for filed in drawable)
    return SideView(
        side=side,
        label=side_label(words, side),
        absent=None if attempts or drawable else words(_absent(trials), side=side_word(words, side)),
        attempts=len(attempts),
        usable_n=values.n,
        usable=words("result.usable", usable=values.n, attempts=len(attempts)),
        failures=_failures_text(words, values),
        noise=_noise_text(words, values),
        practice=words.counted("result.practised", practised) if practised else "",
        choices=tuple(choice(words, group, filed) for filed in drawable),
        picked=nearest_to_mean(drawable, values),
        numbers=tuple(number_view(words, id, group, side) for id in PANEL),
    )


def _absent(trials: Sequence[FiledTrial]) -> str:
    """Why a side shows nothing: nobody tried, or every attempt was made void."""
    return "result.all_void" if trials else "result.not_measured"


def choice(words: Words, group: ConditionGroup, filed: FiledTrial) -> Choice:
    """A trial of one side by number; practice and one that is not usable say so."""
    if is_practice(filed.trial):
        key = "result.trial_practice"
    else:
        key = "result.trial" if filed.result and filed.result.usable else "result.trial_unusable"
    return Choice(filed.trial.id, words(key, n=group.number(filed)))


def trial_name(words: Words, group: ConditionGroup, filed: FiledTrial) -> str:
    """Side and number of a trial."""
    key = "result.practice_of_side" if is_practice(filed.trial) else "result.trial_of_side"
    return words(key, side=side_label(words, side_of(filed)), n=group.number(filed))


def nearest_to_mean(trials: Sequence[FiledTrial], side: SideResult) -> str | None:
    """The trial to show first: of the usable ones that count, whose ML velocity is nearest to the side's mean."""
    mean = side.values[NEAREST].mean

    def distance(filed: FiledTrial) -> float:
        if filed.result is None or not filed.result.usable or is_practice(filed.trial):
            return float("inf")
        value = filed.result.values[NEAREST].value
        return float("inf") if value is None or mean is None else abs(value - mean)

    return min(trials, key=distance).trial.id if trials else None


def _failures_text(words: Words, side: SideResult) -> str:
    if side.failures is None:
        return ""
    return words.counted("result.failures", side.failures) if side.failures else words("result.failures.none")


def _noise_text(words: Words, side: SideResult) -> str:
    """The share of ML velocity that is the plate's noise, where an empty plate showed it."""
    share = side.values.get(NOISE_OF["velocity_ml"])
    if share is None or share.mean is None:
        return ""
    return words("result.noise", share=number_text(words, NOISE_OF["velocity_ml"], share.mean))


def number_view(words: Words, id: str, group: ConditionGroup, side: Side) -> NumberView:
    """One number of a side."""
    label, value = metric_label(words, id), group.of(side).values[id]
    if value.mean is None:
        why = _why_no_mean(words, id, group, side)
        return NumberView(id, label, None, why, "", "", None, None, None, value.n)
    text = number_text(words, id, value.mean, signed=METRICS[id].worse == "signed")
    if id == "hold_time":
        return _hold_view(words, label, text, group, side)
    ci95 = mean_intervals(id, group.results()).get(side)
    more = words("result.mean_of_one")
    if value.sd is not None:
        more = words(_of(value.n, "sd"), n=value.n, sd=number_text(words, id, value.sd))
    interval = interval_text(words, id, ci95) if ci95 else ""
    more = _with_noise(words, id, group.of(side), more)
    return NumberView(id, label, text, None, interval, more, value.mean, value.sd, ci95, value.n)


def _of(n: int, beside: str) -> str:
    """Key of the phrase that says what a number is of: mean, or median from five trials on."""
    return f"result.{'median' if n >= MEDIAN_FROM else 'mean'}_of_{beside}"


def _with_noise(words: Words, id: str, side: SideResult, more: str) -> str:
    """The share of a velocity that is the plate's noise stands beside it, where an empty plate showed it."""
    share = side.values.get(NOISE_OF.get(id, ""))
    if share is None or share.mean is None:
        return more
    return words("result.with_noise", more=more, share=number_text(words, NOISE_OF[id], share.mean))


def _hold_view(words: Words, label: str, mean: str, group: ConditionGroup, side: Side) -> NumberView:
    """Mean and best hold; a bound where a hold was not seen to its end."""
    value, results = group.of(side).values["hold_time"], held_of(side, group.results(side))
    longest = max(results, key=lambda result: result.phases.hold_time_s).phases
    best = number_text(words, "hold_time", longest.hold_time_s)
    bound = any(result.phases.censored for result in results)
    text = words("value.at_least", value=mean) if bound else mean
    top = words("value.at_least", value=best) if longest.censored else best
    more = words(_of(value.n, "best"), n=value.n, best=top) if value.n > 1 else words("result.mean_of_one")
    return NumberView("hold_time", label, text, None, "", more, value.mean, value.sd, None, value.n)


def _why_no_mean(words: Words, id: str, group: ConditionGroup, side: Side) -> str:
    joined = group.of(side).values[id].reason
    return no_comparison_text(words, joined) if joined is not None else why_missing(words, id, group.results(side))


def why_missing(words: Words, id: str, trials: Sequence[TrialResult]) -> str:
    """Why a side has no value of a metric: what its trials say, each reason once."""
    reasons = {result.values[id].reason for result in trials if id in result.values}
    texts = sorted(reason_text(words, one) for one in reasons if one is not None)
    return ", ".join(texts) or words("result.no_usable_trial")
