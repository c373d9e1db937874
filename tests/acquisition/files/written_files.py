"""Files written by the tests, in the forms that the readers know, with numbers that geometry gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

RATE_HZ = 100.0
WEIGHT_N = 700.0
CELLS = "-200,200;200,200;200,-200;-200,-200"
CELLS_MM = np.array([[-200.0, 200.0], [200.0, 200.0], [200.0, -200.0], [-200.0, -200.0]])


def sway(n: int = 60) -> tuple[Float, Float]:
    """Time [s] and a CoP that goes round a circle of 10 mm once a second. (n,), (n, 2) [mm]"""
    time_s = np.arange(n) / RATE_HZ
    angle = 2 * np.pi * time_s
    return time_s, 10 * np.column_stack([np.cos(angle), np.sin(angle)])


def cell_forces(cop_mm: Float, load: float = WEIGHT_N) -> Float:
    """Forces of four cells at (+-200, +-200) mm whose sum is `load` and whose CoP is `cop_mm`. (n, 4)

    A plane over the plate: load / 4 (1 + x X / 200^2 + y Y / 200^2) has the sum `load` and the moments load x, load y.
    """
    return np.asarray(load / 4 * (1 + cop_mm @ CELLS_MM.T / 200**2))


def table(header: Sequence[str], columns: Float, delimiter: str = ",", decimal: str = ".", decimals: int = 5) -> str:
    """Text of a table."""
    rows = [delimiter.join(f"{number:.{decimals}f}".replace(".", decimal) for number in row) for row in columns]
    return "\n".join([delimiter.join(header), *rows]) + "\n"


def own_cop(n: int = 60) -> str:
    time_s, cop_mm = sway(n)
    return table(["time_s", "cop_ml_mm", "cop_ap_mm", "fz_n"], np.column_stack([time_s, cop_mm, np.full(n, WEIGHT_N)]))


def own_cells(n: int = 60) -> str:
    time_s, cop_mm = sway(n)
    header = ["time_s", "cell0_n", "cell1_n", "cell2_n", "cell3_n"]
    return table(header, np.column_stack([time_s, cell_forces(cop_mm)]))


def wii(n: int = 60) -> str:
    """As the recorder of the Wii board writes it: 18.5 kg on each corner, so a CoP of 0."""
    time_s, _ = sway(n)
    header = "Time\tCpX\tCpY\tBottomLeft\tBottomRight\tTopLeft\tTopRight\tWeight"
    rows = [f"{t:.3f}     \t     0.000\t     0.000" + "\t   181.423" * 4 + "\t    74.000" for t in time_s]
    return "\n".join([header, *rows]) + "\n"


def kinvent_block(side: str, n: int, time_s: float = 1 / RATE_HZ, facts: Sequence[str] = ()) -> list[str]:
    """One block: 20 kg on channel 1 and 2 each, 15 kg on 3 and 4 each.

    ML is 0; AP is 146.5 (30 - 40) / 70 = -20.929 mm; as fractions of 191 x 346 mm: 0.5 and 0.5 + 20.929 / 346 = 0.5605.
    """
    return [
        "Eyes Condition: ,Open,,,,,,",
        f"Side: ,{side},,,,,,",
        "Repetition:,1,,,,,,",
        *facts,
        ",Heel,Tip,,,,,",
        ",,,,,,,",
        f",K-Plate {side},,,,,K-Plate {side},",
        "Time (sec),CHANNEL_1,CHANNEL_2,CHANNEL_3,CHANNEL_4,,AP COP (y),ML COP (x)",
        *(f"{row * time_s:.4f},20.00000,20.00000,15.00000,15.00000,,0.5605,0.5000" for row in range(n)),
    ]


def kinvent(n: int = 60, sides: Sequence[str] = ("Left", "Right"), facts: Sequence[str] = ()) -> str:
    lines = ["KINVENT Physio 2.17.3,Devices: ,P000001 (FW 3.016),P000002 (FW 3.016),,,,"]
    for number, side in enumerate(sides):
        lines += [",,,,,,,"] * 2 if number else []
        lines += kinvent_block(side, n, facts=facts)
    return "\n".join(lines) + "\n"


def with_line(text: str, number: int, line: str) -> str:
    """`text` with another line in place of line `number`, counted from 1."""
    lines = text.split("\n")
    lines[number - 1] = line
    return "\n".join(lines)


def without_line(text: str, number: int) -> str:
    lines = text.split("\n")
    del lines[number - 1]
    return "\n".join(lines)
