"""Column types that encrypt: Sealed is found again by equality, Encrypted is not."""

from typing import Any

from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

from smsgw.store.cipher import Cipher


def cipher_of(dialect: Dialect) -> Cipher:
    """The cipher that `open_store` laid on this engine's dialect."""
    cipher: Cipher = dialect.smsgw_cipher  # type: ignore[attr-defined]
    return cipher


class Sealed(TypeDecorator[str]):
    """Text encrypted so that equal texts are equal in the database. `label`: the kind of value.

    Columns that are compared with each other must share the label ("phone", "number", "nik").
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(self, label: str) -> None:
        super().__init__()
        self.label = label

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """Text to bytes."""
        return None if value is None else cipher_of(dialect).seal(value, self.label.encode())

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Bytes to text; KeyLost under another key."""
        return None if value is None else cipher_of(dialect).unseal(value, self.label.encode())


class Encrypted(TypeDecorator[str]):
    """Text encrypted with a nonce: equal texts differ in the database, so it cannot be looked up."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, label: str) -> None:
        super().__init__()
        self.label = label

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """Text to bytes."""
        return None if value is None else cipher_of(dialect).encrypt(value, self.label.encode())

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Bytes to text; KeyLost under another key."""
        return None if value is None else cipher_of(dialect).decrypt(value, self.label.encode())
