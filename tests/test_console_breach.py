"""The export after a breach: who was touched between two times, for admins, with a reason that is recorded."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from smsgw.members import touched as of_members
from smsgw.members.tables import bindings, claims, complaints, memberships, phones_on_record, pins, rebindings
from smsgw.members.tables import subject_requests as requests
from smsgw.messages.tables import contact, outbound
from smsgw.messages.touched import touched
from smsgw.operators.tables import audit
from smsgw.store import Store
from smsgw.traces import Trace
from tests.support.console import Console
from tests.support.payloads import DAY_MS, NUMBER, PHONE, fill

FORM = {"since": "1970-01-02T07:00", "until": "1970-01-04T07:00", "reason": "kunci bocor"}
OTHER = "+6281210000001"
SINCE, UNTIL = 1_000 * DAY_MS, 1_002 * DAY_MS  # from 1972-09-27 07.00 WIB
IN = SINCE + 5


def test_phones_are_counted_between_two_times(store: Store) -> None:
    fill(store)
    with store.write() as connection:
        connection.execute(update(outbound).where(outbound.c.id == 2).values(to_phone=OTHER))
        connection.execute(update(outbound).where(outbound.c.id == 3).values(to_phone=""))
        connection.execute(insert(contact).values(phone=OTHER, locked_until=9, updated_at=DAY_MS))
    found = {(one.what, one.phone): one for one in touched(store, DAY_MS, 4 * DAY_MS)}
    assert found == {
        ("message_in", PHONE): Trace("message_in", PHONE, "", 3, DAY_MS, 3 * DAY_MS),
        ("message_out", PHONE): Trace("message_out", PHONE, "", 1, DAY_MS, DAY_MS),
        ("message_out", OTHER): Trace("message_out", OTHER, "", 1, 2 * DAY_MS, 2 * DAY_MS),
        ("contact", OTHER): Trace("contact", OTHER, "", 1, DAY_MS, DAY_MS),
    }
    assert list(touched(store, 0, DAY_MS)) == []


@pytest.fixture
def members(store: Store) -> Store:
    """A membership of which nothing was written in the time."""
    fill(store)
    with store.write() as connection:
        for table in (requests, complaints, claims):
            connection.execute(delete(table))
        connection.execute(insert(phones_on_record).values(phone=OTHER, membership_id=1))
    return store


BINDING = {"membership_id": 1, "phone": PHONE, "state": "active", "used_at": 1}
MOVE = {"membership_id": 1, "phone": PHONE, "state": "refused"}
REPORT = {"number": "L7210-1", "inbound_id": 1, "phone": PHONE, "text": "x", "state": "answered"}
CLAIM = {"number": "K7210-1", "membership_id": 1, "programme": "JHT", "stage": 1, "state": "open"}
NAME = {"kind": "name", "membership_id": 1, "value": "A", "state": "done", "asked_by": "a"}
WRITTEN: list[tuple[Any, dict[str, Any], tuple[str, str, str] | None]] = [
    (bindings, BINDING | {"bound_at": IN, "changed_at": IN}, ("binding", PHONE, NUMBER)),
    (bindings, BINDING | {"bound_at": 1, "changed_at": IN}, ("binding", PHONE, NUMBER)),
    (bindings, BINDING | {"bound_at": 1, "changed_at": UNTIL}, None),
    (rebindings, MOVE | {"began_at": SINCE - 5, "until": SINCE + 5}, ("move", PHONE, NUMBER)),
    (rebindings, MOVE | {"began_at": UNTIL, "until": UNTIL + 5}, None),
    (pins, {"phone": PHONE, "hash": "x", "changed_at": IN}, ("pin", PHONE, "")),
    (complaints, REPORT | {"filed_at": 1, "changed_at": IN}, ("report", PHONE, "")),
    (complaints, REPORT | {"filed_at": 1, "changed_at": SINCE - 1, "membership_id": 1}, None),
    (claims, CLAIM | {"filed_on": date(1970, 1, 1), "changed_on": date(1972, 9, 28)}, ("claim", OTHER, NUMBER)),
    (claims, CLAIM | {"filed_on": date(1970, 1, 1), "changed_on": date(1972, 9, 26)}, None),
    (requests, NAME | {"asked_at": 1, "decided_at": IN}, ("correction", OTHER, NUMBER)),
    (requests, {"kind": "erasure", "state": "done", "asked_by": "a", "asked_at": IN}, None),
]


@pytest.mark.parametrize(("table", "values", "told"), WRITTEN)
def test_what_is_known_of_members_is_told_with_its_phone_and_number(
    members: Store, table: Any, values: dict[str, Any], told: tuple[str, str, str] | None
) -> None:
    with members.write() as connection:
        connection.execute(insert(table).values(**values))
    found = [(one.what, one.phone, one.number) for one in of_members.touched(members, SINCE, UNTIL)]
    assert found == ([told] if told else [])


def test_a_record_is_told_once_for_each_phone_on_it(members: Store) -> None:
    with members.write() as connection:
        connection.execute(insert(phones_on_record).values(phone=PHONE, membership_id=1))
        connection.execute(update(memberships).values(written_at=IN))
    found = list(of_members.touched(members, SINCE, UNTIL))
    assert {(one.phone, one.number, one.rows, one.first_at) for one in found} == {
        (PHONE, NUMBER, 1, IN),
        (OTHER, NUMBER, 1, IN),
    }


def test_the_file_holds_them_and_the_log_says_so(console: Console) -> None:
    fill(console.services.store)
    answer = console.signed_in("admin").post("/breach", FORM)
    assert (answer.mimetype, "touched-rows.csv" in answer.headers["Content-Disposition"]) == ("text/csv", True)
    head, *rows = csv.reader(io.StringIO(answer.text))
    assert head[:3] == ["phone", "membership_number", "what"]
    times = ["1970-01-02T00:00:00+00:00", "1970-01-03T00:00:00+00:00"]
    assert rows == [[f"'{PHONE}", "", what, "2", *times] for what in ("message_in", "message_out")]
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
