"""Manage: what is done to accounts, by an admin, by their owners or from the command line, each with its audit row."""

from dataclasses import dataclass, field
from typing import Final, Literal

from sqlalchemy import Connection

from smsgw.operators import accounts, audit, passwords, sessions
from smsgw.operators.accounts import Operator
from smsgw.operators.rights import Role
from smsgw.store import Store

Why = Literal[
    "taken", "name", "weak", "nobody", "last_admin", "password", "code", "provider_name", "provider", "recent"
]


LONGEST_NAME: Final = 255


class NotDone(Exception):
    """An account stays as it is; `why` is a word of the catalogue, not_done.<why>."""

    def __init__(self, why: Why) -> None:
        self.why: Final = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class By:
    """Who does it, why, and when by the gateway's clock."""

    actor: audit.Actor
    reason: str
    now_ms: int


@dataclass(frozen=True, slots=True)
class New:
    """An account to be made. `provider_name`: whom the identity provider calls its owner, in place of a password."""

    name: str
    role: Role
    password: str = field(repr=False)
    provider_name: str = ""


def add(store: Store, by: By, new: New) -> int:
    """Make an account; its id."""
    if not accounts.NAME.fullmatch(new.name):
        raise NotDone("name")
    called = _called(new.provider_name) if new.provider_name else None
    kept = "" if called else _hashed(new.password, new.name)
    with store.write() as connection:
        made = accounts.add(connection, new.name, new.role, kept, by.now_ms, called)
        if made is None:
            raise NotDone("taken")
        _tell(connection, by, "account_added", made)
    return made


def set_password(store: Store, by: By, who: Operator, password: str, but: int | None = None) -> None:
    """Give an account another password; all its sessions end, but one."""
    kept = _hashed(password, who.name)
    with store.write() as connection:
        accounts.set_password(connection, who.id, kept, by.now_ms)
        sessions.end_all(connection, who.id, but)
        _tell(connection, by, "password_set", who.id)


def set_provider_name(store: Store, by: By, who: Operator, provider_name: str) -> None:
    """Have an account let in as whom the identity provider calls so; its password and all its sessions end.

    Whoever comes first under that name from then on is the one: the same call again lets another person be.
    """
    called = _called(provider_name)
    with store.write() as connection:
        if not accounts.set_provider_name(connection, who.id, called, by.now_ms):
            raise NotDone("taken")
        sessions.end_all(connection, who.id)
        _tell(connection, by, "provider_set", who.id)


def set_role(store: Store, by: By, who: Operator, role: Role) -> None:
    """Give an account another role, from its next page on."""
    with store.write() as connection:
        if role != "admin":
            _keep_an_admin(connection, who)
        accounts.set_role(connection, who.id, role, by.now_ms)
        _tell(connection, by, f"role_{role}", who.id)


def set_disabled(store: Store, by: By, who: Operator, *, disabled: bool) -> None:
    """Close an account and end its sessions, or open it again."""
    with store.write() as connection:
        if disabled:
            _keep_an_admin(connection, who)
            sessions.end_all(connection, who.id)
        accounts.set_disabled(connection, who.id, by.now_ms, disabled=disabled)
        _tell(connection, by, "account_closed" if disabled else "account_opened", who.id)


def set_second_factor(store: Store, by: By, who: Operator, secret: str | None, step: int = 0) -> None:
    """Ask an account for codes from now on, or for none any more; other sessions are the owner's to end."""
    with store.write() as connection:
        accounts.set_second_factor(connection, who.id, secret, step, by.now_ms)
        _tell(connection, by, "second_factor_set" if secret else "second_factor_removed", who.id)


def end_sessions(store: Store, by: By, who: Operator, but: int | None = None) -> None:
    """End an account's sessions, but one."""
    with store.write() as connection:
        sessions.end_all(connection, who.id, but)
        _tell(connection, by, "sessions_ended", who.id)


def named(store: Store, name: str) -> Operator:
    """The account of a name; NotDone where there is none."""
    with store.read() as connection:
        found = accounts.find(connection, name)
    if found is None:
        raise NotDone("nobody")
    return found[0]


def _tell(connection: Connection, by: By, act: str, operator_id: int) -> None:
    audit.add(connection, by.actor, act, f"operator/{operator_id}", by.reason, by.now_ms)


def _called(name: str) -> str:
    # Letter for letter what the provider says: two who differ in case alone may be two persons there.
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()):
        raise NotDone("provider_name")
    return name


def _hashed(password: str, name: str) -> str:
    if not passwords.is_fit(password, name):
        raise NotDone("weak")
    return passwords.hashed(password)


def _keep_an_admin(connection: Connection, who: Operator) -> None:
    # Else nobody could make accounts but the command line.
    if who.role == "admin" and not who.disabled and accounts.admins(connection) == {who.id}:
        raise NotDone("last_admin")
