"""Branch: what an office does to a phone for a participant who stands before it (reliability §3.1)."""

from dataclasses import dataclass

from sqlalchemy import Connection

from smsgw.errors import NotPossible
from smsgw.gateway import notices
from smsgw.gateway.reply import DEFAULT_LANGUAGE
from smsgw.keywords import Registry, Reply, Rules, measure
from smsgw.members import binding, guards, pins, subjects
from smsgw.members.subjects import Asked
from smsgw.messages import inbox, outbox
from smsgw.messages.rows import Draft, Kind
from smsgw.store import Store


@dataclass(frozen=True, slots=True)
class Sender:
    """What a text that answers nothing is sent with: the carrier and our own number."""

    carrier: str
    phone: str


@dataclass(frozen=True, slots=True)
class Move:
    """A move that has begun: whether the old phone is told of it. One that opted out is not."""

    told: bool


def begin_move(
    connection: Connection, registry: Registry, rules: Rules, sender: Sender, number: str, now_ms: int
) -> Move | None:
    """Move a membership from its bound phone to the one on record now, once maker and checker have agreed.

    The old phone is told and may refuse for a day; then the sweep revokes its binding, and the new phone sends DAFTAR.
    None: there is no bound phone to wait for, or a move is under way.
    """
    phone = binding.bound_phone(connection, number)
    if phone is None or not binding.begin_move(connection, phone, number, now_ms):
        return None
    language, opted_out = inbox.languages(connection, [phone]).get(phone, (None, False))
    if not opted_out:
        draft = _notice(registry, rules, sender, phone, number, language or DEFAULT_LANGUAGE)
        outbox.queue(connection, [draft])
    return Move(told=not opted_out)


def open_phone(connection: Connection, phone: str) -> None:
    """Unlock a phone: its failures, wrong PINs and locks are forgotten."""
    guards.forgive(connection, phone)
    pins.forgive(connection, phone)
    inbox.lock(connection, phone, 0)


def unbind(connection: Connection, phone: str, membership_id: int, now_ms: int) -> None:
    """Undo a phone's binding to a membership, by its key; NotPossible where it is not bound to it."""
    if not binding.unbind_membership(connection, phone, membership_id, now_ms):
        raise NotPossible("state")
    notices.unbound(connection, phone, membership_id)


def finish_moves(connection: Connection, now_ms: int) -> int:
    """Finish every move that nobody refused in time; how many. Its old phone hears nothing more of the membership."""
    moved = binding.finish_moves(connection, now_ms)
    for membership_id, phone in moved:
        notices.unbound(connection, phone, membership_id)
    return len(moved)


def correct(connection: Connection, asked: Asked) -> None:
    """Do what was asked about a record (smsgw.members.subjects); a phone that leaves it hears nothing more of it."""
    subjects.correct(connection, asked)
    if asked.kind == "phone_gone" and asked.value and asked.membership_id:
        notices.unbound(connection, asked.value, asked.membership_id)


def take_pin_away(store: Store, phone: str) -> None:
    """Forget the PIN of a phone, so that its holder can make another one; a lock stays until `open_phone`."""
    with store.write() as connection:
        pins.forget(connection, phone)


def _notice(registry: Registry, rules: Rules, sender: Sender, phone: str, number: str, language: str) -> Draft:
    body = registry.render(Reply("TOLAK", "asked", {"number": number}), language, rules)
    return Draft(
        kind=Kind.ALERT,
        carrier=sender.carrier,
        from_phone=sender.phone,
        to_phone=phone,
        body=body,
        septets=measure(body).septets or 0,  # of a text outside GSM-7, which no template can make
        language=language,
        template="tolak.asked",
    )
