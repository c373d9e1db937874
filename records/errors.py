"""Errors of the record store.

::

    RecordsError
    ├── NotPermitted          the actor's role may not do this
    ├── NotFound              no such patient, visit, trial ... in this archive
    ├── InvalidEntry          what was typed cannot be filed; says which field and why
    ├── CodeTaken             another patient has this code
    ├── Conflict              the row was changed by someone else since it was read
    ├── PatientClosed         the patient was merged into another, or erased
    ├── RecordingDamaged      bytes that are not the recording that was filed
    ├── AccountNameTaken      another account has this name
    ├── LastAdministrator     without this one nobody could manage the accounts
    ├── AlreadySetUp          there is an administrator: no code is made or taken any more
    ├── LoginRefused          wrong name or password, or a disabled account: never says which
    ├── LoginDelayed          too many failures: how long to wait
    ├── UnlockRefused         wrong PIN: how many tries are left
    ├── SessionLocked         the lock screen: the same person's PIN goes on
    ├── SessionOver           expired, revoked or never there: log in
    ├── MergeRefused          a file that is no export of an archive, or one that would change what is here
    ├── ParquetDriverMissing  no library for Parquet files
    ├── ExchangeFailed        nothing goes to the server or comes from it, for a reason nobody foresaw
    ├── SealRefused           a file that cannot be sealed or opened: another key, changed, no driver
    └── StoreError            the archive as a whole
        ├── StoreUrlUnknown   not an address of an archive
        ├── StoreMissing      nothing there yet
        ├── StoreTooOld       made by an older program; names the command that upgrades it
        ├── StoreTooNew       made by a newer program; nothing is touched
        ├── StoreBusy         another program holds it
        ├── StoreReadOnly     may be read, not written
        ├── StoreRefused      the server refuses this user, password, database or act
        ├── StoreFull         no space left
        ├── StoreDamaged      not an archive, or its file is broken
        │   └── StoreLocked   encrypted (or no archive), and not opened by a passphrase
        ├── StoreUnreachable  cannot be opened, or the server does not answer
        │   └── StoreDriverMissing
        ├── StoreOnNetwork    its file is on another computer's disk, where SQLite cannot protect it
        ├── StoreInCloud      a program copies its folder elsewhere, file and journal at different moments
        ├── ServerIsAnother   not the server that this station has exchanged with
        ├── StoreNotAFile     a server's archive: it is backed up with the server's own tools
        └── RestoreRefused    there is a file already where the copy should go

Each carries `code` (key of its sentence, ``errors.<code>``) and `values` (what the sentence needs).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from records.problems import EntryProblem as EntryProblem
from records.problems import Kind as Kind
from records.problems import MergeProblem as MergeProblem
from records.problems import SealProblem as SealProblem


class RecordsError(Exception):
    """Base of all errors of this package.

    Parameters
    ----------
    message : str
        For the log; the sentence for people is made of `code` and `values`.
    """

    code = "RECORDS"

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.values: Mapping[str, object] = values


class NotPermitted(RecordsError):
    """Happens when the actor's role may not do what was asked."""

    code = "NOT_PERMITTED"

    def __init__(self, actor: str, role: str, act: str) -> None:
        super().__init__(f"{actor} ({role}) may not {act}", actor=actor, role=role, act=act)


class NotFound(RecordsError):
    """Happens when an id is not in this archive. `code` says of what: PATIENT_NOT_FOUND, VISIT_NOT_FOUND, ..."""

    def __init__(self, kind: Kind, id: str) -> None:
        super().__init__(f"no {kind.value} {id}", id=id)
        self.code = f"{kind.name}_NOT_FOUND"


class InvalidEntry(RecordsError):
    """Happens when what was entered cannot be filed. `field` names the field of the dataclass."""

    def __init__(self, problem: EntryProblem, field: str, **values: object) -> None:
        super().__init__(f"{field}: {problem.value} {values or ''}".rstrip(), **values)
        self.code = problem.value
        self.field = field


class CodeTaken(RecordsError):
    """Happens when another patient of this archive has the code, whatever its case."""

    code = "CODE_TAKEN"

    def __init__(self, patient_code: str, patient_id: str) -> None:
        super().__init__(f"code {patient_code!r} belongs to patient {patient_id}", patient_code=patient_code)
        self.patient_id = patient_id


class Conflict(RecordsError):
    """Happens when a row was changed since it was read: nothing is overwritten. `code`: PATIENT_CONFLICT, ...

    ``differences``: for each field that differs what was entered and what is filed now, to choose from.
    """

    def __init__(
        self,
        kind: Kind,
        id: str,
        read: int,
        stored: int,
        differences: Mapping[str, tuple[object, object]] | None = None,
    ) -> None:
        super().__init__(f"{kind.value} {id} was read at version {read}, is at {stored}", id=id)
        self.code = f"{kind.name}_CONFLICT"
        self.read, self.stored = read, stored
        self.differences: Mapping[str, tuple[object, object]] = differences or {}


class PatientClosed(RecordsError):
    """Happens when something is filed on a patient that was merged into another or erased. `code` says which."""

    code = "PATIENT_MERGED"

    def __init__(self, patient_code: str, merged_into: str | None) -> None:
        how = f"merged into {merged_into}" if merged_into else "erased"
        super().__init__(f"patient {patient_code} was {how}", patient_code=patient_code)
        self.code = "PATIENT_MERGED" if merged_into else "PATIENT_ERASED"
        self.merged_into = merged_into


class RecordingDamaged(RecordsError):
    """Happens when bytes are not, or are no longer, the recording that was filed."""

    code = "RECORDING_DAMAGED"

    def __init__(self, why: str, name: str = "") -> None:
        super().__init__(f"recording {name}: {why}" if name else why, why=why, name=name)
        self.why = why


class AccountNameTaken(RecordsError):
    """Happens when another account has the name, whatever its case and accents."""

    code = "ACCOUNT_NAME_TAKEN"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is an account {name!r} already", name=name)


class LastAdministrator(RecordsError):
    """Happens when the only administrator would be disabled or get another role."""

    code = "LAST_ADMINISTRATOR"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is the only administrator", name=name)


class AlreadySetUp(RecordsError):
    """Happens when a set-up code is asked for or used, and there is an administrator."""

    code = "ALREADY_SET_UP"

    def __init__(self) -> None:
        super().__init__("this archive has an administrator")


class LoginRefused(RecordsError):
    """Happens when a name and a password do not let anyone in. Why is nobody's business: it would help to guess."""

    code = "LOGIN_REFUSED"

    def __init__(self) -> None:
        super().__init__("log-in refused")


class LoginDelayed(RecordsError):
    """Happens after too many failures in a row; ``wait_s``: when the next try is looked at. [s]"""

    code = "LOGIN_DELAYED"

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"next try in {wait_s:.1f} s", wait_s=math.ceil(wait_s))
        self.wait_s = wait_s


class UnlockRefused(RecordsError):
    """Happens when a PIN is wrong; ``tries_left`` before the session is over."""

    code = "UNLOCK_REFUSED"

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"wrong PIN, {tries_left} tries left", tries_left=tries_left)
        self.tries_left = tries_left


class SessionLocked(RecordsError):
    """Happens when a session was left alone: the same person's PIN goes on."""

    code = "SESSION_LOCKED"

    def __init__(self) -> None:
        super().__init__("session locked")


class SessionOver(RecordsError):
    """Happens when a session has expired, was revoked, or never was."""

    code = "SESSION_OVER"

    def __init__(self) -> None:
        super().__init__("session over")


class MergeRefused(RecordsError):
    """Happens when a file can't be merged: nothing of it is filed. `code`: MERGE_NAME, MERGE_TOO_LARGE, ..."""

    def __init__(self, problem: MergeProblem, what: str) -> None:
        super().__init__(f"{problem.value}: {what}", what=what)
        self.code = problem.value


class ParquetDriverMissing(RecordsError):
    """Happens when a Parquet file is asked for and this computer has no library for it."""

    code = "PARQUET_NO_DRIVER"

    def __init__(self, why: str) -> None:
        super().__init__(f"no pyarrow: {why}", why=why)


class SealRefused(RecordsError):
    """Happens when a file can't be sealed or opened: nothing is written. `code`: SEAL_NO_KEY, SEAL_CHANGED, ..."""

    def __init__(self, problem: SealProblem, what: str) -> None:
        super().__init__(f"{problem.value}: {what}", what=what)
        self.code = problem.value


class StoreError(RecordsError):
    """Base of the errors of the archive as a whole. `url` is shown without its password."""

    code = "STORE"

    def __init__(self, url: str, why: str = "", **values: object) -> None:
        super().__init__(f"{type(self).__name__}: {url} {why}".rstrip(), url=url, why=why, **values)


class StoreUrlUnknown(StoreError):
    """Happens when an address is not one of an archive."""

    code = "STORE_URL_UNKNOWN"


class StoreMissing(StoreError):
    """Happens when there is no archive at an address yet; `values["command"]` makes one."""

    code = "STORE_MISSING"


class StoreTooOld(StoreError):
    """Happens when an archive was made by an older program; `values["command"]` upgrades it."""

    code = "STORE_TOO_OLD"


class StoreTooNew(StoreError):
    """Happens when an archive was made by a newer program; `values["command"]` says what this one can do."""

    code = "STORE_TOO_NEW"


class StoreBusy(StoreError):
    """Happens when another program holds the archive for longer than we wait."""

    code = "STORE_BUSY"


class StoreReadOnly(StoreError):
    """Happens when the archive may be read and not written."""

    code = "STORE_READ_ONLY"


class StoreRefused(StoreError):
    """Happens when the server answers and refuses: user, password, name of the database, or a right is missing."""

    code = "STORE_REFUSED"


class StoreFull(StoreError):
    """Happens when the disk of the archive is full."""

    code = "STORE_FULL"


class StoreDamaged(StoreError):
    """Happens when a file is not an archive, or a broken one."""

    code = "STORE_DAMAGED"


class StoreLocked(StoreDamaged):
    """Happens when a file is encrypted, or no archive: no passphrase was given, or not its own."""

    code = "STORE_LOCKED"


class StoreUnreachable(StoreError):
    """Happens when the file cannot be opened or the server does not answer."""

    code = "STORE_UNREACHABLE"


class StoreDriverMissing(StoreUnreachable):
    """Happens when the archive is on a server and this computer has no driver for it."""

    code = "STORE_DRIVER_MISSING"


class StoreOnNetwork(StoreError):
    """Happens when the file of an archive is on a network folder: nothing is opened. ``why``: which."""

    code = "STORE_ON_NETWORK"


class StoreInCloud(StoreError):
    """Happens when the folder of an archive is copied elsewhere by a program: nothing is opened. ``why``: which."""

    code = "STORE_IN_CLOUD"


class ServerIsAnother(StoreError):
    """Happens when a station that has exchanged with one server is pointed at another: two archives would mix."""

    code = "SERVER_IS_ANOTHER"


class ExchangeFailed(RecordsError):
    """Happens when a round of the exchange fails as nobody foresaw: a fault of this program, its trace in the log."""

    code = "EXCHANGE_FAILED"

    def __init__(self, cause: Exception) -> None:
        super().__init__(f"{type(cause).__name__}: {cause}", what=type(cause).__name__)


class StoreNotAFile(StoreError):
    """Happens when a copy is asked of an archive on a server: its own tools make it."""

    code = "STORE_NOT_A_FILE"


class RestoreRefused(StoreError):
    """Happens when a copy would overwrite a file: nothing is ever overwritten."""

    code = "RESTORE_REFUSED"
