"""The carrier of the model: what it does with each message is written down before, and what it did is the truth."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from twilio.base.exceptions import TwilioRestException

from smsgw.carriers import Hook, Listed, Outcome, Parcel, Receipt, Report, Verdict
from smsgw.carriers.base import Page, Received
from smsgw.carriers.http import Broken, NotSent
from smsgw.carriers.twilio import STATUS, classify
from smsgw.gateway.work import BATCH
from smsgw.messages.reports import Delivery
from tests.model.dying import Death, Died
from tests.model.scenarios import REPORTS, SHOWS_AFTER, TERMINALS, Scenario

NAME = "model"
NUMBER = "+622150000000"
RETRY_AFTER_S = 7.0
# What every call comes to for so long after the first one: these are the carrier's own, not a message's.
LASTS_S: Mapping[str, float] = {"account": 40.0, "away": 32 * 60.0}
MIDDLE = 10  # the call of a batch in which its process may die


def _problem(status: int, code: int) -> Exception:
    problem: Exception = TwilioRestException(status, "/Messages.json", "no", code)
    return problem


# What our side meets, by the first word of what is scripted: the classifier of the real carrier reads it.
MET: Mapping[str, Exception] = {
    "429": _problem(429, 20429),
    "account": _problem(401, 20003),
    "refused": NotSent("ConnectionRefusedError"),
    "away": NotSent("ConnectionRefusedError"),
    "500": _problem(500, 20500),
    "400": _problem(400, 21211),
    "time-out": Broken("TimeoutError"),
    "reset": Broken("ConnectionResetError"),
    "garbage": ValueError("not a message"),
}


@dataclass(slots=True)
class Message:
    """One participant's message, its scenario, and what the carrier did and learned of its reply."""

    scenario: Scenario
    sid: str
    phone: str
    posts: int = 0  # answered with 200
    calls: list[str] = field(default_factory=list)
    taken: list[Listed] = field(default_factory=list)
    token: str = ""
    looks: int = 0
    reported: set[str] = field(default_factory=set)  # states that reports brought, each answered with 200
    not_before_ms: int = 0
    hasty: bool = False  # called again before the time that the carrier asked for

    def next_call(self) -> str:
        """What the call under way comes to."""
        script = [word for word in (*self.scenario.prefix, self.scenario.terminal) if word not in LASTS_S]
        made = sum(word not in LASTS_S for word in self.calls)
        return script[min(made, len(script) - 1)]

    def delivery(self, word: str) -> Delivery:
        """A report on it, once it was taken."""
        return Delivery(NAME, self.token, self.taken[0].carrier_id, word, STATUS[word], None)


class ModelCarrier:
    """`report`: what becomes of a report that overtakes the answer to its call; `stall`: what others do meanwhile."""

    name = NAME
    hook_method = "POST"
    answers_stop = True
    receipt = Receipt()
    numbers: Sequence[str] = (NUMBER,)

    def __init__(
        self,
        messages: Sequence[Message],
        now_ms: Callable[[], int],
        report: Callable[[Message, str], None],
        stall: Callable[[], None],
    ) -> None:
        self._of_phone = {message.phone: message for message in messages}
        self._now_ms = now_ms
        self._report = report
        self._stall = stall
        self._calls = 0
        self._until_ms: dict[str, int] = {}
        self.death: Death | None = None

    def begin(self, death: Death) -> None:
        """A process begins that calls."""
        self.death, self._calls = death, 0

    def read_inbound(self, hook: Hook) -> Received:
        raise NotImplementedError

    def read_report(self, hook: Hook) -> Report:
        raise NotImplementedError

    def send(self, parcel: Parcel) -> Outcome:
        """Do as it is written; a death is before or after it."""
        self._calls += 1
        self._die("call")
        self._stand_still()
        message = self._of_phone[parcel.to_phone]
        message.hasty |= self._now_ms() < message.not_before_ms
        what = self._state_of(message) or message.next_call()
        message.calls.append(what)
        if TERMINALS.get(what):
            self._take(message, parcel)
        outcome = self._outcome(message, what)
        self._die("called")
        return outcome

    def _state_of(self, message: Message) -> str | None:
        """What is the matter with the carrier itself, as long as it is."""
        for word in LASTS_S.keys() & {*message.scenario.prefix}:
            until_ms = self._until_ms.setdefault(word, self._now_ms() + int(1000 * LASTS_S[word]))
            if self._now_ms() < until_ms:
                return word
        return None

    def _take(self, message: Message, parcel: Parcel) -> None:
        given = f"SM{message.sid[2:]}{len(message.taken)}"
        message.taken.append(Listed(given, parcel.body, "queued", self._now_ms()))
        message.token = parcel.token
        for word in REPORTS[message.scenario.reports].early:
            self._report(message, word)

    def _outcome(self, message: Message, what: str) -> Outcome:
        if what == "ok":
            return Outcome(Verdict.ACCEPTED, message.taken[-1].carrier_id, "queued")
        wait_s = RETRY_AFTER_S if what == "429" else None
        message.not_before_ms = self._now_ms() + int(1000 * (wait_s or 0))
        return classify(MET[what.partition(",")[0]], wait_s)

    def list_sent(self, to_phone: str, from_phone: str, since_ms: int) -> Sequence[Listed]:
        """What was taken, as far as the list shows it yet."""
        message = self._of_phone[to_phone]
        message.looks += 1
        shown = message.looks > SHOWS_AFTER[message.scenario.lag]
        return [one for one in message.taken if shown and one.created_ms >= since_ms]

    def list_received(self, to_phone: str, since_ms: int, before_ms: int | None = None) -> Iterator[Page]:
        """All that came in; how long ago does not matter here."""
        yield Page([received(message) for message in self._of_phone.values()], since_ms)

    def _stand_still(self) -> None:
        try:
            self._die("stall")
        except Died:
            self._stall()

    def _die(self, when: str) -> None:
        if self.death is not None and self._calls % BATCH == MIDDLE:
            self.death.at(when)


def received(message: Message) -> Received:
    """A message as its webhook or the list has it."""
    return Received(message.sid, message.phone, NUMBER, "BANTUAN", 0, None)


def by_words(messages: Sequence[Message], words: Callable[[Message], Sequence[str]]) -> list[list[tuple[Message, str]]]:
    """Rounds of reports: the first word of every message, then the second one."""
    rounds: defaultdict[int, list[tuple[Message, str]]] = defaultdict(list)
    for message in messages:
        for at, word in enumerate(words(message)):
            rounds[at].append((message, word))
    return [rounds[at] for at in sorted(rounds)]
