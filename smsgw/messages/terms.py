"""Terms: what may leave now, besides that it waits."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, case, or_, select, true

from smsgw.clock import DAY_MS, OFFSET, WIB_MS
from smsgw.messages.pacing import Pace
from smsgw.messages.spending import EVERY, UNASKED
from smsgw.messages.tables import outbound
from smsgw.store import db_now

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Quiet:
    """The hours in which nobody is written to unasked: minutes of the day in western Indonesia, perhaps over midnight.

    By the database's clock; where it is `movable`, as far moved as testers have moved the gateway's (smsgw.clock).
    """

    begin: int
    end: int
    movable: bool = False

    def now(self) -> ColumnElement[bool]:
        """Whether it is quiet now."""
        minute = (db_now() + WIB_MS + (OFFSET if self.movable else 0)) % DAY_MS / MINUTE_MS
        both = (minute >= self.begin, minute < self.end)
        return and_(*both) if self.begin <= self.end else or_(*both)


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings that messages leave by. `paces`: of those of our numbers that have one; `per_day` 0: any number."""

    paces: tuple[Pace, ...] = ()
    per_day: int = 0
    quiet: Quiet | None = None

    @property
    def bound_replies(self) -> bool:
        """Whether a reply may have to wait although it could be sent."""
        return bool(self.paces or self.per_day)

    @property
    def paced(self) -> frozenset[str]:
        """The numbers that have a pace."""
        return frozenset(pace.number for pace in self.paces)

    def by_the_hour(self) -> ColumnElement[bool]:
        """Whether a row may leave at this hour: a bound that an index knows, so that what rests is not looked over."""
        if self.quiet is None:
            return true()
        least = select(case((self.quiet.now(), UNASKED - 1), else_=EVERY)).scalar_subquery()
        return outbound.c.priority <= least


FREE = Terms()
