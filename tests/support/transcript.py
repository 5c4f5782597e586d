"""Transcripts: what a participant sends and hears, as plain text.

    : status NONAKTIF           changes the member of the lines below; `-` is no value
    : language en               the language of the replies below
    : stranger                  from here the phone is entitled to nothing
    : record                    … is on the membership's record, but not bound
    : bound                     … is bound to the membership (so begins every file)
    : also 99090000034          … and to this one too
    : today 2026-01-15          the day, with its rules
    : idle / : locked           the binding was not used for long; too many failures
    : born 1990-07-01           the holder's birth date
    : paid 88                   months paid
    : month 2025-09 285000      one more month of contributions, 0 where nothing was reported; newest first
    : job PT MAJU JAYA, PU, 2018-05-01, -
    : claim K2510-00123 JHT 4 open 2025-10-02 2025-10-20
    : complaint L2510-00045 answered 2025-10-02 what the branch wrote
    : register mismatch         what DAFTAR comes to: bound, mismatch, neutral, locked
    : recall 18050012345        what LUPA finds: numbers, `-` or `locked`
    : pin trivial               what PIN comes to: set, trivial, exists, missing, off
    : rebinding 18050012345     the membership whose move this phone may refuse
    : forget                    no months, jobs, claims and complaints from here
    > STATUS                    sent
    < 180*****345 SITI R*: …    heard; (silent …), (opt_out …) where nothing is

A line that begins with # is a comment; `\\n` inside a sent line is a newline. What one answer offers (YA, LANJUT,
1, 2) holds for the next message, as with a real phone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import cast

from smsgw.gateway.reply import Replier, Scene
from smsgw.keywords import (
    Alert,
    Bind,
    Claim,
    Complaint,
    Contribution,
    Employment,
    Membership,
    Office,
    PinChoice,
    Recall,
    Registration,
    Registry,
    Rules,
)
from smsgw.keywords.shapes import PinVerdict, Verdict
from smsgw.members.directory import Entitlement
from smsgw.messages.rows import Answer, InboundRow
from smsgw.offices import load as load_offices
from smsgw.rulebook import load as load_rulebook

FOLDER = Path(__file__).parents[1] / "transcripts"
TODAY = date(2025, 11, 24)
NOW_MS = 1_763_942_400_000
PHONE = "+6281218050012"
OFFICES = load_offices()
BOOK = load_rulebook(None)
RULES: Rules = BOOK.on(TODAY)


@dataclass(frozen=True)
class Member:
    """A member as the transcripts know one; satisfies the Membership that handlers ask for."""

    id: int = 1
    number: str = "18050012345"
    name: str = "SITI RAHAYU"
    status: str = "AKTIF"
    status_since: date | None = date(2018, 5, 2)
    status_reason: str = ""
    segment: str = "PU"
    employer: str = "PT MAJU JAYA"
    registered_on: date | None = date(2018, 5, 2)
    programmes: tuple[str, ...] = ("JHT", "JKK", "JKM", "JP", "JKP")
    jht_balance: int | None = 23_451_200
    jht_balance_on: date | None = date(2025, 10, 31)
    last_contribution_month: date | None = date(2025, 9, 1)
    last_contribution: int | None = 285_000


@dataclass(frozen=True)
class Desk:
    """The Members of a transcript: what its lines say is there."""

    member: Member | None = None
    born: date | None = date(1990, 7, 1)
    paid: int = 88
    months: tuple[Contribution, ...] = ()
    jobs: tuple[Employment, ...] = ()
    filed: tuple[Claim, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    verdict: Verdict = "bound"
    recalled: tuple[str, ...] = ()
    recall_locked: bool = False
    moving: str | None = None
    pin: PinVerdict = "off"

    def contributions(self, number: str, months: int) -> Sequence[Contribution]:
        return self.months[:months]

    def months_paid(self, number: str, programme: str) -> int:
        return self.paid

    def employments(self, number: str) -> Sequence[Employment]:
        return self.jobs

    def claims(self, numbers: Sequence[str]) -> Sequence[Claim]:
        return self.filed

    def birth_date(self, number: str) -> date | None:
        return self.born

    def complaint(self, number: str) -> Complaint | None:
        return next((one for one in self.complaints if one.number == number), None)

    def new_complaint_number(self) -> str:
        return "L2511-00045"

    def register(self, nik: str, born: date, number: str) -> Registration:
        if self.verdict != "bound":
            return Registration(self.verdict)
        return Registration("bound", replace(self.member or Member(), number=number), (Bind(number),))

    def recall(self, nik: str, born: date) -> Recall:
        return Recall(self.recalled, self.recall_locked)

    def set_pin(self) -> PinChoice:
        return PinChoice(self.pin)

    def awaits_rebinding(self) -> str | None:
        return self.moving

    def offices(self, place: str) -> Sequence[Office]:
        return OFFICES.at(place)

    def nearest_places(self, place: str) -> Sequence[str]:
        return OFFICES.near(place)


@dataclass(frozen=True)
class Phone:
    """Who sends: what it is entitled to, the language of the replies, and what is known behind it."""

    member: Member = Member()
    language: str = "id"
    tie: str = "bound"  # or record, stranger
    others: tuple[Member, ...] = ()
    idle: bool = False
    locked: bool = False
    desk: Desk = Desk()
    today: date = TODAY

    def entitlement(self, number: str | None) -> Entitlement:
        """What the directory would say."""
        known = self.tie != "stranger" or self.idle
        bound = (self.member, *self.others) if self.tie == "bound" else ()
        mine = tuple(one for one in bound if number in (None, one.number))
        by_record = (self.member,) if self.tie == "record" and number == self.member.number else ()
        return Entitlement(
            cast("tuple[Membership, ...]", mine or by_record),  # type: ignore[arg-type]  # a double of the directory's
            known,
            cast("tuple[Membership, ...]", bound),  # type: ignore[arg-type]
            bool(mine),
            self.idle,
        )


@dataclass(frozen=True)
class Turn:
    """One SMS in and what must come back."""

    file: str
    line: int
    phone: Phone
    sent: str
    heard: str


def turns(file: Path) -> Iterator[Turn]:
    """The turns of a transcript in order."""
    phone, sent, at = Phone(), "", 0
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        sign, _, rest = line.partition(" ")
        if sign == ":":
            phone = _changed(phone, rest)
        elif sign == ">":
            sent, at = rest.replace("\\n", "\n"), number
        elif sign == "<":
            yield Turn(file.stem, at, phone, sent, rest)
        else:
            assert not line or line.startswith("#"), f"{file.name}:{number}: {line}"


@dataclass
class Listener:
    """One phone's end of a conversation: it remembers what the last answer offered."""

    registry: Registry
    offer: str | None = None
    offer_until: int | None = None
    alerts: list[Alert] = field(default_factory=list)

    def hear(self, phone: Phone, text: str) -> str:
        """What the phone hears, decided as the gateway decides it."""
        answer = self.answer(phone, text)
        if answer.draft is None:
            return f"({answer.reason})"
        return answer.draft.body

    def answer(self, phone: Phone, text: str) -> Answer:
        """The whole answer."""
        row = self._row(phone, text)
        replier = Replier(self.registry)
        meant = replier.meant(row, self.registry.read(text, sender=PHONE), NOW_MS)
        desk = replace(phone.desk, member=phone.member)
        scene = Scene(
            phone.entitlement(meant.reading.membership_number), desk, BOOK.on(phone.today), phone.today, NOW_MS
        )
        answer = replier.answer(row, meant, scene)
        if answer.offer is not None or answer.ends_offer:
            self.offer, self.offer_until = answer.offer, answer.offer_until
        return answer

    def _row(self, phone: Phone, text: str) -> InboundRow:
        return InboundRow(
            id=1,
            carrier="twilio",
            from_phone=PHONE,
            to_phone="2757",
            body=text,
            num_media=0,
            opt_out_type=None,
            waited_ms=0,
            attempts=0,
            language=phone.language,
            opted_out=False,
            locked_until=NOW_MS + 1 if phone.locked else None,
            offer=self.offer,
            offer_until=self.offer_until,
        )


def hear(registry: Registry, phone: Phone, text: str) -> str:
    """What a phone hears that has heard nothing before."""
    return Listener(registry).hear(phone, text)


def _changed(phone: Phone, directive: str) -> Phone:
    name, _, value = directive.partition(" ")
    if name in ("stranger", "record", "bound"):
        return replace(phone, tie=name, idle=False, locked=False, others=())
    if name in ("idle", "locked"):
        return replace(phone, tie="stranger", idle=name == "idle", locked=name == "locked")
    if name == "language":
        return replace(phone, language=value)
    if name == "today":
        return replace(phone, today=date.fromisoformat(value))
    if name == "also":
        return replace(phone, others=(*phone.others, replace(phone.member, id=2 + len(phone.others), number=value)))
    if name in _DESK:
        return replace(phone, desk=_DESK[name](phone.desk, value))
    return replace(phone, member=replace(phone.member, **{name: _value(name, value)}))  # type: ignore[arg-type]


def _month(desk: Desk, value: str) -> Desk:
    month, amount = value.split()
    one = Contribution(date.fromisoformat(f"{month}-01"), int(amount), int(amount) > 0)
    return replace(desk, months=(*desk.months, one))


def _job(desk: Desk, value: str) -> Desk:
    employer, segment, since, until = (part.strip() for part in value.split(","))
    end = None if until == "-" else date.fromisoformat(until)
    return replace(desk, jobs=(*desk.jobs, Employment(employer, segment, date.fromisoformat(since), end)))


def _claim(desk: Desk, value: str) -> Desk:
    number, programme, stage, state, filed, changed = value.split()
    days = date.fromisoformat(filed), date.fromisoformat(changed)
    return replace(desk, filed=(*desk.filed, Claim(number, programme, int(stage), state, *days)))


def _complaint(desk: Desk, value: str) -> Desk:
    number, state, filed, *words = value.split(" ", 3)
    one = Complaint(number, state, date.fromisoformat(filed), " ".join(words))
    return replace(desk, complaints=(*desk.complaints, one))


def _recall(desk: Desk, value: str) -> Desk:
    numbers = () if value in ("-", "locked") else tuple(value.split())
    return replace(desk, recalled=numbers, recall_locked=value == "locked")


_DESK: dict[str, Callable[[Desk, str], Desk]] = {
    "born": lambda desk, value: replace(desk, born=None if value == "-" else date.fromisoformat(value)),
    "paid": lambda desk, value: replace(desk, paid=int(value)),
    "month": _month,
    "job": _job,
    "claim": _claim,
    "complaint": _complaint,
    "register": lambda desk, value: replace(desk, verdict=cast("Verdict", value)),
    "recall": _recall,
    "pin": lambda desk, value: replace(desk, pin=cast("PinVerdict", value)),
    "rebinding": lambda desk, value: replace(desk, moving=None if value == "-" else value),
    "forget": lambda desk, value: replace(desk, months=(), jobs=(), filed=(), complaints=()),
}


def _value(name: str, value: str) -> object:
    if value == "-":
        return "" if name in ("employer", "status_reason") else None
    if name == "programmes":
        return tuple(value.split())
    if name in ("jht_balance", "last_contribution"):
        return int(value)
    return date.fromisoformat(value) if name.endswith(("_on", "_since", "_month")) else value
