"""smsgw claims: claims in, and a text to each member whose claim has come to another stage."""

from collections.abc import Sequence
from pathlib import Path

import click
from sqlalchemy import Connection

from smsgw.cli import importing
from smsgw.config import load
from smsgw.gateway.notices import stage_changed
from smsgw.members.import_claims import import_claims
from smsgw.members.import_columns import CLAIMS
from smsgw.members.importing import Counts
from smsgw.members.reach import StageChange
from smsgw.services import Services, open_services, sender_of

_MORE = (
    "Where the stage or the state of a known claim differs, the phone that is bound to the membership is told so by "
    "one SMS, unless it opted out. The same change is never told twice, and a new claim is no change.\n\n"
)


@click.group("claims", epilog="Example: smsgw claims import claims.csv")
def command() -> None:
    """Bring claims in."""


@command.command(
    "import",
    help=importing.described("Bring the claims of FILE.csv in", CLAIMS, _MORE),
    epilog="Example: smsgw claims import claims.csv --report bad-rows.csv",
)
@importing.options
@click.option("--no-notices", is_flag=True, help="Tell nobody: for a file that only catches up.")
def import_(file: Path, report: Path | None, delimiter: str, no_notices: bool) -> None:
    """Described by the decorator, which knows the columns."""
    with open_services(load()) as services:
        teller = Teller(services, quiet=no_notices)
        importing.bring(file, report, delimiter, teller.run)


class Teller:
    """The import of claims with its texts, and how many of them there were."""

    def __init__(self, services: Services, *, quiet: bool) -> None:
        self.queued = 0
        self._store = services.store
        self._now_ms = services.clock.now_ms()
        self._sender = None if quiet else sender_of(services, self._now_ms)

    def run(self, path: Path, **how: object) -> Counts:
        """Bring a file in."""
        counts = import_claims(self._store, path, self._tell, **how)  # type: ignore[arg-type]  # what `bring` gives
        click.echo(f"Told by SMS: {self.queued:,} members.")
        return counts

    def _tell(self, connection: Connection, changes: Sequence[StageChange]) -> None:
        if self._sender is not None:
            self.queued += stage_changed(connection, self._sender, changes, self._now_ms)
