"""The guided test at one moment -> text and rows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from acquisition.hub import HubSnapshot, HubState
from analysis.assess import TrialResult
from analysis.calibration import DATASHEET, Calibration
from analysis.geometry import Side
from analysis.quality import Severity
from analysis.recording import CLOCK_DOUBTFUL, CLOCK_WRONG
from dashboard.conductor import Attendance, GuidedView
from dashboard.lease import Standing
from dashboard.orders import GuideView, Outcome
from dashboard.plates import plate_error_text
from dashboard.protocol import GRAVE, IDLE, STOPPING, Act, Notice, Step
from dashboard.sentences import ended_text, finding_text, no_result_text, side_label, side_word
from dashboard.vigil import OLD_ZERO_S
from dashboard.words import Words
from dashboard.words.dates import date_text

#: Acts that have a key of the keyboard, as the browser names it.
KEYS: dict[Act, str] = {
    Act.START: " ",
    Act.KEEP: " ",
    Act.RETRY: " ",
    Act.TOUCHED: "t",
    Act.HAND_SUPPORT: "h",
    Act.STOP: "Escape",
    Act.REPEAT: "r",
    Act.SAME_PATIENT: "y",
    Act.OTHER_LEG: "y",
}
STANDARD_GRAVITY = 9.80665  # m/s^2: what scales show
KEY_NAMES = {" ": "space", "Escape": "escape"}
#: The acts that lead on, shown first and filled; those that end or undo, last and plain.
MAIN = frozenset({Act.START, Act.KEEP, Act.RETRY, Act.SAME_PATIENT})
GOOD, CAUTION, STOP = "good", "caution", "stop"
SILENT_S = 0.25  # without a set: nobody should be asked to stand on one leg now
#: Part of the frames of a second that may be damaged before it is said, and before it is said in earnest.
AMBER_SHARE, RED_SHARE = 0.01, 0.05
#: Which side goes next is chosen apart from the acts that lead on.
SIDES = {Act.LEFT_NEXT: Side.LEFT, Act.RIGHT_NEXT: Side.RIGHT}
ORDER = (
    Act.START,
    Act.KEEP,
    Act.RETRY,
    Act.SAME_PATIENT,
    Act.OTHER_LEG,
    Act.REPEAT,
    Act.PRACTISE,
    Act.SKIP_PRACTICE,
    Act.TOUCHED,
    Act.HAND_SUPPORT,
    Act.STOP,
    Act.ABORT,
)


@dataclass(frozen=True, slots=True)
class Button:
    """One act as a button."""

    act: Act
    text: str
    key: str | None
    key_text: str | None
    main: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an attempt was worth, in words. ``kind`` is a class of badges: good, caution, stop."""

    title: str
    kind: str
    ended: str
    findings: tuple[str, ...]


def screen_state(
    words: Words, attendance: Attendance, view: GuidedView | None, snapshot: HubSnapshot, standing: Standing
) -> dict[str, Any]:
    """What the live stream says about the test: sent when ``key`` changes."""
    plate, level = plate_text(words, attendance, snapshot)
    if view is None:
        return {
            "key": f"{attendance}|{plate}",
            "step": None,
            "plate": plate,
            "level": level,
            "facts": {},
            "controls": str(attendance),
        }
    guide = view.guide
    notice, facts = notice_text(words, guide), plate_facts(words, view, snapshot)
    drawn = f"{guide.token}|{guide.side}|{notice}|{guide.acts}|{standing}"
    return {
        "key": f"{drawn}|{plate}|{level}|{facts}",
        "controls": drawn,
        "step": guide.step.value,
        "side": guide.side.value,
        "title": step_title(words, guide),
        "text": step_text(words, guide),
        "notice": notice,
        "notice_level": STOP if guide.notice in GRAVE else CAUTION,
        "plate": plate,
        "level": level,
        "facts": facts,
        "operates": standing is Standing.OPERATES,
    }


def patient_state(words: Words, attendance: Attendance, view: GuidedView | None) -> dict[str, Any]:
    """What the patient reads: the phase in as few words as there are, large."""
    if view is None or attendance is not Attendance.OPEN:
        return {"key": "", "step": None, "phase": words("test.patient.wait")}
    guide, phase = view.guide, patient_phase(words, view.guide)
    lifted = guide.side.other.value if guide.step in (Step.LIFT, Step.FOOT_DOWN) else ""
    return {"key": f"{guide.token}|{phase}", "step": guide.step.value, "phase": phase, "side": lifted}


def patient_phase(words: Words, guide: GuideView) -> str:
    """The phase for the patient."""
    step = "wait" if _blocked(guide) else guide.step.value
    return words(f"test.patient.{step}", **_side_words(words, guide.side))


def plate_facts(words: Words, view: GuidedView, snapshot: HubSnapshot) -> dict[str, list[str]]:
    """Rate, zero and calibration, each as text and level."""
    streams = snapshot.state is HubState.STREAMING and snapshot.rate_hz > 0
    rate = words("test.facts.rate", rate=snapshot.rate_hz) if streams else words("test.facts.none")
    return {
        "rate": [rate, GOOD if streams else STOP],
        "zero": _zero_fact(words, view.guide.zero_age_s),
        "calibration": calibration_fact(words, view.calibration, datetime.now(UTC)),
    }


def _zero_fact(words: Words, age_s: float | None) -> list[str]:
    if age_s is None:
        return [words("test.facts.no_zero"), CAUTION]
    minutes = int(age_s // 60)
    text = words("test.facts.zero", minutes=minutes) if minutes else words("test.facts.zero_now")
    return [text, CAUTION if age_s > OLD_ZERO_S else GOOD]


def calibration_fact(words: Words, calibration: Calibration, now: datetime) -> list[str]:
    """How old the calibration is and whether it still holds."""
    if calibration.reference == DATASHEET:
        return [words("test.calibration.none"), CAUTION]
    named = {"day": date_text(words, calibration.made_at), "days": (now - calibration.made_at).days}
    if not calibration.is_current(now):
        return [words("test.calibration.over", **named), CAUTION]
    return [words("test.calibration.made", **named), GOOD]


def plate_text(words: Words, attendance: Attendance, snapshot: HubSnapshot) -> tuple[str, str]:
    """State of the plate as a sentence, and its level: good, caution, stop."""
    if attendance in (Attendance.ELSEWHERE, Attendance.MODEL_UNKNOWN):
        model = snapshot.identity.model if snapshot.identity else ""
        return words(f"test.plate.{attendance.value}", model=model), STOP
    if snapshot.state is HubState.STREAMING and snapshot.fault is not None:
        return plate_error_text(words, snapshot.fault), STOP
    if snapshot.silent_s >= SILENT_S:
        return words("test.plate.silent", silent_s=snapshot.silent_s // SILENT_S * SILENT_S), CAUTION
    if snapshot.state is HubState.STREAMING and snapshot.identity is not None:
        identity = snapshot.identity
        simulated = identity.serial.startswith("SIM-")
        key = "replayed" if snapshot.replayed else "simulated" if simulated else "connected"
        plate = words(f"test.plate.{key}", serial=identity.serial, model=identity.model)
        seen = unwell(snapshot)
        told = [words(f"test.plate.{key}", **_unwell_values(snapshot)) for key in seen]
        levels = [GOOD, *seen.values()]
        return " ".join([*told, plate]), max(levels, key=[GOOD, CAUTION, STOP].index)
    if snapshot.error == "REPLAY_ENDED":
        return words("test.plate.replay_ended"), CAUTION
    reason = plate_error_text(words, snapshot.fault) if snapshot.fault else ""
    state = "waiting" if snapshot.waiting and snapshot.recording else snapshot.state.value
    return words(f"test.plate.{state}", reason=reason), STOP


def unwell(snapshot: HubSnapshot) -> dict[str, str]:
    """What is not as it should be while the plate streams: key of the catalogue (`test.plate.*`) and level."""
    share, off = snapshot.bad_share, snapshot.clock.off if snapshot.clock else 0.0
    seen = {
        "damaged": CAUTION if AMBER_SHARE < share <= RED_SHARE else None,
        "badly_damaged": STOP if share > RED_SHARE else None,
        "clock_doubtful": CAUTION if CLOCK_DOUBTFUL < off <= CLOCK_WRONG else None,
        "clock_wrong": STOP if off > CLOCK_WRONG else None,
        "behind": CAUTION if snapshot.behind else None,
        "slow_disk": CAUTION if snapshot.slow_disk else None,
    }
    return {key: level for key, level in seen.items() if level}


def _unwell_values(snapshot: HubSnapshot) -> dict[str, float]:
    """Numbers of what is said, in steps that do not change with every frame."""
    return {
        "share_pct": round(200 * snapshot.bad_share) / 2,
        "off_pct": round(1000 * (snapshot.clock.off if snapshot.clock else 0.0)) / 10,
    }


def _side_words(words: Words, side: Side) -> dict[str, str]:
    return {"side": side_word(words, side), "other": side_word(words, side.other), "label": side_label(words, side)}


def _blocked(guide: GuideView) -> bool:
    """Whether no attempt may begin: the notice says why."""
    return guide.step in IDLE and Act.START not in guide.acts


def step_title(words: Words, guide: GuideView) -> str:
    """What is to be done now, in few words: the person on the plate reads it."""
    if _blocked(guide):
        return words("test.fault.title")
    return words(f"test.step.{guide.step.value}.title", **_side_words(words, guide.side))


def step_text(words: Words, guide: GuideView) -> str:
    """What is to be done now, in full."""
    if _blocked(guide):
        return words("test.fault.text") if guide.notice in STOPPING else ""
    told = f"{guide.step.value}.text"
    if guide.step is Step.VERDICT and (guide.practice or worthless(guide)):
        told = "verdict.practised" if guide.practice else "verdict.worthless"
    return words(f"test.step.{told}", hold_s=guide.protocol.hold_s, **_side_words(words, guide.side))


def notice_text(words: Words, guide: GuideView) -> str:
    """What went another way; "" where nothing did."""
    if guide.notice is None:
        return ""
    values: dict[str, object] = {**guide.values, **_side_words(words, guide.side)}
    if "cell" in values:
        values["cell"] = words(f"cell.{values['cell']}")
    if "weight_n" in values:
        values |= {f"{name}_kg": float(guide.values[f"{name}_n"]) / STANDARD_GRAVITY for name in ("weight", "expected")}
    told = [words(f"test.notice.{guide.notice.value}", **values)]
    if guide.notice in STOPPING or guide.notice is Notice.LOAD_NEGATIVE:
        told += [words("test.fault.ended")] if guide.step in (Step.FILING, Step.VERDICT) else []
    return " ".join(told)


def attempt_text(words: Words, guide: GuideView) -> str:
    """Which attempt of the side this is."""
    asked, failed = guide.protocol.attempts_a_side, guide.failed[guide.side]
    if guide.practice:
        return words("test.practice")
    told = words("test.attempt", attempt=guide.attempt, kept=guide.kept[guide.side], asked=asked)
    return told + words("test.failed", failed=failed) if failed else told


def buttons(words: Words, guide: GuideView) -> tuple[Button, ...]:
    """The acts that may be done now, those that lead on first."""
    again = worthless(guide)
    order = sorted(ORDER, key=lambda act: act is not Act.REPEAT) if again else ORDER
    return tuple(
        Button(
            act,
            words(f"test.act.{_act_key(guide, act)}", **_side_words(words, guide.side)),
            KEYS.get(act),
            _key_text(words, act),
            act is Act.REPEAT if again else act in MAIN,
        )
        for act in order
        if act in guide.acts
    )


def worthless(guide: GuideView) -> bool:
    """Whether the attempt just filed brought neither a usable trial nor a failure: it has to be repeated."""
    outcome = guide.outcome
    judged = outcome is not None and guide.step is Step.VERDICT and not guide.practice
    return judged and outcome is not None and not (outcome.usable or outcome.failed)


def _act_key(guide: GuideView, act: Act) -> str:
    """What an act is called: an attempt that does not count is not kept."""
    if act is Act.KEEP and (guide.practice or worthless(guide)):
        return "go_on"
    return "practise_again" if act is Act.REPEAT and guide.practice else act.value


def _key_text(words: Words, act: Act) -> str | None:
    key = KEYS.get(act)
    return None if key is None else words(f"test.key.{KEY_NAMES.get(key, key)}")


def verdict(words: Words, guide: GuideView) -> Verdict | None:
    """The verdict on the attempt just filed; None where there is none to show."""
    outcome = guide.outcome
    if outcome is None or guide.step is not Step.VERDICT:
        return None
    if outcome.result is None:
        why = no_result_text(words, outcome.error or "")
        return Verdict(words("test.verdict.nothing"), "stop", why, ())
    if guide.practice:
        return Verdict(words("test.verdict.practice"), "good", ended_text(words, outcome.result.phases), ())
    return _judged(words, outcome, outcome.result)


def _judged(words: Words, outcome: Outcome, result: TrialResult) -> Verdict:
    if not outcome.usable:
        title, kind = words("test.verdict.not_usable"), "stop"
    elif outcome.failed:
        title, kind = words("test.verdict.ended_early"), "caution"
    else:
        title, kind = words("test.verdict.usable"), "good"
    grave_first = sorted(result.findings, key=lambda finding: list(Severity).index(finding.severity), reverse=True)
    told = [finding for finding in grave_first if finding.severity is not Severity.NOTE]
    return Verdict(title, kind, ended_text(words, result.phases), tuple(finding_text(words, each) for each in told))
