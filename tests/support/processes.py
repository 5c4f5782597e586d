"""The gateway as real processes: web, workers, scheduler and the stand-in carrier, on free ports."""

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from smsgw.config import Settings
from smsgw.services import open_database
from smsgw.simulator.talk import Exchange, open_line, talk
from smsgw.store import Store
from smsgw.supervisor import Child, Crew
from tests.support import twilio

WITHIN_S = 30.0
SMSGW = [sys.executable, "-m", "smsgw"]


@dataclass(frozen=True)
class Running:
    """Processes that run, their settings, and the database they share."""

    settings: Settings
    store: Store
    crew: Crew
    logs: Path
    children: dict[str, Child]

    def start(self, name: str) -> None:
        """Start one of the programs, perhaps once more."""
        self.children[name] = self.crew.start(name, [*SMSGW, name])

    def text(self, body: str, from_phone: str) -> Exchange:
        """A participant's text through the real webhook; waits for the delivery of its reply."""
        return talk(open_line(self.settings), self.store, body, from_phone, timeout_s=WITHIN_S)


def free_port() -> int:
    """A port that nobody uses."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


def environment(settings: Settings) -> dict[str, str]:
    """The process environment that gives these settings."""
    names = {
        "ENVIRONMENT": settings.environment,
        "HOME": str(settings.home),
        "HOST": settings.host,
        "PORT": str(settings.port),
        "DATABASE_URL": settings.database,
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "PUBLIC_URL": settings.public_url,
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": settings.twilio_auth_token.get_secret_value(),
        "TWILIO_API_URL": settings.twilio_api_url,
        "TWILIO_FROM": ",".join(settings.twilio_from),
        "DATA_KEY": settings.data_key.get_secret_value(),
        "PIN": settings.pin,
        "QUIET_HOURS": settings.quiet_hours,
        "SENDS_PER_DAY": str(settings.sends_per_day),
        "SEGMENT_PRICE": str(settings.segment_price),
        "SEND_THREADS": str(settings.send_threads),
        "KANNEL_URL": settings.kannel_url,
        "KANNEL_USER": settings.kannel_user,
        "KANNEL_PASSWORD": settings.kannel_password.get_secret_value(),
        "KANNEL_TOKEN": settings.kannel_token.get_secret_value(),
        "KANNEL_FROM": ",".join(settings.kannel_from),
        "KANNEL_CALLBACK_URL": settings.kannel_callback_url,
    }
    return {**os.environ, **{f"SMSGW_{name}": value for name, value in names.items()}}


@contextmanager
def running(
    home: Path,
    database_url: str,
    redis_url: str,
    data_key: str,
    programs: tuple[str, ...] = ("web", "worker", "scheduler"),
    port: int | None = None,
    delays: tuple[float, float] = (0.3, 0.8),
    **changes: object,
) -> Iterator[Running]:
    """The programs, with a carrier beside them, until the end of the block; none is left.

    `delays`: seconds until a message is sent and delivered; `changes`: settings.
    """
    port, carrier_port = port or free_port(), free_port()
    settings = twilio.settings(
        **changes,
        home=home,
        port=port,
        database_url=database_url,
        redis_url=redis_url,
        data_key=data_key,
        public_url=f"http://127.0.0.1:{port}",
        twilio_api_url=f"http://127.0.0.1:{carrier_port}",
    )
    logs = home / "log"
    logs.mkdir()
    crew = Crew(logs, environment(settings))
    try:
        sent, delivered = map(str, delays)
        late = ["--sent", sent, "--delivered", delivered]
        crew.start("simulator", [*SMSGW, "simulator", "--port", str(carrier_port), *late])
        children = {name: crew.start(name, [*SMSGW, name]) for name in programs}
        wait_until(lambda: answers(settings.public_url) and answers(settings.twilio_api_url), crew.check)
        with closing(open_database(settings)) as store:
            yield Running(settings, store, crew, logs, children)
    finally:
        crew.stop_all()


def wait_until(done: Callable[[], bool], look: Callable[[], None] = lambda: None) -> None:
    """Look until `done`; an assertion after half a minute."""
    until = time.monotonic() + WITHIN_S
    while not done():
        look()
        assert time.monotonic() < until, "waited for half a minute"
        time.sleep(0.02)


def answers(url: str) -> bool:
    """Whether a web process answers at this address."""
    try:
        return requests.get(f"{url}/healthz", timeout=2).status_code < 500
    except requests.RequestException:
        return False
