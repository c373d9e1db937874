"""`stancelab serve`: the station's archive and plate in the browser, on this computer only."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from acquisition.ports import AUTO
from dashboard.archive import console_actor, hand_over, open_store
from dashboard.cli import Stopped
from dashboard.config import HTTP_PORT, Config, data_folder, plate_url, store_url
from dashboard.words import load_words
from records import accounts
from records.errors import RecordsError, StoreDamaged
from records.people import Account
from records.store import RecordStore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    words = load_words()
    add_server_arguments(parser)
    parser.add_argument("--data", metavar="FOLDER", help=words("command.serve.data"))
    parser.add_argument("--store", metavar="URL", help=words("command.serve.store"))
    parser.add_argument("--plate", metavar="URL", help=words("command.serve.plate"))
    parser.add_argument("--lan", metavar="URL", type=_public_url, help=words("command.serve.lan"))


def add_server_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of every verb that serves."""
    words = load_words()
    port_help = words("command.serve.http_port", port=HTTP_PORT)
    parser.add_argument("--http-port", metavar="N", type=int, default=HTTP_PORT, help=port_help)
    parser.add_argument("--no-browser", action="store_true", help=words("command.serve.no_browser"))


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    folder = data_folder(args.data)
    config = Config(
        data_folder=folder,
        store_url=store_url(args.store, folder),
        http_port=args.http_port,
        open_browser=not args.no_browser,
        plate_url=plate_url(args.plate),
        public_url=args.lan,
    )
    serve(config)
    return 0


def _public_url(text: str) -> str:
    """Where a reverse proxy shows this station. Without TLS nobody else is let in: passwords would be read."""
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.path.strip("/") or parts.query or parts.username:
        raise argparse.ArgumentTypeError(load_words()("command.serve.lan_without_tls", text=text))
    return text.rstrip("/")


def serve(config: Config, guest: Account | None = None) -> None:
    """Open archive and plate, say where to look, serve until Ctrl-C. Raises Stopped where it cannot.

    ``guest``: of a demonstration, who is let in by a link and no password.
    """
    from dashboard.archive_notice import restore_lines
    from dashboard.pages.patients.view import rescue_text  # the web server loads only where one is wanted
    from dashboard.serving import Server, running

    words = load_words()
    try:
        store = open_store(config)
        _tell(hand_over(config, store))  # who may log in was perhaps said at another station
    except StoreDamaged as error:
        file = RecordStore(config.store_url).file or config.station_file
        raise Stopped(
            "\n".join([words(f"errors.{error.code}", **error.values), *restore_lines(words, file)])
        ) from error
    except RecordsError as error:
        raise Stopped(words(f"errors.{error.code}", **error.values)) from error
    with running(config, store) as services:
        try:
            server = Server(config, services)
        except OSError as error:
            raise Stopped(words("command.serve.port_in_use", port=config.http_port)) from error
        _greet(server.address, config, store.shown_url)
        opens = server.link_for(guest.id, _tell_link) if guest else None
        if opens is not None:
            _tell_link(opens)
        elif not accounts.has_administrator(store):
            _tell([_set_up(store)])
        _tell(text for each in services.rescued if (text := rescue_text(words, each)))
        server.run(opens)


def _greet(address: str, config: Config, archive: str) -> None:
    words = load_words()
    kind = "without_plate" if config.plate_url is None else "any_plate" if config.plate_url == AUTO else "with_plate"
    lines = [
        words("command.serve.address", address=address),
        words("command.serve.archive", archive=archive),
        words(f"command.serve.{kind}", url=config.plate_url),
        words("command.serve.public", public=config.public_url, address=address)
        if config.public_url
        else words("command.serve.loopback"),
        words("command.serve.end"),
    ]
    _tell(lines)


def _tell_link(link: str) -> None:
    _tell([load_words()("command.demo.link", link=link)])


def _set_up(store: RecordStore) -> str:
    code = accounts.make_set_up_code(store, console_actor(), now=datetime.now(UTC))
    return load_words()("command.serve.set_up", code=code, minutes=accounts.CODE_VALID.total_seconds() / 60)


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
    sys.stdout.flush()
