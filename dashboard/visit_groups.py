"""The trials of a visit by condition: each condition has its own sides and its own comparison. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from analysis.assess import TrialResult
from analysis.geometry import Side
from analysis.sides import SideComparison, SideResult, compare
from dashboard.made_under import MadeUnder, is_practice, made_under
from dashboard.station import FiledTrial, VisitResults
from records.errors import Kind, NotFound
from records.model import TrialStatus


def side_of(filed: FiledTrial) -> Side | None:
    """The side as found in the recording; as asked for where nothing was found."""
    return filed.result.side if filed.result and filed.result.side else filed.trial.side


def counts(filed: FiledTrial) -> bool:
    """Whether a trial counts: not void, and not made to practise."""
    return filed.trial.status is not TrialStatus.VOID and not is_practice(filed.trial)


def counted(trials: Sequence[FiledTrial]) -> tuple[FiledTrial, ...]:
    """Trials that count."""
    return tuple(filed for filed in trials if counts(filed))


def analysed(trials: Sequence[FiledTrial]) -> tuple[FiledTrial, ...]:
    """Trials with a result that can be drawn: practice too, other void ones not."""
    return tuple(filed for filed in trials if filed.result is not None and (counts(filed) or is_practice(filed.trial)))


@dataclass(frozen=True)
class ConditionGroup:
    """All trials of one condition in the order they were filed, void and practice ones too."""

    made: MadeUnder
    trials: tuple[FiledTrial, ...]

    @cached_property
    def comparison(self) -> SideComparison:
        """The sides by every metric, over the trials that count."""
        return compare(self.results())

    def compared(self, metric_id: str) -> SideComparison:
        """The sides by one metric (hold time and failures always): the same numbers, sooner."""
        return compare(self.results(), [metric_id])

    def of_side(self, side: Side | None) -> tuple[FiledTrial, ...]:
        """Trials of one side, void and practice ones too: a trial keeps its number."""
        return tuple(filed for filed in self.trials if side_of(filed) is side)

    def results(self, side: Side | None = None) -> tuple[TrialResult, ...]:
        """Results of the trials that count, of one side or of all."""
        chosen = self.trials if side is None else self.of_side(side)
        return tuple(filed.result for filed in counted(chosen) if filed.result is not None)

    def of(self, side: Side) -> SideResult:
        """One side of the comparison."""
        return self.comparison.left if side is Side.LEFT else self.comparison.right

    def number(self, filed: FiledTrial) -> int:
        """Place of a trial among those of its side that are practice like it or not, from 1."""
        alike = [
            other.trial.id
            for other in self.of_side(side_of(filed))
            if is_practice(other.trial) is is_practice(filed.trial)
        ]
        return alike.index(filed.trial.id) + 1


def condition_groups(results: VisitResults) -> tuple[ConditionGroup, ...]:
    """The conditions of a visit: tests before demonstrations, what counts before what does not, else as first met."""
    found: dict[MadeUnder, list[FiledTrial]] = {}
    for filed in results.trials:
        found.setdefault(made_under(filed.trial), []).append(filed)
    groups = [ConditionGroup(made, tuple(trials)) for made, trials in found.items()]
    return tuple(sorted(groups, key=lambda group: (group.made.demo, not counted(group.trials))))


def group_of(groups: Sequence[ConditionGroup], trial_id: str) -> tuple[ConditionGroup, FiledTrial]:
    """The group of a trial, and the trial. Raises NotFound where it is in none of them."""
    for group in groups:
        for filed in group.trials:
            if filed.trial.id == trial_id:
                return group, filed
    raise NotFound(Kind.TRIAL, trial_id)
