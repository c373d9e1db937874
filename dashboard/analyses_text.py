"""What was found in files, as plain text: trials side by side, then left against right in sentences. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from analysis.assess import Value
from analysis.metrics import Group, Metric
from analysis.settings import AnalysisSettings
from analysis.sides import NoComparison, SideComparison
from dashboard.analyses import Analyses, SourceProblem, SourceTrial
from dashboard.file_sentences import file_text
from dashboard.sentences import (
    attempts_text,
    comparison_text,
    ended_text,
    finding_text,
    metric_label,
    metrics_in_order,
    reason_text,
    row_texts,
    severity_label,
    side_word,
    stance_label,
    unit_text,
    usable_text,
)
from dashboard.words import Words

WIDTH = 100
COLUMNS = 6  # trials side by side in one table
INDENT = "  "
SHOWN: tuple[Group, ...] = ("primary", "details", "boundary", "quality", "research")


def report(words: Words, analyses: Analyses) -> str:
    """Everything about the files for a reader at a terminal."""
    lines = [*_sources(words, analyses), *_settings(words, analyses.trials[0].result.settings)]
    lines += _trials(words, analyses)
    for first in range(0, len(analyses.trials), COLUMNS):
        lines += _table(words, first, analyses.trials[first : first + COLUMNS])
    lines += ["", *_comparison(words, analyses.comparison), "", *textwrap.wrap(words("app.purpose"), WIDTH)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def problem_line(words: Words, analyses: Analyses, problem: SourceProblem) -> str:
    """Where and what: file, part and line where there are some, sentence."""
    return file_text(words, analyses.sources[problem.source].file, problem)


def _wrapped(text: str, first: str = INDENT, hanging: int = 0) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * (hanging or len(first)))


def _sources(words: Words, analyses: Analyses) -> Iterator[str]:
    for number, source in enumerate(analyses.sources):
        if source.reader is not None:
            reader, sha256 = words(f"reader.{source.reader}"), (source.sha256 or "")[:12]
            yield words("command.analyse.source", file=source.file, reader=reader, sha256=sha256)
        for problem in analyses.problems:
            if problem.source == number and not problem.refused:
                yield from _wrapped(problem_line(words, analyses, problem))


def _settings(words: Words, settings: AnalysisSettings) -> list[str]:
    say = "command.analyse.settings"
    if settings.lowpass_design_hz is not None:
        low_pass = words(f"{say}.lowpass_design", hz=settings.lowpass_design_hz)
    elif settings.lowpass_hz is not None:
        low_pass = words(f"{say}.lowpass", hz=settings.lowpass_hz)
    else:
        low_pass = words(f"{say}.lowpass_none")
    grid = words(f"{say}.grid", hz=settings.grid_hz) if settings.grid_hz else words(f"{say}.grid_native")
    if isinstance(settings.window, tuple):
        window = words(f"{say}.window", start=settings.window[0], end=settings.window[1])
    else:
        window = words(f"{say}.window_{settings.window}")
    return _wrapped(words(f"{say}.line", low_pass=low_pass, grid=grid, window=window), "")


def _findings(words: Words, trial: SourceTrial) -> list[tuple[str, str]]:
    """Severity and sentence of each finding."""
    return [
        (severity_label(words, finding.severity), finding_text(words, finding)) for finding in trial.result.findings
    ]


def _finding_lines(findings: Sequence[tuple[str, str]]) -> Iterator[str]:
    for severity, text in findings:
        yield from _wrapped(text, f"{INDENT}{severity:<12} ")


def _trials(words: Words, analyses: Analyses) -> Iterator[str]:
    """Each trial with what was seen in it; what was seen in all of them is said once."""
    every = [_findings(words, trial) for trial in analyses.trials]
    shared = [entry for entry in every[0] if all(entry in found for found in every)] if len(every) > 1 else []
    for number, (trial, found) in enumerate(zip(analyses.trials, every, strict=True), 1):
        yield ""
        yield from _trial(words, analyses, number, trial)
        yield from _finding_lines([entry for entry in found if entry not in shared])
    if shared:
        yield from ("", words("command.analyse.all_trials"))
        yield from _finding_lines(shared)


def _trial(words: Words, analyses: Analyses, number: int, trial: SourceTrial) -> Iterator[str]:
    """Which stance, from where, its phases and its end."""
    result, phases = trial.result, trial.result.phases
    stance, usable = stance_label(words, result.side), usable_text(words, result)
    yield words("command.analyse.trial", n=number, stance=stance, usable=usable)
    file = analyses.sources[trial.source].file if len(analyses.sources) > 1 else ""
    rate = words("command.analyse.measured_rate", hz=result.rate_hz)
    yield from _wrapped(", ".join(part for part in (file, trial.label, trial.device, rate) if part))
    times = [words("command.analyse.stance", start=phases.start_s, end=phases.end_s)]
    if phases.bipedal_s is not None:
        times.insert(0, words("command.analyse.bipedal", start=phases.bipedal_s[0], end=phases.bipedal_s[1]))
    if phases.static_s is not None:
        times.append(words("command.analyse.static", start=phases.static_s[0], end=phases.static_s[1]))
    yield from _wrapped("; ".join(times))
    yield from _wrapped(ended_text(words, phases))


def _table(words: Words, first: int, trials: Sequence[SourceTrial]) -> Iterator[str]:
    """Metrics down, trials across; behind them the reasons of values that are missing."""
    heads = [
        words("command.analyse.column", n=number, side=side_word(words, trial.result.side))
        for number, trial in enumerate(trials, first + 1)
    ]
    groups = {group: _computed(metrics_in_order(words, group), trials) for group in SHOWN}
    metrics = [metric for group in SHOWN for metric in groups[group]]
    wide = max(len(metric_label(words, metric.id)) for metric in metrics)
    wide_unit = max(len(unit_text(words, metric.id)) for metric in metrics)
    column = max(9, *(len(head) + 2 for head in heads))
    for group in SHOWN:
        if not groups[group]:
            continue
        yield ""
        yield f"{words(f'group.{group}'):<{wide + wide_unit + 4}}" + "".join(f"{head:>{column}}" for head in heads)
        for metric in groups[group]:
            texts = row_texts(words, metric.id, [trial.result for trial in trials])
            start = f"{INDENT}{metric_label(words, metric.id):<{wide}} {unit_text(words, metric.id):<{wide_unit}} "
            reasons = _reasons(words, first, [trial.result.values[metric.id] for trial in trials])
            yield start + "".join(f"{text:>{column}}" for text in texts) + f"  {reasons}"


def _computed(metrics: Sequence[Metric], trials: Sequence[SourceTrial]) -> list[Metric]:
    """Metrics that these trials have, or lack for a reason."""
    return [metric for metric in metrics if all(metric.id in trial.result.values for trial in trials)]


def _reasons(words: Words, first: int, values: Sequence[Value]) -> str:
    """Why values of a row are missing; numbered by trial where not all of them are, for one reason."""
    missing: dict[str, list[str]] = {}
    for at, value in enumerate(values, first + 1):
        if value.reason is not None:
            missing.setdefault(reason_text(words, value.reason), []).append(str(at))
    everywhere = len(missing) == 1 and len(next(iter(missing.values()))) == len(values)
    if everywhere:
        return next(iter(missing))
    return "; ".join(f"{', '.join(numbers)}: {text}" for text, numbers in missing.items())


def _comparison(words: Words, comparison: SideComparison) -> Iterator[str]:
    """Attempts of each side, then every primary metric, then the other metrics whose difference is flagged."""
    yield words("command.analyse.comparison")
    for side in (comparison.left, comparison.right):
        yield from _wrapped(attempts_text(words, side))
    if not (comparison.left.attempts and comparison.right.attempts):
        yield from _wrapped(words("command.analyse.one_side"))
        return
    for metric in metrics_in_order(words, "primary"):
        if comparison.metrics[metric.id].reason is not NoComparison.NO_VALUE:
            yield from _wrapped(comparison_text(words, metric.id, comparison), hanging=4)
    yield from _others(words, comparison)
    yield from _wrapped(words("comparison.no_reference"))


def _others(words: Words, comparison: SideComparison) -> Iterator[str]:
    """What details and boundary say where they have an interval: how many differ, and each that does."""
    others = [*metrics_in_order(words, "details"), *metrics_in_order(words, "boundary")]
    judged = [metric for metric in others if comparison.metrics[metric.id].ci95 is not None]
    flagged = [metric for metric in judged if comparison.metrics[metric.id].flag]
    if not judged:
        return
    form = {0: "none", 1: "one"}.get(len(flagged), "other")
    yield from _wrapped(words(f"command.analyse.others.{form}", n=len(judged), flagged=len(flagged)))
    for metric in flagged:
        yield from _wrapped(comparison_text(words, metric.id, comparison), INDENT * 2, hanging=6)
