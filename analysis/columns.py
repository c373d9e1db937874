"""Rows of a few columns, column by column: numpy's own reduction along so short an axis takes ten times as long."""

from __future__ import annotations

from functools import reduce

import numpy as np
from numpy.typing import NDArray

Bool = NDArray[np.bool_]


def every(mask: Bool) -> Bool:
    """Rows (n, k) in which every column is true. (n,)"""
    return np.asarray(reduce(np.logical_and, mask.T), dtype=np.bool_)


def any_of(mask: Bool) -> Bool:
    """Rows (n, k) in which one column or more is true. (n,)"""
    return np.asarray(reduce(np.logical_or, mask.T), dtype=np.bool_)


def largest(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest value of each row (n, k). (n,)"""
    return np.asarray(reduce(np.maximum, values.T), dtype=np.float64)
