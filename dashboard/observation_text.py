"""What the examiner entered beside one trial or one strength test -> text. Pure."""

from __future__ import annotations

from dashboard.abductor_sentences import observation_text
from dashboard.words import Words
from records.examination import Observation, StrengthTest


def entered_text(words: Words, seen: Observation) -> str:
    """One observation as a sentence's parts; "" where nothing was entered."""
    drawn = seen.seen
    looked = drawn.pelvic_drop is not None or drawn.trunk_lean is not None
    parts = [observation_text(words, drawn)] if looked else []
    if seen.drop_deg is not None:
        parts.append(_degrees(words, "drop", seen.drop_deg, seen.drop_sd_deg))
    if seen.tilt_deg is not None:
        parts.append(_degrees(words, "tilt", seen.tilt_deg, seen.tilt_sd_deg))
    if seen.pain is not None:
        parts.append(words("entered.pain", pain=seen.pain))
    if seen.hand_support is not None:
        parts.append(words("entered.hand_support" if seen.hand_support else "entered.no_hand_support"))
    if seen.hand_load_kg is not None:
        parts.append(words("entered.hand_load", kg=words.number(seen.hand_load_kg, 1)))
    parts += [seen.note] if seen.note else []
    return words("entered.examiner", what="; ".join(parts)) if parts else ""


def _degrees(words: Words, what: str, degrees: float, sd: float | None) -> str:
    if sd is None:
        return words(f"entered.{what}", deg=words.number(degrees, 1))
    return words(f"entered.{what}_sd", deg=words.number(degrees, 1), sd=words.number(sd, 1))


def strength_pain_text(words: Words, test: StrengthTest | None) -> str:
    """Pain while pushing stands beside a strength: what pain limits is not strength."""
    if test is None or not test.pain:
        return ""
    return words("entered.strength_pain", pain=test.pain)
