"""The shapes that pass between grammar, handlers and templates: all that a keyword's author needs to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from smsgw.keywords.registry import Registry

Outcome = Literal["command", "malformed", "suggest", "unknown", "silent", "opt_out", "opt_in"]
Who = Literal["own", "own_or_general", "anyone", "session"]

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
    and there when asked for.
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
class Ask:
    """All that a handler gets. `membership` is there when the phone is entitled to it."""

    reading: Reading
    membership: Membership | None
    language: str
    today: date
    registry: Registry


@dataclass(frozen=True, slots=True)
class SetLanguage:
    """The language of all replies to this phone from now on."""

    language: str


Effect = SetLanguage
"""What a reply does besides being sent; the gateway carries it out in the same transaction."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Which text is sent: a section of a keyword's templates (or of "base"), and raw values for its fields."""

    keyword: str
    section: str
    fields: Mapping[str, object] = field(default_factory=_no_fields)
    effects: tuple[Effect, ...] = ()


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
