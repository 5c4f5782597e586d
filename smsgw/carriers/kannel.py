"""Kannel: a gateway of one's own, bound to the operator's SMSC; its plain HTTP in both directions (docs/kannel.md).

Facts are Kannel's user guide's (sms-service, sendsms, delivery reports) and were tried with 1.4.5.
"""

import re
from collections.abc import Iterator, Sequence

from smsgw.carriers.base import Hook, Listed, Outcome, Page, Parcel, Receipt, Received, Report, Verdict
from smsgw.carriers.form import check, read_query
from smsgw.carriers.gate import Gate
from smsgw.carriers.http import Broken, KeptHttp, NotSent
from smsgw.carriers.response import Answer
from smsgw.config import Settings
from smsgw.errors import HookRefused
from smsgw.phones import to_e164

NAME = "kannel"
STATUS_PATH = "/webhooks/kannel/status"
MAX_TEXT = 1600  # characters; joined messages may be longer, and nobody asks in more

# What Kannel fills in: %F is the id that the SMSC gave, the last the error of an SMPP receipt, as three octets. Not %A,
# the receipt itself: it may quote the text.
REPORT_CODES = "type=%d&smsc=%i&id=%F&err=%#smpp#dlr_err#"

ANYTHING = re.compile(r".*", re.DOTALL)
INBOUND_FIELDS = {
    "key": ANYTHING,
    "id": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII),
    "from": re.compile(r"\+?\d{3,15}|[A-Za-z0-9][A-Za-z0-9 ._&-]{1,10}", re.ASCII),
    "to": re.compile(r"\+?\d{3,15}|[A-Za-z0-9][A-Za-z0-9 ._&-]{1,10}", re.ASCII),
    "coding": re.compile(r"-?\d", re.ASCII),
    "text": re.compile(r"([0-9A-Fa-f]{2})*", re.ASCII),
}
REPORT_FIELDS = {
    "key": ANYTHING,
    "t": re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII),
    "type": re.compile(r"\d{1,3}", re.ASCII),
    "smsc": ANYTHING,
    "id": ANYTHING,
    "err": ANYTHING,
}
# Kannel's types of delivery reports: its word in ours, and our state.
STATUS = {
    "1": ("delivered", "delivered"),
    "2": ("undelivered", "undelivered"),
    "4": ("buffered", "accepted"),  # the SMSC has it, the phone is off
    "8": ("smsc_accepted", "sent"),
    "16": ("smsc_rejected", "failed"),
}
FAILED = ("2", "16")
ALL_TYPES = "31"

# By Kannel's coding: 0 is text, kept in UTF-8; 1 is data; 2 is Unicode as it came.
ENCODING = {"0": "utf-8", "-1": "utf-8", "2": "utf-16-be"}
SMSC_ID = re.compile(r"[!-~]{1,64}", re.ASCII)

ACCEPTED = re.compile(r"0: |3: |Sent\.")
UNROUTABLE = "Not routable"


class Kannel:
    """The carrier of this name. Where its settings are empty it lets nobody in and sends nothing."""

    name = NAME
    hook_method = "GET"
    answers_stop = False
    receipt = Receipt()

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.kannel_token.get_secret_value()
        self._gate = Gate(settings.kannel_peers, self._secret)
        self.numbers: Sequence[str] = tuple(map(_number, settings.kannel_from))
        self._url = settings.kannel_url
        self._callback = f"{settings.kannel_callback_url}{STATUS_PATH}?key={self._secret}"
        self._same = _same_headers(settings)
        self._http = KeptHttp()

    def read_inbound(self, hook: Hook) -> Received:
        """The message of an sms-service's request."""
        fields = self._genuine(hook, INBOUND_FIELDS)
        to_phone = _number(fields["to"])
        if to_phone not in self.numbers:
            raise HookRefused(403, "foreign_number")
        encoding = ENCODING.get(fields["coding"])
        octets = bytes.fromhex(fields["text"])
        return Received(
            carrier_id=fields["id"],
            from_phone=_number(fields["from"]),
            to_phone=to_phone,
            body=octets.decode(encoding, "replace")[:MAX_TEXT] if encoding else "",
            num_media=0 if encoding else 1,  # data are no text: a ring tone, a picture, a card
            opt_out_type=None,
        )

    def read_report(self, hook: Hook) -> Report:
        """The delivery report of a request to the address that we gave with the message."""
        fields = self._genuine(hook, REPORT_FIELDS)
        kind = fields["type"]
        status, state = STATUS.get(kind, (f"type_{kind}", None))
        return Report(
            token=fields["t"],
            carrier_id=_smsc_id(fields["smsc"], fields["id"]),
            status=status,
            state=state,
            error_code=_error_code(fields["err"]) if kind in FAILED else None,
        )

    def send(self, parcel: Parcel) -> Outcome:
        """Hand a message to sendsms; every way this can end is an Outcome (classifier of reliability §4.4).

        By POST, so that neither password nor text stands in an address. The text is one of GSM-7 letters.
        """
        if not self._url:
            return Outcome(Verdict.SAFE, error_code="not_configured", error_text="SMSGW_KANNEL_URL is not set")
        try:
            body = parcel.body.encode("utf-8", "replace")
            answer = self._http.request("POST", self._url, body, self._headers(parcel))
        except NotSent as error:
            return Outcome(Verdict.SAFE, error_code=str(error)[:16], error_text="Kannel could not be reached")
        except Broken as error:
            return Outcome(Verdict.AMBIGUOUS, error_code=str(error)[:16], error_text="no readable answer of Kannel")
        return classify(answer)

    def list_sent(self, to_phone: str, from_phone: str, since_ms: int) -> Sequence[Listed]:
        """Nothing: Kannel keeps no list. A report's token is all that settles what is unknown."""
        return ()

    def list_received(self, to_phone: str, since_ms: int, before_ms: int | None = None) -> Iterator[Page]:
        """Nothing: Kannel holds a message until our webhook has taken it."""
        yield Page((), since_ms)

    def _headers(self, parcel: Parcel) -> dict[str, str]:
        return self._same | {
            "X-Kannel-From": parcel.from_phone,
            "X-Kannel-To": parcel.to_phone,
            "X-Kannel-Validity": str(max(1, parcel.valid_s // 60)),
            "X-Kannel-DLR-Url": f"{self._callback}&t={parcel.token}&{REPORT_CODES}",
        }

    def _genuine(self, hook: Hook, patterns: dict[str, re.Pattern[str]]) -> dict[str, str]:
        self._gate.check_peer(hook.peer)
        fields = read_query(hook.target.partition("?")[2], "latin-1")  # an error is octets
        self._gate.check_secret(fields.get("key", ""))
        if fields.keys() != patterns.keys():
            raise HookRefused(400, "fields")
        check(fields, patterns)
        return fields


def classify(answer: Answer) -> Outcome:
    """What an answer of sendsms says about the message. Kannel gives no id: only a report's token names it later."""
    code, text = str(answer.status), answer.text
    if answer.status == 202 and ACCEPTED.match(text):
        return Outcome(Verdict.ACCEPTED, status="queued" if text.startswith("3") else "accepted")
    if answer.status == 503:
        return Outcome(Verdict.SAFE, error_code=code, error_text="Kannel is busy", retry_after_s=answer.retry_after_s)
    if answer.status == 400 or (answer.status == 403 and text.startswith(UNROUTABLE)):
        elsewhere = answer.status == 403
        return Outcome(Verdict.REFUSED, error_code=code, error_text="Kannel refuses the message", elsewhere=elsewhere)
    if 400 <= answer.status < 500:
        return Outcome(Verdict.SAFE, error_code=code, error_text="Kannel refuses user or address", breaker=True)
    return Outcome(Verdict.AMBIGUOUS, error_code=code, error_text=f"Kannel answered HTTP {code}")


def _same_headers(settings: Settings) -> dict[str, str]:
    smsc = {"X-Kannel-SMSC": settings.kannel_smsc} if settings.kannel_smsc else {}
    return smsc | {
        "Content-Type": "text/plain; charset=UTF-8",
        "X-Kannel-Username": settings.kannel_user,
        "X-Kannel-Password": settings.kannel_password.get_secret_value(),
        "X-Kannel-DLR-Mask": ALL_TYPES,
    }


def _number(text: str) -> str:
    # SMSCs write the same phone as 62812…, +62812… and 0812…; a short code or a name is what it is.
    return to_e164(text) or text


def _smsc_id(smsc: str, given: str) -> str:
    # Two SMSCs count alike. What is not printable is left out: it is for people to look up, the token is what counts.
    whole = f"{smsc}/{given}"
    return whole if given and SMSC_ID.fullmatch(whole) else ""


def _error_code(octets: str) -> str | None:
    # A network_error_code of SMPP: the kind of network, then the code in two octets.
    code = ord(octets[1]) << 8 | ord(octets[2]) if len(octets) == 3 else 0
    return str(code) if code else None
