"""`smsgw scheduler`: has the sweep run, and does the work itself while Redis is away."""

import click

from smsgw.config import load
from smsgw.gateway.jobs import run_scheduler
from smsgw.services import open_services, open_work


@click.command(epilog="Example: smsgw scheduler")
def command() -> None:
    """Enqueue a sweep every two seconds, until SIGTERM or Ctrl-C. Several may run at once."""
    settings = load()
    with open_services(settings) as services, open_work(services) as work:
        run_scheduler(settings.redis_url.get_secret_value(), work)
