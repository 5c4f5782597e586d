"""Migrations: the schema as Alembic steps, run by `smsgw migrate` and by `smsgw up`."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import smsgw.clock
import smsgw.members.tables
import smsgw.messages.tables
import smsgw.operators.saved
import smsgw.operators.tables  # noqa: F401 - all of them fill the metadata
from smsgw.store import Store

HERE = Path(__file__).parent


def config(store: Store) -> Config:
    """Alembic's configuration for a store; no file is read."""
    settings = Config()
    settings.set_main_option("script_location", str(HERE).replace("%", "%%"))
    settings.attributes["store"] = store
    return settings


def upgrade(store: Store) -> None:
    """Bring the database to the newest schema; does nothing where it is."""
    command.upgrade(config(store), "head")


def check(store: Store) -> None:
    """Alembic's own check: raises where the tables differ from the migrations."""
    command.check(config(store))


@cache
def head() -> str:
    """The newest revision."""
    settings = Config()
    settings.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return str(ScriptDirectory.from_config(settings).get_current_head())


def is_current(store: Store) -> bool:
    """Whether the database has the newest schema. StoreUnavailable where it cannot be reached."""
    with store.read() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head()
