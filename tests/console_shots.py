"""The pictures of the operators' console: a day of a gateway with invented people, as a browser shows it."""

import math
import random
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import requests
from playwright.sync_api import Page
from sqlalchemy import bindparam, insert, select, update

from smsgw.members.demo import DEMO_PEOPLE
from smsgw.messages.tables import inbound, outbound, outbound_event
from smsgw.operators import accounts
from smsgw.store import Store
from tests.support import past
from tests.support.browser import NARROW, Look
from tests.support.console import HASH, PASSWORD
from tests.support.processes import Running

PRICE: Final = Decimal(435)
COUNT: Final = 1_100
STEP_MS: Final = 80_000  # between messages: a day of them
WIDE: Final = (1280, 900)
UNREAD: Final = (
    "kenapa lama sekali", "mau tanya dong", "bpjs kesehatan saya", "gaji saya kurang", "hp saya hilang", "pulsa habis",
)  # fmt: skip
SITI, JOKO, RINA, AGUS = (DEMO_PEOPLE[n].phone for n in (0, 1, 2, 3))
STRANGER: Final = "+6281233300091"
SAID: Final = (
    (STRANGER, "SALDO 18050012345"), (AGUS, "tolong saldo jht dong"), (RINA, "STATUS 99090000023"),
    (SITI, "DAFTAR#9973014107900003#01-07-1990#18050012345"), (SITI, "saldo"), (SITI, "MUTASI"), (SITI, "LANJUT"),
    (SITI, "SIMULASI 10"), (SITI, "LAPOR iuran bulan juni belum masuk"), (JOKO, "LACAK 99090000012"),
    (STRANGER, "kapan cair min"), (SITI, "KANTOR BANDUNG"),
)  # fmt: skip
Save = Callable[[str, Page], None]


def prepare(store: Store) -> None:
    """A day that is over, up to some minutes ago, and the operator who looks at it."""
    for _ in past.write(store, past.Past(store.cipher, COUNT, phones=90, step_ms=STEP_MS)):
        pass
    now_ms = time.time_ns() // 1_000_000
    moved = now_ms - past.LAST_MS - 4 * 60_000
    with store.write() as connection:
        done = {"state": "answered", "keyword": "JHT", "answered_at": inbound.c.received_at + 900}
        connection.execute(update(inbound).where(inbound.c.state == "received").values(**done))
        ended = outbound.c.state.in_(["sent", "accepted", "unknown"])
        connection.execute(update(outbound).where(ended).values(state="delivered", error_code=None))
        connection.execute(update(inbound).values(received_at=inbound.c.received_at + moved, carrier="twilio"))
        connection.execute(update(outbound).values(created_at=outbound.c.created_at + moved, updated_at=now_ms))
        connection.execute(_WAVE, [{"n": n, "at": _late(n, now_ms)} for n in range(1, COUNT + 1)])
        accounts.add(connection, "ani", "admin", HASH, now_ms)
    _say_what_was_not_read(store)
    _tell_steps(store)


def _late(n: int, now_ms: int) -> int:
    """When the n-th message came: people write more at some hours than at others."""
    part = 1 - n / COUNT
    return now_ms - 4 * 60_000 - int((part + 0.04 * math.sin(4 * math.pi * part)) * COUNT * STEP_MS)


_WAVE: Final = update(inbound).where(inbound.c.id == bindparam("n")).values(received_at=bindparam("at"))


def _say_what_was_not_read(store: Store) -> None:
    chance = random.Random(1)
    unread = inbound.c.keyword.is_(None), inbound.c.state == "answered"
    with store.write() as connection:
        for number in connection.scalars(select(inbound.c.id).where(*unread)).all():
            text = chance.choices(UNREAD, (9, 7, 5, 3, 3, 2))[0]
            values = {"body": text, "folded": text.upper()}
            connection.execute(update(inbound).where(inbound.c.id == number).values(**values))


def _tell_steps(store: Store) -> None:
    chance = random.Random(1)
    replies = select(outbound.c.id, inbound.c.received_at, outbound.c.state).join(
        inbound, inbound.c.id == outbound.c.inbound_id
    )
    with store.write() as connection:
        rows: list[dict[str, Any]] = []
        for number, came, state in connection.execute(replies).all():
            taken = came + chance.randrange(280, 900)
            steps = [("sending", "accepted", taken)]
            if state in ("delivered", "undelivered"):
                steps.append(("accepted", state, taken + chance.randrange(1_200, 6_000)))
            for before, after, at in steps:
                cause = {"cause": "report", "cause_key": f"report:{after}"}
                rows.append(
                    {"outbound_id": number, "at": at, "last_at": at, "from_state": before, "to_state": after, **cause}
                )
        connection.execute(insert(outbound_event), rows)


def shoot(gateway: Running, look: Look, save: Save) -> None:
    """Let some people write, one of whose handsets is off, and take the four pictures."""
    base = gateway.settings.public_url
    for phone, text in SAID:
        gateway.text(text, phone)
    fault = {"kind": "undelivered", "code": 30003, "phone": RINA, "lasts": 60, "seed": 1}
    requests.post(f"{base}/simulator/api/faults", json=fault, timeout=10).raise_for_status()
    gateway.text("JHT 99090000023", RINA)
    ids = _newest(gateway.store)
    for name, path, size, theme in (
        ("console-log", "/messages", WIDE, "light"),
        ("console-message", f"/messages/{ids[RINA]}", WIDE, "dark"),
        ("console-conversation", f"/conversations/{ids[SITI]}", NARROW, "light"),
        ("console-dashboard", "", (1280, 1180), "light"),
    ):
        page = _signed_in(look(f"{base}/console/sign-in", size=size, colours=theme, locale="en-GB"))  # type: ignore[arg-type]
        page.goto(f"{base}/console{path}")
        save(name, page)
        page.goto("about:blank")  # a live page would go on asking a gateway that has ended


def _signed_in(page: Page) -> Page:
    page.select_option('[name="language"]', "en")
    page.click("footer button")
    page.fill('[name="name"]', "ani")
    page.fill('[name="password"]', PASSWORD)
    page.press('[name="password"]', "Enter")
    page.wait_for_selector(".who")
    return page


def _newest(store: Store) -> dict[str, int]:
    """The last message of each phone."""
    with store.read() as connection:
        return dict(connection.execute(select(inbound.c.from_phone, inbound.c.id).order_by(inbound.c.id)).all())
