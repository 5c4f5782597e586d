"""Proven: signing in as whom the identity provider names, each with its row in the audit log.

Who may come is decided here: an account is made beforehand, and names whom the provider must name. Whoever comes first
under that name is known by their subject from then on: a name that the provider gives to somebody else opens nothing,
and a person who is renamed there is still the same.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from sqlalchemy import Connection, case, or_, select, update

from smsgw.operators import accounts, audit, door, tries
from smsgw.operators.accounts import Operator, Secrets
from smsgw.operators.oidc import Person
from smsgw.operators.tables import operators
from smsgw.store import Store
from smsgw.store.types import cipher_of

BY: Final = "OIDC"
REASON_LIMIT: Final = 200
NOBODY: Final = "(oidc)"  # who the audit log names where there is no account; no account can be called so

Why = Literal["unknown", "other", "closed", "soon", "code"]


class NotLetIn(Exception):
    """Whom the provider proved is not let in; `why` is a word of the catalogue. `code`: a right code is wanted."""

    def __init__(self, why: Why) -> None:
        self.why: Final[Why] = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody whom the provider has proved, the code they gave, and the address they come from."""

    person: Person
    code: str = field(repr=False)
    address: str


def may_try(store: Store, address: str, now_ms: int) -> bool:
    """Whether an address may have a code looked at: those in a row that prove nobody are counted like passwords."""
    with store.write() as connection:
        tries.forget(connection, now_ms)
        return tries.taken(connection, "address", address, now_ms)


def sign_in(store: Store, arrival: Arrival, now_ms: int, real_s: float) -> str:
    """The cookie of a new session; NotLetIn says why there is none.

    An account with a second factor of its own is asked for it here too: what the provider asks for is not known.
    `now_ms` by the gateway's clock, `real_s` by the machine's, which codes run on.
    """
    with store.write() as connection:
        done = _sign_in(connection, arrival, now_ms, real_s)
    if isinstance(done, NotLetIn):  # raised after the commit: its row in the audit log stays
        raise done
    return done


def _sign_in(connection: Connection, arrival: Arrival, now_ms: int, real_s: float) -> str | NotLetIn:
    found = _found(connection, arrival.person)
    if found is None:
        return _turned_away(connection, arrival, None, "unknown", now_ms)
    operator, secrets, subject = found
    if subject not in (None, _digest(connection, arrival.person)):
        return _turned_away(connection, arrival, operator, "other", now_ms)
    if operator.disabled:
        return _turned_away(connection, arrival, operator, "closed", now_ms)
    if secrets.totp_secret is not None and not arrival.code:
        tries.forgive(connection, "address", arrival.address)
        return NotLetIn("code")
    if not tries.taken(connection, "account", operator.name, now_ms):
        return NotLetIn("soon")  # what comes too early is not worth a row
    if not _uses_code(connection, operator, secrets, arrival.code, real_s):
        return _turned_away(connection, arrival, operator, "code", now_ms)
    if subject is None and not _bound(connection, arrival, operator, now_ms):
        return _turned_away(connection, arrival, operator, "other", now_ms)
    for kind, value in (("account", operator.name), ("address", arrival.address)):
        tries.forgive(connection, kind, value)
    return door.admit(connection, _actor(operator, arrival), operator, BY, now_ms)


def _found(connection: Connection, person: Person) -> tuple[Operator, Secrets, bytes | None] | None:
    """The account of a person: the one that knows their subject, else the one that names them."""
    mine = operators.c.provider_subject == _digest(connection, person)
    kept = operators.c.password_hash, operators.c.totp_secret, operators.c.totp_step, operators.c.provider_subject
    chosen = select(*accounts.COLUMNS, *kept).where(or_(mine, operators.c.provider_name == person.name))
    row = connection.execute(chosen.order_by(case((mine, 0), else_=1)).limit(1)).first()
    return None if row is None else (accounts.operator_of(row[:-4]), Secrets(*row[-4:-1]), row[-1])


def _uses_code(connection: Connection, operator: Operator, secrets: Secrets, code: str, real_s: float) -> bool:
    step = door.step_of(secrets, code, real_s)
    return step is not None and (step == 0 or accounts.use_step(connection, operator.id, step))


def _bound(connection: Connection, arrival: Arrival, operator: Operator, now_ms: int) -> bool:
    """Know the person by their subject from now on; False: somebody else came at the same moment."""
    mine = operators.c.id == operator.id, operators.c.provider_subject.is_(None)
    given = {"provider_subject": _digest(connection, arrival.person), "changed_at": now_ms}
    if connection.execute(update(operators).where(*mine).values(given)).rowcount != 1:
        return False
    about = f"operator/{operator.id}"
    audit.add(connection, _actor(operator, arrival), "provider_bound", about, BY, now_ms)
    return True


def _turned_away(
    connection: Connection, arrival: Arrival, operator: Operator | None, why: Why, now_ms: int
) -> NotLetIn:
    """The refusal, with its row: the reason, which is kept encrypted, says whom the provider named."""
    reason = f"{BY}: {why}: {arrival.person.name}"[:REASON_LIMIT]
    audit.add(connection, _actor(operator, arrival), "sign_in_failed", "", reason, now_ms)
    return NotLetIn(why)


def _actor(operator: Operator | None, arrival: Arrival) -> audit.Actor:
    if operator is None:
        return audit.Actor(NOBODY, None, arrival.address)
    return audit.Actor(operator.name, operator.id, arrival.address)


def _digest(connection: Connection, person: Person) -> bytes:
    return cipher_of(connection.dialect).digest(f"provider {person.issuer} {person.subject}")
