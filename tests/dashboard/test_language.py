"""Each person is answered in their own language: chosen on a page, asked for by the browser, or the station's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clinic import Clinic
from flask.testing import FlaskClient
from visitors import client_of

from dashboard import cli
from dashboard.app import make_app
from dashboard.words import MissingWords, languages, load_words, speak, speak_now


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    speak("en")
    speak_now(None)


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    clinic = Clinic(tmp_path_factory.mktemp("language"))
    return client_of(make_app(clinic.services.config, clinic.services))


def page_language(visitor: FlaskClient, path: str = "/", **headers: str) -> str:
    """What the page around all pages says its language is."""
    text = visitor.get(path, headers={"Sec-Fetch-Mode": "navigate", **headers}).text
    return text.split('<html lang="')[1].split('"')[0]


def test_english_is_spoken_where_nobody_says_otherwise(visitor: FlaskClient) -> None:
    assert page_language(visitor) == "en"


def test_a_language_nobody_knows_is_not_taken(visitor: FlaskClient) -> None:
    assert page_language(visitor, "/?language=xx") == "en"
    assert page_language(visitor, **{"Accept-Language": "xx"}) == "en"
    with pytest.raises(MissingWords):
        speak("xx")
    assert load_words().language == "en"


def test_a_station_with_a_language_nobody_knows_says_which_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(cli.LANGUAGE_VARIABLE, "xx")
    assert cli.main(["ports"]) == 2
    said = capsys.readouterr().err
    assert cli.LANGUAGE_VARIABLE in said
    assert all(language in said for language in languages())
