"""Strip: whether the parts of the gateway live, in one line on every page, asked for once in a few seconds."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from redis import Redis
from redis.exceptions import RedisError

from smsgw.clock import WIB
from smsgw.errors import StoreUnavailable
from smsgw.gateway import jobs
from smsgw.messages.pulse import Pulse, pulse
from smsgw.services import Services

Tone = Literal["good", "bad", "idle"]
KEPT_S: Final = 5.0
SWEEP_LATE_MS: Final = 15_000  # of a sweep every two seconds
SILENT_MS: Final = 3_600_000
SERVICE_HOURS: Final = range(6, 22)  # WIB; at night nobody writes for hours and all is well


@dataclass(frozen=True, slots=True)
class Light:
    """One part. `word` says how it is; `age_ms`: how long ago that was; `count`: how many there are."""

    name: str
    tone: Tone
    word: str
    age_ms: int = 0
    count: int = 0


class Strip:
    """The lights of this process, no older than KEPT_S."""

    def __init__(self, services: Services, clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        self._lock = threading.Lock()
        self._until = 0.0
        self._lights: tuple[Light, ...] = ()

    def lights(self) -> tuple[Light, ...]:
        """Web, database, Redis, workers, sweep, last inbound, last callback, silence, sending."""
        with self._lock:
            if self._clock() >= self._until:
                self._lights = tuple(look(self._services))
                self._until = self._clock() + KEPT_S
            return self._lights


def look(services: Services) -> list[Light]:
    """The lights as they are now. Two round trips to Redis, five to the database, each of which gives up soon."""
    database = _database(services)
    return [Light("web", "good", "up"), database[0], *_queue(services.redis), *database[1:]]


def _queue(redis: Redis | None) -> list[Light]:
    if redis is None:
        return [Light("redis", "bad", "unset"), Light("workers", "idle", "unknown")]
    try:
        alive = jobs.workers_alive(redis)
    except RedisError:
        return [Light("redis", "bad", "down"), Light("workers", "idle", "unknown")]
    return [Light("redis", "good", "up"), Light("workers", "good" if alive else "bad", "count", count=alive)]


def _database(services: Services) -> list[Light]:
    try:
        beat = pulse(services.store)
    except StoreUnavailable:
        return [Light("database", "bad", "down")]
    return [Light("database", "good", "up"), *judged(beat)]


def judged(beat: Pulse) -> list[Light]:
    """What a pulse says of sweep, traffic and silence."""
    return [_sweep(beat), *_traffic(beat), _sending(beat)]


def _sending(beat: Pulse) -> Light:
    return Light("sending", "bad", "paused", count=beat.paused) if beat.paused else Light("sending", "good", "flowing")


def _sweep(beat: Pulse) -> Light:
    if beat.swept_at is None:
        return Light("sweep", "bad", "never")
    age_ms = beat.now - beat.swept_at
    return Light("sweep", "bad" if age_ms > SWEEP_LATE_MS else "good", "at", age_ms)


def _traffic(beat: Pulse) -> list[Light]:
    return [_last("inbound", beat, beat.received_at), _last("callback", beat, beat.reported_at), _silence(beat)]


def _last(name: str, beat: Pulse, at: int | None) -> Light:
    return Light(name, "idle", "never") if at is None else Light(name, "good", "at", beat.now - at)


def _silence(beat: Pulse) -> Light:
    if beat.received_at is None:
        return Light("silence", "idle", "never")
    hour = (datetime.fromtimestamp(beat.now / 1000, UTC) + WIB).hour
    silent = beat.now - beat.received_at > SILENT_MS and hour in SERVICE_HOURS
    return Light("silence", "bad" if silent else "good", "alarm" if silent else "none")
