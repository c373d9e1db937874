"""Beside other programs: the same numbers under the same variant, and who is faster on the same arrays.

Compares with NeuroKit2, AntroPy and openbalance where they are installed. None of them is a dependency: install them
in an environment of their own beside numpy and scipy, and run ``python -m benchmarks.neighbours`` there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from analysis.area import chi2_ellipse_area, confidence_circle_area, hull_area
from analysis.complexity import dfa_sizes, fluctuation_exponent, sample_entropy
from analysis.cop import CopSeries, Frame
from analysis.sway import path
from benchmarks.figures import Figure, cpu_ms

Float = NDArray[np.float64]

NEIGHBOURS = ("neurokit2", "antropy", "openbalance")
#: A static window of 20 s: at 25 Hz for entropy, at 100 Hz for DFA and areas; and one of 60 s.
ENTROPY_SAMPLES, DFA_SAMPLES = (500, 1500), (2000, 6000)


def sway(n: int, seed: int) -> Float:
    """Noise with the memory of sway: a moving mean over 20 samples of normal steps. (n,)"""
    steps = np.random.default_rng(seed).normal(0.0, 5.0, n + 19)
    return np.asarray(np.convolve(steps, np.ones(20) / 20, mode="valid"), dtype=np.float64)


def beside(what: str, ours: Callable[[], float], others: dict[str, Callable[[], float]]) -> list[Figure]:
    """Relative difference from each neighbour, and its time over ours."""
    own, own_ms = ours(), cpu_ms(ours, rounds=51)
    figures = [Figure(f"{what}: Stancelab", f"{1000 * own_ms:.0f} us", f"value {own:.6f}")]
    for name, theirs in others.items():
        value, ms = theirs(), cpu_ms(theirs, rounds=15)
        apart = abs(value - own) / abs(own)
        figures.append(
            Figure(f"{what}: {name}", f"{1000 * ms:.0f} us, {ms / own_ms:.1f} x ours", f"differs by {apart:.0e} of it")
        )
    return figures


def entropy_figures(n: int, neurokit: ModuleType, antropy: ModuleType) -> list[Figure]:
    """Sample entropy, m = 2, r = 0.2 SD (N - 1)."""
    series = sway(n, 1)
    tolerance = float(0.2 * series.std(ddof=1))
    return beside(
        f"sample entropy of {n} samples",
        partial(sample_entropy, series, 2, tolerance),
        {
            "neurokit2": lambda: float(neurokit.entropy_sample(series, delay=1, dimension=2, tolerance=tolerance)[0]),
            "antropy": lambda: float(antropy.sample_entropy(series, order=2, tolerance=tolerance)),
        },
    )


def dfa_figures(n: int, neurokit: ModuleType, antropy: ModuleType) -> list[Figure]:
    """DFA with the window sizes of our metric (NeuroKit2), and with AntroPy's own, which cannot be chosen."""
    series = sway(n, 2)
    sizes = dfa_sizes()
    given = np.asarray(antropy.utils._log_n(4, 0.1 * n, 1.2), dtype=np.int64)
    scale = sizes.tolist()
    found = beside(
        f"DFA of {n} increments, 0.2 to 2 s",
        partial(fluctuation_exponent, series, sizes),
        {"neurokit2": lambda: float(neurokit.fractal_dfa(series, scale=scale, overlap=False)[0])},
    )
    return found + beside(
        f"DFA of {n} increments, AntroPy's window sizes",
        partial(fluctuation_exponent, series, given),
        {"antropy": lambda: float(antropy.detrended_fluctuation(series))},
    )


def area_figures(kinematics: ModuleType) -> list[Figure]:
    """Path and areas of 20 s at 100 Hz."""
    points = np.column_stack([sway(2000, 3), sway(2000, 4)])
    cop = CopSeries(np.arange(2000) / 100, points, np.full(2000, 700.0), Frame.LIMB)
    trial = SimpleNamespace(parameters={"COP_x": points[:, 0], "COP_y": points[:, 1]})
    theirs = kinematics.calculate_sway_areas(kinematics.calculate_path_length(trial)).parameters
    found: list[tuple[str, float, str]] = [
        ("path", path(cop), "Path_Length"),
        ("hull", hull_area(cop), "Area_Hull"),
        ("chi-square ellipse", chi2_ellipse_area(cop), "Area_Ellipse"),
        ("circle", confidence_circle_area(cop), "Area_Circle"),
    ]
    return [
        Figure(f"{name}: openbalance", f"differs by {abs(float(theirs[key]) / own - 1):.0e} of it", f"value {own:.6f}")
        for name, own, key in found
    ]


def missing() -> Sequence[str]:
    """Neighbours that are not installed here."""
    return [name for name in NEIGHBOURS if find_spec(name) is None]


def figures() -> list[Figure]:
    """Every comparison."""
    neurokit, antropy = import_module("neurokit2"), import_module("antropy")
    found: list[Figure] = []
    for n in ENTROPY_SAMPLES:
        found += entropy_figures(n, neurokit, antropy)
    for n in DFA_SAMPLES:
        found += dfa_figures(n, neurokit, antropy)
    return found + area_figures(import_module("openbalance.processing.kinematics"))


def main() -> None:
    """Print the table, or what is not installed."""
    if absent := missing():
        print(f"not installed here: {', '.join(absent)}")
        return
    for figure in figures():
        print(f"| {figure.what} | {figure.value} | {figure.how} |")


if __name__ == "__main__":
    main()
