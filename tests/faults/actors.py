"""The gateway's programs as the harness starts them: the same services, perhaps with one part of them twisted."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from smsgw.config import Settings
from smsgw.gateway.jobs import run_scheduler, run_worker
from smsgw.services import Language, Services, open_services, open_work
from smsgw.web.serve import run as run_web

Twist = Callable[[Services], Services]


@dataclass(frozen=True)
class Part:
    """What a process is to play. `twist` is laid over its services."""

    role: str
    settings: Settings
    log: str
    twist: Twist | None = None


def play(part: Part, language: Language) -> None:
    """Run the program until it is told to stop, or dies. Its words go to the part's log."""
    _speak_into(part.log)
    with open_services(part.settings, language) as services:
        ROLES[part.role](part.twist(services) if part.twist else services)


def _speak_into(log: str) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for own in (1, 2):
        os.dup2(file, own)


def _worker(services: Services) -> None:
    with open_work(services) as work:
        run_worker(services.settings.redis_url.get_secret_value(), work)


def _scheduler(services: Services) -> None:
    with open_work(services) as work:
        run_scheduler(services.settings.redis_url.get_secret_value(), work)


ROLES: dict[str, Callable[[Services], None]] = {"web": run_web, "worker": _worker, "scheduler": _scheduler}
