"""The desk: what handlers may ask about the sender of one message, as look-ups over the members' tables."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from smsgw.clock import day_of
from smsgw.gateway import pin, proving
from smsgw.keywords import Claim, Complaint, Contribution, Employment, Office, PinChoice, Recall, Registration
from smsgw.members import binding, complaints, history
from smsgw.members.guards import Guess
from smsgw.members.identity import Claimed, Who
from smsgw.members.pins import Checked
from smsgw.offices import Offices
from smsgw.store import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """The Members of one message (smsgw.keywords.Members). `now_ms` and `locked_until` by the gateway's clock.

    `sent_pin` is the PIN that came with it, where this deployment has PINs.
    """

    store: Store
    inbound_id: int
    phone: str
    now_ms: int
    locked_until: int = 0
    who_binds: Who = "record"
    branches: Offices = field(default_factory=Offices)
    with_pin: bool = False
    sent_pin: str | None = field(default=None, repr=False)

    def contributions(self, number: str, months: int) -> Sequence[Contribution]:
        """The newest months of a membership, newest first."""
        return [Contribution(*row) for row in history.months(self.store, number, months)]

    def months_paid(self, number: str, programme: str) -> int:
        """Months paid for a programme of a membership."""
        return history.months_paid(self.store, number, programme)

    def employments(self, number: str) -> Sequence[Employment]:
        """The history of a membership, newest first."""
        return [Employment(*row) for row in history.employed(self.store, number)]

    def claims(self, numbers: Sequence[str]) -> Sequence[Claim]:
        """The claims of these memberships, newest first."""
        return [Claim(*row) for row in history.claimed(self.store, numbers)]

    def birth_date(self, number: str) -> date | None:
        """The holder's birth date."""
        return history.born(self.store, number)

    def complaint(self, number: str) -> Complaint | None:
        """A report that this phone filed."""
        row = complaints.find(self.store, self.phone, number)
        return Complaint(row[0], row[1], day_of(row[2]), row[3] or "") if row else None

    def new_complaint_number(self) -> str:
        """The next number for a report."""
        return complaints.new_number(self.store, self.now_ms)

    def register(self, nik: str, born: date, number: str) -> Registration:
        """Try to bind this phone."""
        claimed = Claimed(self.phone, nik, born, number)
        return proving.register(self.store, self._guess(number), claimed, self.locked_until, self.who_binds)

    def recall(self, nik: str, born: date) -> Recall:
        """The forgotten numbers of this person."""
        return proving.recall(self.store, self._guess(None), nik, born, self.locked_until)

    def set_pin(self) -> PinChoice:
        """Try to make the PIN of this message the phone's first one."""
        return pin.choose(self.store, self._sent()) if self.with_pin else PinChoice("off")

    def check_pin(self) -> Checked:
        """What the PIN of this message is worth."""
        return pin.check(self.store, self._sent()) if self.with_pin else "none"

    def awaits_rebinding(self) -> str | None:
        """The membership whose move this phone may refuse."""
        with self.store.read() as connection:
            return binding.awaiting(connection, self.phone, self.now_ms)

    def offices(self, place: str) -> Sequence[Office]:
        """The branch offices of the place that is named."""
        return self.branches.at(place)

    def nearest_places(self, place: str) -> Sequence[str]:
        """The places that may be meant."""
        return self.branches.near(place)

    def _sent(self) -> pin.Sent:
        return pin.Sent(self.inbound_id, self.phone, self.sent_pin)

    def _guess(self, number: str | None) -> Guess:
        return Guess(self.inbound_id, self.phone, number, self.now_ms)
