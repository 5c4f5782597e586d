"""Status callbacks: each step of a message's journey, signed, in order, to allowed hosts only."""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from smsgw.simulator.behaviour import Step
from smsgw.simulator.inspector import CALLBACK
from smsgw.simulator.ledger import API, Ledger, Message
from smsgw.simulator.timetable import Timetable
from smsgw.simulator.wire import Parcel, Wire

_log = logging.getLogger(__name__)


class Callbacks:
    """Moves messages along their journey, and tells the gateway over `wire`."""

    def __init__(self, ledger: Ledger, auth_token: str, wire: Wire, timetable: Timetable) -> None:
        self._ledger = ledger
        self._token = auth_token
        self._wire = wire
        self._timetable = timetable

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
        now = self._ledger.advance(message.sid, step.status, step.error_code) if step.moves else None
        if message.callback and step.tells:
            self._post(callback_fields(now or self._ledger.get(message.sid) or message, step), message, step)
        self._schedule(message, origin, steps[1:], follows=True)

    def _post(self, fields: dict[str, str], message: Message, step: Step) -> None:
        told = self._wire.post(Parcel(CALLBACK, message.callback, fields, self._token, step.fault))
        if told.trouble == "host_not_allowed":
            _log.warning("callback not made: its host is neither loopback nor that of SMSGW_PUBLIC_URL")
        elif told.status is None:
            _log.warning("callback failed: %s", told.trouble)
        elif told.status >= 400:
            _log.warning("callback refused: %s", told.status)


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
