"""smsgw simulator: the stand-in carrier as a process of its own."""

import signal
import sys
from types import FrameType

import click

from smsgw.config import load
from smsgw.simulator.behaviour import Delays
from smsgw.simulator.guard import LOOPBACK
from smsgw.simulator.serving import serve
from smsgw.simulator.standin import from_settings


@click.command("simulator", epilog="Example: smsgw simulator --port 8001")
@click.option("--port", default=8001, show_default=True, type=click.IntRange(1, 65535), help="Port on 127.0.0.1.")
@click.option("--sent", default=0.3, show_default=True, type=click.FloatRange(0), help="Seconds until sent.")
@click.option("--delivered", default=0.8, show_default=True, type=click.FloatRange(0), help="Seconds until delivered.")
def command(port: int, sent: float, delivered: float) -> None:
    """Run the stand-in carrier: Twilio's REST API and its callbacks, on this machine alone.

    SMSGW_TWILIO_API_URL points the gateway at it. It is refused in production.
    """
    signal.signal(signal.SIGTERM, _leave)
    with from_settings(load(), Delays(sent, delivered)) as standin:
        serve(standin, port, lambda: click.echo(f"stand-in carrier on http://{LOOPBACK}:{port}"))


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(0)  # the server ends its loop on SystemExit
