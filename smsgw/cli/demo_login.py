"""The demo's logins: two operators, for acts that need two, whose password is made anew at each start and told once."""

from dataclasses import dataclass, field
from typing import Final

from smsgw.clock import Clock
from smsgw.operators import accounts, manage, passwords
from smsgw.operators.audit import Actor
from smsgw.operators.manage import By, New
from smsgw.operators.rights import Role
from smsgw.store import Store

WHO: Final[dict[str, Role]] = {"ani": "admin", "budi": "branch"}


@dataclass(frozen=True)
class Login:
    """What to type at the console's door."""

    password: str = field(repr=False)

    def line(self) -> str:
        """Both logins in a line."""
        names = " or ".join(f"{name} ({role})" for name, role in WHO.items())
        return f"{names}, password {self.password}"


def prepare(store: Store) -> Login:
    """See to it that both accounts are there and open, under a new password. It is kept as any other: hashed."""
    password, by = passwords.generated(), By(Actor("cli"), "", Clock(store, movable=True).now_ms())
    with store.read() as connection:
        there = {one.name: one for one in accounts.listed(connection)}
    for name, role in WHO.items():
        if name in there:
            manage.set_password(store, by, there[name], password)
        else:
            manage.add(store, by, New(name, role, password))
    return Login(password)
