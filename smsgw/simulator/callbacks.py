"""Status callbacks: each step of a message's journey, signed, in order, to allowed hosts only."""

import logging
import threading
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from requests import RequestException, Session

from smsgw.simulator.behaviour import Step
from smsgw.simulator.guard import host_of, is_loopback
from smsgw.simulator.ledger import API, Ledger, Message
from smsgw.simulator.signed import TIMEOUT_S, make_session, signed_post
from smsgw.simulator.timetable import Timetable

_log = logging.getLogger(__name__)


class Callbacks:
    """Moves messages along their journey. `hosts` may be called besides loopback."""

    def __init__(self, ledger: Ledger, auth_token: str, hosts: Collection[str], timetable: Timetable) -> None:
        self._ledger = ledger
        self._token = auth_token
        self._hosts = frozenset(host.lower() for host in hosts)
        self._timetable = timetable
        self._local = threading.local()

    def start(self, message: Message, steps: Sequence[Step]) -> None:
        """Begin the journey of a message that has just been created."""
        self._schedule(message, time.monotonic(), tuple(steps), follows=False)

    def _schedule(self, message: Message, origin: float, steps: tuple[Step, ...], follows: bool) -> None:
        if not steps:
            return
        # One step is in the timetable at a time: the next one enters after its post, so the order holds.
        due = origin + steps[0].after
        if not self._timetable.at(due, lambda: self._take(message, origin, steps), follows=follows):
            _log.warning("callback dropped: too many are waiting, or the stand-in stops")

    def _take(self, message: Message, origin: float, steps: tuple[Step, ...]) -> None:
        step = steps[0]
        now = self._ledger.advance(message.sid, step.status, step.error_code) or message
        if message.callback and self._admitted(message.callback):
            self._post(message.callback, callback_fields(now, step))
        self._schedule(message, origin, steps[1:], follows=True)

    def may_call(self, url: str) -> bool:
        """Whether the host of a callback URL is this machine or one of the allowed hosts."""
        host = host_of(url)
        return is_loopback(host) or host in self._hosts

    def _admitted(self, url: str) -> bool:
        admitted = self.may_call(url)
        if not admitted:
            _log.warning("callback not made: its host is neither loopback nor that of SMSGW_PUBLIC_URL")
        return admitted

    def _post(self, url: str, fields: dict[str, str]) -> None:
        try:
            status = signed_post(self._session(), url, fields, self._token, TIMEOUT_S).status_code
        except RequestException as error:
            _log.warning("callback failed: %s", type(error).__name__)
            return
        if status >= 400:
            _log.warning("callback refused: %s", status)

    def _session(self) -> Session:
        if not hasattr(self._local, "session"):
            self._local.session = make_session()
        session: Session = self._local.session
        return session


def callback_fields(message: Message, step: Step) -> dict[str, str]:
    """The form of a callback (twilio.com/docs/messaging/guides/track-outbound-message-status)."""
    fields = {
        "MessageSid": message.sid,
        "MessageStatus": step.status,
        "SmsSid": message.sid,
        "SmsStatus": step.status,
        "AccountSid": message.account_sid,
        "From": message.sender,
        "To": message.to,
        "ApiVersion": API,
    }
    if step.error_code is not None:
        fields["ErrorCode"] = str(step.error_code)
    if step.status in ("delivered", "undelivered"):
        fields["RawDlrDoneDate"] = datetime.fromtimestamp(message.updated_at, UTC).strftime("%y%m%d%H%M")
    return fields
