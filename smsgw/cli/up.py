"""smsgw up: the whole gateway on this machine, with demo people and a stand-in carrier, until Ctrl-C."""

import os
import sys
from pathlib import Path

import click
import requests

from smsgw.cli import demo
from smsgw.config import HOME_ENV, Settings, env_file, load
from smsgw.errors import StartupError
from smsgw.services import refuse_real_carrier
from smsgw.supervisor import Crew, Died, envfile, exclusive, make_home, require_free_port, valkey

READY_WITHIN = 60.0  # seconds
PAGES = {"Testers' phone": "/simulator", "Operators' console": "/console"}


@click.command("up", epilog="Example: SMSGW_PORT=8080 smsgw up")
def command() -> None:
    """Run everything here: web, worker, scheduler and stand-in carrier, with demo people. Ctrl-C stops it.

    The data stay in SMSGW_HOME (default: var). The queue is the Redis of SMSGW_REDIS_URL, else a Valkey of its own.
    """
    home = make_home(Path(os.environ.get(HOME_ENV) or "var"))
    os.environ[HOME_ENV] = str(home)  # for the settings read below and for every child
    with exclusive(home):
        try:
            _run(home)
        except Died as death:
            click.echo(f"\n{death}\nEverything else has been stopped.", err=True)
            sys.exit(1)


def _run(home: Path) -> None:
    settings = _settings(home)
    local, carrier_port = local_url(settings), carrier_port_of(settings)
    require_free_port(settings.host, settings.port, "SMSGW_PORT")
    require_free_port("127.0.0.1", carrier_port, "SMSGW_PORT")
    with Crew(home / "log", {**os.environ, "PYTHONUNBUFFERED": "1"}).listening() as crew:
        redis_url = _queue(crew, home, settings)
        envfile.write(env_file(home), {}, _this_run(settings, local, carrier_port, redis_url))
        ready = load()
        refuse_real_carrier(ready)
        prepared = demo.prepare(ready, click.echo)
        _start(crew, carrier_port)
        if crew.wait_for(lambda: _status(f"{local}/readyz") == 200, READY_WITHIN):
            _greet(local, prepared, home)
            crew.watch()
        elif not crew.stop.is_set():
            raise StartupError([f"{local}/readyz did not answer 200 in {READY_WITHIN:.0f} s: see {home / 'log'}."])
    click.echo("\nEverything has been stopped; the data stay.")


def local_url(settings: Settings) -> str:
    """The address of the web process as seen from this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - any is named here
    return f"http://{host}:{settings.port}"


def carrier_port_of(settings: Settings) -> int:
    """The stand-in carrier's port: the one after the gateway's."""
    return settings.port + 1 if settings.port < 65535 else settings.port - 1


def _settings(home: Path) -> Settings:
    if os.environ.get("SMSGW_ENVIRONMENT") == "production":
        raise StartupError(["smsgw up is the demo. In production run smsgw web, worker and scheduler each by itself."])
    envfile.write(env_file(home), envfile.demo_account(), {})
    settings = load()
    if settings.environment == "production":
        raise StartupError([f"{env_file(home)} says production, and smsgw up is the demo. Set another SMSGW_HOME."])
    return settings


def _queue(crew: Crew, home: Path, settings: Settings) -> str:
    given = settings.redis_url.get_secret_value()
    if given:
        if not valkey.answers(given):
            raise StartupError(
                ["No Redis answers at SMSGW_REDIS_URL. Start it, or unset it to use the embedded Valkey."]
            )
        click.echo("Queue: the Redis of SMSGW_REDIS_URL")
        return given
    child, url = valkey.start_valkey(home / "valkey", home / "log" / "valkey.log", os.environ)
    crew.adopt(child)
    if not crew.wait_for(lambda: valkey.answers(url), 20) and not crew.stop.is_set():
        raise StartupError([f"The embedded Valkey did not answer in 20 s: see {child.log}, or set SMSGW_REDIS_URL."])
    click.echo(f"Queue: embedded Valkey (SMSGW_REDIS_URL is not set), data in {demo.shown(home / 'valkey')}")
    return url


def _this_run(settings: Settings, local: str, carrier_port: int, redis_url: str) -> dict[str, str]:
    """What another terminal must know of this run: addresses, and what came from this terminal's environment."""
    given = settings.model_fields_set
    return {
        "SMSGW_HOST": settings.host,
        "SMSGW_PORT": str(settings.port),
        "SMSGW_PUBLIC_URL": settings.public_url if "public_url" in given else local,
        "SMSGW_TWILIO_API_URL": f"http://127.0.0.1:{carrier_port}",
        "SMSGW_REDIS_URL": redis_url,
    } | ({"SMSGW_DATABASE_URL": settings.database} if settings.database_url.get_secret_value() else {})


def _start(crew: Crew, carrier_port: int) -> None:
    program = [sys.executable, "-m", "smsgw"]
    crew.start("simulator", [*program, "simulator", "--port", str(carrier_port)])
    for name in ("web", "worker", "scheduler"):
        crew.start(name, [*program, name])


def _status(url: str) -> int:
    try:
        return requests.get(url, timeout=2, allow_redirects=False).status_code
    except requests.RequestException:
        return 0


def _greet(local: str, prepared: demo.Ready, home: Path) -> None:
    click.echo("\nEverything runs. Ctrl-C stops it.\n")
    click.echo(f"  {'Gateway:':21}{local}")
    for name, path in PAGES.items():
        if _status(local + path) not in (0, 404):
            click.echo(f"  {name + ':':21}{local}{path}")
    click.echo(f"  {'  sign in as:':21}{prepared.login.line()}")
    click.echo(f"  {'Logs:':21}{demo.shown(home / 'log')}")
    click.echo(f"\nTry in another terminal:\n\n  {prepared.hint.command()}\n")
