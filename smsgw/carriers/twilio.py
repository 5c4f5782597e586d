"""Twilio: signed form posts in, the SDK's message create out. The only file that knows the SDK."""

import base64
import hmac
import logging
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote_plus, urlencode

from twilio.base import values
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance, MessagePage

from smsgw import logs
from smsgw.carriers.base import Hook, Listed, Outcome, Page, Parcel, Receipt, Received, Report, Verdict
from smsgw.carriers.form import check, read_form, read_query
from smsgw.carriers.http import Broken, KeptHttp, NotSent
from smsgw.config import Settings
from smsgw.errors import HookRefused

NAME = "twilio"
log = logs.get()
STATUS_PATH = "/webhooks/twilio/status"
SIGNATURE = "X-Twilio-Signature"
MAX_VALIDITY_S = 36_000
PAGE_IN = 1000  # messages of one page, Twilio's most
SENT_WITHIN_S = 5  # between a message's creation and its date sent, by which the list is filtered
NEWEST = 200  # messages of one page; a phone gets some twenty a day

PHONE = re.compile(r"\+[1-9]\d{7,14}|\d{3,8}|[A-Za-z0-9][A-Za-z0-9 ._&-]{1,10}", re.ASCII)
SID = re.compile(r"(SM|MM)[0-9a-f]{32}", re.ASCII)
INBOUND_FIELDS = {
    "MessageSid": SID,
    "AccountSid": re.compile(r"AC[0-9a-f]{32}", re.ASCII),
    "From": PHONE,
    "To": PHONE,
    "NumMedia": re.compile(r"\d{0,2}", re.ASCII),
    "OptOutType": re.compile(r"[A-Z]{0,16}", re.ASCII),
}
REPORT_FIELDS = {
    "MessageSid": SID,
    "AccountSid": INBOUND_FIELDS["AccountSid"],
    "MessageStatus": re.compile(r"[A-Za-z_]{1,24}", re.ASCII),
    "ErrorCode": re.compile(r"\d{0,8}", re.ASCII),
}
TOKEN = re.compile(r"[A-Za-z0-9_-]{0,32}", re.ASCII)

# The carrier's words to our states; its `queued` and `sending` mean our `accepted`.
# https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
STATUS = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "sending": "accepted",
    "sent": "sent",
    "undelivered": "undelivered",
    "failed": "failed",
    "canceled": "canceled",
    "partially_delivered": "undelivered",
    "delivered": "delivered",
    "read": "delivered",
}

# Refusals of the way, not of the message (https://www.twilio.com/docs/api/errors): no permission for the region, a
# number that is not ours or sends no SMS, no way from this number to this phone.
OPTED_OUT = "21610"
TOO_MANY = frozenset({"20429", "21611"})  # requests, messages queued: for the latter Twilio documents no HTTP status
NOT_BY_US = frozenset({"21408", "21606", "21612", "21659", "21660"})


class Twilio:
    """The carrier of this name. Reads what Twilio posts, sends through its REST API."""

    name = NAME
    hook_method = "POST"
    answers_stop = True
    receipt = Receipt('<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml")

    def __init__(self, settings: Settings) -> None:
        self._account = settings.twilio_account_sid
        self.numbers: Sequence[str] = settings.twilio_from
        self._base = public_base(settings.public_url)
        self._validators = [RequestValidator(token) for token in settings.tokens]
        self._http = SdkHttp()
        self._api = _client(settings, self._http)

    def read_inbound(self, hook: Hook) -> Received:
        """The message of a signed inbound post to one of our numbers."""
        fields = self._genuine(hook)
        check(fields, INBOUND_FIELDS)
        if "Body" not in fields:  # always sent, be it empty: without it another field may have swallowed it
            raise HookRefused(400, "field_Body")
        if fields["To"] not in self.numbers:
            raise HookRefused(403, "foreign_number")
        return Received(
            carrier_id=fields["MessageSid"],
            from_phone=fields["From"],
            to_phone=fields["To"],
            body=fields["Body"],
            num_media=int(fields.get("NumMedia") or 0),
            opt_out_type=fields.get("OptOutType") or None,
        )

    def read_report(self, hook: Hook) -> Report:
        """The delivery report of a signed status callback."""
        fields = self._genuine(hook)
        check(fields, REPORT_FIELDS)
        query = read_query(hook.target.partition("?")[2])
        check(query, {"t": TOKEN})
        status, code = fields["MessageStatus"].lower(), fields.get("ErrorCode", "").lstrip("0")
        return Report(
            token=query.get("t", ""),
            carrier_id=fields["MessageSid"],
            status=status,
            state=STATUS.get(status),
            error_code=code or None,
            opted_out=code == OPTED_OUT,
        )

    def send(self, parcel: Parcel) -> Outcome:
        """Create a message; every way this can end is an Outcome (classifier of reliability §4.4)."""
        callback = f"{self._base}{STATUS_PATH}?{urlencode({'t': parcel.token})}"
        try:
            message = self._api.messages.create(
                to=parcel.to_phone,
                from_=parcel.from_phone,
                body=parcel.body,
                status_callback=callback,
                validity_period=max(1, min(parcel.valid_s, MAX_VALIDITY_S)),
            )
        except Exception as error:  # noqa: BLE001 - the edge of a library: each of its errors becomes a verdict
            return classify(error, self._http.retry_after_s)
        if not SID.fullmatch(message.sid or ""):
            return Outcome(Verdict.AMBIGUOUS, error_code="no_sid", error_text="2xx without a message id")
        return Outcome(Verdict.ACCEPTED, carrier_id=message.sid, status=str(message.status or ""))

    def list_sent(self, to_phone: str, from_phone: str, since_ms: int) -> Sequence[Listed] | None:
        """One page of the list, newest first. Not by the date sent: that is null until a message has been sent."""
        try:
            found = self._api.messages.list(to=to_phone, from_=from_phone, limit=NEWEST, page_size=NEWEST)
            listed = [_listed(one) for one in found]
        except Exception as error:  # noqa: BLE001 - the edge of a library: whatever is the matter, nothing is known
            _unanswered("sent", error)
            return None
        return [one for one in listed if one.created_ms >= since_ms]

    def list_received(self, to_phone: str, since_ms: int, before_ms: int | None = None) -> Iterator[Page]:
        """The list, which Twilio sorts by the date sent, newest first (twilio.com/docs/usage/twilios-response, paging:
        the next page's token holds its place whatever comes in meanwhile). OptOutType is not told there: the text
        itself is read."""
        try:
            bound = values.unset if before_ms is None else _just_after(before_ms)
            asked = self._api.messages.page(to=to_phone, date_sent_before=bound, page_size=PAGE_IN)
            while asked is not None:
                page = _page(asked, since_ms)
                yield page
                asked = asked.next_page() if page.down_to_ms > since_ms else None
        except Exception as error:  # noqa: BLE001 - as above
            _unanswered("received", error)

    def redact(self, carrier_id: str) -> Outcome:
        """Empty a message's body (twilio.com/docs/messaging/api/message-resource, "redact"). Its phones stay."""
        try:
            self._api.messages(carrier_id).update(body="")
        except Exception as error:  # noqa: BLE001 - the edge of a library: each of its errors becomes a verdict
            return classify(error)
        return Outcome(Verdict.ACCEPTED, carrier_id=carrier_id)

    def _genuine(self, hook: Hook) -> dict[str, str]:
        signature = hook.headers.get(SIGNATURE, "")
        if not signature:
            raise HookRefused(400, "signature_missing")
        fields = read_form(hook.headers.get("Content-Type", ""), hook.body)
        if not is_signed(self._validators, self._base + hook.target, fields, signature):
            raise HookRefused(403, "signature_wrong")
        if fields.get("AccountSid") != self._account:
            raise HookRefused(403, "foreign_account")
        return fields


def public_base(url: str) -> str:
    """The configured address without fragment (connection overrides are not signed) and end slash."""
    return url.partition("#")[0].rstrip("/")


def is_signed(validators: list[RequestValidator], url: str, params: Mapping[str, str] | str, signature: str) -> bool:
    """Whether one of the tokens made `signature`; what the library cannot digest is unsigned."""
    try:
        return any(_signed_by(validator, url, params, signature) for validator in validators)
    except (TypeError, ValueError, IndexError, AttributeError):
        return False


def _signed_by(validator: RequestValidator, url: str, params: Mapping[str, str] | str, signature: str) -> bool:
    # The library also tries the address with and without its port; ours is nearly always as set. What is not
    # found right here, the library decides.
    if not isinstance(params, str) and hmac.compare_digest(_as_set(validator, url, params), signature.encode()):
        return True
    return bool(validator.validate(url, params, signature))


def _as_set(validator: RequestValidator, url: str, params: Mapping[str, str]) -> bytes:
    """What the library's `compute_signature` makes of fields that have one value each, at a fifth of the cost."""
    signed = url + "".join([name + value for name, value in sorted(params.items())])
    return base64.b64encode(hmac.digest(validator.token, signed.encode(), "sha1"))


class SdkHttp(HttpClient):  # type: ignore[misc]  # the SDK has no types
    """The SDK's requests over our connections: the SDK's own have no time-out and log addresses."""

    def __init__(self) -> None:
        super().__init__(logging.getLogger("twilio"), is_async=False)
        self._http = KeptHttp()
        self._last = threading.local()

    @property
    def retry_after_s(self) -> float | None:
        """What this thread's last answer asked for; the SDK's exceptions do not carry headers."""
        return getattr(self._last, "retry_after_s", None)

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request of the SDK. NotSent and Broken pass."""
        self._last.retry_after_s = None
        url = f"{uri}?{urlencode(params, doseq=True)}" if params else uri
        sent = dict(headers or {})
        if auth:
            sent["Authorization"] = _basic(auth)
        body = urlencode(data, doseq=True, quote_via=_quoted).encode() if data else None  # type: ignore[arg-type]  # no bytes
        answer = self._http.request(method, url, body, sent)
        self._last.retry_after_s = answer.retry_after_s
        return Response(answer.status, answer.text)


def _quoted(text: str, safe: str, encoding: str | None = None, errors: str | None = None) -> str:
    # quote_plus goes through a text letter by letter; a message has few that must be quoted, and the same ones.
    return _UNSAFE.sub(_escaped, text).replace(" ", "+")


def _escaped(found: re.Match[str]) -> str:
    return _escape(found[0])


_UNSAFE = re.compile(r"[^\w.~ -]", re.ASCII)
_escape = lru_cache(maxsize=1024)(quote_plus)


@lru_cache(maxsize=4)
def _basic(auth: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(":".join(auth).encode()).decode()


def _client(settings: Settings, http: SdkHttp) -> Client:
    # An environment of its own: the SDK would read account, edge and region from the process's.
    client = Client(
        settings.twilio_account_sid or "-",
        settings.twilio_auth_token.get_secret_value() or "-",
        http_client=http,
        environment={"TWILIO_EDGE": ""},
    )
    client.api.base_url = settings.twilio_api_url.rstrip("/")
    return client


def _listed(message: MessageInstance) -> Listed:
    if not SID.fullmatch(message.sid or ""):
        raise ValueError("not a message")
    return Listed(str(message.sid), message.body or "", str(message.status or ""), _created_ms(message))


def _just_after(ms: int) -> datetime:
    return datetime.fromtimestamp(ms // 1000 + SENT_WITHIN_S, UTC)


def _page(asked: MessagePage, since_ms: int) -> Page:
    """A page of the list, as far as it is recent; ValueError where it has nothing and yet is not the last."""
    messages = [*asked]
    recent = [one for one in messages if _created_ms(one) >= since_ms]
    found = [received for one in recent if (received := _received(one)) is not None]
    if len(recent) < len(messages) or asked.next_page_url is None:
        return Page(found, since_ms)
    return Page(found, min(map(_created_ms, recent)))


def _received(message: MessageInstance) -> Received | None:
    """An inbound message of the list; None where a webhook of it would be refused."""
    sid, from_phone, to_phone = str(message.sid), str(message.from_), str(message.to)
    if str(message.direction) != "inbound" or not (SID.fullmatch(sid) and PHONE.fullmatch(from_phone)):
        return None
    return Received(sid, from_phone, to_phone, message.body or "", int(message.num_media or 0), None)


def _created_ms(message: MessageInstance) -> int:
    if message.date_created is None:
        raise ValueError("not a message")
    return int(message.date_created.timestamp() * 1000)


def _unanswered(which: str, error: Exception) -> None:
    """Tell why there is no list, by code and kind alone: the address of a list has phones in it."""
    outcome = classify(error)
    log.warning("list_failed", carrier=NAME, which=which, error_code=outcome.error_code, error=type(error).__name__)


def classify(error: Exception, retry_after_s: float | None = None) -> Outcome:
    """What an exception of a call says about the message (classifier of reliability §4.4)."""
    if isinstance(error, (TwilioRestException, TwilioServiceException)):  # its older and its newer form of a problem
        return _refusal(error, retry_after_s)
    if isinstance(error, NotSent):
        return Outcome(Verdict.SAFE, error_code=str(error)[:16], error_text="the carrier could not be reached")
    code = str(error)[:16] if isinstance(error, Broken) else type(error).__name__[:16]
    return Outcome(Verdict.AMBIGUOUS, error_code=code, error_text="no readable answer; only the carrier knows")


def _refusal(error: TwilioRestException | TwilioServiceException, retry_after_s: float | None) -> Outcome:
    code, status = str(error.code or error.status), int(error.status)
    if status == 429 or code in TOO_MANY:
        return Outcome(Verdict.SAFE, error_code=code, error_text="too many at once", retry_after_s=retry_after_s)
    if status in (401, 403):
        return Outcome(Verdict.SAFE, error_code=code, error_text="the account is refused", breaker=True)
    if 400 <= status < 500:
        said = f"refused with HTTP {status}"
        return Outcome(
            Verdict.REFUSED,
            error_code=code,
            error_text=said,
            elsewhere=code in NOT_BY_US,
            opted_out=code == OPTED_OUT,
        )
    return Outcome(Verdict.AMBIGUOUS, error_code=code, error_text=f"the carrier answered HTTP {status}")
