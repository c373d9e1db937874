"""What the operator saw beside what the plate saw: light touches and hands on a rail leave no trace in the force."""

from __future__ import annotations

from dataclasses import replace

from analysis.marking import static_window
from analysis.phases import EndedBy, Mark, StancePhases


def ended_by_operator(phases: StancePhases, marks: tuple[Mark, ...], target_hold_s: float | None) -> StancePhases:
    """The phases with the stance cut at the first mark that lies in it.

    A mark after the target was held changes nothing. The operator's hand is later than the event by a reaction time,
    about 0.3 s, which is left in.
    """
    inside = [mark for mark in marks if phases.start_s < mark.at_s < phases.end_s]
    if not inside:
        return phases
    first = min(inside, key=lambda mark: mark.at_s)
    hold_s = first.at_s - phases.start_s
    if target_hold_s is not None and hold_s >= target_hold_s:
        return phases
    static_s, short = static_window(phases.start_s, first.at_s)
    return replace(
        phases,
        end_s=first.at_s,
        static_s=static_s,
        short=short and static_s is not None,
        touch_down_s=first.at_s,
        ended_by=first.ended_by,
        hold_time_s=hold_s,
        censored=phases.foot_off_s is None,
    )


def cut_by_interruption(phases: StancePhases) -> StancePhases:
    """A stance that lasted to the end of an interrupted recording was ended by the interruption."""
    if phases.ended_by is not EndedBy.END_OF_RECORDING or phases.hold_time_s <= 0:
        return phases
    return replace(phases, ended_by=EndedBy.INTERRUPTED)
