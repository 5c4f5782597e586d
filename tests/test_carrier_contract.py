"""What every carrier keeps to: one table of tests, run against each, over real sockets and through the web process."""

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import select

from smsgw import logs
from smsgw.carriers import Hook, Outcome, Parcel, Verdict
from smsgw.carriers.base import Page
from smsgw.errors import HookRefused
from smsgw.messages.tables import inbound, outbound
from tests.support import kannel, twilio
from tests.support.gateway import Gateway, gateway
from tests.support.sides import KANNEL, PHONE, SIDES, TWILIO, Side, without
from tests.support.wire import Talk, answering, hanging_up, resetting, server

each = pytest.mark.parametrize("side", SIDES, ids=lambda side: side.name)
PARCEL = Parcel(PHONE, "2757", "Halo", "token", 1800)


def send(side: Side, url: str, **changes: Any) -> Outcome:
    return side.carrier(url=url).send(replace(PARCEL, **changes))


def read(side: Side, kind: str, hook: Hook, **changes: object) -> Any:
    carrier = side.carrier(changes=changes)
    return carrier.read_inbound(hook) if kind == "inbound" else carrier.read_report(hook)


# --- send: each line of the classifier

ANY_ANSWER: list[tuple[Talk, Verdict]] = [
    (resetting, Verdict.AMBIGUOUS),
    (hanging_up, Verdict.AMBIGUOUS),
    (lambda c, n: c.sendall(b"garbage\r\n\r\n"), Verdict.AMBIGUOUS),
    (answering("200 OK", "<html>a page in between</html>"), Verdict.AMBIGUOUS),
    (answering("202 Accepted", "<html>"), Verdict.AMBIGUOUS),
    (answering("302 Found", "", "Location: http://127.0.0.1:1/"), Verdict.AMBIGUOUS),
    (answering("500 Oops", "<html>"), Verdict.AMBIGUOUS),
    (answering("502 Oops", "<html>"), Verdict.AMBIGUOUS),
    (answering("401 Unauthorized", "<html>"), Verdict.SAFE),
    (answering("400 Bad Request", "<html>"), Verdict.REFUSED),
]
ANSWERS: list[tuple[Side, Talk, Verdict, str]] = [
    (TWILIO, answering("201 Created", '{"status": "queued"}'), Verdict.AMBIGUOUS, "no_sid"),
    (TWILIO, answering("201 Created", '{"sid": "nonsense"}'), Verdict.AMBIGUOUS, "no_sid"),
    (TWILIO, answering("201 Created", "<html>"), Verdict.AMBIGUOUS, "JSONDecodeError"),
    (TWILIO, answering("201 Created", "[]"), Verdict.AMBIGUOUS, "AttributeError"),
    (TWILIO, answering("429 Too Many", '{"code": 20429, "message": "x"}'), Verdict.SAFE, "20429"),
    (TWILIO, answering("401 Unauthorized", '{"code": 20003, "message": "x"}'), Verdict.SAFE, "20003"),
    (TWILIO, answering("403 Forbidden", '{"code": 20005, "message": "x"}'), Verdict.SAFE, "20005"),
    (TWILIO, answering("400 Bad Request", '{"code": 21211, "message": "x"}'), Verdict.REFUSED, "21211"),
    (TWILIO, answering("400 Bad Request", '{"code": 21610, "message": "x"}'), Verdict.REFUSED, "21610"),
    (TWILIO, answering("404 Not Found", '{"code": 20404, "message": "x"}'), Verdict.REFUSED, "20404"),
    (TWILIO, answering("500 Oops", '{"code": 20500, "message": "x"}'), Verdict.AMBIGUOUS, "20500"),
    (TWILIO, answering("503 Oops", "not json"), Verdict.AMBIGUOUS, "503"),
    (KANNEL, answering("202 Accepted", "3: Queued for later delivery"), Verdict.ACCEPTED, ""),
    (KANNEL, answering("202 Accepted", "Sent."), Verdict.ACCEPTED, ""),
    (KANNEL, answering("202 Accepted", "4: Unheard of"), Verdict.AMBIGUOUS, "202"),
    (KANNEL, answering("400 Bad Request", "Missing receiver number, rejected"), Verdict.REFUSED, "400"),
    (KANNEL, answering("403 Forbidden", "Not routable. Do not try again."), Verdict.REFUSED, "403"),
    (KANNEL, answering("403 Forbidden", "Authorization failed for sendsms"), Verdict.SAFE, "403"),
    (KANNEL, answering("404 Not Found", "Unknown request."), Verdict.SAFE, "404"),
    (KANNEL, answering("503 Busy", "Temporal failure, try again later."), Verdict.SAFE, "503"),
    (KANNEL, answering("500 Oops", "Sending failed."), Verdict.AMBIGUOUS, "500"),
]
ACCOUNT = [
    (TWILIO, answering("401 Unauthorized", '{"code": 20003, "message": "x"}')),
    (KANNEL, answering("403 Forbidden", "Authorization failed for sendsms")),
]
BUSY = [
    (TWILIO, answering("429 Too Many", '{"code": 20429, "message": "x"}', "Retry-After: 7")),
    (KANNEL, answering("503 Busy", "Temporal failure, try again later.", "Retry-After: 7")),
]


@each
def test_an_accepted_message_is_accepted(side: Side) -> None:
    with server(side.accepts) as url:
        outcome = send(side, url)
    assert (outcome.verdict, outcome.breaker) == (Verdict.ACCEPTED, False)
    assert outcome.status in ("queued", "accepted")


@each
@pytest.mark.parametrize(("talk", "verdict"), ANY_ANSWER)
def test_each_answer_has_its_verdict_at_every_carrier(side: Side, talk: Talk, verdict: Verdict) -> None:
    with server(talk) as url:
        outcome = send(side, url)
    assert outcome.verdict is verdict
    assert "page in between" not in str(outcome)


@pytest.mark.parametrize(("side", "talk", "verdict", "code"), ANSWERS)
def test_each_answer_of_a_carrier_has_its_verdict(side: Side, talk: Talk, verdict: Verdict, code: str) -> None:
    with server(talk) as url:
        outcome = send(side, url)
    assert (outcome.verdict, outcome.error_code or "") == (verdict, code)


@pytest.mark.parametrize(("side", "talk"), ACCOUNT)
def test_the_account_refused_pauses_the_carrier(side: Side, talk: Talk) -> None:
    with server(talk) as url:
        assert send(side, url).breaker


ELSEWHERE = [
    (TWILIO, answering("400 Bad Request", '{"code": 21408, "message": "x"}'), True),
    (TWILIO, answering("400 Bad Request", '{"code": 21606, "message": "x"}'), True),
    (TWILIO, answering("400 Bad Request", '{"code": 21211, "message": "x"}'), False),
    (TWILIO, answering("400 Bad Request", '{"code": 21610, "message": "x"}'), False),
    (KANNEL, answering("403 Forbidden", "Not routable. Do not try again."), True),
    (KANNEL, answering("400 Bad Request", "Missing receiver number, rejected"), False),
]


@pytest.mark.parametrize(("code", "opted_out"), [("21610", True), ("30003", False), ("", False)])
def test_a_report_knows_it_too(code: str, *, opted_out: bool) -> None:
    fields = TWILIO.report("token", "failed") | {"ErrorCode": code}
    assert TWILIO.carrier().read_report(TWILIO.ask("status", fields)).opted_out is opted_out


@pytest.mark.parametrize(("code", "opted_out"), [(21610, True), (21211, False), (21408, False)])
def test_a_phone_that_told_the_carrier_to_stop_is_known_by_its_code(code: int, opted_out: bool) -> None:
    with server(answering("400 Bad Request", f'{{"code": {code}, "message": "x"}}')) as url:
        assert send(TWILIO, url).opted_out is opted_out


@pytest.mark.parametrize(("side", "talk", "elsewhere"), ELSEWHERE)
def test_what_is_refused_for_its_way_may_go_by_another_carrier(side: Side, talk: Talk, elsewhere: bool) -> None:
    with server(talk) as url:
        outcome = send(side, url)
    assert (outcome.verdict, outcome.elsewhere) == (Verdict.REFUSED, elsewhere)


@pytest.mark.parametrize(("side", "talk"), BUSY)
def test_the_carriers_wish_to_wait_is_kept(side: Side, talk: Talk) -> None:
    with server(talk) as url:
        assert send(side, url).retry_after_s == 7


@each
@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://no-such-host.invalid", "https://127.0.0.1:1"])
def test_what_never_left_may_be_sent_again(side: Side, url: str) -> None:
    assert send(side, url).verdict is Verdict.SAFE


@each
def test_a_failed_handshake_has_sent_nothing(side: Side) -> None:
    with server(lambda c, n: c.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as url:
        assert send(side, url.replace("http:", "https:")).verdict is Verdict.SAFE


def test_a_kannel_that_is_not_set_up_sends_nothing() -> None:
    assert KANNEL.carrier(changes={"kannel_url": ""}).send(PARCEL).verdict is Verdict.SAFE


BODIES = [
    "Rp23.451.200 per 31-10 (a/b) + 50% & c=d; ~_x\n\u00e9\u20ac \U0001f600",
    "",
    " ",
    "+",
    "".join(map(chr, range(1, 800))),
]


def asked(side: Side, **changes: Any) -> tuple[bytes, bytes]:
    """Head and body of the request that hands a parcel over."""
    seen: list[bytes] = []

    def talk(connection: socket.socket, number: int) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")

    with server(talk) as url:
        send(side, url, **changes)
    (request,) = seen
    head, _, body = request.partition(b"\r\n\r\n")
    return head, body


@pytest.mark.parametrize("body", BODIES)
def test_the_text_arrives_as_it_is(body: str) -> None:
    form = dict(parse_qsl(asked(TWILIO, body=body)[1].decode("ascii"), keep_blank_values=True))
    assert (form["Body"], form["To"]) == (body, PHONE)
    assert asked(KANNEL, body=body)[1].decode() == body


def test_kannel_is_told_all_in_headers_and_nothing_in_the_address() -> None:
    head, _ = asked(KANNEL, valid_s=1799)
    line, *headers = head.decode("ascii").split("\r\n")
    fields = dict(header.split(": ", 1) for header in headers)
    assert line == "POST /cgi-bin/sendsms HTTP/1.1"
    assert {name: value for name, value in fields.items() if name.startswith("X-")} == {
        "X-Kannel-Username": "smsgw",
        "X-Kannel-Password": kannel.PASSWORD,
        "X-Kannel-From": "2757",
        "X-Kannel-To": PHONE,
        "X-Kannel-Validity": "29",
        "X-Kannel-DLR-Mask": "31",
        "X-Kannel-DLR-Url": f"http://127.0.0.1:8000/webhooks/kannel/status?key={kannel.TOKEN}&t=token"
        "&type=%d&smsc=%i&id=%F&err=%#smpp#dlr_err#",
    }


@each
@pytest.mark.parametrize("to_phone", ["+62812\r\nX: y", "", "+62812\x00"])
def test_a_header_cannot_be_slipped_in(side: Side, to_phone: str) -> None:
    with server(answering("400 Bad Request", "{}")) as url:
        assert send(side, url, to_phone=to_phone).verdict in (Verdict.REFUSED, Verdict.SAFE)


# --- the list of what was sent: no answer is no knowledge, and never an exception

NO_LIST: list[Talk] = [
    resetting,
    hanging_up,
    lambda c, n: c.sendall(b"garbage\r\n\r\n"),
    answering("200 OK", "<html>a page in between</html>"),
    answering("200 OK", "[]"),
    answering("200 OK", '{"messages": [{"sid": "nonsense"}]}'),
    answering("401 Unauthorized", '{"code": 20003, "message": "x"}'),
    answering("429 Too Many", '{"code": 20429, "message": "x"}'),
    answering("500 Oops", "<html>"),
]


@pytest.mark.parametrize("talk", NO_LIST)
def test_a_list_that_cannot_be_read_is_no_answer_and_the_log_says_why(
    talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO")
    with server(talk) as url:
        carrier = TWILIO.carrier(url=url)
        assert carrier.list_sent(PHONE, TWILIO.number, 0) is None
        assert list(carrier.list_received(TWILIO.number, 0)) == []
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["which"]) for line in told] == [("list_failed", "sent"), ("list_failed", "received")]
    assert all(line["error_code"] and line["error"] for line in told)
    assert PHONE not in str(told)


TWO_DAYS_S = 172_800


@pytest.mark.parametrize(("valid_s", "told"), [(1799, 1799), (0, 1), (-5, 1), (TWO_DAYS_S, 36_000)])
def test_a_carrier_keeps_a_message_as_long_as_it_is_worth_something(valid_s: int, told: int) -> None:
    _, body = asked(TWILIO, valid_s=valid_s)
    assert dict(parse_qsl(body.decode("ascii")))["ValidityPeriod"] == str(told)


def test_a_list_that_cannot_be_reached_is_no_answer_and_kannel_has_none() -> None:
    ours, theirs = TWILIO.carrier(), KANNEL.carrier()
    assert (ours.list_sent(PHONE, TWILIO.number, 0), [*ours.list_received(TWILIO.number, 0)]) == (None, [])
    assert (theirs.list_sent(PHONE, KANNEL.number, 0), [*theirs.list_received(KANNEL.number, 7)]) == ((), [Page((), 7)])


# --- inbound and reports


@each
@pytest.mark.parametrize("body", ["JHT 18050012345", "", " ", "a+b&c=d%20", "\u00e9\u20ac\U0001f600", "\u0000\n"])
def test_a_genuine_message_is_read(side: Side, body: str) -> None:
    given = side.new_id()
    message = read(side, "inbound", side.ask("inbound", side.text(given, body)))
    assert (message.carrier_id, message.from_phone, message.to_phone) == (given, PHONE, side.number)
    assert (message.body, message.num_media, message.opt_out_type) == (body, 0, None)


@each
def test_every_word_of_a_report_has_its_state(side: Side) -> None:
    for word, state in side.words.items():
        report = read(side, "status", side.ask("status", side.report("a-Token_1", word)))
        assert (report.token, report.state) == ("a-Token_1", state)
        assert report.status


OCTETS = [
    ("0", "\u20ac @".encode(), "\u20ac @", 0),
    ("-1", b"x", "x", 0),
    ("0", b"\xff\xfe", "\ufffd\ufffd", 0),
    ("2", b"\xd8\x00\x00a", "\ufffd", 0),
    ("2", b"\x00", "\ufffd", 0),
    ("1", b"\x06\x05\x04", "", 1),
    ("7", b"x", "", 1),
    ("0", b"x" * 9000, "x" * 1600, 0),
]


@pytest.mark.parametrize(("coding", "octets", "body", "media"), OCTETS)
def test_whatever_octets_kannel_brings_are_a_text(coding: str, octets: bytes, body: str, media: int) -> None:
    fields = KANNEL.text(KANNEL.new_id(), "") | {"coding": coding, "text": octets.hex()}
    message = read(KANNEL, "inbound", KANNEL.ask("inbound", fields))
    assert message.num_media == media
    assert message.body == body or message.body.startswith("\ufffd") == body.startswith("\ufffd")


NUMBERS = [("6281200000001", PHONE), ("081200000001", PHONE), (PHONE, PHONE), ("123", "123"), ("INFO", "INFO")]


@pytest.mark.parametrize(("written", "phone"), NUMBERS)
def test_however_an_smsc_writes_a_phone_it_is_one(written: str, phone: str) -> None:
    fields = KANNEL.text(KANNEL.new_id(), "SALDO") | {"from": written}
    assert read(KANNEL, "inbound", KANNEL.ask("inbound", fields)).from_phone == phone


REPORTS = [
    ({"err": "\x03\x00\x2d", "type": "2"}, "OPERATOR/1f", "45"),
    ({"err": "\x03\x00\x2d", "type": "1"}, "OPERATOR/1f", None),
    ({"err": "\x03\x00\x00", "type": "2"}, "OPERATOR/1f", None),
    ({"err": "nonsense", "type": "2"}, "OPERATOR/1f", None),
    ({"err": "", "type": "16", "id": ""}, "", None),
    ({"err": "", "type": "8", "id": "a b\n"}, "", None),
    ({"err": "", "type": "8", "id": "x" * 200}, "", None),
    ({"err": "", "type": "8", "smsc": ""}, "/1f", None),
]


@pytest.mark.parametrize(("changes", "carrier_id", "code"), REPORTS)
def test_what_an_smsc_adds_to_a_report_is_told_where_it_can_be(
    changes: dict[str, str], carrier_id: str, code: str | None
) -> None:
    fields = KANNEL.report("token", "2") | changes
    report = read(KANNEL, "status", KANNEL.ask("status", fields))
    assert (report.carrier_id, report.error_code) == (carrier_id, code)


def test_an_error_is_octets_of_no_alphabet() -> None:
    hook = KANNEL.ask("status", KANNEL.report("token", "2"))
    assert read(KANNEL, "status", replace(hook, target=hook.target + "%03%00%C8")).error_code == "200"


# --- who is not let in


@pytest.mark.parametrize(("side", "wrong"), [(side, wrong) for side in SIDES for wrong in side.wrong])
def test_a_genuine_request_with_a_wrong_field_is_refused(side: Side, wrong: str) -> None:
    fields = side.text(side.new_id(), "SALDO") | dict(side.wrong[wrong])
    with pytest.raises(HookRefused) as refused:
        read(side, "inbound", side.ask("inbound", fields))
    assert refused.value.status in (400, 403)


def forged(hook: Hook) -> dict[str, Hook]:
    """Requests of Kannel that are none, by what is the matter."""
    path, _, query = hook.target.partition("?")
    return {
        "no query": replace(hook, target=path),
        "no key": without(hook, "key"),
        "empty key": replace(hook, target=hook.target.replace(kannel.TOKEN, "")),
        "half a key": replace(hook, target=hook.target.replace(kannel.TOKEN, kannel.TOKEN[:-1])),
        "longer key": replace(hook, target=hook.target.replace(kannel.TOKEN, kannel.TOKEN + "x")),
        "key of letters without case": replace(hook, target=hook.target.replace(kannel.TOKEN, kannel.TOKEN.upper())),
        "key not ascii": replace(hook, target=hook.target.replace(kannel.TOKEN, "%C3%A9%FF")),
        "key twice": replace(hook, target=f"{hook.target}&key={kannel.TOKEN}"),
        "field twice": replace(hook, target=f"{hook.target}&id=1"),
        "fields in the body": replace(hook, target=path, body=query.encode()),
        "too many": replace(hook, target=hook.target + "".join(f"&f{n}=" for n in range(300))),
        "no peer": replace(hook, peer=""),
        "foreign peer": replace(hook, peer="203.0.113.9"),
        "odd peer": replace(hook, peer="127.0.0.1, 203.0.113.9"),
    }


@pytest.mark.parametrize("kind", ["inbound", "status"])
def test_whoever_is_not_kannel_is_refused(kind: str) -> None:
    fields = KANNEL.text(KANNEL.new_id(), "SALDO") if kind == "inbound" else KANNEL.report("token", "1")
    hook = KANNEL.ask(kind, fields)
    missing = {f"no {name}": without(hook, name) for name in fields}
    for what, request in (forged(hook) | missing).items():
        with pytest.raises(HookRefused) as refused:
            read(KANNEL, kind, request)
        assert refused.value.status in (400, 403), what
        assert kannel.TOKEN not in str(refused.value), what
    assert read(KANNEL, kind, hook)


PEERS = [
    ("10.1.2.0/24", "10.1.2.9", True),
    ("10.1.2.0/24", "10.1.3.9", False),
    ("10.1.2.0/24", "::ffff:10.1.2.9", True),
    ("2001:db8::/32, 192.0.2.1", "2001:db8::7", True),
    ("2001:db8::/32, 192.0.2.1", "192.0.2.1", True),
    ("2001:db8::/32, 192.0.2.1", "127.0.0.1", False),
    ("", "127.0.0.1", False),
]


@pytest.mark.parametrize(("listed", "peer", "comes_in"), PEERS)
def test_only_listed_peers_come_in(listed: str, peer: str, comes_in: bool) -> None:
    hook = replace(KANNEL.ask("status", KANNEL.report("token", "1")), peer=peer)
    if comes_in:
        assert read(KANNEL, "status", hook, kannel_peers=listed)
    else:
        with pytest.raises(HookRefused):
            read(KANNEL, "status", hook, kannel_peers=listed)


def test_without_a_token_nobody_comes_in() -> None:
    hook = KANNEL.ask("status", KANNEL.report("token", "1"))
    for target in (hook.target, hook.target.replace(kannel.TOKEN, "")):
        with pytest.raises(HookRefused) as refused:
            read(KANNEL, "status", replace(hook, target=target), kannel_token="")
        assert refused.value.status == 403


# --- through the web process


@pytest.fixture
def gate(sqlite_url: str, redis_url: str) -> Iterator[Gateway]:
    both = kannel.settings("http://127.0.0.1:1") | {"twilio_api_url": "http://127.0.0.1:1"}
    with gateway(twilio.settings(database_url=sqlite_url, redis_url=redis_url, **both)) as open_gate:
        yield open_gate


def request(gate: Gateway, side: Side, hook: Hook, method: str = "", **headers: str) -> Any:
    carrier = gate.services.carriers[side.name]
    return gate.client.open(
        hook.target,
        method=method or carrier.hook_method,
        data=hook.body,
        headers={**hook.headers, **headers},  # type: ignore[dict-item]  # a side's headers are a dict
        environ_base={"REMOTE_ADDR": hook.peer},
    )


def rows(gate: Gateway, table: Any) -> list[Any]:
    with gate.services.store.read() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)))


@each
def test_a_message_twice_is_one_row_and_no_answer_is_an_sms(gate: Gateway, side: Side) -> None:
    hook = side.ask("inbound", side.text(side.new_id(), "JHT 18050012345"))
    for _ in range(2):
        answer = request(gate, side, hook)
        assert answer.status_code == 200
        assert answer.get_data(as_text=True) in ("", '<?xml version="1.0" encoding="UTF-8"?><Response/>')
    assert [(row.carrier, row.body) for row in rows(gate, inbound)] == [(side.name, "JHT 18050012345")]


@each
@pytest.mark.parametrize("kind", ["inbound", "status"])
def test_another_method_is_refused(gate: Gateway, side: Side, kind: str) -> None:
    fields = side.text(side.new_id(), "SALDO") if kind == "inbound" else side.report("token", "1")
    for method in {"GET", "POST", "HEAD", "PUT", "DELETE"} - {gate.services.carriers[side.name].hook_method}:
        assert request(gate, side, side.ask(kind, fields), method).status_code == 405
    assert rows(gate, inbound) == []


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "Host"])
def test_no_header_makes_a_peer(gate: Gateway, header: str) -> None:
    hook = replace(KANNEL.ask("inbound", KANNEL.text(KANNEL.new_id(), "SALDO")), peer="203.0.113.9")
    answer = request(gate, KANNEL, hook, **{header: "127.0.0.1"})
    assert (answer.status_code, rows(gate, inbound)) == (403, [])


def test_what_is_refused_leaves_no_row_and_no_error(gate: Gateway) -> None:
    hook = KANNEL.ask("inbound", KANNEL.text(KANNEL.new_id(), "SALDO"))
    for what, request_of in forged(hook).items():
        answer = request(gate, KANNEL, request_of)
        assert answer.status_code in (400, 403), what
        assert kannel.TOKEN.encode() not in answer.data
    assert rows(gate, inbound) == []


def test_a_kannel_that_is_not_set_up_breaks_nothing(sqlite_url: str, redis_url: str) -> None:
    with gateway(twilio.settings(database_url=sqlite_url, redis_url=redis_url)) as gate:
        hook = KANNEL.ask("inbound", KANNEL.text(KANNEL.new_id(), "SALDO"))
        assert request(gate, KANNEL, hook).status_code == 403
        gate.receive("SALDO")
        assert [row.carrier for row in rows(gate, inbound)] == ["twilio"]


def test_each_reply_leaves_by_the_carrier_and_number_that_its_message_came_in_by(gate: Gateway) -> None:
    for n, side in enumerate((KANNEL, TWILIO, KANNEL)):
        assert request(gate, side, side.ask("inbound", side.text(side.new_id(), f"BANTUAN {n}"))).status_code == 200
    while gate.work.answering(64):  # one of a phone at a time
        pass
    replies = [(row.carrier, row.from_phone) for row in rows(gate, outbound)]
    assert sorted(replies) == [("kannel", "2757")] * 2 + [("twilio", twilio.NUMBER)]


def test_a_report_of_kannel_settles_a_message_that_has_no_id_yet(gate: Gateway) -> None:
    request(gate, KANNEL, KANNEL.ask("inbound", KANNEL.text(KANNEL.new_id(), "BANTUAN")))
    gate.work.answering(64)
    with server(KANNEL.accepts) as url:
        (row,) = rows(gate, outbound)
        assert KANNEL.carrier(url).send(replace(PARCEL, token=row.callback_token)).verdict is Verdict.ACCEPTED
    for word, state in (("8", "sent"), ("1", "delivered"), ("8", "delivered"), ("4", "delivered")):
        answer = request(gate, KANNEL, KANNEL.ask("status", KANNEL.report(row.callback_token, word)))
        assert (answer.status_code, answer.data) == (200, b"")
        (after,) = rows(gate, outbound)
        assert (after.state, after.carrier_id) == (state, "OPERATOR/1f")
