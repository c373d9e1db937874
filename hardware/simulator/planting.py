"""What an attempt will be, before it is made: where the body is aimed, and the truth that is written down of it."""

from __future__ import annotations

from analysis.geometry import Side
from hardware.simulator.body import DEGREE, compensated, compensation, hip_moment, posture
from hardware.simulator.patient import Traits, Try
from hardware.simulator.transfer import OVERLAP_S
from hardware.simulator.truth import PlantedStance


def aim_m(traits: Traits, side: Side, drawn: Try) -> float:
    """Place of the CoM over the stance foot at foot-off, with half of the compensation. + lateral. [m]"""
    body, hip = traits.chain(), traits.hip(side)
    effort = 0.5 * compensation(body, hip, drawn.habit)
    return float(posture(body, hip, drawn.habit, *compensated(hip, drawn.habit, effort)).com_m)


def planted(traits: Traits, side: Side, drawn: Try, begins_s: float, foot_off_s: float, dip_m: float) -> PlantedStance:
    """The truth of a stance whose CoP begins to dip at a time. [s], [m]"""
    body, hip, habit = traits.chain(), traits.hip(side), drawn.habit
    lean, drop = compensated(hip, habit, compensation(body, hip, habit))
    held = posture(body, hip, habit, lean, drop)
    return PlantedStance(
        side=side,
        apa_onset_s=begins_s,
        transfer_start_s=begins_s + drawn.reach.dip_s - OVERLAP_S,
        foot_off_s=foot_off_s,
        lateral_shift_mm=1000 * float(held.com_m),
        sway=float(drawn.steady.noise),
        strength_nm_kg=float(hip.strength),
        level_nm_kg=float(hip_moment(body, habit, 0.0, 0.0)),
        needed_nm_kg=float(hip_moment(body, habit, lean, drop)),
        lean_deg=float(lean) / DEGREE,
        drop_deg=float(drop) / DEGREE,
        tilt_deg=float(held.tilt_rad) / DEGREE,
        dip_mm=1000 * dip_m,
    )
