"""Rights: what an operator of each role may do in the console."""

from collections.abc import Mapping
from typing import Final, Literal

Role = Literal["viewer", "operator", "branch", "admin"]
Right = Literal["see", "reveal", "export", "act", "branch", "audit", "accounts"]

ROLES: Final[tuple[Role, ...]] = ("viewer", "operator", "branch", "admin")
RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    # see: every page of messages, personal data masked
    "viewer": frozenset({"see"}),
    # reveal: personal data for a minute, with a reason; export: the same rows as a file; act: resend, give up, pause,
    # requeue, block
    "operator": frozenset({"see", "reveal", "export", "act"}),
    # branch: what is done for a person who stands at the counter: unlock, unbind, bind anew, reports, claims,
    # correction and erasure
    "branch": frozenset({"see", "reveal", "branch"}),
    # Everything: whoever makes accounts can give himself any right, and then it is better seen under his own name.
    "admin": frozenset({"see", "reveal", "export", "act", "branch", "audit", "accounts"}),
}


def role_of(word: str) -> Role | None:
    """The role that a word names."""
    return next((role for role in ROLES if role == word), None)


def may(role: Role, right: Right) -> bool:
    """Whether an operator of this role has the right."""
    return right in RIGHTS[role]
