"""What the buttons of a visit's page do: what was typed -> one act on the archive."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from analysis.geometry import Side
from dashboard.components.entry_form import Typed, number_of, of_these, text_of
from dashboard.gate import acting, person
from records import filing
from records.errors import Kind
from records.examination import ChecklistItem, NewStrengthTest, StrengthPosition
from records.model import VisitEntry
from records.signatures import Meaning
from records.signing import sign_visit
from records.store import RecordStore

#: Typed in centimetres, kept in millimetres.
MM_PER_CM = 10.0
CM_PER_M = 100.0


@dataclasses.dataclass(frozen=True, slots=True)
class Shown:
    """What stood on the page when a button was pressed.

    ``of``: the row the button belongs to. ``versions``: of the rows that can be made void, by id.
    """

    visit_id: str
    version: int
    content_sha256: str
    of: str
    versions: Mapping[str, int] = dataclasses.field(default_factory=dict)

    @property
    def row_version(self) -> int | None:
        """Of the row the button belongs to."""
        return self.versions.get(self.of)


def save_visit(store: RecordStore, shown: Shown, typed: Typed) -> None:
    """Note, examiner and body measures."""
    entry = VisitEntry(
        note=text_of(typed, "note"),
        examiner=text_of(typed, "examiner") or None,
        body_mass_kg=number_of(typed, "body_mass_kg"),
        height_mm=number_of(typed, "height_cm", MM_PER_CM),
        leg_tape_mm=number_of(typed, "leg_tape_cm", MM_PER_CM),
        pelvis_width_mm=number_of(typed, "pelvis_width_cm", MM_PER_CM),
    )
    edited = dataclasses.replace(store.visit(shown.visit_id), version=shown.version, **dataclasses.asdict(entry))
    filing.edit_visit(store, acting(), edited, reason=text_of(typed, "change_reason"))


def answer(store: RecordStore, shown: Shown, typed: Typed) -> None:
    """The checklist."""
    reason = text_of(typed, "go_on_reason")
    answers = {item: typed[item.value] == "yes" for item in ChecklistItem if typed.get(item.value)}
    filing.answer_checklist(store, acting(), shown.visit_id, answers, reason, version=shown.version)


def add_strength(store: RecordStore, shown: Shown, typed: Typed) -> None:
    """A strength test of the leg whose column it was typed in."""
    lever_m = number_of(typed, "lever_cm", 1 / CM_PER_M)
    pain = number_of(typed, "pain")
    new = NewStrengthTest(
        Side(shown.of),
        force_n=number_of(typed, "force_n"),
        lever_m=lever_m,
        moment_nm=number_of(typed, "moment_nm"),
        instrument=text_of(typed, "instrument"),
        position=StrengthPosition(typed["position"]) if typed.get("position") else None,
        pain=None if pain is None else int(pain),
        note=text_of(typed, "note"),
    )
    filing.file_strength_test(store, acting(), shown.visit_id, new)


def sign(store: RecordStore, shown: Shown, typed: Typed) -> None:
    """Sign what is shown, with the password of whoever is logged in."""
    me = person()
    if me is None:
        raise RuntimeError("nobody is logged in")
    meaning = Meaning(typed["meaning"] or Meaning.EXAMINED)
    password, now = text_of(typed, "password"), datetime.now(UTC)
    sign_visit(store, me.account.id, password, shown.visit_id, meaning, shown.content_sha256, now=now)


def own_trial(store: RecordStore, shown: Shown) -> str:
    """The trial the button belongs to. The page says which: that it is of this visit says the archive.

    Raises
    ------
    NotFound
    """
    return of_these(Kind.TRIAL, store.trials_of(shown.visit_id), shown.of)


def own_strength(store: RecordStore, shown: Shown) -> str:
    """The strength test the button belongs to, of this visit. Raises NotFound."""
    return of_these(Kind.STRENGTH_TEST, store.strength_tests_of(shown.visit_id, void=True), shown.of)


def own_observation(store: RecordStore, shown: Shown) -> str:
    """The observation the button belongs to, of this visit. Raises NotFound."""
    return of_these(Kind.OBSERVATION, store.observations_of(shown.visit_id, void=True), shown.of)


ACTS: Mapping[str, Callable[[RecordStore, Shown, Typed], object]] = {
    "visit": save_visit,
    "checklist": answer,
    "strength": add_strength,
    "sign": sign,
    "void_strength": lambda store, shown, typed: filing.void_strength_test(
        store, acting(), own_strength(store, shown), text_of(typed, "void_reason"), version=shown.row_version
    ),
    "restore_strength": lambda store, shown, _: filing.restore_strength_test(
        store, acting(), own_strength(store, shown), version=shown.row_version
    ),
    "void_trial": lambda store, shown, typed: filing.void_trial(
        store, acting(), own_trial(store, shown), text_of(typed, "void_reason"), version=shown.row_version
    ),
    "restore_trial": lambda store, shown, _: filing.restore_trial(
        store, acting(), own_trial(store, shown), version=shown.row_version
    ),
    "void_observation": lambda store, shown, typed: filing.void_observation(
        store, acting(), own_observation(store, shown), text_of(typed, "void_reason"), version=shown.row_version
    ),
    "restore_observation": lambda store, shown, _: filing.restore_observation(
        store, acting(), own_observation(store, shown), version=shown.row_version
    ),
    "void_visit": lambda store, shown, typed: filing.void_visit(
        store, acting(), shown.visit_id, text_of(typed, "void_reason"), version=shown.version
    ),
    "restore_visit": lambda store, shown, _: filing.restore_visit(
        store, acting(), shown.visit_id, version=shown.version
    ),
}

#: Those that raise the visit's version by one, and are refused on any other version than the one that was shown.
RAISES = frozenset({"visit", "checklist", "void_visit", "restore_visit"})
