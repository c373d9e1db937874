"""Names or codes: asked at the first set-up, changed in the settings, and what the forms offer then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from clinic import Clinic
from visitors import client_of, fire, form_token, page_at

from dashboard.app import make_app
from dashboard.archive import console_actor
from dashboard.words import load_words
from records import accounts
from records.identity import Identity, choose_identity, identity_of
from records.model import Act, Role

WORDS = load_words()
PASSWORD = "four words of plenty"  # noqa: S105
FIELDS = ("name", "record_number", "birth_date")


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    made = Clinic(tmp_path)
    yield made
    made.store.close()


@pytest.mark.parametrize(
    ("sent", "chosen"), [({}, Identity.CODE), ({"identity": "code"}, Identity.CODE), ({"identity": "names"}, "names")]
)
def test_the_first_set_up_asks_and_a_code_is_what_it_proposes(
    clinic: Clinic, sent: dict[str, str], chosen: Identity
) -> None:
    client = make_app(clinic.services.config, clinic.services).server.test_client()
    code = accounts.make_set_up_code(clinic.store, console_actor(), now=datetime.now(UTC))
    page = client.get("/set-up")
    assert page.text.index('value="code"') < page.text.index('value="names"')
    assert "selected" not in page.text
    typed = {"name": "Ada", "password": PASSWORD, "again": PASSWORD, "code": code, "csrf": form_token(page)}
    assert client.post("/set-up", data={**typed, **sent}).status_code == 303
    assert identity_of(clinic.store) == chosen
    (event,) = clinic.store.audit_events(acts=[Act.IDENTITY_CHOSEN])
    assert event.actor == "Ada"


def test_with_a_code_only_the_forms_do_not_offer_what_is_refused(clinic: Clinic) -> None:
    """Of who has a name already it is offered, so that it can be emptied."""
    bare, named = clinic.patient("P-1"), clinic.patient("P-2", name="Anna Example")
    client = client_of(make_app(clinic.services.config, clinic.services))
    before = page_at(client, f"/patient/{bare.id}")
    choose_identity(clinic.store, console_actor(), Identity.CODE)
    after, kept = page_at(client, f"/patient/{bare.id}"), page_at(client, f"/patient/{named.id}")
    field = '"field": "{}"'.format
    assert [name for name in FIELDS if field(name) in before] == list(FIELDS)
    assert [name for name in FIELDS if field(name) in after] == []
    assert [name for name in FIELDS if field(name) in kept] == ["name"]
    assert field("birth_year") in after


def test_the_section_is_an_administrators(clinic: Clinic) -> None:
    app = make_app(clinic.services.config, clinic.services)
    for role in Role:
        client = client_of(app, role)
        is_admin = role is Role.ADMIN
        assert (WORDS("settings.identity.label") in page_at(client, "/settings/identity")) is is_admin
        assert (fire(client, "identity-told.children").status_code == 403) is not is_admin
    assert identity_of(clinic.store) is Identity.NAMES
