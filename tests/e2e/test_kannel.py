"""A short code through Kannel's own programs, with the configuration of docs/kannel.md, to an operator's SMSC."""

import queue
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from smsgw.members.demo import DEMO_PEOPLE
from smsgw.messages.tables import inbound, outbound
from tests.conftest import KEY
from tests.e2e.test_conversation import with_people
from tests.support import kannel, smsc
from tests.support.processes import WITHIN_S, Running, free_port, running, wait_until
from tests.support.smsc import Smsc, Submitted

SITI = DEMO_PEOPLE[0]
pytestmark = pytest.mark.usefixtures("kannel_programs")


@dataclass(frozen=True)
class Line:
    """A gateway, Kannel and an SMSC that are bound to each other."""

    gateway: Running
    operator: Smsc
    kannel: Path

    def next(self) -> Submitted:
        """The next message that leaves to a phone."""
        return self.operator.submitted.get(timeout=WITHIN_S)

    def reply(self) -> Any:
        """The newest reply as it stands in the log."""
        with self.gateway.store.read() as connection:
            return connection.execute(select(outbound).order_by(outbound.c.id.desc()).limit(1)).one()

    def wait_state(self, state: str) -> None:
        """Wait until the newest reply has this state."""
        wait_until(lambda: self.reply().state == state, self.gateway.crew.check)


@pytest.fixture
def line(tmp_path: Path, sqlite_url: str, redis_url: str) -> Iterator[Line]:
    ports, web_port = kannel.Ports(free_port(), free_port(), free_port()), free_port()
    settings, folder = kannel.settings_for(ports, web_port), tmp_path / "kannel"
    with (
        smsc.running() as operator,
        running(tmp_path, with_people(sqlite_url), redis_url, KEY.hex(), port=web_port, **settings) as gateway,  # type: ignore[arg-type]
        kannel.running(folder, ports, operator.port, web_port),
    ):
        operator.wait_bound(WITHIN_S)
        yield Line(gateway, operator, folder)


def test_a_member_texts_the_short_code_and_reads_the_balance(line: Line) -> None:
    line.operator.text(SITI.phone, "2757", f"JHT {SITI.number}".encode())
    reply = line.next()
    assert (reply.from_phone, reply.to_phone, reply.wants_receipt) == ("2757", SITI.phone, True)
    assert b"23.451.200" in reply.text
    assert len(reply.text) <= 160
    assert reply.validity
    line.wait_state("sent")
    line.operator.report(reply, "DELIVRD", "000")
    line.wait_state("delivered")
    row = line.reply()
    assert (row.carrier, row.carrier_id, row.error_code) == ("kannel", f"OPERATOR/{reply.id}", None)


def test_every_alphabet_arrives_and_no_text_is_left_in_a_log(line: Line) -> None:
    texts = [
        (b"saldo jht 180500123\x1b\x6545", 0),
        ("saldo \u00e9\U0001f600 JHT".encode("utf-16-be"), 8),
        (b"\xff\x00", 4),
    ]
    for octets, coding in texts:
        line.operator.text(SITI.phone.removeprefix("+"), "2757", octets, coding)
        line.next()
    with line.gateway.store.read() as connection:
        rows = connection.execute(select(inbound.c.body, inbound.c.from_phone, inbound.c.num_media)).all()
    assert sorted((row.body, row.num_media) for row in rows) == [
        ("", 1), ("saldo jht 180500123\u20ac45", 0), ("saldo \u00e9\U0001f600 JHT", 0),
    ]  # fmt: skip
    assert {row.from_phone for row in rows} == {SITI.phone}
    logs = "".join(file.read_text(encoding="utf-8", errors="replace") for file in line.kannel.glob("*.log"))
    assert "WARNING" in logs  # so they are the right files
    for secret in ("saldo", SITI.phone.removeprefix("+"), kannel.TOKEN):
        assert secret not in logs


def test_a_failure_is_told_with_its_code(line: Line) -> None:
    line.operator.text(SITI.phone, "2757", b"BANTUAN")
    sent = line.next()
    line.wait_state("sent")  # before, Kannel does not know yet whose the receipt is
    line.operator.report(sent, "UNDELIV", "200")
    line.wait_state("undelivered")
    assert line.reply().error_code == "200"
    line.operator.refusing = True
    line.operator.text(SITI.phone, "2757", b"STATUS")
    line.wait_state("failed")
    assert line.reply().carrier_status == "smsc_rejected"


def test_a_message_that_comes_while_the_web_process_is_away_is_answered_once(line: Line) -> None:
    line.gateway.children["web"].stop(5)
    line.operator.text(SITI.phone, "2757", b"BANTUAN")
    with pytest.raises(queue.Empty):
        line.operator.submitted.get(timeout=1.5)  # Kannel has asked, and asked again
    line.gateway.start("web")
    assert line.next().to_phone == SITI.phone
    with pytest.raises(queue.Empty):
        line.operator.submitted.get(timeout=1.5)
