"""Passwords: argon2id, long enough, and checked at the same cost whether the account exists or not."""

import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 12  # characters; no other rule: length is what counts (NIST SP 800-63B)
LONGEST: Final = 128
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is taken for something else when read aloud
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)  # the least that OWASP names
_NOBODYS: Final = _HASHER.hash(secrets.token_hex(16))


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _HASHER.hash(password)


def matches(password: str, kept: str | None) -> bool:
    """Whether it is the password; `kept` None or empty: of nobody, at the same cost."""
    try:
        _HASHER.verify(kept or _NOBODYS, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def generated() -> str:
    """A password of 79 bits in four groups, to be told once."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def is_fit(password: str, name: str) -> bool:
    """Whether it may be the password of the account `name`: long enough, and not made of one word."""
    letters = set(password.lower())
    return SHORTEST <= len(password) <= LONGEST and name.lower() not in password.lower() and len(letters) > 4
