"""Encryption of personal data at rest: AES-SIV (RFC 5297), authenticated, 64-byte key."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from smsgw.errors import KeyLost, StartupError

KEY_BYTES = 64
NONCE_BYTES = 12


class Cipher:
    """Opens and closes personal values. `label` names the kind of value and is authenticated with it."""

    def __init__(self, key: bytes) -> None:
        self._siv = AESSIV(key)
        self._hash_key = hashlib.sha256(b"smsgw hash" + key).digest()

    def seal(self, text: str, label: bytes) -> bytes:
        """The same text gives the same bytes: for columns that are looked up by equality."""
        return self._siv.encrypt(text.encode(), [label]) if text else b""

    def unseal(self, data: bytes, label: bytes) -> str:
        """The text of sealed bytes. KeyLost when they were not sealed with this key and label."""
        if not data:
            return ""
        try:
            return self._siv.decrypt(bytes(data), [label]).decode()
        except InvalidTag:
            raise KeyLost(_LOST) from None

    def encrypt(self, text: str, label: bytes) -> bytes:
        """The same text gives other bytes each time: for columns that are never looked up."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + (self._siv.encrypt(text.encode("utf-8", "surrogatepass"), [label, nonce]) if text else b"")

    def decrypt(self, data: bytes, label: bytes) -> str:
        """The text of encrypted bytes. KeyLost when they were not made with this key and label."""
        nonce, rest = bytes(data[:NONCE_BYTES]), bytes(data[NONCE_BYTES:])
        if not rest:
            return ""
        try:
            return self._siv.decrypt(rest, [label, nonce]).decode("utf-8", "surrogatepass")
        except InvalidTag:
            raise KeyLost(_LOST) from None

    def digest(self, text: str) -> bytes:
        """A keyed hash, 16 bytes: for tombstones and counters, where the value itself is not kept."""
        return hmac.digest(self._hash_key, text.encode(), "sha256")[:16]


_LOST = "Stored personal data cannot be opened with this data key. Run `smsgw doctor`."


def read_key(setting: str, file: Path) -> bytes:
    """The data key from its setting (hex), else from its file. StartupError says what is wrong."""
    source = "SMSGW_DATA_KEY" if setting else str(file)
    try:
        key = bytes.fromhex(setting or file.read_text().strip())
    except FileNotFoundError:
        raise StartupError([f"{file} is missing: run `smsgw doctor`, or set SMSGW_DATA_KEY."]) from None
    except (OSError, ValueError) as error:
        raise StartupError([f"{source}: no data key can be read from it ({type(error).__name__})."]) from None
    if len(key) != KEY_BYTES:
        raise StartupError([f"{source}: the data key must be {KEY_BYTES} bytes in hex, it has {len(key)}."])
    return key


def make_key_file(file: Path) -> bool:
    """Make a new data key readable by its owner alone; False when the file is there already."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_hex(KEY_BYTES) + "\n")
    return True
