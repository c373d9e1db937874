"""Files of other systems -> trials and their comparison, and the one document that says it all.

The document's fields are stable: `docs/formats.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from acquisition.files import FileRefused, ReadFile, ReadOptions, read_file
from acquisition.spool_file import is_spool
from analysis.assess import TrialResult, assess_import
from analysis.documents import Document, comparison_document, trial_document
from analysis.errors import AnalysisError
from analysis.preprocess import MINIMUM_SAMPLES
from analysis.settings import AnalysisSettings
from analysis.sides import SideComparison, compare
from dashboard.sentences import finding_text, problem_text
from dashboard.words import Words

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Source:
    """One file. Checksum and reader are None where it could not be read."""

    file: str
    sha256: str | None = None
    reader: str | None = None


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """What was seen in a file, or why it (or a recording in it) has no result: then ``refused``."""

    source: int
    code: str
    line: int | None
    values: Mapping[str, str | int | float]
    refused: bool


@dataclass(frozen=True, slots=True)
class SourceTrial:
    """One stance: from which file, which part of it, and what was found."""

    source: int
    label: str
    device: str
    result: TrialResult


@dataclass(frozen=True, slots=True)
class Analyses:
    """Everything found in the files, in their order. ``source`` of a problem or trial counts `sources` from 0."""

    sources: tuple[Source, ...]
    problems: tuple[SourceProblem, ...] = ()
    trials: tuple[SourceTrial, ...] = ()
    comparison: SideComparison = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "comparison", compare([trial.result for trial in self.trials]))

    @property
    def refused(self) -> bool:
        """Whether a file, or a recording in one, has no result."""
        return any(problem.refused for problem in self.problems)


def analyse_files(
    files: Sequence[tuple[Path, ReadOptions]], settings: AnalysisSettings, target_hold_s: float | None
) -> Analyses:
    """Read and assess every file; one that is refused does not stop the others."""
    sources: list[Source] = []
    found: list[SourceProblem | SourceTrial] = []
    for number, (path, options) in enumerate(files):
        if is_spool(path):
            from dashboard.spool_analysis import assess_spool  # plates and archive load only where one is read

            source, seen = assess_spool(number, path, options.side, settings, target_hold_s)
            sources.append(source)
            found.extend(seen)
            continue
        try:
            read = read_file(path, options)
        except FileRefused as refused:
            sources.append(Source(path.name))
            found.append(SourceProblem(number, refused.code, refused.line, refused.values, refused=True))
            continue
        sources.append(Source(read.name, read.sha256, read.reader))
        found.extend(SourceProblem(number, seen.code, seen.line, seen.values, refused=False) for seen in read.problems)
        found.extend(_assessed(number, read, settings, target_hold_s))
    return Analyses(
        tuple(sources),
        tuple(entry for entry in found if isinstance(entry, SourceProblem)),
        tuple(entry for entry in found if isinstance(entry, SourceTrial)),
    )


def _assessed(
    source: int, read: ReadFile, settings: AnalysisSettings, target_hold_s: float | None
) -> Iterator[SourceTrial | SourceProblem]:
    for recording in read.recordings:
        try:
            assessed = assess_import(recording, settings=settings, target_hold_s=target_hold_s)
        except AnalysisError as error:
            values: dict[str, str | int | float] = {
                "part": recording.source_label,
                "minimum_n": settings.minimum_load_n,
                "minimum": MINIMUM_SAMPLES,
                "reason": str(error),
            }
            yield SourceProblem(source, error.code, None, values, refused=True)
            continue
        for trial in assessed:
            yield SourceTrial(source, recording.source_label, recording.device, trial.result)


def analyses_document(words: Words, analyses: Analyses) -> Document:
    """All of it as one document. One file is its ``source``; several are its ``sources``."""
    sources = [{"file": source.file, "sha256": source.sha256, "reader": source.reader} for source in analyses.sources]
    return {
        "schema": SCHEMA,
        **({"source": sources[0]} if len(sources) == 1 else {"sources": sources}),
        "problems": [_problem_document(words, problem) for problem in analyses.problems],
        "trials": [_trial_document(words, trial) for trial in analyses.trials],
        "comparison": comparison_document(analyses.comparison),
    }


def _problem_document(words: Words, problem: SourceProblem) -> Document:
    return {
        "code": problem.code,
        "line": problem.line,
        "text": problem_text(words, problem.code, problem.values),
        "values": dict(problem.values),
        "refused": problem.refused,
        "source_index": problem.source,
    }


def _trial_document(words: Words, trial: SourceTrial) -> Document:
    document = trial_document(trial.result)
    for entry, finding in zip(document["findings"], trial.result.findings, strict=True):
        entry["text"] = finding_text(words, finding)
    return {**document, "label": trial.label, "device": trial.device, "source_index": trial.source}
