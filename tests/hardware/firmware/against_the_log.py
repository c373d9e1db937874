"""What the plate sent, compared with what the simulated converters made: conversion by conversion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from simulated_board import CYCLES_PER_US, UPDATE_US

from acquisition.messages import Sets


@dataclass(frozen=True, slots=True)
class Match:
    """One cell: samples sent anew, settled conversions made in the same time, what differs.

    ``stamp_error_us``: time stamp minus the moment the converter's line fell, less their median, which is where the
    plate's clock began. [us]
    """

    sent: int
    left_out: list[int]
    wrong: int
    after_last: int
    stamp_error_us: NDArray[np.float64]


def match(sets: Sets, log: NDArray[np.void], cell: int) -> Match:
    """Align by time, compare by number.

    A sample belongs to the conversion whose line fell nearest to its time stamp; they are 10 ms apart and more.
    """
    made = log[(log["cell"] == cell) & (log["unsettled"] == 0)]
    anew = (sets.fresh >> cell) & 1 == 1
    times_us = (sets.newest_us - sets.age_us[:, cell])[anew].astype(np.float64)
    counts = sets.counts[anew, cell]
    fell_us = made["cycle"] / CYCLES_PER_US + UPDATE_US
    at = np.argmin(np.abs(times_us[:, None] - fell_us[None, :]), axis=1)
    error_us = times_us - fell_us[at]
    between = np.setdiff1d(np.arange(at[0], at[-1] + 1), at)
    return Match(
        sent=len(counts),
        left_out=(between - at[0]).tolist(),
        wrong=int((made["counts"][at] != counts).sum()) + int((np.diff(at) <= 0).sum()),
        after_last=len(made) - 1 - int(at[-1]),
        stamp_error_us=error_us - np.median(error_us),
    )
