"""The oracle: what the database says of each message beside what the carrier knows (reliability §5)."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from smsgw.messages import states
from smsgw.messages.outbox import MAX_ATTEMPTS
from smsgw.messages.rows import Kind
from smsgw.messages.tables import inbound, outbound
from smsgw.store import Store
from tests.model.carrier import Message
from tests.model.scenarios import CERTAIN, NEVER, PAST_CLAIM, SHOWS_AFTER, TERMINALS, Scenario

KINDS: Final = ("double", "lost", "mismatch")
RANK: Final = {"accepted": 1, "sent": 2, "undelivered": 3, "delivered": 4}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one message: one of KINDS, and the words for people."""

    kind: str
    what: str
    scenario: Scenario


def judge(store: Store, messages: Sequence[Message]) -> Iterator[Fault]:
    """Everything that is wrong."""
    came, left = _rows(store)
    for message in messages:
        for kind, what in _faults(message, came[message.sid], left[message.phone]):
            yield Fault(kind, what, message.scenario)


def ends(store: Store) -> Counter[str]:
    """How many replies ended in each state."""
    with store.read() as connection:
        return Counter(connection.scalars(select(outbound.c.state)))


def _rows(store: Store) -> tuple[Mapping[str, list[str]], Mapping[str, list[Any]]]:
    came: defaultdict[str, list[str]] = defaultdict(list)
    left: defaultdict[str, list[Any]] = defaultdict(list)
    with store.read() as connection:
        for sid, state in connection.execute(select(inbound.c.carrier_id, inbound.c.state)):
            came[sid].append(state)
        for row in connection.execute(select(outbound.c.to_phone, outbound.c.state, outbound.c.kind)):
            left[row.to_phone].append(row)
    return came, left


def _faults(message: Message, came: Sequence[str], left: Sequence[Any]) -> Iterator[tuple[str, str]]:
    late = [row for row in left if (row.kind, row.state) == (Kind.REPLY, states.EXPIRED)]
    left = [row for row in left if row not in late]
    if len(came) > 1 or len(left) > 1 or len(late) > 1:
        yield "double", f"{len(came)} inbound rows, {len(left)} outbound rows, {len(late)} that expired"
    if len(message.taken) > 1:
        yield "double", f"the carrier took it {len(message.taken)} times"
    if any(word in TERMINALS for word in message.calls[:-1]):
        yield "double", f"called again: {', '.join(message.calls)}"
    if len(message.calls) > MAX_ATTEMPTS + len(late) or (late and [row.kind for row in left] != [Kind.APOLOGY]):
        yield "mismatch", f"{len(message.calls)} calls, {len(late)} replies expired"
    if came[:1] != [states.ANSWERED] or not left:
        yield "lost", f"inbound {', '.join(came) or 'missing'}, {len(left)} outbound rows"
    if message.hasty:
        yield "mismatch", "called again before the time that the carrier asked for"
    for row in left:
        if row.state not in (expected := _expected(message)):
            kind = "lost" if row.state in (states.QUEUED, states.SENDING, states.UNKNOWN) else "mismatch"
            yield kind, f"{row.state}, should be {' or '.join(expected)}"


def _expected(message: Message) -> tuple[str, ...]:
    """The states that tell the truth: one, or two where it is a matter of luck how far a dying process came."""
    if message.reported:
        return (max(message.reported, key=lambda state: RANK[state]),)
    if message.taken and SHOWS_AFTER[message.scenario.lag] < NEVER:
        return (states.ACCEPTED,)
    last = message.calls[-1] if message.calls else ""
    in_the_dark = (states.FAILED_UNKNOWN,) if message.scenario.point in PAST_CLAIM else ()
    if last in CERTAIN:
        return (states.ACCEPTED if message.taken else states.FAILED, *in_the_dark)
    return (states.FAILED_UNKNOWN,) if last in TERMINALS else in_the_dark
