"""No personal value leaves the database: marked values go every way, then all else is searched."""

import contextlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import requests
from redis import Redis
from redis.exceptions import ResponseError
from sqlalchemy import insert, select

from smsgw.keywords import Ask, Registry, Reply, load_registry
from smsgw.keywords.shapes import Keyword
from smsgw.members.tables import memberships, people, phones_on_record
from smsgw.messages.tables import inbound
from smsgw.store import Cipher, Store, open_store
from tests.conftest import KEY
from tests.support import twilio
from tests.support.gateway import gateway
from tests.support.processes import Running, running

NUMBER, PHONE, OTHER = "99731415926", "+6281277665544", "+6281299887766"
NIK, BORN, NAME, WORD = "9971234567890001", "23-11-1971", "KANARIA", "rahasiasekali"
BALANCE = 87_654_321
PIN = "739105"
CANARIES = (
    NUMBER,
    PHONE[3:],
    OTHER[3:],
    NIK,
    BORN,
    "1971-11-23",
    NAME,
    WORD,
    "87654321",
    "87.654.321",
    twilio.TOKEN,
    KEY.hex(),
)

FLOWS = [
    (f"JHT {NUMBER}", PHONE),
    (f"STATUS {NUMBER}", PHONE),
    (f"JHT {NUMBER}", OTHER),
    (f"JHT {NUMBER[:-1]}", PHONE),
    (f"SALDO {NIK}", PHONE),
    (f"DAFTAR#{NIK}#{BORN}#{NUMBER}", PHONE),
    ("KARTU", PHONE),
    (f"LUPA#{NIK}#{BORN}", PHONE),
    (f"DAFTAR#{NIK}#{BORN}#{NUMBER}", OTHER),
    (f"DAFTAR#{NIK}#24-11-1971#{NUMBER} {NAME}", OTHER),
    (f"LUPA {NIK} {BORN} {WORD}", OTHER),
    (f"DAFTAR#{NIK}#{BORN}#{NUMBER}", OTHER),
    (f"DAFTAR {NIK} {BORN}", OTHER),
    (f"SALDDO {WORD}", PHONE),
    (f"{WORD} {NAME}", OTHER),
    ("BAHASA EN", PHONE),
    (f"BANTUAN {WORD}", PHONE),
    (f"JHT {NUMBER}\u202e{WORD}\x00\n{{}}%s' OR 1=1 --", OTHER),
    (f"{WORD} " * 150, OTHER),
]


def add_member(store: Store) -> None:
    with store.write() as connection:
        person = connection.execute(
            insert(people).values(nik=NIK, name=f"{NAME} {WORD}", birth_date="1971-11-23").returning(people.c.id)
        ).scalar_one()
        membership = connection.execute(
            insert(memberships)
            .values(person_id=person, number=NUMBER, status="AKTIF", segment="PU", jht_balance=BALANCE)
            .values(jht_balance_on=date(2025, 10, 31), programmes="JHT JKK JKM")
            .returning(memberships.c.id)
        ).scalar_one()
        connection.execute(insert(phones_on_record).values(phone=PHONE, membership_id=membership))


@pytest.fixture
def database(sqlite_url: str) -> str:
    with contextlib.closing(open_store(sqlite_url, Cipher(KEY))) as store:
        add_member(store)
    return sqlite_url


def found_in(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


def redis_text(url: str) -> Iterator[str]:
    with Redis.from_url(url) as redis:
        for key in redis.scan_iter("*"):
            yield repr(key)
            for read in (redis.get, redis.hgetall, lambda k: redis.lrange(k, 0, -1), lambda k: redis.zrange(k, 0, -1)):
                with contextlib.suppress(ResponseError):
                    yield repr(read(key))


def refused_pages(gateway: Running) -> Iterator[str]:
    url = gateway.settings.public_url
    fields = twilio.inbound_form(f"JHT {NUMBER} {WORD}", PHONE)
    for target in (twilio.INBOUND, twilio.STATUS, f"/nowhere/{WORD}?phone={PHONE}", "/readyz", "/metrics", "/healthz"):
        for headers in ({}, {"X-Twilio-Signature": WORD, "Content-Type": twilio.FORM}):
            if WORD not in target:
                yield requests.get(url + target, headers=headers, timeout=5).text
            answer = requests.post(url + target, data=twilio.encode(fields), headers=headers, timeout=5)
            yield answer.text + repr(answer.headers)
    yield requests.post(url + twilio.INBOUND, data=f"{WORD}=" * 9000, timeout=5).text


def test_nothing_personal_is_outside_the_database(database: str, tmp_path: Path, redis_url: str) -> None:
    with running(tmp_path, database, redis_url, KEY.hex()) as gateway:
        exchanges = [gateway.text(text, phone) for text, phone in FLOWS]
        assert all(exchange.good for exchange in exchanges), exchanges
        assert "87.654.321" in (exchanges[0].reply or "")
        pages = "\n".join(refused_pages(gateway))
        queue = "\n".join(redis_text(redis_url))
        crew_logs = {log.name: log.read_text(errors="replace") for log in gateway.logs.glob("*.log")}
    assert found_in(pages) == []
    assert found_in(queue) == []
    assert "smsgw:sweep" in queue or "rq:job" in queue
    assert {name: found_in(text) for name, text in crew_logs.items()} == {name: [] for name in crew_logs}
    assert '"event": "hook_refused"' in crew_logs["web.log"]


def test_a_pin_is_nowhere(database: str, tmp_path: Path, redis_url: str) -> None:
    texts = (
        f"DAFTAR#{NIK}#{BORN}#{NUMBER}",
        f"PIN {PIN}",
        f"SALDO {PIN}",
        f"JHT {NUMBER} {PIN[::-1]}",
        f"{WORD} {PIN}",
    )
    with running(tmp_path, database, redis_url, KEY.hex(), pin="on") as gateway:
        exchanges = [gateway.text(text, PHONE) for text in texts]
        assert "87.654.321" in (exchanges[2].reply or ""), exchanges
        pages = requests.get(f"{gateway.settings.public_url}/metrics", timeout=5).text
        queue = "\n".join(redis_text(redis_url))
        logs = "\n".join(log.read_text(errors="replace") for log in gateway.logs.glob("*.log"))
        with gateway.store.read() as connection:
            rows = connection.execute(select(inbound.c.body, inbound.c.folded, inbound.c.secret)).all()
        replies = [exchange.reply for exchange in exchanges]
    assert len(rows) == len(texts)
    assert [
        pin for pin in (PIN, PIN[::-1]) for text in (pages, queue, logs, repr(rows), repr(replies)) if pin in text
    ] == []


def test_the_database_file_holds_it_sealed(database: str) -> None:
    raw = Path(database.removeprefix("sqlite:///")).read_bytes()
    assert [canary for canary in (NUMBER, PHONE[3:], NIK, NAME) if canary.encode() in raw] == []


class Broken:
    """The registry with a handler that quotes its message in what it raises."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self.keywords = {**registry.keywords, "JHT": _raising(registry.keywords["JHT"])}
        self.read, self.render = registry.read, registry.render


def _raising(keyword: Keyword) -> Keyword:
    def answer(ask: Ask) -> Reply:
        raise ValueError(f"{ask.reading.folded} {ask.membership}")

    return Keyword(**{name: getattr(keyword, name) for name in keyword.__dataclass_fields__} | {"answer": answer})


def test_a_handler_that_raises_is_told_by_its_kind_and_ends_in_an_apology(
    database: str, redis_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with gateway(twilio.settings(database_url=database, redis_url=redis_url, data_key=KEY.hex())) as gate:
        verb = type(gate.work.answering)(
            gate.services.store,
            Broken(load_registry()),  # type: ignore[arg-type]
            gate.services.directory,
            gate.services.clock,
            gate.services.rulebook,
        )
        gate.receive(f"JHT {NUMBER}", PHONE)
        for _ in range(3):
            verb(10)
            with gate.services.store.write() as connection:
                connection.exec_driver_sql("UPDATE inbound SET next_attempt_at = 0, claimed_at = NULL")
        with gate.services.store.read() as connection:
            state = connection.exec_driver_sql("SELECT state, reason, attempts FROM inbound").one()
            kinds = connection.exec_driver_sql("SELECT kind FROM outbound").scalars().all()
    said = capfd.readouterr().err
    assert (tuple(state), kinds) == (("failed", "handler", 2), ["apology"])
    assert said.count("handler_failed") == 3
    assert found_in(said) == []


def test_a_lost_database_and_a_lost_queue_are_told_without_values(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    gone = {"database_url": f"sqlite:///{tmp_path}/no/such.sqlite", "redis_url": "redis://127.0.0.1:1/0"}
    with gateway(twilio.settings(**gone)) as gate:
        answers = [gate.post(twilio.INBOUND, twilio.inbound_form(f"JHT {NUMBER}", PHONE)) for _ in range(2)]
        gate.services.bell.ring("answer")
    assert [answer.status_code for answer in answers] == [503, 503]
    said = capfd.readouterr().err + "".join(answer.get_data(as_text=True) for answer in answers)
    assert "store_unavailable" in said
    assert found_in(said) == []
