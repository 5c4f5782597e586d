"""Door: signing in and out, each with its row in the audit log."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from smsgw.operators import accounts, audit, passwords, sessions, totp, tries
from smsgw.operators.accounts import Operator, Secrets
from smsgw.operators.sessions import Session
from smsgw.store import Store


@dataclass(frozen=True, slots=True)
class Tried:
    """What somebody gave to be let in, and the address it came from."""

    name: str
    password: str = field(repr=False)
    code: str = field(repr=False)
    address: str


def sign_in(store: Store, tried: Tried, now_ms: int, real_s: float) -> str | None:
    """The cookie of a new session; None: something was wrong, or it came too early after wrong ones.

    The answer, and the cost of looking, are the same whether there is such an account or not. `now_ms` by the
    gateway's clock, `real_s` by the machine's, which codes run on.
    """
    in_time, right, found = _checked(store, tried, now_ms)
    if found is None or not in_time:  # what comes too early is not worth a row each
        return None
    operator, secrets = found
    step = step_of(secrets, tried.code, real_s)
    if right and step is not None and not operator.disabled:
        return _admit(store, operator, tried, step, now_ms)
    _turn_away(store, operator, tried, now_ms)
    return None


def knows(store: Store, tried: Tried, now_ms: int) -> bool:
    """Whether somebody who has signed in gives the password once more; wrong ones are counted like others."""
    in_time, right, _ = _checked(store, tried, now_ms)
    if not (in_time and right):
        return False
    with store.write() as connection:
        _forgive(connection, tried)
    return True


def _checked(store: Store, tried: Tried, now_ms: int) -> tuple[bool, bool, tuple[Operator, Secrets] | None]:
    """Whether a try comes in time, whether its password is right, and the account."""
    with store.read() as connection:
        if tries.waits(connection, "address", tried.address, now_ms):
            return False, False, None
        early, crowded = tries.waits(connection, "account", tried.name, now_ms), tries.are_crowded(connection)
    if early and not crowded:
        return False, False, None
    with store.write() as connection:
        tries.forget(connection, now_ms)
        found = accounts.find(connection, tried.name)
        by_address = tries.taken(connection, "address", tried.address, now_ms)
        # In a crowd a made-up name has no row, never waits, and costs a hash each time: so does one that waits.
        counted = found is not None or not crowded
        by_account = not counted or tries.taken(connection, "account", tried.name, now_ms)
    right = passwords.matches(tried.password, found[1].password_hash if found else None)
    return by_address and by_account, right, found


def _forgive(connection: Connection, tried: Tried) -> None:
    tries.forgive(connection, "account", tried.name)
    tries.forgive(connection, "address", tried.address)


def sign_out(store: Store, session: Session, actor: audit.Actor, now_ms: int) -> None:
    """End a session."""
    with store.write() as connection:
        audit.add(connection, actor, "sign_out", "", "", now_ms)
        sessions.end(connection, session.operator.id, session.id)


def step_of(secrets: Secrets, code: str, real_s: float) -> int | None:
    """The step of a right code; 0 where none is asked for."""
    if secrets.totp_secret is None:
        return 0
    return totp.accepted_step(secrets.totp_secret, code, secrets.totp_step, real_s)


def admit(connection: Connection, actor: audit.Actor, operator: Operator, by: str, now_ms: int) -> str:
    """Begin a session of somebody who may come in; the id for its cookie. `by`: how they came, for the audit log."""
    sessions.forget(connection, now_ms)
    audit.add(connection, actor, "sign_in", "", by, now_ms)
    return sessions.begin(connection, operator.id, actor.address, now_ms)


def _admit(store: Store, operator: Operator, tried: Tried, step: int, now_ms: int) -> str | None:
    actor = audit.Actor(operator.name, operator.id, tried.address)
    with store.write() as connection:
        if step and not accounts.use_step(connection, operator.id, step):
            return None  # the same code was used at the same moment
        _forgive(connection, tried)
        return admit(connection, actor, operator, "", now_ms)


def _turn_away(store: Store, operator: Operator, tried: Tried, now_ms: int) -> None:
    with store.write() as connection:
        audit.add(connection, audit.Actor(operator.name, operator.id, tried.address), "sign_in_failed", "", "", now_ms)
