"""A text on its way from a phone to the gateway, as the carrier brings it: in its list, then by webhook or as bent."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from smsgw.simulator.faults import Fault, Switchboard
from smsgw.simulator.inspector import WEBHOOK
from smsgw.simulator.ledger import Ledger, Message
from smsgw.simulator.timetable import Timetable
from smsgw.simulator.webhook import INBOUND_PATH, NOT_POSTED, Posted, inbound_fields
from smsgw.simulator.wire import Parcel, Wire

BURST, BURST_PER_S = 200, 50.0
_KINDS = ("webhook-never", "webhook-bad-signature", "webhook-missing-field", "webhook-twice", "webhook-replayed")


@dataclass(frozen=True, slots=True)
class Text:
    """What a phone sends, to which of our numbers."""

    sender: str
    to: str
    body: str


class Inbound:
    """Brings texts to the webhook at `public_url`, under the switches that are on."""

    def __init__(
        self, public_url: str, account_sid: str, auth_token: str, wire: Wire, ledger: Ledger, clock: Callable[[], float]
    ) -> None:
        self.url = public_url.partition("#")[0].rstrip("/") + INBOUND_PATH
        self._account = account_sid
        self._token = auth_token
        self._wire = wire
        self._ledger = ledger
        self._clock = clock

    def bring(self, text: Text, board: Switchboard, timetable: Timetable) -> Posted:
        """Bring one text in; what the gateway answered, or why it was not asked."""
        fields = inbound_fields(self._account, text.sender, text.to, text.body)
        self._ledger.add(self._listed(fields))
        fault = board.strikes(text.sender, *_KINDS)
        return self._posted(fields, fault, timetable)

    def burst(self, texts: list[Text], per_s: float, board: Switchboard, timetable: Timetable) -> int:
        """Bring many in, so many a second; how many will be. At most BURST, at BURST_PER_S."""
        taken, pause = texts[:BURST], 1 / min(max(per_s, 0.1), BURST_PER_S)
        begin = time.monotonic()
        for number, text in enumerate(taken):
            timetable.at(begin + number * pause, partial(self.bring, text, board, timetable))
        return len(taken)

    def _posted(self, fields: dict[str, str], fault: Fault | None, timetable: Timetable) -> Posted:
        kind, sid = (fault.kind, fields["MessageSid"]) if fault else ("", fields["MessageSid"])
        parcel = Parcel(WEBHOOK, self.url, fields, self._token, kind)
        if fault is None:
            return self._first(parcel, sid)
        if kind == "webhook-never":
            return Posted(0, sid, kind, NOT_POSTED)
        if kind == "webhook-bad-signature":
            return self._first(Parcel(WEBHOOK, self.url, fields, secrets.token_hex(16), kind), sid)
        if kind == "webhook-missing-field":
            without = {name: value for name, value in fields.items() if name != "MessageSid"}
            return self._first(Parcel(WEBHOOK, self.url, without, self._token, kind), sid)
        again = time.monotonic() + fault.seconds
        timetable.at(again, lambda: self._wire.post(parcel))
        return self._first(parcel, sid)

    def _first(self, parcel: Parcel, sid: str) -> Posted:
        told = self._wire.post(parcel)
        return Posted(told.status or 0, sid, parcel.fault, told.trouble)

    def _listed(self, fields: dict[str, str]) -> Message:
        now = self._clock()
        return Message(
            sid=fields["MessageSid"],
            account_sid=self._account,
            to=fields["To"],
            sender=fields["From"],
            body=fields["Body"],
            segments=int(fields["NumSegments"]),
            status="received",
            created_at=now,
            updated_at=now,
            direction="inbound",
            sent_at=now,
        )
