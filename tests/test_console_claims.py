"""Claims: found by number without naming it in an address, and moved on with a reason, once."""

import pytest
from sqlalchemy import select

from smsgw.members.demo import populate
from smsgw.members.tables import claims
from tests.support.console import Browser, Console
from tests.test_console_message import words
from tests.test_console_resend import acts


@pytest.fixture
def branch(console: Console) -> Browser:
    """A branch's browser, over the demo's claims."""
    populate(console.services.store, 8, 1)
    return console.signed_in("branch")


def open_claim(console: Console) -> tuple[int, str, int]:
    with console.services.store.read() as connection:
        columns = claims.c.id, claims.c.number, claims.c.stage
        key, number, stage = connection.execute(select(*columns).where(claims.c.state == "open").limit(1)).one()
    return key, number, stage


def test_a_claim_is_found_and_moved_on(console: Console, branch: Browser) -> None:
    key, number, stage = open_claim(console)
    assert number in words(branch, "/claims")
    found = branch.post("/claims", {"claim": number.lower()})
    assert found.headers["Location"] == f"/console/claims/{key}"
    given = {"stage": str(stage % 6 + 1), "state": "open", "reason": "berkas lengkap"}
    assert [branch.post(f"/claims/{key}", given).status_code for _ in range(2)] == [303, 409]
    assert f"Tahap {stage % 6 + 1}/6" in words(branch, f"/claims/{key}")
    assert acts(console) == [("claim_moved", f"claim/{key}", "berkas lengkap")]


def test_what_is_not_there_is_said(console: Console, branch: Browser) -> None:
    answer = branch.post("/claims", {"claim": "K9999-99999"})
    assert (answer.status_code, "Tidak ada klaim bernomor itu" in answer.text) == (404, True)
    assert branch.get("/claims/99999").status_code == 404
    key, _, _ = open_claim(console)
    for stage, status in (("9", 409), ("x", 400), ("４", 400), ("", 400)):
        assert branch.post(f"/claims/{key}", {"stage": stage, "state": "open", "reason": "x"}).status_code == status
    assert acts(console) == []
