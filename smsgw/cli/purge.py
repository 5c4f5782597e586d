"""`smsgw purge`: erases what is older than it may be, now instead of little by little."""

import time

import click
from rich.progress import MofNCompleteColumn

from smsgw.cli.importing import Bar, bar
from smsgw.config import load
from smsgw.gateway.purge import Purged, PurgeVerb
from smsgw.messages.deletion import RESTS_MS
from smsgw.services import open_database, purging


@click.command(epilog="Example: smsgw purge --dry-run")
@click.option("--dry-run", is_flag=True, help="Erase nothing: print how many messages would be.")
def command(dry_run: bool) -> None:
    """Erase the texts and rows of messages whose days are over.

    The scheduler has it done every minute, a little at a time; call this for a backlog. It may run beside everything
    else, and be stopped and called again at any time. Of each row a keyed hash of its id stays, so that the same
    message is not answered when somebody sends it once more.
    """
    settings = load()
    store = open_database(settings)
    purge = purging(settings, store)
    texts, rows = purge.left()
    if dry_run:
        kept = f"older than {settings.keep_bodies_days} days", f"older than {settings.keep_rows_days} days"
        click.echo(f"{texts:,} texts {kept[0]} and {rows:,} conversations and notices {kept[1]} would be erased.")
    else:
        with bar("Messages", texts + rows, MofNCompleteColumn()) as progress:
            done = _all(purge, progress)
        click.echo(f"Erased {done.emptied:,} texts, and {done.deleted:,} conversations and notices.")
    store.close()


def _all(purge: PurgeVerb, progress: Bar) -> Purged:
    def tick(count: int) -> bool:
        progress.advance(count)
        return True

    done = purge.now(tick)
    while done.buried:
        time.sleep(RESTS_MS / 1000)
        again = purge.now(tick)
        done = Purged(done.emptied + again.emptied, done.deleted + again.deleted, again.buried)
    purge.tidy()
    return done
