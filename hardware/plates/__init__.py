"""Plate models: geometry, nominal gain and foot template of each, one TOML file a model."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from analysis.calibration_grid import Drawing
from analysis.errors import InvalidRecording
from analysis.geometry import Footing, FootPlacement, PlateGeometry, Side


@dataclass(frozen=True, slots=True)
class PlateModel:
    """What is known about every plate of one model before it is calibrated.

    ``newton_per_count``: nominal gain of a cell [N/count]; ``cell_range_n``: rated load of one cell [N]; ``template``:
    where the feet stand.
    """

    geometry: PlateGeometry
    newton_per_count: float
    cell_range_n: float
    template: Footing

    @property
    def drawing(self) -> Drawing:
        """What a calibration starts from."""
        return Drawing(self.geometry, self.newton_per_count, self.cell_range_n)


def plate_models() -> tuple[str, ...]:
    """Names of the models that have a file."""
    folder = files("hardware.plates")
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def load_plate_model(name: str) -> PlateModel:
    """Read one model.

    Raises
    ------
    InvalidRecording
        No such model; names the ones there are.
    """
    if name not in plate_models():
        raise InvalidRecording(f"no plate model {name!r}; there are: {', '.join(plate_models())}")
    table = tomllib.loads(files("hardware.plates").joinpath(f"{name}.toml").read_text(encoding="utf-8"))
    foot = table["template"]

    def placement(side: Side, x_mm: float) -> FootPlacement:
        heel, toe = (x_mm, float(foot["heel_y_mm"])), (x_mm, float(foot["toe_y_mm"]))
        return FootPlacement(side, heel, toe, float(foot["length_mm"]), float(foot["width_mm"]))

    half_mm = float(foot["half_spacing_mm"])
    return PlateModel(
        geometry=PlateGeometry(
            model=table["model"],
            cells_mm=tuple((float(x), float(y)) for x, y in table["cells_mm"]),
            surface_mm=(float(table["surface_mm"][0]), float(table["surface_mm"][1])),
            height_mm=float(table["height_mm"]),
        ),
        newton_per_count=float(table["newton_per_count"]),
        cell_range_n=float(table["cell_range_n"]),
        template=Footing(placement(Side.LEFT, -half_mm), placement(Side.RIGHT, half_mm)),
    )
