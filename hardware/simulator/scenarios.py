"""The patients that can be asked for by name: `sim:weak-left?seed=7`. Each entry says what it plants."""

from __future__ import annotations

from hardware.simulator.patient import OLDER_NM_KG, OLDER_NOISE, WEAK_ANKLE_WORK, Leg, Mishap, Traits

#: 40 % of the usual strength: held by leaning over and letting the pelvis drop, and with more work of the ankle.
_WEAK = Leg(strength=0.4, lean_share=0.65, visible=0.5, ankle_work=WEAK_ANKLE_WORK)
#: A little weaker, all of it relieved by leaning the trunk over the stance leg (Duchenne); two fifths of that is seen.
_LURCH = Leg(strength=0.35, lean_share=1.0, visible=0.4)
#: The same weakness, none of it relieved by the trunk: the pelvis hangs in its tissue (Trendelenburg).
_DROP = Leg(strength=0.4, lean_share=0.0, visible=0.3)
#: Enough strength for a moment, not for half a minute: it fades, and the trunk creeps over.
_TIRES = Leg(strength=0.62, lean_share=1.0, visible=0.8)


def _each(leg: Leg) -> Traits:
    return Traits(left=leg, right=leg)


SCENARIOS: dict[str, Traits] = {
    # A healthy young adult.
    "healthy": Traits(),
    # One hip with 40 % of its strength.
    "weak-left": Traits(left=_WEAK),
    "weak-right": Traits(right=_WEAK),
    # The trunk leans far over the weak leg; the CoP lies lateral.
    "lurch-left": Traits(left=_LURCH),
    "lurch-right": Traits(right=_LURCH),
    # The pelvis drops on the lifted side; the CoP says nothing of it.
    "drop-left": Traits(left=_DROP),
    "drop-right": Traits(right=_DROP),
    # The CoP drifts outward while the hip tires.
    "tires-left": Traits(left=_TIRES),
    "tires-right": Traits(right=_TIRES),
    # Balance is lost on each leg after 8 .. 15 s: the other foot comes down early.
    "falls": _each(Leg(mishaps=(Mishap("fall", (8.0, 15.0)),))),
    # Two light taps of the other foot, 12 % of body weight: they do not end a stance.
    "touches": _each(Leg(mishaps=(Mishap("touch", (4.0, 24.0), times=2),))),
    # A hand on the rail carries 15 % of body weight for 6 s.
    "holds-rail": _each(Leg(mishaps=(Mishap("support", (8.0, 12.0), share=0.15, lasts_s=6.0),))),
    # A little jump on the stance leg.
    "hops": _each(Leg(mishaps=(Mishap("hop", (8.0, 15.0)),))),
    # The stance foot is set down 80 mm further out.
    "steps-aside": _each(Leg(mishaps=(Mishap("step_aside", (8.0, 15.0)),))),
    # Leaves the plate in the middle of the stance.
    "steps-off": _each(Leg(mishaps=(Mishap("step_off", (8.0, 15.0)),))),
    # Stands on the other leg than asked.
    "wrong-leg": Traits(wrong_leg=True),
    # Cannot stand still on both feet.
    "restless": Traits(restless=2.5),
    # Older adult: less strength, more sway.
    "older": Traits(strength_nm_kg=OLDER_NM_KG, noise=OLDER_NOISE, height_m=1.65, mass_kg=72.0),
    # A child of about seven: small, light, and more sway (an assumption: no source gave one-leg values for children).
    "child": Traits(height_m=1.22, mass_kg=24.0, noise=1.4),
    # A heavy person.
    "heavy": Traits(height_m=1.78, mass_kg=135.0),
}
