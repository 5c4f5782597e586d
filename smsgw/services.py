"""The wiring: which part gets which, built once per process from the settings."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import entry_points
from threading import Event

from redis import Redis
from redis.exceptions import RedisError

from smsgw import logs
from smsgw.carriers import Carrier, Redacting
from smsgw.clock import Clock, day_of, today
from smsgw.config import Settings
from smsgw.errors import StartupError, StoreUnavailable
from smsgw.gateway import jobs
from smsgw.gateway.answer import AnswerVerb
from smsgw.gateway.apology import Apologies
from smsgw.gateway.bell import Bell, Later, QuietBell
from smsgw.gateway.collect import CollectVerb
from smsgw.gateway.look import LookVerb
from smsgw.gateway.notices import Sender
from smsgw.gateway.purge import Keep, PurgeVerb
from smsgw.gateway.receive import Receive
from smsgw.gateway.redact import Redact
from smsgw.gateway.reply import Budget
from smsgw.gateway.send import SendVerb
from smsgw.gateway.settle import Settle
from smsgw.gateway.sweep import SweepVerb
from smsgw.gateway.work import Work
from smsgw.keywords import Registry, load_registry
from smsgw.loopback import host_of, is_loopback
from smsgw.members.directory import Directory
from smsgw.messages.pacing import Pace
from smsgw.messages.terms import Quiet, Terms
from smsgw.offices import Offices
from smsgw.offices import load as load_offices
from smsgw.rulebook import Rulebook
from smsgw.rulebook import load as load_rulebook
from smsgw.store import Cipher, Store, durability, open_store
from smsgw.store.cipher import read_key

CARRIERS = "smsgw.carriers"  # entry points: a carrier of one's own is one line in its package

Language = tuple[Registry, Rulebook]


@dataclass(frozen=True)
class Services:
    """All parts of one process."""

    settings: Settings
    store: Store
    registry: Registry
    rulebook: Rulebook
    offices: Offices
    clock: Clock
    directory: Directory
    carriers: Mapping[str, Carrier]
    redis: Redis | None
    bell: Bell
    receive: Receive
    settle: Settle


def refuse_real_carrier(settings: Settings) -> None:
    """StartupError where a demo could send real messages: its carriers stand on this machine."""
    if settings.environment != "demo":
        return
    urls = {"SMSGW_TWILIO_API_URL": settings.twilio_api_url, "SMSGW_KANNEL_URL": settings.kannel_url}
    reached = [name for name, url in urls.items() if url and not is_loopback(host_of(url))]
    if reached:
        raise StartupError(
            [f"{name} is not on this machine, and a demo must not send real messages: unset it." for name in reached]
        )


def open_database(settings: Settings) -> Store:
    """The database alone; StartupError where the data key is missing or wrong."""
    return open_store(settings.database, Cipher(read_key(settings.data_key.get_secret_value(), settings.key_file)))


@contextmanager
def open_services(settings: Settings, language: Language | None = None) -> Iterator[Services]:
    """Services that are closed at the end of the block. `language`: one that was opened already."""
    refuse_real_carrier(settings)
    logs.configure(settings.log_level)
    registry, rulebook = language or open_language(settings)
    offices = load_offices(settings.offices_file)
    store = open_database(settings)
    url = settings.redis_url.get_secret_value()
    redis = jobs.connect(url) if url else None
    _require_durable(settings, store, redis)
    bell: Bell = jobs.bell(redis) if redis is not None else QuietBell()
    receive, settle = Receive(store, bell, with_pin=settings.pin == "on"), Settle(store)
    try:
        yield Services(
            settings=settings,
            store=store,
            registry=registry,
            rulebook=rulebook,
            offices=offices,
            clock=Clock(store, movable=settings.environment == "demo"),
            directory=Directory(store),
            carriers=open_carriers(settings),
            redis=redis,
            bell=bell,
            receive=receive,
            settle=settle,
        )
    finally:
        receive.close()
        settle.close()
        store.close()
        if redis is not None:
            redis.close()


def _require_durable(settings: Settings, store: Store, redis: Redis | None) -> None:
    # What cannot be reached yet stops no start: the web process is up nevertheless, and answers 503 without a database.
    if settings.environment != "production":
        return
    problems: list[str] = []
    with suppress(StoreUnavailable):
        problems += durability.problems(store)
    with suppress(RedisError):
        problems += jobs.problems(redis) if redis is not None else []
    if problems:
        raise StartupError(problems)


def open_language(settings: Settings) -> Language:
    """The keywords and the rules they tell; StartupError where a text tells a rule that is not there."""
    registry, rulebook = load_registry(), load_rulebook(settings.rules_file, today())
    missing = sorted(registry.rules_named().items(), key=lambda told: told[1])
    problems = [
        f"{file} tells the rule `{name}`, which the rulebook does not have: `smsgw rules show` lists those it has"
        for name, file in missing
        if name not in rulebook.names()
    ]
    if problems:
        raise StartupError(problems)
    return registry, rulebook


def open_carriers(settings: Settings) -> dict[str, Carrier]:
    """Every carrier by its name; StartupError where a number is routed over one that does not have it, or is paced and
    no carrier's."""
    made = (point.load()(settings) for point in entry_points(group=CARRIERS))
    carriers: dict[str, Carrier] = {carrier.name: carrier for carrier in made}
    problems = [
        f"SMSGW_ROUTES: {number} is no number of {name}: add it to that carrier's numbers, or take it out of the route"
        for number, route in settings.routes.items()
        for name in route
        if name not in carriers or number not in carriers[name].numbers
    ]
    ours = {number for carrier in carriers.values() for number in carrier.numbers}
    problems += [f"SMSGW_PACE: {number} is no number of ours" for number in settings.pace if number not in ours]
    if problems:
        raise StartupError(problems)
    return carriers


@contextmanager
def open_work(services: Services) -> Iterator[Work]:
    """The verbs of a process that works, with its pool of calls to the carrier."""
    if services.redis is None:
        raise StartupError(["SMSGW_REDIS_URL is not set: name a Redis, or use `smsgw up`, which starts one."])
    stopping = Event()
    with ThreadPoolExecutor(services.settings.send_threads, thread_name_prefix="send") as pool:
        yield Work(
            answering=_answering(services),
            sending=_sending(services, pool, stopping),
            sweeping=SweepVerb(
                services.store,
                services.clock,
                Apologies(services.registry, services.rulebook),
                services.settings.routes,
                terms_of(services.settings),
                services.settings.new_senders_per_hour,
            ),
            bell=services.bell,
            pool=pool,
            looking=LookVerb(services.store, services.carriers, pool),
            collecting=CollectVerb(services.store, services.carriers, services.receive, services.bell, pool),
            purging=purging(services.settings, services.store, _redacting(services, pool)),
            stopping=stopping,
            paced=bool(services.settings.pace),
        )


def purging(settings: Settings, store: Store, redact: Callable[[], int] = lambda: 0) -> PurgeVerb:
    """What erases messages in their time; `redact` does so at the carrier."""
    clock = Clock(store, movable=settings.environment == "demo")
    return PurgeVerb(store, clock, Keep(settings.keep_bodies_days, settings.keep_rows_days), redact)


def _redacting(services: Services, pool: Executor) -> Callable[[], int]:
    if services.settings.twilio_redact == "off":
        return lambda: 0
    keeping = {name: carrier for name, carrier in services.carriers.items() if isinstance(carrier, Redacting)}
    return Redact(services.store, keeping, pool)


def sender_of(services: Services, now_ms: int) -> Sender:
    """What writes to participants who did not ask; StartupError where there is nothing to send it from."""
    carrier = next((one for one in services.carriers.values() if one.numbers), None)
    if carrier is None:
        raise StartupError(["No carrier has a number: set SMSGW_TWILIO_FROM or SMSGW_KANNEL_FROM."])
    return Sender(services.registry, services.rulebook.on(day_of(now_ms)), carrier.name, carrier.numbers[0])


def terms_of(settings: Settings) -> Terms:
    """What the settings say of when messages may leave."""
    paces = tuple(Pace(number, per_second) for number, per_second in settings.pace.items())
    quiet = settings.quiet
    movable = settings.environment == "demo"
    return Terms(paces, settings.sends_per_day, Quiet(*quiet, movable) if quiet is not None else None)


def _sending(services: Services, pool: Executor, stopping: Event) -> SendVerb:
    routes, terms = services.settings.routes, terms_of(services.settings)
    later, width = Later(services.bell, "send"), services.settings.send_threads
    return SendVerb(services.store, services.carriers, pool, routes, terms, later, stopping, width=width)


def _answering(services: Services) -> AnswerVerb:
    settings = services.settings
    budget = Budget(settings.replies_per_hour, settings.replies_per_day, settings.repeats_per_hour)
    return AnswerVerb(
        services.store,
        services.registry,
        services.directory,
        services.clock,
        services.rulebook,
        budget,
        services.offices,
        settings.binding,
        frozenset(name for name, carrier in services.carriers.items() if not carrier.answers_stop),
        frozenset(number for carrier in services.carriers.values() for number in carrier.numbers),
        settings.answer_to,
        with_pin=settings.pin == "on",
        terms=terms_of(settings),
    )
