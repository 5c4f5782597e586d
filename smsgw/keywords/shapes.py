"""The shapes that pass between grammar, handlers and templates: all that a keyword's author needs to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from smsgw.keywords.registry import Registry

Outcome = Literal["command", "malformed", "suggest", "unknown", "silent", "opt_out", "opt_in"]
Who = Literal["own", "own_or_general", "bound", "anyone", "session"]
"""Who hears a keyword: `own`, an entitled phone, about one membership; `own_or_general`, the same, and everybody else
the programme's text; `bound`, any phone with a membership bound to it; `anyone`; `session`, an answer to an answer."""

BASE = "base"
"""The stem of what belongs to no keyword: base.lark, base.id.txt, base.en.txt."""
LANGUAGES = ("id", "en")

_NO_FIELDS: Mapping[str, object] = MappingProxyType({})
_NO_ARGUMENTS: Mapping[str, str] = MappingProxyType({})


def _no_fields() -> Mapping[str, object]:
    return _NO_FIELDS


def _no_arguments() -> Mapping[str, str]:
    return _NO_ARGUMENTS


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text is read as.

    `keyword` is the canonical name; set for command and suggest, for malformed where the text names one, and for
    opt_out and opt_in where the word is our own and a keyword confirms it. `problem` of a malformed text is a section
    of the base templates and `fields` its values; of a silent text it is the reason, of an opting text whose word it
    is, "carrier" or "own". `also` is a second keyword of the same message, which is not answered. `tree` is printable,
    and there when asked for. `choice`: the whole message is this small number, an answer to a list.
    """

    outcome: Outcome
    keyword: str | None = None
    membership_number: str | None = None
    arguments: Mapping[str, str] = field(default_factory=_no_arguments)
    problem: str | None = None
    fields: Mapping[str, object] = field(default_factory=_no_fields)
    folded: str = ""
    also: str | None = None
    tree: str | None = None
    choice: int | None = None


class Membership(Protocol):
    """What a handler may know of one membership. Money in whole rupiah, months as their first day."""

    @property
    def number(self) -> str:
        """The membership number, 11 characters."""

    @property
    def name(self) -> str:
        """The member's full name; templates shorten it."""

    @property
    def status(self) -> str:
        """AKTIF, NONAKTIF, MENUNGGAK, MENINGGAL, PENSIUN or MENUNGGU."""

    @property
    def status_since(self) -> date | None:
        """The day the status began."""

    @property
    def status_reason(self) -> str:
        """Why, in Indonesian, or empty."""

    @property
    def segment(self) -> str:
        """PU, BPU, JAKON or PMI."""

    @property
    def employer(self) -> str:
        """The employer's name, or empty."""

    @property
    def registered_on(self) -> date | None:
        """The day of registration."""

    @property
    def programmes(self) -> tuple[str, ...]:
        """The programmes of this membership, such as JHT and JKK."""

    @property
    def jht_balance(self) -> int | None:
        """The JHT balance, or None outside the programme."""

    @property
    def jht_balance_on(self) -> date | None:
        """The day of that balance."""

    @property
    def last_contribution_month(self) -> date | None:
        """The month last paid for."""

    @property
    def last_contribution(self) -> int | None:
        """What was paid for it."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """One month of a membership: what came, in whole rupiah, or 0 and not `paid` where nothing was reported."""

    month: date
    amount: int
    paid: bool


@dataclass(frozen=True, slots=True)
class Employment:
    """A stretch of a membership under one employer; `until` is None where it goes on."""

    employer: str
    segment: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as the branch sees it. `stage` counts from 1 to 6; `state`: open, paid or refused."""

    number: str
    programme: str
    stage: int
    state: str
    filed_on: date
    changed_on: date


@dataclass(frozen=True, slots=True)
class Complaint:
    """A report that a participant filed. `state`: received, in_progress or answered; `answer` is the branch's words."""

    number: str
    state: str
    filed_on: date
    answer: str


class Office(Protocol):
    """What a handler may know of one branch office."""

    @property
    def name(self) -> str:
        """Its full name: Bandung Suci."""

    @property
    def short(self) -> str:
        """Its name without its city: Suci."""

    @property
    def city(self) -> str:
        """Its city: Bandung."""

    @property
    def address(self) -> str:
        """Street and number, or empty where none is sourced."""


Verdict = Literal["bound", "mismatch", "neutral", "locked"]


@dataclass(frozen=True, slots=True)
class Registration:
    """What came of a DAFTAR: the verdict, the membership where it is bound, and what is to be done about it."""

    verdict: Verdict
    membership: Membership | None = None
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Recall:
    """What came of a LUPA: the numbers of the person's memberships that this phone is on record for, or none."""

    numbers: tuple[str, ...] = ()
    locked: bool = False


PinVerdict = Literal["set", "trivial", "exists", "missing", "off"]


@dataclass(frozen=True, slots=True)
class PinChoice:
    """What came of a PIN: the verdict, and what is to be done about it. off: this deployment has no PINs."""

    verdict: PinVerdict
    effects: tuple[Effect, ...] = ()


class Members(Protocol):
    """What a handler may ask about the sender and his memberships, beyond the one in the Ask.

    Made for one message: it knows the sender's phone. Each call is a look-up; StoreUnavailable passes.
    """

    def contributions(self, number: str, months: int) -> Sequence[Contribution]:
        """The newest `months` months of a membership, newest first."""

    def months_paid(self, number: str, programme: str) -> int:
        """Months paid for a programme of a membership."""

    def employments(self, number: str) -> Sequence[Employment]:
        """The history of a membership, newest first."""

    def claims(self, numbers: Sequence[str]) -> Sequence[Claim]:
        """The claims of these memberships, the newest first."""

    def birth_date(self, number: str) -> date | None:
        """The holder's birth date, where it is known: for ages, never for a reply."""

    def complaint(self, number: str) -> Complaint | None:
        """A report that this phone filed; None where it filed none of that number."""

    def new_complaint_number(self) -> str:
        """A number for a report that is about to be filed by this message. Each call draws another."""

    def register(self, nik: str, born: date, number: str) -> Registration:
        """Try to bind this phone (reliability §3.1); counts as an attempt before anything is looked up."""

    def recall(self, nik: str, born: date) -> Recall:
        """The forgotten numbers of this person; counts as an attempt before anything is looked up."""

    def set_pin(self) -> PinChoice:
        """Try to make the PIN that came with this message the phone's first one; handlers never see it."""

    def awaits_rebinding(self) -> str | None:
        """The membership whose move to another phone this phone may still refuse."""

    def offices(self, place: str) -> Sequence[Office]:
        """The branch offices of the one city or branch that these words name, in their order; none where unclear."""

    def nearest_places(self, place: str) -> Sequence[str]:
        """The cities or branches that words without offices may mean, in capitals; several where it is a tie."""


class Rules(Protocol):
    """The rules in force on the day of the message (smsgw.rulebook)."""

    def number(self, name: str) -> int:
        """A whole number: rupiah, months, days, years, times. KeyError: no such rule."""

    def rate(self, name: str) -> Decimal:
        """A percentage as it is said: 5.7 is 5.7 %. KeyError: no such rule."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command that is offered: what the gateway reads when the participant accepts it."""

    keyword: str
    number: str | None = None
    arguments: Mapping[str, str] = field(default_factory=_no_arguments)
    page: int = 1


@dataclass(frozen=True, slots=True)
class Offer:
    """What the next message may refer to: `yes` by YA, `following` by LANJUT, `choices` by 1, 2, ….

    It ends with the next command, or after ten minutes. `guessed`: `yes` is what a mistyped message may have meant, so
    that YA says what was asked, and confirms nothing yet.
    """

    yes: Command | None = None
    following: Command | None = None
    choices: tuple[Command, ...] = ()
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """All that a handler gets.

    `membership` is there when the phone is entitled to it; `bound` says that it is so by DAFTAR and not only by the
    record, `memberships` are all that are bound to the phone. `page` counts from 1: LANJUT asks for the next one.
    `confirmed`: the participant has answered YA to this very command.
    """

    reading: Reading
    membership: Membership | None
    language: str
    today: date
    registry: Registry
    members: Members
    rules: Rules
    memberships: tuple[Membership, ...] = ()
    bound: bool = False
    page: int = 1
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """The language of all replies to this phone from now on."""

    language: str


@dataclass(frozen=True, slots=True)
class Bind:
    """This phone is bound to a membership from now on."""

    number: str


@dataclass(frozen=True, slots=True)
class Unbind:
    """This phone is no longer bound to a membership."""

    number: str


@dataclass(frozen=True, slots=True)
class FileComplaint:
    """A report is filed under this number: this very message, in the participant's own words."""

    number: str


@dataclass(frozen=True, slots=True)
class RefuseRebinding:
    """The move of this membership to another phone is refused by the old one."""

    number: str


@dataclass(frozen=True, slots=True)
class SetPin:
    """This phone has a PIN from now on, kept as a hash."""

    hash: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Alert:
    """A text to another phone, told in that phone's language: a section of a keyword's templates.

    `daily`: what it is about, where that is worth one text a day and no more, whoever sends what.
    """

    phone: str
    keyword: str
    section: str
    fields: Mapping[str, object] = field(default_factory=_no_fields)
    daily: str = ""


Effect = SetLanguage | Bind | Unbind | FileComplaint | RefuseRebinding | SetPin | Alert
"""What a reply does besides being sent; the gateway carries it out in the same transaction."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Which text is sent: a section of a keyword's templates (or of "base"), and raw values for its fields."""

    keyword: str
    section: str
    fields: Mapping[str, object] = field(default_factory=_no_fields)
    effects: tuple[Effect, ...] = ()
    offer: Offer | None = None


@dataclass(frozen=True, slots=True)
class Keyword:
    """What a handler module calls KEYWORD. The registry adds what the grammar knows.

    `menu` is the word the menu shows (none: not listed), `rank` its place there, smallest first.
    """

    name: str
    who: Who
    answer: Callable[[Ask], Reply]
    menu: str = ""
    rank: int = 1000
    phrases: tuple[str, ...] = field(default=())
    takes_number: bool = False
