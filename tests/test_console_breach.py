"""The export after a breach: who was touched between two times, for admins, with a reason that is recorded."""

import csv
import io

import pytest
from sqlalchemy import select, update

from smsgw.messages.tables import outbound
from smsgw.messages.touched import Touched, touched
from smsgw.operators.tables import audit
from smsgw.store import Store
from tests.support.console import Console
from tests.support.payloads import DAY_MS, PHONE, fill

FORM = {"since": "1970-01-02T07:00", "until": "1970-01-04T07:00", "reason": "kunci bocor"}


def test_phones_are_counted_between_two_times(store: Store) -> None:
    fill(store)
    with store.write() as connection:
        connection.execute(update(outbound).where(outbound.c.id == 2).values(to_phone="+6281210000001"))
        connection.execute(update(outbound).where(outbound.c.id == 3).values(to_phone=""))
    found = sorted(touched(store, DAY_MS, 4 * DAY_MS), key=lambda one: one.phone)
    other = Touched("+6281210000001", 0, 1, 2 * DAY_MS, 2 * DAY_MS)
    assert found == [other, Touched(PHONE, 3, 1, DAY_MS, 3 * DAY_MS)]
    assert list(touched(store, 0, DAY_MS)) == []


def test_the_file_holds_them_and_the_log_says_so(console: Console) -> None:
    fill(console.services.store)
    answer = console.signed_in("admin").post("/breach", FORM)
    assert (answer.mimetype, "touched-rows.csv" in answer.headers["Content-Disposition"]) == ("text/csv", True)
    head, row = csv.reader(io.StringIO(answer.text))
    assert head[0] == "phone"
    assert row == [f"'{PHONE}", "2", "2", "1970-01-02T00:00:00+00:00", "1970-01-03T00:00:00+00:00"]
    with console.services.store.read() as connection:
        assert connection.scalar(select(audit.c.reason).where(audit.c.act == "breach_export")) == "kunci bocor"


BAD = [
    {"since": ""},
    {"until": "x"},
    {"since": FORM["until"]},
    {"since": "0001-01-01T00:00", "until": ""},
    {"reason": " "},
]


@pytest.mark.parametrize("change", BAD)
def test_without_times_or_a_reason_there_is_no_file(console: Console, change: dict[str, str]) -> None:
    answer = console.signed_in("admin").post("/breach", FORM | change)
    assert (answer.status_code, answer.mimetype) == (422, "text/html")
