"""`smsgw worker`: one worker process; run several, on as many machines as you like."""

import click

from smsgw.config import load
from smsgw.gateway.jobs import run_worker
from smsgw.services import open_services, open_work


@click.command(epilog="Example: SMSGW_REDIS_URL=redis://10.0.0.5/0 smsgw worker")
def command() -> None:
    """Answer and send whatever waits, until SIGTERM or Ctrl-C; the batch under way is finished."""
    settings = load()
    with open_services(settings) as services, open_work(services) as work:
        run_worker(settings.redis_url.get_secret_value(), work)
