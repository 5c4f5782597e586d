"""The data key beside the data: whether it fits them, and the one case in which a new one may be made."""

import os
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Table, inspect, make_url, select

from smsgw.config import Settings
from smsgw.errors import KeyLost, StartupError, StoreUnavailable
from smsgw.members.tables import people
from smsgw.messages.tables import inbound
from smsgw.store import Cipher, Store, open_store
from smsgw.store.cipher import KEY_BYTES, make_key_file

PRIVATE: tuple[Table, ...] = (people, inbound)
LOST = (
    "Personal data are stored that this data key does not open. Names, phones, membership numbers and texts stay "
    "unreadable without the key that wrote them; nobody can make it again. Look for it in a backup of data.key, in "
    "SMSGW_DATA_KEY of an older deployment, or in your secret store, and put it back. If it is gone for good: set "
    "the database aside, start with an empty one (`smsgw migrate`) and import the members again."
)


def problem(store: Store) -> str:
    """LOST when stored personal data cannot be opened; empty when they can, or when there are none."""
    try:
        with store.read() as connection:
            for table in _present(connection):
                connection.execute(select(table).order_by(table.c.id).limit(1)).all()
    except KeyLost:
        return LOST
    return ""


def needed(settings: Settings) -> bool:
    """Whether the database holds personal data, whatever the key. StoreUnavailable when it cannot be asked."""
    if not database_exists(settings):
        return False
    stand_in = Cipher(os.urandom(KEY_BYTES))  # opens nothing; only ids are read
    with closing(open_store(settings.database, stand_in)) as store, store.read() as connection:
        return any(connection.execute(select(table.c.id).limit(1)).first() for table in _present(connection))


def make(settings: Settings) -> bool:
    """Make the key file where none is; False where a key is there. StartupError where data wait for the old one."""
    if settings.data_key.get_secret_value() or settings.key_file.exists():
        return False
    if needed(settings):
        raise StartupError([f"{settings.key_file} is missing. {LOST}"])
    settings.key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return make_key_file(settings.key_file)


def advice(settings: Settings) -> str:
    """What to do where no key can be read."""
    try:
        if needed(settings):
            return LOST
    except StoreUnavailable:
        return "Put it there, or set SMSGW_DATA_KEY. A new one is made by `smsgw doctor --make-key`."
    return "Nothing is stored yet, so a new one does no harm: `smsgw doctor --make-key`."


def database_exists(settings: Settings) -> bool:
    """False for an SQLite file that is not there: opening it would make it."""
    url = make_url(settings.database)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").exists()


def _present(connection: Connection) -> list[Table]:
    names = inspect(connection)
    return [table for table in PRIVATE if names.has_table(table.name)]
