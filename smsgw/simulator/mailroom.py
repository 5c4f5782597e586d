"""Texts and messages of the JSON API, with short waits that never hold many of the web's threads."""

import threading
import time
from collections.abc import Callable

from smsgw.messages.states import OUTBOUND_FINAL
from smsgw.phones import to_e164
from smsgw.simulator.asks import Burst, Mailbox, Send
from smsgw.simulator.mail import newest_id, received, said
from smsgw.simulator.talk import Line, bring, refusal_of
from smsgw.store import Store

WAIT_S, POLL_S = 5.0, 0.05
WAITERS = 4  # of the web process's sixteen threads
Found = list[dict[str, object]]


class Mailroom:
    """Sends texts and gives messages. Who comes when WAITERS wait is answered at once with what there is."""

    def __init__(self, store: Store, line: Line) -> None:
        self._store = store
        self._line = line
        self._waiters = threading.BoundedSemaphore(WAITERS)

    def messages(self, asked: Mailbox) -> Found:
        """Messages to a phone, or texts from one, oldest first."""
        return self._waited(lambda: self._mail(asked), asked.wait)

    def send(self, asked: Send) -> dict[str, object]:
        """Bring a text in through the carrier; with `wait`, its answer once that is at its end."""
        after = newest_id(self._store)
        posted = bring(self._line, asked.sender, asked.text, to_e164(asked.to) or asked.to)
        sid, refused = posted.message_sid, refusal_of(posted)
        answers = [] if refused else self._waited(lambda: self._ended(asked.sender, sid, after), asked.wait)
        state = {"refused": refused or None, "fault": posted.fault or None}
        return {"message_sid": sid, "after": after, **state, "answer": answers[0] if answers else None}

    def burst(self, asked: Burst) -> int:
        """Have many texts come in; how many will."""
        phones, number = asked.senders, self._line.number
        texts = [
            {"sender": phones[n % len(phones)], "to": number, "text": asked.text.replace("{n}", str(n + 1))}
            for n in range(asked.count)
        ]
        return self._line.carrier.burst(texts, asked.per_second)

    def _mail(self, asked: Mailbox) -> Found:
        if asked.to:
            letters = received(self._store, asked.to, asked.after)
            return [one.as_json() for one in letters if asked.state in (None, one.state)]
        texts = said(self._store, asked.sender or "", asked.after)
        return [one.as_json() for one in texts if asked.state in (None, one.state)]

    def _ended(self, phone: str, sid: str, after: int) -> Found:
        letters = [one for one in received(self._store, phone, after) if one.answers == sid]
        return [one.as_json() for one in letters if one.state in OUTBOUND_FINAL]

    def _waited(self, look: Callable[[], Found], wait_s: float) -> Found:
        """What `look` finds as soon as it finds anything, at the latest after `wait_s`."""
        found, until = look(), time.monotonic() + min(wait_s, WAIT_S)
        if found or not wait_s or not self._waiters.acquire(blocking=False):
            return found
        try:
            while not found and time.monotonic() < until:
                time.sleep(POLL_S)
                found = look()
            return found
        finally:
            self._waiters.release()
