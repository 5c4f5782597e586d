"""The database: engine, transactions, encrypted columns and the clock of leases."""

from smsgw.store.cipher import Cipher
from smsgw.store.clock import db_now
from smsgw.store.engine import Store, metadata, open_store
from smsgw.store.types import Encrypted, Sealed

__all__ = ["Cipher", "Encrypted", "Sealed", "Store", "db_now", "metadata", "open_store"]
