"""Each person is answered in their own language: chosen on a page, asked for by the browser, or the station's."""

from __future__ import annotations

from collections.abc import Iterator

import plotly.graph_objects as go
import pytest
from clinic import Clinic, both_sides
from flask.testing import FlaskClient
from visitors import client_of

from dashboard import cli
from dashboard.app import make_app
from dashboard.components.graph import graph
from dashboard.language import COOKIE
from dashboard.visit_view import visit_view
from dashboard.words import MissingWords, languages, load_words, speak, speak_now

NAVIGATES = {"Sec-Fetch-Mode": "navigate"}


@pytest.fixture(autouse=True)
def _english_afterwards() -> Iterator[None]:
    yield
    speak("en")
    speak_now(None)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return Clinic(tmp_path_factory.mktemp("language"))


@pytest.fixture
def visitor(clinic: Clinic) -> FlaskClient:
    return client_of(make_app(clinic.services.config, clinic.services))


def page_language(visitor: FlaskClient, path: str = "/", **headers: str) -> str:
    """What the page around all pages says its language is."""
    text = visitor.get(path, headers={**NAVIGATES, **headers}).text
    return text.split('<html lang="')[1].split('"')[0]


def test_english_is_spoken_where_nobody_says_otherwise(visitor: FlaskClient) -> None:
    assert page_language(visitor) == "en"


def test_the_browsers_language_is_spoken_where_nobody_chose(visitor: FlaskClient) -> None:
    assert page_language(visitor, **{"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}) == "de"


def test_a_language_chosen_on_a_page_is_kept_in_this_browser(visitor: FlaskClient) -> None:
    assert page_language(visitor, "/?language=de") == "de"
    kept = visitor.get_cookie(COOKIE)
    assert kept is not None
    assert (kept.value, kept.same_site) == ("de", "Strict")
    assert page_language(visitor, "/", **{"Accept-Language": "en"}) == "de"
    assert page_language(visitor, "/?language=en") == "en"


def test_the_frame_links_to_the_other_language_by_its_own_name(visitor: FlaskClient) -> None:
    frame = visitor.get("/_dash-layout").text
    assert '"?language=de"' in frame
    assert '"Deutsch"' in frame
    assert '"English"' in visitor.get("/_dash-layout", headers={"Accept-Language": "de"}).text


def test_the_log_in_page_speaks_german_too(clinic: Clinic) -> None:
    client = make_app(clinic.services.config, clinic.services).server.test_client()
    page = client.get("/log-in", headers={**NAVIGATES, "Accept-Language": "de"}, follow_redirects=True).text
    assert '<html lang="de">' in page
    assert load_words("de")("app.purpose") in page
    assert 'href="?language=en"' in page


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


def test_a_station_speaks_its_language_on_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(cli.LANGUAGE_VARIABLE, "de")
    with pytest.raises(SystemExit):
        cli.main(["analyse", "--help"])
    assert "wie ausgewertet wird" in capsys.readouterr().out


def test_a_visit_says_the_same_numbers_with_a_decimal_comma(clinic: Clinic) -> None:
    """RMS ML of a 5 mm circle is 5 / sqrt 2 = 3.54 mm in either language."""
    visit = clinic.visit(clinic.patient("P-de"), both_sides())
    results = clinic.station.visit_results(visit.id)
    english, german = (visit_view(load_words(language), results).conditions[0].left for language in ("en", "de"))
    assert [number.mean for number in english.numbers] == [number.mean for number in german.numbers]
    assert "3.54 mm" in [number.value for number in english.numbers]
    assert "3,54 mm" in [number.value for number in german.numbers]


def test_a_graph_writes_its_numbers_in_the_language_of_the_page() -> None:
    speak_now("de")
    german = go.Figure()
    graph(german, "", "10px")
    assert german.layout.separators == ",."
