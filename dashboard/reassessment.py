"""An archive analysed anew: every trial from its stored counts, on whatever executor is given; old results are kept."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from statistics import median

from analysis.assess import ANALYSIS_VERSION, TrialResult
from analysis.errors import AnalysisError
from analysis.settings import AnalysisSettings
from dashboard.assessing import StoredTrial, assess_stored, stored_trial
from records import filing
from records.errors import RecordsError
from records.model import Actor
from records.store import RecordStore

#: Trials in one transaction, and asked about at once.
BATCH = 50
#: What differs by less is the same number computed in another order.
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Reassessed:
    """One trial: what was filed before, what is filed now, or the code of the error that left the old one standing."""

    trial_id: str
    before: TrialResult | None
    after: TrialResult | None
    error: str | None = None


def current(result: TrialResult | None, settings: AnalysisSettings) -> bool:
    """Whether a result was made by this program with these settings; the hold asked for is each trial's own."""
    return (
        result is not None
        and result.analysis_version == ANALYSIS_VERSION
        and replace(result.settings, target_hold_s=None) == replace(settings, target_hold_s=None)
    )


def reassess(
    store: RecordStore,
    actor: Actor,
    trial_ids: Sequence[str],
    settings: AnalysisSettings,
    executor: Executor,
    *,
    waiting: int = 8,
    again: bool = False,
) -> Iterator[Reassessed]:
    """Analyse trials anew and file what comes out. Stopped at any moment, a second call goes on where it ended.

    Parameters
    ----------
    trial_ids : sequence of str
    settings : AnalysisSettings
    executor : Executor
        Processes of this computer, or a cluster's: its ``submit`` is all that is used.
    waiting : int
        Trials under way at once: what bounds the memory.
    again : bool
        Also those whose newest result is current.

    Yields
    ------
    Reassessed
        In the order of `trial_ids`, current ones left out; each is filed when it is yielded.

    Raises
    ------
    NotPermitted, RecordsError
        The archive does not take results.
    """
    for ids in _batches(trial_ids):
        before = {id: found.result for id, found in store.newest_results(ids).items()}
        due = [id for id in ids if again or not current(before.get(id), settings)]
        done = [
            Reassessed(id, before.get(id), *outcome)
            for id, outcome in zip(due, _outcomes(store, due, settings, executor, waiting), strict=True)
        ]
        filing.file_results(store, actor, [(each.trial_id, each.after) for each in done if each.after is not None])
        yield from done


def _batches(ids: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while batch := list(islice(rest, BATCH)):
        yield batch


Outcome = tuple[TrialResult | None, str | None]


def _outcomes(
    store: RecordStore, ids: Iterable[str], settings: AnalysisSettings, executor: Executor, waiting: int
) -> Iterator[Outcome]:
    """Results in the order of their trials, a few under way at once."""
    under_way: deque[Future[Outcome] | Outcome] = deque()
    calibration_of = cache(store.calibration)
    for id in ids:
        try:
            stored = stored_trial(store, id, calibration_of)
            under_way.append(executor.submit(computed, stored, settings))
        except RecordsError as error:
            under_way.append((None, error.code))
        if len(under_way) >= waiting:
            yield _outcome(under_way.popleft())
    while under_way:
        yield _outcome(under_way.popleft())


def _outcome(either: Future[Outcome] | Outcome) -> Outcome:
    return either if isinstance(either, tuple) else either.result()


def computed(stored: StoredTrial, settings: AnalysisSettings) -> Outcome:
    """The result of one trial, or the code of why there is none. Runs wherever the executor has a place."""
    try:
        return assess_stored(stored, settings).result, None
    except AnalysisError as error:
        return None, error.code


@dataclass(slots=True)
class MetricChange:
    """What became of one metric over all trials: ``differences`` are new minus old in its unit, where both exist."""

    differences: list[float] = field(default_factory=list)
    gained: int = 0
    lost: int = 0

    @property
    def typical(self) -> float:
        """Median of the differences."""
        return median(self.differences) if self.differences else 0.0

    @property
    def largest(self) -> float:
        """The difference of largest size."""
        return max(self.differences, key=abs, default=0.0)


@dataclass(slots=True)
class ChangeTable:
    """What changed from the old results to the new ones."""

    trials: int = 0
    first: int = 0
    failed: int = 0
    usable_gained: int = 0
    usable_lost: int = 0
    sides: list[str] = field(default_factory=list)
    metrics: dict[str, MetricChange] = field(default_factory=dict)

    def add(self, each: Reassessed) -> None:
        """Count one trial."""
        self.trials += 1
        if each.after is None:
            self.failed += 1
            return
        if each.before is None:
            self.first += 1
            return
        self.usable_gained += each.after.usable and not each.before.usable
        self.usable_lost += each.before.usable and not each.after.usable
        if each.before.side is not each.after.side:
            self.sides.append(each.trial_id)
        for id in each.after.values.keys() | each.before.values.keys():
            self._add_metric(id, each.before, each.after)

    def _add_metric(self, id: str, before: TrialResult, after: TrialResult) -> None:
        old, new = (result.values[id].value if id in result.values else None for result in (before, after))
        if old is None and new is None:
            return
        if old is not None and new is not None and math.isclose(old, new, rel_tol=SAME, abs_tol=SAME):
            return
        change = self.metrics.setdefault(id, MetricChange())
        if old is None:
            change.gained += 1
        elif new is None:
            change.lost += 1
        else:
            change.differences.append(new - old)
