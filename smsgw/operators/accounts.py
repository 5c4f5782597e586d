"""Accounts: operators by name, with role, password and second factor."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, select, update

from smsgw.operators.rights import Right, Role, may
from smsgw.operators.tables import operators
from smsgw.store.sql import dialect_of, insert_ignore

NAME: Final = re.compile(r"[a-z][a-z0-9._-]{1,31}", re.ASCII)
"""An operator's name: lower case, as it stands in the audit log."""


@dataclass(frozen=True, slots=True)
class Operator:
    """An account. `second_factor`: whether a code is asked for besides the password.

    `provider_name`: whom the identity provider must name for it to be let in; None: it has a password.
    """

    id: int
    name: str
    role: Role
    second_factor: bool
    disabled: bool
    created_at: int
    provider_name: str | None = None

    def may(self, right: Right) -> bool:
        """Whether its role has the right."""
        return may(self.role, right)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is compared at a sign-in; never shown."""

    password_hash: str
    totp_secret: str | None
    totp_step: int


COLUMNS: Final = (
    operators.c.id,
    operators.c.name,
    operators.c.role,
    operators.c.totp_secret.is_not(None),
    operators.c.disabled_at.is_not(None),
    operators.c.created_at,
    operators.c.provider_name,
)


def add(
    connection: Connection, name: str, role: Role, password_hash: str, now_ms: int, provider_name: str | None = None
) -> int | None:
    """A new account's id; None: the name, or the one at the identity provider, is taken."""
    times = {"created_at": now_ms, "changed_at": now_ms}
    row = insert_ignore(dialect_of(connection), operators).values(
        name=name, role=role, password_hash=password_hash, provider_name=provider_name, **times
    )
    made = connection.scalar(row.returning(operators.c.id))
    return None if made is None else int(made)


def find(connection: Connection, name: str) -> tuple[Operator, Secrets] | None:
    """An account with its secrets, by name."""
    kept = operators.c.password_hash, operators.c.totp_secret, operators.c.totp_step
    row = connection.execute(select(*COLUMNS, *kept).where(operators.c.name == name)).first()
    return None if row is None else (operator_of(row[:-3]), Secrets(*row[-3:]))


def by_id(connection: Connection, operator_id: int) -> Operator | None:
    """An account by its id."""
    row = connection.execute(select(*COLUMNS).where(operators.c.id == operator_id)).first()
    return None if row is None else operator_of(row)


def listed(connection: Connection) -> list[Operator]:
    """Every account, by name."""
    return [operator_of(row) for row in connection.execute(select(*COLUMNS).order_by(operators.c.name))]


def operator_of(row: Sequence[Any]) -> Operator:
    """The operator of a row of COLUMNS."""
    return Operator(*row)


def set_password(connection: Connection, operator_id: int, password_hash: str, now_ms: int) -> None:
    """Give an account another password; from now on it is not let in by the identity provider."""
    none = {"provider_name": None, "provider_subject": None}
    _change(connection, operator_id, now_ms, password_hash=password_hash, **none)


def set_provider_name(connection: Connection, operator_id: int, provider_name: str, now_ms: int) -> bool:
    """Have an account let in as whom the identity provider calls so, and by no password; False: another one is."""
    other = operators.c.provider_name == provider_name, operators.c.id != operator_id
    if connection.scalar(select(operators.c.id).where(*other)) is not None:
        return False
    given = {"provider_name": provider_name, "provider_subject": None}
    _change(connection, operator_id, now_ms, password_hash="", **given)
    return True


def set_role(connection: Connection, operator_id: int, role: Role, now_ms: int) -> None:
    """Give an account another role."""
    _change(connection, operator_id, now_ms, role=role)


def set_disabled(connection: Connection, operator_id: int, now_ms: int, *, disabled: bool) -> None:
    """Close an account, or open it again. It is never deleted: the audit log names it."""
    _change(connection, operator_id, now_ms, disabled_at=now_ms if disabled else None)


def set_second_factor(connection: Connection, operator_id: int, secret: str | None, step: int, now_ms: int) -> None:
    """Ask an account for codes of this secret from now on, those after `step`; None: for none any more."""
    _change(connection, operator_id, now_ms, totp_secret=secret, totp_step=step)


def use_step(connection: Connection, operator_id: int, step: int) -> bool:
    """Use up a code's step; False: it was used already."""
    mine = operators.c.id == operator_id, operators.c.totp_step < step
    return connection.execute(update(operators).where(*mine).values(totp_step=step)).rowcount == 1


def admins(connection: Connection) -> set[int]:
    """The open accounts that may manage accounts, held until the transaction ends: two do not close each other."""
    open_admins = operators.c.role == "admin", operators.c.disabled_at.is_(None)
    return set(
        connection.scalars(select(operators.c.id).where(*open_admins).order_by(operators.c.id).with_for_update())
    )


def _change(connection: Connection, operator_id: int, now_ms: int, **values: object) -> None:
    connection.execute(update(operators).where(operators.c.id == operator_id).values(changed_at=now_ms, **values))
