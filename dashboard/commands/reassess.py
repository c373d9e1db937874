"""`stancelab reassess`: every stored trial analysed with this program, old results kept; says what changed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import parent_process
from multiprocessing.process import BaseProcess
from threading import Thread

from analysis.settings import AnalysisSettings
from dashboard.archive import local_actor
from dashboard.cli import Stopped
from dashboard.config import data_folder, store_url
from dashboard.reassessment import ChangeTable, reassess
from dashboard.sentences import metric_label, number_text
from dashboard.words import Words, load_words
from records.errors import RecordsError
from records.store import RecordStore

#: Trials a worker has in hand or waiting, so that none of them is idle while the archive is read.
WAITING_A_WORKER = 3
ROWS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the verb."""
    words = load_words()
    parser.add_argument("--patient", metavar="CODE", help=words("command.reassess.patient"))
    parser.add_argument("--since", metavar="YYYY-MM-DD", type=_day, help=words("command.reassess.since"))
    parser.add_argument("--again", action="store_true", help=words("command.reassess.again"))
    parser.add_argument(
        "--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help=words("command.reassess.jobs")
    )
    parser.add_argument("--cluster", metavar="ADDRESS", help=words("command.reassess.cluster"))
    parser.add_argument("--store", metavar="URL", help=words("command.store.url"))
    parser.add_argument("--data", metavar="FOLDER", help=words("command.store.data"))


def run(args: argparse.Namespace) -> int:
    """Analyse anew, then print what changed. Exit code 1 where a trial could not be analysed."""
    words = load_words()
    if args.jobs < 1:
        raise Stopped(words("command.reassess.jobs_below_one", jobs=args.jobs))
    table = ChangeTable()
    try:
        store = RecordStore(store_url(args.store, data_folder(args.data)))
        store.check_schema()
        ids = store.trial_ids(args.patient, args.since)
        if args.patient is not None and not ids:
            raise Stopped(words("command.reassess.no_trials", patient=args.patient))
        with _executor(args, words) as (executor, workers):
            waiting = WAITING_A_WORKER * workers
            bar = _Bar(len(ids), words)
            for each in reassess(
                store, local_actor(), ids, AnalysisSettings(), executor, waiting=waiting, again=args.again
            ):
                table.add(each)
                bar.show(table.trials)
            bar.end()
    except RecordsError as error:
        raise Stopped(words(f"errors.{error.code}", **error.values)) from error
    sys.stdout.write("\n".join(change_lines(words, table, len(ids))) + "\n")
    return 1 if table.failed else 0


def change_lines(words: Words, table: ChangeTable, asked: int) -> list[str]:
    """What was done, and what changed: in the most trials first."""
    lines = [words.counted("command.reassess.done", table.trials, asked=asked, current=asked - table.trials)]
    if table.first:
        lines.append(words.counted("command.reassess.first", table.first))
    if table.failed:
        lines.append(words.counted("command.reassess.failed", table.failed))
    if table.usable_gained or table.usable_lost:
        lines.append(words("command.reassess.usable", gained=table.usable_gained, lost=table.usable_lost))
    if table.sides:
        lines.append(words("command.reassess.sides", trials=", ".join(table.sides)))
    if not table.metrics:
        return [*lines, words("command.reassess.same")] if table.trials else lines
    lines.append(words("command.reassess.head"))
    ranked = sorted(table.metrics.items(), key=lambda item: -len(item[1].differences))
    for id, change in ranked[:ROWS]:
        lines.append(
            words(
                "command.reassess.row",
                metric=metric_label(words, id),
                n=len(change.differences),
                typical=number_text(words, id, change.typical, signed=True),
                largest=number_text(words, id, change.largest, signed=True),
                gained=change.gained,
                lost=change.lost,
            )
        )
    if len(ranked) > ROWS:
        lines.append(words.counted("command.reassess.more", len(ranked) - ROWS))
    return lines


@contextmanager
def _executor(args: argparse.Namespace, words: Words) -> Iterator[tuple[Executor, int]]:
    """Processes of this computer, or the workers of a cluster."""
    if args.cluster is None:
        with ProcessPoolExecutor(args.jobs, initializer=end_with_the_program) as processes:
            yield processes, args.jobs
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise Stopped(words("command.reassess.no_cluster")) from error
    try:
        client = Client(args.cluster, timeout=10)
    except (OSError, ValueError) as error:
        raise Stopped(words("command.reassess.no_answer", address=args.cluster, why=str(error))) from error
    with client:
        yield client.get_executor(pure=False), max(sum(client.ncores().values()), 1)


def end_with_the_program() -> None:
    """Called in a worker: it ends when the program that started it is gone, however that ended.

    A worker whose program was killed would wait for its next trial for ever.
    """
    program = parent_process()
    if program is not None:
        Thread(target=_end_after, args=(program,), daemon=True).start()


def _end_after(program: BaseProcess) -> None:
    program.join()
    os._exit(1)


def _day(text: str) -> datetime:
    """A day of the calendar, in UTC."""
    return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)


class _Bar:
    """How far it is: in place on a terminal, a line every tenth elsewhere."""

    def __init__(self, total: int, words: Words) -> None:
        self._total, self._words = total, words
        self._in_place = sys.stderr.isatty()
        self._shown = 0

    def show(self, done: int) -> None:
        tenth = 10 * done // max(self._total, 1)
        if self._in_place or tenth > self._shown:
            self._shown = tenth
            text = self._words("command.reassess.progress", done=done, total=self._total)
            sys.stderr.write(f"\r{text}" if self._in_place else f"{text}\n")
            sys.stderr.flush()

    def end(self) -> None:
        if self._in_place:
            sys.stderr.write("\n")
