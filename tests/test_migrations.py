"""The migrations make just the tables that the program speaks of, on both databases, and can be undone."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import inspect

from smsgw import migrations
from smsgw.store import Cipher, Store, metadata, open_store


def fresh(request: pytest.FixtureRequest, name: str, tmp_path: Path, cipher: Cipher) -> Store:
    url = f"sqlite:///{tmp_path}/fresh.sqlite" if name == "sqlite" else request.getfixturevalue("empty_postgresql_url")
    return open_store(url, cipher)


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
def test_up_check_down(request: pytest.FixtureRequest, name: str, tmp_path: Path, cipher: Cipher) -> None:
    store = fresh(request, name, tmp_path, cipher)
    assert not migrations.is_current(store)
    migrations.upgrade(store)
    migrations.upgrade(store)
    migrations.check(store)
    assert migrations.is_current(store)
    assert set(metadata.tables) <= set(inspect(store.engine).get_table_names())
    command.downgrade(migrations.config(store), "base")
    assert inspect(store.engine).get_table_names() == ["alembic_version"]
    store.close()
