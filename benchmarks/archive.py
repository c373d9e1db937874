"""Figures of the archive: bytes of a trial, time of an act and of a page, in a file or on a server.

python -m benchmarks.archive [--patients 10000] [--recordings 100000] [--trials 200] [--folder FOLDER]
                             [--store postgresql://USER@HOST/EMPTY_DATABASE]

A file is made in FOLDER (a temporary one) and deleted afterwards: 100,000 recordings take some 4 GB and ten minutes.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from time import perf_counter

from benchmarks.filling import ACTOR, STANCE, VISITS_EACH, measured, people, recorded, trials
from hardware.simulator.device import simulated_calibration
from records import filing
from records.recording_file import pack, unpack
from records.store import RecordStore, sqlite_url


def milliseconds(act: Callable[[], object], times: int) -> str:
    """Least, median and largest time of `act`, once it was done before: the least is the computer left alone."""
    act()
    taken_ms = []
    for _ in range(times):
        start_s = perf_counter()
        act()
        taken_ms.append(1000 * (perf_counter() - start_s))
    return (
        f"least {min(taken_ms):7.2f} ms, median {statistics.median(taken_ms):7.2f} ms, largest {max(taken_ms):7.2f} ms"
    )


def sizes() -> None:
    """Bytes of a recording."""
    for rate_hz in (80, 1000):
        _, raw = recorded(rate_hz)
        content = pack(raw)
        decoded = raw.time_s.nbytes + raw.counts.nbytes + raw.flags.nbytes
        print(f"recording, 36 s at {rate_hz} Hz: {len(content)} bytes packed ({decoded} decoded)")
        print(f"  pack   {milliseconds(lambda raw=raw: pack(raw), 10)}")
        print(f"  unpack {milliseconds(lambda content=content: unpack(content), 10)}")


def acts(store: RecordStore, times: int) -> None:
    """Time of filing a trial and its result, as a station does."""
    one = measured()
    if store.latest_calibration(one.new.raw.plate.serial) is None:
        filing.add_calibration(store, ACTOR, simulated_calibration(one.new.raw.plate.serial))
    visit = store.visits_of(store.search_patients(limit=1)[0].patient.id)[0]
    filed: list[str] = []

    def file_recording() -> None:
        filed.append(filing.file_recording(store, ACTOR, visit.id, one.new, [STANCE])[0].id)

    def file_result() -> None:
        filing.file_result(store, ACTOR, next(ids), one.result)

    before = size(store)
    print(f"file a recording  {milliseconds(file_recording, times)}")
    ids = iter(filed)
    print(f"file a result     {milliseconds(file_result, times)}")
    print(f"bytes of the archive for a trial, its result and two events: {(size(store) - before) // (times + 1)}")
    print(f"load a recording  {milliseconds(lambda: store.recording(store.trial(filed[0]).recording_id), 20)}")
    print(f"results of a visit of {len(filed)} trials  {milliseconds(lambda: store.latest_results(visit.id), 5)}")


def size(store: RecordStore) -> int:
    """Bytes that the archive takes."""
    if store.file is not None:
        return store.file.stat().st_size
    with store.reading() as archive:
        return int(archive.exec_driver_sql("SELECT pg_database_size(current_database())").scalar() or 0)


def searches(store: RecordStore, patients: int) -> None:
    """Search as somebody types."""
    for text in ("", "p", "p-0", f"P-{patients - 1:05d}", "weiß", "jür wei", "nguyen", "no such name", "%"):
        found = len(store.search_patients(text))
        print(f"search {text!r:15} {found:3} rows  {milliseconds(lambda text=text: store.search_patients(text), 10)}")
    for text in ("", "p", "weiß"):
        last = milliseconds(lambda text=text: store.search_patients(text, 50, patients - 50), 10)
        print(f"search {text!r:15} last page {last}")


def page(store: RecordStore) -> None:
    """What the page of one patient asks: who, which visits, which trials and results; each patient another time."""
    persons = cycle(row.patient.id for row in store.search_patients("p", limit=100, offset=100))

    def ask() -> None:
        for visit in store.visits_of(store.patient(next(persons)).id):
            store.trials_of(visit.id)
            store.latest_results(visit.id)

    print(f"page of a patient with {VISITS_EACH} visits  {milliseconds(ask, 90)}")


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive", description=__doc__)
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--recordings", type=int, default=0)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--store", help="an empty database; default: a file that is deleted afterwards")
    args = parser.parse_args()
    sizes()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        store = RecordStore(args.store or sqlite_url(Path(folder) / "archive.db"))
        store.upgrade()
        visit_ids = people(store, args.patients)
        bare = size(store)
        print(f"{store.shown_url.split(':')[0]}: {args.patients} patients, {len(visit_ids)} visits, {bare} bytes")
        if args.recordings:
            start_s = perf_counter()
            trials(store, visit_ids, args.recordings)
            with store.writing() as archive:
                archive.exec_driver_sql("ANALYZE")  # as a server does by itself, soon
            each = (size(store) - bare) // args.recordings
            print(f"{args.recordings} trials in {perf_counter() - start_s:.0f} s, {size(store)} bytes, {each} for each")
        searches(store, args.patients)
        page(store)
        acts(store, args.trials)
        print(f"verify {store.verify_audit().events} audit events  {milliseconds(store.verify_audit, 1)}")
        store.close()


if __name__ == "__main__":
    main()
