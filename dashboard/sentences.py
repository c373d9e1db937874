"""Domain objects -> sentences: the one way in which page, command line and report say the same result.

Pure. Numbers are shown with three significant digits, at most two decimals; the documents keep them in full.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from analysis.assess import TrialResult, Value
from analysis.geometry import Side
from analysis.metrics import METRICS, Group, Metric, Reason
from analysis.phases import StancePhases
from analysis.quality import Finding, FindingCode, Severity
from analysis.sides import RATIO_LIMIT, MetricComparison, NoComparison, SideComparison, SideResult
from dashboard.words import Words

SIGNIFICANT_DIGITS, MOST_DECIMALS = 3, 2


def side_label(words: Words, side: Side | None) -> str:
    """The stance side, to begin a line with."""
    return words(f"side.{_side_key(side)}.label")


def side_word(words: Words, side: Side | None) -> str:
    """The stance side inside a sentence."""
    return words(f"side.{_side_key(side)}.word")


def stance_label(words: Words, side: Side | None) -> str:
    """A stance by its side, to name a trial."""
    return words(f"side.{_side_key(side)}.stance")


def _side_key(side: Side | None) -> str:
    return side.value if side else "unknown"


def severity_label(words: Words, severity: Severity) -> str:
    """What a finding means for the trial."""
    return words(f"severity.{severity.value}")


def metric_label(words: Words, metric_id: str) -> str:
    """A metric's name for people."""
    return words(f"metric.{metric_id}.label")


def metrics_in_order(words: Words, group: Group) -> list[Metric]:
    """Metrics of a group in the order in which the catalogue speaks of them: what matters most comes first."""
    ids = [key.split(".")[1] for key in words.sentences if key.startswith("metric.") and key.endswith(".label")]
    return [METRICS[id] for id in ids if id in METRICS and METRICS[id].group == group]


def metric_limits(words: Words, metric_id: str) -> str:
    """What a metric cannot tell."""
    return words(f"metric.{metric_id}.limits")


def reason_text(words: Words, reason: Reason) -> str:
    """Why a value is missing, short: it stands in the value's place."""
    return words(f"reason.{reason.value}")


def _decimals(number: float) -> int:
    digits = math.floor(math.log10(abs(number))) + 1 if number else 1
    return min(max(SIGNIFICANT_DIGITS - digits, 0), MOST_DECIMALS)


def number_text(words: Words, metric_id: str, number: float, *, signed: bool = False) -> str:
    """A number in a metric's unit, with sensible decimals and, if asked for, a plus sign."""
    return bare_number_text(words, metric_id, number, signed=signed) + words(f"unit.{METRICS[metric_id].unit}")


def bare_number_text(words: Words, metric_id: str, number: float, *, signed: bool = False) -> str:
    """`number_text` without the unit, for columns that name it once."""
    return _plain(words, number, 0 if METRICS[metric_id].unit == "count" else _decimals(number), signed)


def _plain(words: Words, number: float, decimals: int, signed: bool) -> str:
    text = words.number(number, decimals)
    return f"+{text}" if signed and float(f"{number:.{decimals}f}") > 0 else text


def value_text(words: Words, metric_id: str, value: Value) -> str:
    """A value with its unit, its standard error where there is one; the reason where there is no value."""
    if value.value is None:
        return words("value.none", reason=reason_text(words, value.reason or Reason.GAP))
    text = number_text(words, metric_id, value.value, signed=METRICS[metric_id].worse == "signed")
    if value.se is None:
        return text
    return words("value.with_se", value=text, se=number_text(words, metric_id, value.se))


def interval_text(words: Words, metric_id: str, ci95: tuple[float, float]) -> str:
    """A 95 % interval in a metric's unit."""
    decimals = _decimals(max(ci95, key=abs))
    low, high = (_plain(words, end, decimals, METRICS[metric_id].worse == "signed") for end in ci95)
    return words("value.interval", low=low, high=high + words(f"unit.{METRICS[metric_id].unit}"))


def row_texts(words: Words, metric_id: str, results: Sequence[TrialResult]) -> list[str]:
    """A metric of several trials without its unit, with the same decimals, a dash where there is no value."""
    numbers = [result.values[metric_id].value for result in results]
    largest = max((abs(number) for number in numbers if number is not None), default=0.0)
    decimals = 0 if METRICS[metric_id].unit == "count" else _decimals(largest)
    texts = []
    for number, result in zip(numbers, results, strict=True):
        if number is None:
            texts.append(words("value.dash"))
            continue
        text = _plain(words, number, decimals, METRICS[metric_id].worse == "signed")
        bound = metric_id == "hold_time" and result.phases.censored
        texts.append(words("value.at_least", value=text) if bound else text)
    return texts


def unit_text(words: Words, metric_id: str) -> str:
    """A metric's unit alone, as a table shows it."""
    return words(f"unit.{METRICS[metric_id].unit}").strip()


def usable_text(words: Words, result: TrialResult) -> str:
    """Whether a trial's numbers may be compared."""
    return words("usable.yes" if result.usable else "usable.no")


def finding_text(words: Words, finding: Finding) -> str:
    """One thing seen in a trial, as a sentence with its numbers."""
    values = dict(finding.values)
    if finding.code is FindingCode.SIDE_MISMATCH:
        values |= {name: side_word(words, Side(str(values[name]))) for name in ("declared", "found")}
    if finding.code is FindingCode.INTERRUPTED:
        values["reason"] = interruption_text(words, str(values["reason"]))
    if "cell" in values:
        values["cell"] = words(f"cell.{values['cell']}")
    key = f"finding.{finding.code.value}"
    return words(key, **values) if words.has(key) else words.counted(key, int(values.pop("n")), **values)


def interruption_text(words: Words, code: str) -> str:
    """Why a recording ended before its time."""
    key = f"interruption.{code}"
    return words(key) if words.has(key) else words("interruption.other", code=code)


def problem_text(words: Words, code: str, values: Mapping[str, str | int | float]) -> str:
    """What is wrong with a file or a recording, and what to do."""
    return words(f"errors.{code}", **values)


def ended_text(words: Words, phases: StancePhases) -> str:
    """How long a stance lasted and how it ended."""
    if phases.hold_time_s <= 0:
        return words("ended.NO_STANCE")
    hold = number_text(words, "hold_time", phases.hold_time_s)
    return words(
        f"ended.{phases.ended_by.value}", hold=words("value.at_least", value=hold) if phases.censored else hold
    )


def no_result_text(words: Words, code: str) -> str:
    """Why a recording has no result, by the code of the error."""
    key = f"test.no_result.{code}"
    return words(key if words.has(key) else "test.no_result.other", code=code)


def attempts_text(words: Words, result: SideResult) -> str:
    """Attempts, usable trials and failures of one side."""
    side = side_label(words, result.side)
    if not result.attempts:
        return words("comparison.attempts.none", side=side)
    known = result.failures is not None
    failed = words("comparison.attempts.failed", failures=result.failures) if known else ""
    return words.counted("comparison.attempts", result.attempts, side=side, usable=result.n, failed=failed)


def no_comparison_text(words: Words, reason: NoComparison) -> str:
    """Why a comparison has no interval or no number."""
    return words(f"no_comparison.{reason.value}")


def comparison_text(words: Words, metric_id: str, comparison: SideComparison) -> str:
    """Left against right for one metric, in words: never a difference without its interval or the reason for none."""
    label, entry = metric_label(words, metric_id), comparison.metrics[metric_id]
    if metric_id == "failures" and entry.estimate is not None:
        return words(
            "comparison.failures",
            label=label,
            left=comparison.left.failures,
            right=comparison.right.failures,
            left_attempts=comparison.left.attempts,
            right_attempts=comparison.right.attempts,
        )
    if entry.estimate is None:
        reason = no_comparison_text(words, entry.reason or NoComparison.NO_VALUE)
        return words("comparison.no_number", label=label, reason=reason)
    size = size_text(words, metric_id, entry)
    if entry.ci95 is None:
        reason = no_comparison_text(words, entry.reason or NoComparison.ONE_TRIAL_A_SIDE)
        return words("comparison.no_interval", label=label, size=size, reason=reason)
    if entry.flag:
        return _flagged_text(words, metric_id, entry)
    judged = entry.kind == "ratio" or entry.mdc is not None
    low, high = _interval(words, metric_id, entry, entry.ci95)
    key = "not_judged" if not judged else "alike" if entry.within else "open"
    return words(f"comparison.{key}", label=label, size=size, low=low, high=high)


def size_text(words: Words, metric_id: str, entry: MetricComparison) -> str:
    """The estimate of a comparison: a ratio, a difference or a bound, left against right."""
    estimate = entry.estimate if entry.estimate is not None else math.nan
    if entry.kind == "ratio":
        return words("comparison.ratio", ratio=estimate)
    key = {"at_least": "bound_least", "at_most": "bound_most", None: "difference"}[entry.bound]
    return words(f"comparison.{key}", difference=number_text(words, metric_id, estimate, signed=True))


def _interval(
    words: Words, metric_id: str, entry: MetricComparison, ci95: tuple[float, float], *, signed: bool = True
) -> tuple[str, str]:
    """Both ends of an interval with the same decimals, the unit once."""
    if entry.kind == "ratio":
        return words.number(ci95[0], 2), words.number(ci95[1], 2)
    decimals = _decimals(max(ci95, key=abs))
    low, high = (_plain(words, end, decimals, signed) for end in ci95)
    return low, high + words(f"unit.{METRICS[metric_id].unit}")


def _more(words: Words, metric_id: str) -> str:
    key = f"metric.{metric_id}.more"
    if words.has(key):
        return words(key)
    return words("comparison.less_steady" if METRICS[metric_id].worse == "higher" else "comparison.higher")


def _flagged_text(words: Words, metric_id: str, entry: MetricComparison) -> str:
    """A difference beyond its interval and measurement error: the side with more is named first."""
    estimate, ci95 = entry.estimate or 0.0, entry.ci95 or (0.0, 0.0)
    is_ratio = entry.kind == "ratio"
    left_more = estimate > (1.0 if is_ratio else 0.0)
    if not left_more:
        estimate = 1 / estimate if is_ratio else -estimate
        ci95 = (1 / ci95[1], 1 / ci95[0]) if is_ratio else (-ci95[1], -ci95[0])
    low, high = _interval(words, metric_id, entry, ci95, signed=False)
    more, less = (Side.LEFT, Side.RIGHT) if left_more else (Side.RIGHT, Side.LEFT)
    return words(
        "comparison.flagged",
        side=side_label(words, more),
        other=side_word(words, less),
        more=_more(words, metric_id),
        label=metric_label(words, metric_id),
        size=words("comparison.times", ratio=estimate) if is_ratio else number_text(words, metric_id, estimate),
        low=low,
        high=high,
        limit=_limit(words, metric_id, entry.mdc),
    )


def _limit(words: Words, metric_id: str, mdc: float | None) -> str:
    if mdc is None:
        return words("comparison.limit_ratio", ratio=RATIO_LIMIT)
    number = words.number(mdc, 0 if mdc.is_integer() else 1)
    return words("comparison.limit_mdc", mdc=number + words(f"unit.{METRICS[metric_id].unit}"))
