"""A carrier that does as it is told and remembers what it was given."""

from collections.abc import Callable, Iterator, Sequence

from smsgw.carriers import Hook, Listed, Outcome, Parcel, Receipt, Report, Verdict
from smsgw.carriers.base import Page, Received


def accept(parcel: Parcel) -> Outcome:
    """A good day."""
    return Outcome(Verdict.ACCEPTED, carrier_id=f"SM{parcel.token}", status="queued")


class Scripted:
    """`script` answers each parcel, `lists` each look for a phone's messages, `came` each for what came since then."""

    name = "scripted"
    hook_method = "POST"
    answers_stop = True
    receipt = Receipt()
    numbers: Sequence[str] = ("+622150000000",)

    def __init__(
        self,
        script: Callable[[Parcel], Outcome] = accept,
        lists: Callable[[str], Sequence[Listed] | None] = lambda to_phone: (),
        came: Callable[[int], Sequence[Received] | None] = lambda since_ms: (),
    ) -> None:
        self._script = script
        self._lists = lists
        self._came = came
        self.taken: list[Parcel] = []
        self.asked: list[str] = []

    def read_inbound(self, hook: Hook) -> Received:
        raise NotImplementedError

    def read_report(self, hook: Hook) -> Report:
        raise NotImplementedError

    def send(self, parcel: Parcel) -> Outcome:
        """What the script says."""
        self.taken.append(parcel)
        return self._script(parcel)

    def list_sent(self, to_phone: str, from_phone: str, since_ms: int) -> Sequence[Listed] | None:
        """What the script says."""
        self.asked.append(to_phone)
        return self._lists(to_phone)

    def list_received(self, to_phone: str, since_ms: int, before_ms: int | None = None) -> Iterator[Page]:
        """What the script says, on one page."""
        found = self._came(since_ms)
        if found is not None:
            yield Page(found, since_ms)
