"""Other names for people, by HMAC-SHA-256 with a key that stays at the site: the same person is always the same code.

What is left of a person is a short list, everything else is dropped: a column that is added stays at the site until
someone puts it on the list. Dates are moved by a constant number of days for each patient, 0 to 364 back, so that the
time between visits stays true.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from records.new_file import new_file
from records.schema import iso_time

KEY_FILE, _KEY_BYTES = "site.key", 32
#: Ages from here on are given as this one. Source: 45 CFR 164.514(b)(2)(i)(C).
POOLED_AGE = 90
_LEFT: Mapping[str, frozenset[str]] = {
    "patient": frozenset({"sex", "involved_side", "dominant_side", "simulated"}),
    "visit": frozenset({"body_mass_kg", "height_mm", "leg_tape_mm", "pelvis_width_mm"}),
    "trial": frozenset({"side", "start_s", "end_s", "condition", "attempt", "demo", "status", "marks", "protocol"}),
    "result": frozenset({"number", "result", "analysis_version"}),
    "observation": frozenset(
        {"side", "pelvic_drop", "drop_at_s", "drop_deg", "drop_sd_deg", "tilt_deg", "tilt_sd_deg", "trunk_lean"}
        | {"trunk_lean_deg", "pain", "hand_support", "hand_load_kg"}
    ),
    "strength_test": frozenset({"side", "force_n", "lever_m", "moment_nm", "position", "pain"}),
}
#: Stands for the reason of what is void: that it is void must leave with it.
VOID = "void"
_DATES = frozenset({"at", "created_at", "made_at"})
_IDS = frozenset({"id", "patient_id", "visit_id", "trial_id", "recording_id"})
_OF_THE_SITE = frozenset({"calibration_id", "plate_serial"})
REMOVED = (
    "name, birth date, record number, diagnosis, notes, reasons for what is void",
    "operator, examiner, station, plate, file names, recordings",
    "ids, replaced: the old ones hold the time they were made",
    "study code, replaced",
    "dates, moved back by 0 to 364 days, the same for all dates of a patient; time zones",
    f"ages from {POOLED_AGE} on, given as {POOLED_AGE}",
)


def site_key(folder: Path) -> bytes:
    """Key of this site, made at the first use: whoever has it can tell who is who. Raises OSError, ValueError."""
    path = folder / KEY_FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with new_file(path) as written:
            written.write(secrets.token_bytes(_KEY_BYTES))
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise ValueError(f"{path} is no key")
    return key


class Pseudonyms:
    """The names of one site."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def code(self, patient_id: str) -> str:
        """Study code: 16 letters and digits."""
        return "S-" + base64.b32encode(self._digest("code", patient_id)[:10]).decode()

    def id(self, id: str) -> str:
        """A UUID (version 8) instead of one that holds a time."""
        return str(uuid.UUID(int=_as_uuid8(int.from_bytes(self._digest("id", id)[:16], "big"))))

    def shift(self, patient_id: str) -> timedelta:
        """How far a patient's dates are moved."""
        return -timedelta(days=int.from_bytes(self._digest("shift", patient_id)[:8], "big") % 365)

    def site_id(self, text: str) -> str:
        """Instead of the name of a plate or of its calibration: the same one for the same, 16 letters and digits."""
        return "S-" + base64.b32encode(self._digest("site", text)[:10]).decode()

    def row(self, table: str, row: Mapping[str, Any], patient_id: str) -> dict[str, Any]:
        """What may leave of a row of a patient."""
        veiled = {name: value for name, value in row.items() if name in _LEFT[table]}
        veiled |= {name: self.id(row[name]) for name in _IDS & row.keys() if row[name] is not None}
        veiled |= {
            name: iso_time(datetime.fromisoformat(row[name]) + self.shift(patient_id)) for name in _DATES & row.keys()
        }
        if row.get("void_reason") is not None:
            veiled["void_reason"] = VOID
        if table == "patient":
            veiled["code"] = self.code(patient_id)
        elif table == "result":
            veiled["result"] = {name: value for name, value in row["result"].items() if name not in _OF_THE_SITE}
        return veiled

    def _digest(self, what: str, text: str) -> bytes:
        return hmac.digest(self._key, f"{what}:{text}".encode(), "sha256")


def _as_uuid8(value: int) -> int:
    """Set version and variant. Source: RFC 9562, 5.8."""
    value = value & ~(0xF << 76) | (8 << 76)
    return value & ~(0x3 << 62) | (2 << 62)
