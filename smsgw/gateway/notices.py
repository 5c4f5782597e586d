"""Notices: what a participant is told without asking, in the language of the phone that hears it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import Connection

from smsgw.gateway.reply import DEFAULT_LANGUAGE
from smsgw.keywords import Registry, Reply, Rules, measure
from smsgw.members.reach import Account, StageChange, bound_phones, claims_of
from smsgw.messages import inbox, notices
from smsgw.messages.byhand import RESENT
from smsgw.messages.notices import Notice
from smsgw.messages.rows import Kind

LACAK: Final = "LACAK"
TRANSFER: Final = 6


@dataclass(frozen=True, slots=True)
class Sender:
    """What unasked texts are written with, and from where they go: a carrier and one of our numbers."""

    registry: Registry
    rules: Rules
    carrier: str
    from_phone: str

    def notice(self, key: str, kind: Kind, to_phone: str, language: str | None, reply: Reply) -> Notice:
        """A text, ready to be queued."""
        language = language or DEFAULT_LANGUAGE
        body = self.registry.render(reply, language, self.rules)
        return Notice(
            key=key,
            kind=kind,
            carrier=self.carrier,
            from_phone=self.from_phone,
            to_phone=to_phone,
            body=body,
            septets=measure(body).septets or 0,
            language=language,
            template=f"{reply.keyword}.{reply.section}".lower(),
        )


def stage_changed(connection: Connection, sender: Sender, changes: Sequence[StageChange], now_ms: int) -> int:
    """Tell whoever is bound to these claims' memberships that they changed; how many texts were queued.

    Part of the transaction that changes the claims. The same stage of the same claim is told once, ever; a phone that
    opted out is told nothing. `now_ms` by the gateway's clock.
    """
    if LACAK not in sender.registry.keywords:
        return 0
    phones = bound_phones(connection, {change.membership_id for change in changes}, now_ms)
    contacts = inbox.languages(connection, phones.values())
    reached = [change for change in changes if change.membership_id in phones]
    known = notices.told(connection, [_key(change) for change in reached])
    wanted = [
        _told(sender, change, phones[change.membership_id], contacts) for change in reached if _key(change) not in known
    ]
    queued = [notice for notice in wanted if notice is not None]
    notices.queue(connection, queued)
    return len(queued)


def unbound(connection: Connection, phone: str, membership_id: int) -> int:
    """Cancel what waits to tell a phone of a membership that it hears nothing of any more; how many.

    Part of the transaction that takes the right away. What an operator has sent once more is canceled whatever it is
    about, which its key does not tell.
    """
    told = "|".join(map(re.escape, claims_of(connection, membership_id)))
    about = re.compile(rf"claim:(?:{told}):.*|balance:\d+:{membership_id}|{RESENT}:\d+")
    return notices.withdraw_from(connection, phone, about.fullmatch)


def _key(change: StageChange) -> str:
    return f"claim:{change.claim}:{change.stage}:{change.state}"


def _told(
    sender: Sender, change: StageChange, phone: str, contacts: Mapping[str, tuple[str | None, bool]]
) -> Notice | None:
    language, opted_out = contacts.get(phone, (None, False))
    if opted_out:
        return None
    section = "changed" if change.state == "open" else f"changed_{change.state}"
    if change.state == "open" and change.stage >= TRANSFER:
        section = "changed_transfer"
    fields = {
        "programme": change.programme,
        "claim": change.claim,
        "stage": change.stage,
        "changed": change.changed_on,
    }
    return sender.notice(_key(change), Kind.NOTICE, phone, language, Reply(LACAK, section, fields))


def yearly_balance(sender: Sender, account: Account, year: int, language: str | None) -> Notice:
    """The balance of an account as it is told once a year (PP 46/2015 Art. 22(7))."""
    on: date | None = account.balance_on
    fields = {
        "number": account.number,
        "balance": account.balance,
        "on": on,
        "year": on.year if on else None,
        "growth": account.growth,
    }
    key = balance_key(account.membership_id, year)
    return sender.notice(key, Kind.ANNOUNCEMENT, account.phone, language, Reply("JHT", "yearly", fields))


def balance_key(membership_id: int, year: int) -> str:
    """The key under which a membership is told its balance once in a year."""
    return f"balance:{year}:{membership_id}"
