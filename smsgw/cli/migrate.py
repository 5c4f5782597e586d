"""`smsgw migrate`: the database's schema."""

import click

from smsgw import migrations
from smsgw.config import load
from smsgw.services import open_database


@click.command(epilog="Example: SMSGW_DATABASE_URL=postgresql://smsgw@db/smsgw smsgw migrate")
def command() -> None:
    """Bring the database to the newest schema; does nothing where it is."""
    store = open_database(load())
    migrations.upgrade(store)
    store.close()
    click.echo("The database has the newest schema.")
