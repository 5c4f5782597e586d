"""Accounts: made, changed and closed by an admin, each with a reason and a row in the audit log."""

import re

import pytest
from sqlalchemy import select

from smsgw.operators import accounts
from smsgw.operators.tables import audit
from tests.support.console import PASSWORD, Console

SHOWN = re.compile(r'<code class="password">([a-z0-9-]+)</code>')
WHY = {"reason": "rina mulai hari ini"}


def acts(console: Console) -> list[tuple[str, str, str]]:
    """Act, about and reason of what was done to accounts."""
    chosen = select(audit.c.act, audit.c.about, audit.c.reason).where(audit.c.about.startswith("operator/"))
    with console.services.store.read() as connection:
        return [tuple(row) for row in connection.execute(chosen.order_by(audit.c.id))]


def test_an_account_is_made_and_its_password_shown_once(console: Console) -> None:
    admin = console.signed_in("admin")
    answer = admin.post("/accounts", {"name": "rina", "role": "branch", **WHY})
    (password,) = SHOWN.findall(answer.text)
    assert password not in admin.get("/accounts").text
    assert console.browser().sign_in("rina", password).status_code == 303
    assert acts(console) == [("account_added", "operator/2", WHY["reason"])]


REFUSED = [({"name": "admin"}, "sudah ada"), ({"name": "Rina Ä"}, "huruf kecil"), ({"name": ""}, "huruf kecil")]


@pytest.mark.parametrize(("form", "words"), REFUSED)
def test_an_account_that_cannot_be_made_says_why(console: Console, form: dict[str, str], words: str) -> None:
    answer = console.signed_in("admin").post("/accounts", {"role": "viewer", **WHY, **form})
    assert (answer.status_code, words in answer.text, acts(console)) == (422, True, [])


def test_without_a_reason_nothing_is_done(console: Console) -> None:
    answer = console.signed_in("admin").post("/accounts", {"name": "rina", "role": "viewer", "reason": " \n "})
    assert (answer.status_code, "tanpa alasan" in answer.text, acts(console)) == (422, True, [])


def test_a_closed_account_is_out_at_once(console: Console) -> None:
    admin, rina = console.signed_in("admin"), console.signed_in("operator", "rina")
    assert admin.post("/accounts/2", {"do": "close", **WHY}).status_code == 303
    assert rina.get("").status_code == 303
    assert console.browser().sign_in("rina").status_code == 403
    admin.post("/accounts/2", {"do": "open", **WHY})
    assert console.browser().sign_in("rina").status_code == 303
    assert [row[0] for row in acts(console)] == ["account_closed", "account_opened"]


def test_another_role_counts_from_the_next_page_on(console: Console) -> None:
    admin, rina = console.signed_in("admin"), console.signed_in("viewer", "rina")
    assert rina.get("/audit").status_code == 403
    admin.post("/accounts/2", {"do": "role", "role": "admin", **WHY})
    assert rina.get("/audit").status_code == 200


def test_another_password_ends_the_sessions(console: Console) -> None:
    admin, rina = console.signed_in("admin"), console.signed_in("viewer", "rina")
    (password,) = SHOWN.findall(admin.post("/accounts/2", {"do": "password", **WHY}).text)
    assert rina.get("").status_code == 303
    assert console.browser().sign_in("rina").status_code == 403
    assert console.browser().sign_in("rina", password).status_code == 303


def test_sessions_can_be_ended_and_the_second_factor_removed(console: Console) -> None:
    admin, rina = console.signed_in("admin"), console.signed_in("viewer", "rina")
    with console.services.store.write() as connection:
        accounts.set_second_factor(connection, 2, "A" * 32, 0, 0)
    assert "faktor kedua" in admin.get("/accounts/2").text.lower()
    admin.post("/accounts/2", {"do": "second_factor", **WHY})
    admin.post("/accounts/2", {"do": "sessions", **WHY})
    assert rina.get("").status_code == 303
    assert console.browser().sign_in("rina", PASSWORD).status_code == 303


@pytest.mark.parametrize("form", [{"do": "close"}, {"do": "role", "role": "viewer"}])
def test_the_last_admin_stays(console: Console, form: dict[str, str]) -> None:
    admin = console.signed_in("admin")
    answer = admin.post("/accounts/1", {**form, **WHY})
    assert (answer.status_code, "admin terakhir" in answer.text, acts(console)) == (422, True, [])
    assert admin.get("/accounts").status_code == 200


@pytest.mark.parametrize("form", [{"do": "delete"}, {}, {"do": "role", "role": "root"}])
def test_what_no_form_of_ours_asks_is_refused(console: Console, form: dict[str, str]) -> None:
    assert console.signed_in("admin").post("/accounts/1", {**form, **WHY}).status_code == 400


def test_an_account_that_is_none_is_not_found(console: Console) -> None:
    assert console.signed_in("admin").get("/accounts/99").status_code == 404


def test_an_account_of_the_provider_has_no_password_and_may_be_given_one(console: Console) -> None:
    admin = console.signed_in("admin")
    answer = admin.post("/accounts", {"name": "rina", "role": "viewer", "called": "rina@example.id", **WHY})
    assert (answer.status_code, "rina@example.id" in admin.get("/accounts/2").text) == (303, True)
    (password,) = SHOWN.findall(admin.post("/accounts/2", {"do": "password", **WHY}).text)
    assert "rina@example.id" not in admin.get("/accounts/2").text
    assert console.browser().sign_in("rina", password).status_code == 303
    assert admin.post("/accounts/2", {"do": "provider", "called": "rina.w", **WHY}).status_code == 303
    assert console.browser().sign_in("rina", password).status_code == 403
    assert [row[0] for row in acts(console)] == ["account_added", "password_set", "provider_set"]


NOT_TAKEN = [("rina.w", "sudah ada"), ("", "persis seperti di sana"), ("x" * 256, "persis"), ("a\u200bb", "persis")]


@pytest.mark.parametrize(("called", "words"), NOT_TAKEN)
def test_a_name_at_the_provider_that_cannot_be_taken_says_why(console: Console, called: str, words: str) -> None:
    admin, rina = console.signed_in("admin"), console.signed_in("viewer", "rina")
    admin.post("/accounts", {"name": "budi", "role": "viewer", "called": "rina.w", **WHY})
    answer = admin.post("/accounts/2", {"do": "provider", "called": called, **WHY})
    assert (answer.status_code, words in answer.text, rina.get("").status_code) == (422, True, 200)
