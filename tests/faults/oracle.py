"""The oracle: compares what was posted, what the database tells and what the carrier took, message by message."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from sqlalchemy import select, text

from smsgw.messages import inbox, states
from smsgw.messages.tables import inbound, outbound, outbound_event, seen_id
from tests.faults.stage import Stage

RANK = {states.SENT: 2, states.UNDELIVERED: 3, states.FAILED: 3, states.DELIVERED: 4}
TAKEN = frozenset({states.ACCEPTED, states.SENT, states.DELIVERED, states.UNDELIVERED, states.CANCELED})
OPEN = frozenset({states.RECEIVED, states.QUEUED, states.SENDING, states.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Out:
    """An outbound row. `died`: a claim of it outlived its holder."""

    id: int
    inbound_id: int | None
    state: str
    token: str
    carrier_id: str | None
    died: bool

    @property
    def is_taken(self) -> bool:
        """Whether the database says that the carrier has it."""
        return self.state in TAKEN or (self.state == states.FAILED and self.carrier_id is not None)


@dataclass(slots=True)
class Verdict:
    """What became of the messages of a run, counted by message; `problems` has a sentence for each kind."""

    messages: int = 0
    lost: int = 0
    doubled: int = 0
    mismatched: int = 0
    stuck: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    silence_s: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether every promise was kept."""
        return not (self.lost or self.doubled or self.mismatched or self.stuck or self.problems)


def judge(stage: Stage, allowed: frozenset[str]) -> Verdict:
    """The verdict over all messages that were posted. `allowed`: ends besides "accepted" that are right here.

    Each message that the carrier has had posted is to have one inbound row, at most one acceptance, and a final state
    that says of the acceptance what the carrier says. `failed_unknown` is right only after a death past the claim or
    an answer that leaves the order's fate dark, and never where the carrier has it.
    """
    verdict = Verdict(messages=len({letter.sid for letter in stage.senders.sent}))
    rows, replies = _rows(stage), _replies(stage)
    _count_lost(stage, verdict, rows, replies)
    _count_doubled(stage, verdict, rows, replies)
    _count_mismatched(stage, verdict, replies)
    _count_ends(stage, verdict, rows, replies, allowed)
    verdict.silence_s = _silence_s(stage)
    if (broken := _integrity(stage)) != "ok":
        verdict.problems.append(f"integrity_check: {broken}")
    return verdict


Rows = list[tuple[int, str, str]]


def _rows(stage: Stage) -> Rows:
    with stage.store.read() as connection:
        found = connection.execute(select(inbound.c.id, inbound.c.carrier_id, inbound.c.state))
        return [(row_id, sid, state) for row_id, sid, state in found]


def _buried(stage: Stage) -> set[str]:
    """The messages whose rows have been erased in their time: a tombstone stands in the place of each."""
    with stage.store.read() as connection:
        there = set(connection.scalars(select(seen_id.c.digest)))
    sids = {letter.sid for letter in stage.senders.sent} if there else set()
    return {sid for sid in sids if inbox.tombstone(stage.store, "twilio", sid) in there}


def _replies(stage: Stage) -> list[Out]:
    died = select(outbound_event.c.outbound_id).where(outbound_event.c.cause == "lease")
    columns = outbound.c.id, outbound.c.inbound_id, outbound.c.state, outbound.c.callback_token, outbound.c.carrier_id
    with stage.store.read() as connection:
        dead = set(connection.scalars(died))
        return [Out(*row, died=row.id in dead) for row in connection.execute(select(*columns))]


def _count_lost(stage: Stage, verdict: Verdict, rows: Rows, replies: list[Out]) -> None:
    known = {sid for _, sid, _ in rows}
    lost = {letter.sid for letter in stage.senders.sent} - known - _buried(stage)
    with_reply = {out.inbound_id for out in replies}
    torn = [row_id for row_id, _, state in rows if state == states.ANSWERED and row_id not in with_reply]
    verdict.lost = len(lost) + len(torn)
    acked = {letter.sid for letter in stage.senders.sent if letter.acked is not None}
    if lost:
        verdict.problems.append(f"{len(lost)} messages are not in the database, {len(lost & acked)} answered 200")
    if torn:
        verdict.problems.append(f"{len(torn)} inbound rows are answered and have no reply")


def _count_doubled(stage: Stage, verdict: Verdict, rows: Rows, replies: list[Out]) -> None:
    posted = Counter(phone for phone, _ in {(letter.phone, letter.sid) for letter in stage.senders.sent})
    taken = Counter(taken.message.to for taken in stage.carrier.taken)
    by_phone = sum(max(0, times - posted[phone]) for phone, times in taken.items() if phone in posted)
    of_token = {out.token: out.inbound_id for out in replies}
    by_inbound = Counter(of_token.get(taken.token) for taken in stage.carrier.taken)
    twice = sum(times - 1 for inbound_id, times in by_inbound.items() if inbound_id is not None)
    again = sum(times - 1 for times in Counter(sid for _, sid, _ in rows).values())
    verdict.doubled = max(by_phone, twice) + again
    if verdict.doubled:
        verdict.problems.append(f"taken twice: {by_phone} by phone, {twice} by inbound; {again} rows of a known id")


def _count_mismatched(stage: Stage, verdict: Verdict, replies: list[Out]) -> None:
    taken = {taken.token for taken in stage.carrier.taken}
    gone = {letter.phone for letter in stage.senders.sent if letter.sid in _buried(stage)}
    unknown = {one.token for one in stage.carrier.taken if one.message.to not in gone} - {out.token for out in replies}
    wrong = [out for out in replies if out.is_taken != (out.token in taken)]
    given_up = [out for out in replies if out.state == states.FAILED_UNKNOWN]
    unjust = [out for out in given_up if not _just(stage, out)]
    if given_up:
        stage.notes["given_up_in_the_dark"] = sum(out.token in stage.carrier.dark for out in given_up)
        stage.notes["given_up_after_a_death"] = sum(out.token not in stage.carrier.dark for out in given_up)
    unjust += [out for out in replies if out.state == states.FAILED and not _refused(stage, out)]
    lower = [out for out in replies if not _as_reported(stage, out)]
    verdict.mismatched = len(unknown) + len(wrong) + len(unjust) + len(lower)
    if lower:
        verdict.problems.append(f"{len(lower)} messages do not stand as their highest report says")
    for out in (*wrong, *unjust)[:5]:
        has = "has" if out.token in taken else "has not"
        verdict.problems.append(f"outbound {out.id} is {out.state}, and the carrier {has} it")
    if unknown:
        verdict.problems.append(f"the carrier has {len(unknown)} messages that we do not know")


def _just(stage: Stage, out: Out) -> bool:
    return out.died or out.token in stage.carrier.dark


def _as_reported(stage: Stage, out: Out) -> bool:
    """Whether a message stands as the highest of the reports that were answered 200."""
    told = stage.carrier.told.get(out.token)
    return not told or RANK.get(out.state, 0) >= max(RANK[word] for word in told)


def _refused(stage: Stage, out: Out) -> bool:
    return out.carrier_id is not None or out.token in stage.carrier.refused


def _count_ends(stage: Stage, verdict: Verdict, rows: Rows, replies: list[Out], allowed: frozenset[str]) -> None:
    of_inbound: defaultdict[int | None, list[Out]] = defaultdict(list)
    for out in replies:
        of_inbound[out.inbound_id].append(out)
    for row_id, _, state in rows:
        verdict.ends[_end(state, of_inbound[row_id])] += 1
    verdict.stuck = verdict.ends.pop("stuck", 0)
    if verdict.stuck:
        left = Counter(out.state for out in replies if out.state in OPEN)
        left += Counter(state for _, _, state in rows if state in OPEN)
        verdict.problems.append(f"left over: {dict(left)}")
    verdict.ends["erased"] += len(_buried(stage) - {sid for _, sid, _ in rows})
    wrong = {end: times for end, times in verdict.ends.items() if times and end not in allowed | {"accepted", "erased"}}
    if wrong:
        verdict.problems.append(f"ends that this scenario does not allow: {wrong}")


def _end(state: str, replies: list[Out]) -> str:
    """The end of one message: "accepted" where one of its replies was."""
    if state in OPEN or any(out.state in OPEN for out in replies):
        return "stuck"
    if any(out.is_taken for out in replies):
        return "accepted"
    return state if state != states.ANSWERED or not replies else replies[-1].state


def _silence_s(stage: Stage) -> float:
    began: dict[str, float] = {}
    for letter in stage.senders.sent:
        began.setdefault(letter.phone, letter.began)
    heard: dict[str, float] = {}
    for taken in stage.carrier.taken:
        heard.setdefault(taken.message.to, taken.at)
    return max((at - began[phone] for phone, at in heard.items() if phone in began), default=0.0)


def _integrity(stage: Stage) -> str:
    if stage.kind != "sqlite":
        return "ok"
    with stage.store.read() as connection:
        return str(connection.scalar(text("PRAGMA integrity_check")))
