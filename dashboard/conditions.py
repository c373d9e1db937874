"""Under which conditions somebody stands. Stamped into every trial; trials of different ones are never compared."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Self

from dashboard.words import Words


class Eyes(StrEnum):
    """Values here and below are keys of the catalogue (`condition.*`)."""

    OPEN = "eyes_open"
    CLOSED = "eyes_closed"


class Surface(StrEnum):
    """What is under the foot."""

    FIRM = "firm"
    FOAM = "foam"


class Task(StrEnum):
    """What is asked for: to stand still; to raise the free side's pelvis as far as it goes; a load in the free hand."""

    QUIET = "quiet"
    TRENDELENBURG = "trendelenburg_hold"
    HAND_LOAD_5 = "hand_load_5"
    HAND_LOAD_10 = "hand_load_10"


class Footwear(StrEnum):
    """What is on the foot."""

    BAREFOOT = "barefoot"
    SHOD = "shod"


class Sight(StrEnum):
    """Whether the patient could see the moving CoP: it is feedback that changes sway."""

    TRACE_HIDDEN = "trace_hidden"
    TRACE_SEEN = "trace_seen"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What an attempt is made under. The first value of each is what is asked for where nothing else is said."""

    eyes: Eyes = Eyes.OPEN
    surface: Surface = Surface.FIRM
    task: Task = Task.QUIET
    footwear: Footwear = Footwear.BAREFOOT
    sight: Sight = Sight.TRACE_HIDDEN

    @property
    def code(self) -> str:
        """What is filed: the eyes, then whatever is not the usual, joined by full stops ("eyes_closed.foam")."""
        usual = Conditions()
        rest = [getattr(self, name) for name in FIELDS[1:] if getattr(self, name) is not getattr(usual, name)]
        return ".".join([self.eyes.value, *rest])

    @classmethod
    def of(cls, code: str) -> Self:
        """Back from there. Raises ValueError for a code that none of these gives."""
        told = {name: kind(part) for part in code.split(".") for name, kind in KINDS.items() if part in set(kind)}
        made = cls(**told)  # type: ignore[arg-type]
        if made.code != code:
            raise ValueError(f"no conditions have the code {code!r}")
        return made


KINDS: dict[str, type[StrEnum]] = {
    "eyes": Eyes,
    "surface": Surface,
    "task": Task,
    "footwear": Footwear,
    "sight": Sight,
}
FIELDS = tuple(field.name for field in fields(Conditions))


def condition_text(words: Words, code: str) -> str:
    """A code of conditions for people: "Eyes closed · Foam". One of another program stands as it is."""
    known = (f"condition.{part}" for part in code.split("."))
    return " · ".join(words(key) if words.has(key) else key.removeprefix("condition.") for key in known)
