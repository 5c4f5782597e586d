"""`smsgw web`: the web process."""

import click

from smsgw.config import load
from smsgw.services import open_services
from smsgw.web.app import create_app
from smsgw.web.serve import serve


@click.command(epilog="Example: SMSGW_PORT=8080 smsgw web")
def command() -> None:
    """Serve webhooks, health and metrics with waitress, until SIGTERM or Ctrl-C."""
    settings = load()
    with open_services(settings) as services:
        serve(create_app(services), settings)
