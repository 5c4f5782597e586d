"""Apology: the text that takes the place of a reply that could not be sent in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from smsgw.clock import day_of
from smsgw.gateway.answer import Rulebook
from smsgw.gateway.reply import BASE, DEFAULT_LANGUAGE
from smsgw.keywords import LANGUAGES, Registry, Reply, measure
from smsgw.messages import inbox, outbox
from smsgw.messages.overdue import Late
from smsgw.messages.rows import Draft, Kind


@dataclass(frozen=True, slots=True)
class Apologies:
    """Writes apologies in the words of the day."""

    registry: Registry
    rulebook: Rulebook

    def texts(self, now_ms: int) -> Mapping[str, str]:
        """The text in each language. `now_ms` by the gateway's clock."""
        rules = self.rulebook.on(day_of(now_ms))
        return {language: self.registry.render(Reply(BASE, "unavailable"), language, rules) for language in LANGUAGES}


def apologise(connection: Connection, late: Sequence[Late], texts: Mapping[str, str]) -> None:
    """Queue an apology in the place of each reply among what expired, in its language and once an inbound.

    Apologies, alerts and notices leave none, nor does what an operator has sent once more: he sees that it expired. A
    phone that opted out meanwhile hears nothing.
    """
    replies = [one for one in late if one.kind == Kind.REPLY and one.inbound_id is not None and not one.resend_no]
    if replies:
        contacts = inbox.languages(connection, [one.to_phone for one in replies])
        heard = (one for one in replies if not contacts.get(one.to_phone, (None, False))[1])
        outbox.queue(connection, [_draft(one, texts.get(one.language, texts[DEFAULT_LANGUAGE])) for one in heard])


def _draft(late: Late, body: str) -> Draft:
    return Draft(
        kind=Kind.APOLOGY,
        carrier=late.carrier,
        from_phone=late.from_phone,
        to_phone=late.to_phone,
        body=body,
        septets=measure(body).septets or 0,
        language=late.language,
        template=f"{BASE}.unavailable",
        inbound_id=late.inbound_id,
    )
