"""Published values of other people, for orientation: only what was read in its source is ever shown.

There are none for the CoP: no table of single-leg stance by age and sex is large enough. A laboratory collects its own.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Reference:
    """One published value.

    ``ages``: from and to, both included. [years] ``mean``, ``sd``: in the metric's unit; ``sd`` None where the source
    gives none. ``n``: people behind it. ``verified``: read in the paper or its abstract.
    """

    metric: str
    condition: str
    ages: tuple[int, int]
    mean: float
    n: int
    device: str
    filter: str
    source: str
    verified: bool
    sd: float | None = None


@cache
def all_references() -> tuple[Reference, ...]:
    """Every row of `norms.toml`, those that may not be shown too."""
    text = files("analysis").joinpath("norms.toml").read_text(encoding="utf-8")
    return tuple(Reference(**{**row, "ages": tuple(row["ages"])}) for row in tomllib.loads(text)["row"])


def references(metric_id: str, condition: str, age: int) -> tuple[Reference, ...]:
    """What may be shown beside a value of a person of this age: verified rows of the same metric and condition."""
    return tuple(
        row
        for row in all_references()
        if row.verified and (row.metric, row.condition) == (metric_id, condition) and row.ages[0] <= age <= row.ages[1]
    )
