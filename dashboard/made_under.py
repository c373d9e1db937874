"""Under which conditions a trial was made: only trials of one condition are averaged, compared or followed up.

What a guided test stamped into its trials is read here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.conditions import condition_text
from dashboard.words import Words
from records.model import Trial


@dataclass(frozen=True, slots=True)
class MadeUnder:
    """What two trials must share to be compared.

    Parameters
    ----------
    code : str
        Of the conditions: eyes, ground, task, footwear, whether the patient saw the trace.
    demo : bool
        A demonstration is never compared with a test.
    guided : bool
        By the guided test; else a recording of another system.
    hold_s : float or None
        The hold asked for. [s]
    """

    code: str
    demo: bool = False
    guided: bool = False
    hold_s: float | None = None

    @property
    def condition_key(self) -> str:
        """Conditions as one word, for trends."""
        return f"{self.code} demo" if self.demo else self.code

    @property
    def protocol_key(self) -> str:
        """What was asked of an attempt as one word, for trends."""
        return f"guided {self.hold_s:g} s" if self.guided and self.hold_s is not None else ""


def made_under(trial: Trial) -> MadeUnder:
    """The conditions of a trial as they were stamped."""
    hold_s = (trial.protocol or {}).get("hold_s")
    return MadeUnder(
        code=trial.condition,
        demo=trial.demo,
        guided=trial.protocol is not None,
        hold_s=float(hold_s) if isinstance(hold_s, int | float) else None,
    )


def is_practice(trial: Trial) -> bool:
    """Whether a trial was made to practise: it is kept and shown, and counts nowhere."""
    return bool((trial.protocol or {}).get("practice", False))


def made_under_text(words: Words, made: MadeUnder, among: Iterable[MadeUnder] = ()) -> str:
    """Conditions as a heading; the hold where others of ``among`` differ in nothing else."""
    parts = [condition_text(words, made.code)]
    if made.demo:
        parts.append(words("result.demo"))
    alike = {other for other in among if (other.code, other.demo) == (made.code, made.demo)}
    if len(alike) > 1:
        parts.append(_asked_text(words, made))
    return " · ".join(parts)


def _asked_text(words: Words, made: MadeUnder) -> str:
    if not made.guided or made.hold_s is None:
        return words("result.imported")
    return words("result.hold_asked", hold_s=words.number(made.hold_s, 0))
