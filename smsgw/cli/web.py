"""`smsgw web`: the web process."""

import click

from smsgw.config import load
from smsgw.web.serve import serve


@click.command(epilog="Example: SMSGW_PORT=8080 smsgw web")
def command() -> None:
    """Serve webhooks, health and metrics until SIGTERM or Ctrl-C."""
    serve(load())
