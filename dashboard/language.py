"""In which language a browser is answered: as chosen on a page, as the browser asks, or as the station speaks."""

from __future__ import annotations

from dash import Dash
from flask import Response, request

from dashboard.words import Words, languages, load_words, speak_now

COOKIE, QUERY = "stancelab_language", "language"
KEPT_S = 400 * 86_400  # the longest that browsers keep a cookie


def register(app: Dash) -> None:
    """Choose the language before anything else looks at a request, and keep what was chosen in this browser."""
    app.server.before_request_funcs.setdefault(None, []).insert(0, _choose)
    app.server.after_request(_keep)
    app.server.context_processor(lambda: {"other_languages": other_languages(load_words())})


def other_languages(words: Words) -> list[tuple[str, str]]:
    """Code of each other language and its name in itself."""
    return [(code, load_words(code)("language.name")) for code in languages() if code != words.language]


def _choose() -> None:
    speak_now(_asked() or _kept() or request.accept_languages.best_match(languages()))


def _asked() -> str | None:
    """What a link on the page asks for: `?language=de`."""
    return _known(request.args.get(QUERY))


def _kept() -> str | None:
    return _known(request.cookies.get(COOKIE))


def _known(language: str | None) -> str | None:
    return language if language in languages() else None


def _keep(response: Response) -> Response:
    language = _asked()
    if language is not None:
        response.set_cookie(COOKIE, language, max_age=KEPT_S, samesite="Strict", httponly=True)
    return response
