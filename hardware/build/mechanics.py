"""Figures of the plate's mechanics: how far the top bends, what tips it, what one cell carries.

python -m hardware.build.mechanics     prints the figures that `mechanics.md` quotes
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.polynomial import Legendre, legendre
from numpy.typing import NDArray

PLATE = tomllib.loads((Path(__file__).resolve().parents[1] / "plates" / "reference-a.toml").read_text(encoding="utf-8"))
TOP_MM = float(PLATE["surface_mm"][0])
SUPPORT_MM = float(PLATE["cells_mm"][1][0])
SURFACE_ABOVE_CELLS_MM = float(PLATE["height_mm"])

TOP_THICKNESS_MM = 15.0
CELLS_ABOVE_FLOOR_MM = 15.0
#: The frame around the plate on which a person steps first: it stands on the floor and touches nothing.
APRON_GAP_MM = 5.0
APRON_WIDTH_MM = 145.0
#: Across the body of a cell: what fits between a cell's place and the edge.
CELL_BODY_MM = 60.0
EDGE_MARK_MM = 30.0

RATED_PERSON_KG = 150.0
LOAD_N = 1000.0
DEFLECTION_LIMIT_MM = 0.5
#: Contact of a foot: the template's width and length.
FOOT_MM = (float(PLATE["template"]["width_mm"]), float(PLATE["template"]["length_mm"]))
GRAVITY_M_S2 = 9.80665


@dataclass(frozen=True, slots=True)
class Material:
    """Young's modulus [GPa], Poisson's ratio, density [kg/m3]."""

    name: str
    modulus_gpa: float
    poisson: float
    density_kg_m3: float


#: Handbook values; plywood is the mean of both directions and differs from sheet to sheet.
ALUMINIUM = Material("aluminium", 70.0, 0.33, 2700.0)
PLYWOOD = Material("birch plywood", 8.0, 0.1, 680.0)
STEEL = Material("steel", 210.0, 0.3, 7850.0)
TOPS = ((ALUMINIUM, 12.0), (ALUMINIUM, 15.0), (STEEL, 12.0), (PLYWOOD, 30.0))


def rigidity_n_mm(material: Material, thickness_mm: float) -> float:
    """Flexural rigidity of a plate, E t^3 / (12 (1 - nu^2)). [N mm]"""
    return material.modulus_gpa * 1e3 * thickness_mm**3 / (12.0 * (1.0 - material.poisson**2))


def deflection_factor(
    support: float, poisson: float, patch: tuple[float, float] = (0.0, 0.0), terms: int = 10
) -> float:
    """Deflection of the centre of a square plate on four points, against P a^2 / D.

    Thin elastic plate (Kirchhoff), free edges, supports that turn freely; the energy is made least over products of
    even Legendre polynomials (Ritz), with no deflection at the supports.

    Parameters
    ----------
    support : float
        Supports at (+-support, +-support), in halves of the side: 1 is the corner.
    patch : tuple
        Width and length of the loaded rectangle in the centre, in halves of the side; 0, 0: a point.
    terms : int
        Polynomials in each direction.

    Returns
    -------
    float
        w D / (P a^2), a the whole side. Shear and the cells' own give are not in it.
    """
    shapes = [Legendre.basis(2 * index) for index in range(terms)]
    nodes, weights = legendre.leggauss(2 * terms + 4)

    def product(one: int, other: int) -> NDArray[np.float64]:
        """Integrals of the one derivative of each shape times the other derivative of each shape."""
        left, right = (np.array([shape.deriv(order)(nodes) for shape in shapes]) for order in (one, other))
        integrals: NDArray[np.float64] = (left * weights) @ right.T
        return integrals

    def at(x: float) -> NDArray[np.float64]:
        return np.array([shape(x) for shape in shapes])

    def mean_over(width: float) -> NDArray[np.float64]:
        half = width / 2
        return at(0.0) if half == 0 else np.array([(s.integ()(half) - s.integ()(-half)) / width for s in shapes])

    bend, straight, slope, mixed = product(2, 2), product(0, 0), product(1, 1), product(2, 0)
    energy = np.kron(bend, straight) + np.kron(straight, bend) + 2.0 * (1.0 - poisson) * np.kron(slope, slope)
    energy += poisson * (np.kron(mixed, mixed.T) + np.kron(mixed.T, mixed))
    held = np.kron(at(support), at(support))
    system = np.block([[energy, held[:, None]], [held[None, :], np.zeros((1, 1))]])
    load = np.append(np.kron(mean_over(patch[0]), mean_over(patch[1])), 0.0)
    shape = np.linalg.solve(system, load)[:-1]
    return float(np.kron(at(0.0), at(0.0)) @ shape) / 4.0


def centre_deflection_mm(
    material: Material, thickness_mm: float, patch_mm: tuple[float, float] = (0.0, 0.0), load_n: float = LOAD_N
) -> float:
    """Deflection of the top's centre against the four feet, the load there. [mm]"""
    half = TOP_MM / 2
    factor = deflection_factor(SUPPORT_MM / half, material.poisson, (patch_mm[0] / half, patch_mm[1] / half))
    return factor * load_n * TOP_MM**2 / rigidity_n_mm(material, thickness_mm)


def top_mass_kg(material: Material, thickness_mm: float) -> float:
    """Mass of the bare top. [kg]"""
    return material.density_kg_m3 * (TOP_MM / 1e3) ** 2 * thickness_mm / 1e3


def tipping_mass_kg(plate_kg: float, load_at_mm: float = TOP_MM / 2) -> float:
    """Person who lifts the plate's far side, all of the weight at this distance from the centre line; inf: nobody. [kg]

    Moments about the line through the two near feet: the plate's weight against the person's.
    """
    beyond_mm = load_at_mm - SUPPORT_MM
    return plate_kg * SUPPORT_MM / beyond_mm if beyond_mm > 0 else math.inf


def mass_that_stays_kg(person_kg: float = RATED_PERSON_KG) -> float:
    """Plate that this person cannot tip from its very edge. [kg]"""
    return person_kg * (TOP_MM / 2 - SUPPORT_MM) / SUPPORT_MM


def safe_distance_mm(plate_kg: float, person_kg: float = RATED_PERSON_KG) -> float:
    """Distance from the centre line within which this person does not tip the plate. [mm]"""
    return SUPPORT_MM * (1.0 + plate_kg / person_kg)


def corner_share() -> float:
    """Load on the cell under the corner of the top against the load on that corner, the far cell being free.

    Moments about the diagonal through the two neighbours: the corner is 250 sqrt(2) from it, the cell 220 sqrt(2).
    """
    return (TOP_MM / 2) / SUPPORT_MM


def frequency_hz(mass_kg: float, deflection_mm: float) -> float:
    """Frequency of a rigid mass on the centre of a top that gives so much under `LOAD_N`. [Hz]"""
    return math.sqrt(LOAD_N / (deflection_mm / 1e3) / mass_kg) / (2.0 * math.pi)


def main() -> None:
    """Print every figure."""
    print(
        f"{LOAD_N:g} N in the centre, limit {DEFLECTION_LIMIT_MM:g} mm: point load, load over a foot, mass of the top"
    )
    for material, thickness_mm in TOPS:
        point_mm = centre_deflection_mm(material, thickness_mm)
        foot_mm = centre_deflection_mm(material, thickness_mm, FOOT_MM)
        mass_kg = top_mass_kg(material, thickness_mm)
        print(f"{thickness_mm:g} mm {material.name}: {point_mm:.2f} mm, {foot_mm:.2f} mm, {mass_kg:.1f} kg")
    mass_kg = top_mass_kg(ALUMINIUM, TOP_THICKNESS_MM)
    print(f"this top, alone, lifts when {tipping_mass_kg(mass_kg):.0f} kg stand on its very edge")
    print(f"or {RATED_PERSON_KG:g} kg more than {safe_distance_mm(mass_kg):.0f} mm from the centre line")
    print(f"a plate of {mass_that_stays_kg():.1f} kg stays, wherever they stand")
    print(
        f"a cell carries at most {corner_share():.2f} x {RATED_PERSON_KG:g} = {corner_share() * RATED_PERSON_KG:.0f} kg"
    )
    ring_hz = frequency_hz(80.0, centre_deflection_mm(ALUMINIUM, TOP_THICKNESS_MM))
    print(f"a rigid 80 kg in the centre rings at {ring_hz:.0f} Hz")


if __name__ == "__main__":
    main()
