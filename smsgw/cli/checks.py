"""What `smsgw doctor` looks at: each check gives findings in plain words, with the next step of each."""

import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from smsgw import migrations
from smsgw.cli import datakey
from smsgw.clock import today
from smsgw.config import Settings, env_file
from smsgw.errors import StartupError, StoreUnavailable
from smsgw.gateway import jobs
from smsgw.keywords import load_registry
from smsgw.loopback import host_of, is_loopback
from smsgw.messages import pauses, spending
from smsgw.offices import load as load_offices
from smsgw.operators.oidc import NotProven, Once, open_provider, redirect_uri
from smsgw.rulebook import load as load_rulebook
from smsgw.services import open_carriers
from smsgw.store import Cipher, Store, durability, open_store
from smsgw.store.cipher import KEY_BYTES, read_key


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `next_step` is empty where all is well."""

    what: str
    next_step: str = ""

    @property
    def well(self) -> bool:
        """Whether nothing has to be done."""
        return not self.next_step


def all_checks(settings: Settings) -> Iterator[Finding]:
    """Every finding, in the order of CHECKS, which is that of start-up."""
    for check in CHECKS:
        yield from check(settings)


def check_python(settings: Settings) -> Iterable[Finding]:
    """Python is new enough."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    well = sys.version_info >= (3, 11)
    yield Finding(f"Python {version}", "" if well else "Install Python 3.11 or newer and run `make setup` again.")


def check_files(settings: Settings) -> Iterable[Finding]:
    """Files with secrets are their owner's alone."""
    for file in (settings.key_file, env_file(settings.home)):
        if file.exists():
            open_to_others = stat.S_IMODE(file.stat().st_mode) & 0o077
            step = f"Others on this machine may read it: chmod 600 {file}" if open_to_others else ""
            yield Finding(f"{file} is {'not ' if step else ''}private", step)


def check_data(settings: Settings) -> Iterable[Finding]:
    """The key is there; the database answers, is durable, has the newest schema, and its data open with the key."""
    cipher = None
    try:
        cipher = Cipher(read_key(settings.data_key.get_secret_value(), settings.key_file))
        yield Finding("data key")
    except StartupError as error:
        yield Finding("; ".join(error.problems), datakey.advice(settings))
    if not datakey.database_exists(settings):
        yield Finding("there is no database yet", "Run `smsgw migrate`, or `smsgw up` for a demo.")
        return
    with closing(open_store(settings.database, cipher or Cipher(os.urandom(KEY_BYTES)))) as store:
        try:
            yield from _check_store(store)
            yield from _check_fit(store) if cipher else ()
            yield from _check_day(store, settings.sends_per_day)
            yield from _paused(store)
        except StoreUnavailable as error:
            yield Finding(f"the {store.engine.dialect.name} database cannot be used ({error})", _DATABASE_STEP)


def check_queue(settings: Settings) -> Iterable[Finding]:
    """Redis answers and never evicts."""
    url = settings.redis_url.get_secret_value()
    if not url:
        yield Finding("SMSGW_REDIS_URL is not set", "Set it to a Redis or Valkey; `smsgw up` starts one of its own.")
        return
    try:
        with Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)) as client:
            client.ping()
            yield Finding("Redis answers")
            yield _policy(client)
    except (RedisError, ValueError) as error:
        step = "Start it or correct SMSGW_REDIS_URL. Until then messages wait for the scheduler's sweep."
        yield Finding(f"Redis does not answer ({type(error).__name__})", step)


def check_carrier(settings: Settings) -> Iterable[Finding]:
    """The carriers' accounts are complete, and addresses are fit for the environment."""
    yield Finding(f"environment {settings.environment}", _demo_in_public(settings))
    if settings.kannel_token.get_secret_value() or settings.kannel_url:
        lacking = ", ".join(settings.kannel_missing)
        yield Finding("Kannel is " + ("incomplete" if lacking else "set up"), f"Set {lacking}." if lacking else "")
        if not settings.twilio_account_sid:
            return
    sid = settings.twilio_account_sid
    step = "" if re.fullmatch(r"AC[0-9a-f]{32}", sid) else "Set SMSGW_TWILIO_ACCOUNT_SID: AC and 32 hex digits."
    yield Finding("account SID" + (" is missing or wrong" if step else ""), step)
    weak = any(len(token) < 16 for token in settings.tokens) or not settings.tokens
    step = "Set SMSGW_TWILIO_AUTH_TOKEN to the account's token: anyone could sign as the carrier." if weak else ""
    yield Finding("auth token" + (" is missing or too short" if weak else ""), step)
    step = "" if settings.twilio_from else "Set SMSGW_TWILIO_FROM to the number that participants text."
    yield Finding("our numbers" + (" are missing" if step else ""), step)
    yield _public_url(settings)
    yield _api_url(settings)


def check_routes(settings: Settings) -> Iterable[Finding]:
    """Each number that several carriers share is a number of each; one with a pace is a number of ours."""
    if settings.routes or settings.pace:
        try:
            open_carriers(settings)
            for number, route in settings.routes.items():
                yield Finding(f"{number} sends by {', then '.join(route)}")
            for number, per_second in settings.pace.items():
                yield Finding(f"{number} sends {per_second:g} messages a second at most")
        except StartupError as error:
            for problem in error.problems:
                yield Finding("a route or a pace cannot be used", problem)


def check_provider(settings: Settings) -> Iterable[Finding]:
    """The identity provider of the console is set up, and answers."""
    if not settings.oidc_issuer:
        return
    try:
        provider = open_provider(settings)
        if provider is not None:
            provider.address("doctor", Once("doctor", "doctor"))
            yield Finding(f"the identity provider answers; it sends back to {redirect_uri(settings)}")
    except StartupError as error:
        yield Finding("the identity provider cannot be used", " ".join(error.problems))
    except NotProven as failed:
        step = "Compare SMSGW_OIDC_ISSUER with `issuer` in its openid-configuration, and see that it is up."
        yield Finding(f"the identity provider does not answer as it should ({failed.cause})", step)


def check_language(settings: Settings) -> Iterable[Finding]:
    """Every keyword has all its pieces."""
    try:
        count = len(load_registry().keywords)
        yield Finding(f"{count} keywords, each complete")
    except StartupError as error:
        for problem in error.problems:
            yield Finding("a keyword cannot be loaded", problem)


def check_rules(settings: Settings) -> Iterable[Finding]:
    """The rulebook is complete and in force."""
    try:
        rows = load_rulebook(settings.rules_file, today()).in_force(today()).values()
        yield Finding(f"{len(rows)} rules in force, {sum(row.demo for row in rows)} of them demo data (`smsgw rules`)")
    except StartupError as error:
        for problem in error.problems:
            yield Finding("the rulebook cannot be loaded", problem)


def check_offices(settings: Settings) -> Iterable[Finding]:
    """The table of branch offices can be read."""
    try:
        rows = load_offices(settings.offices_file).rows()
        addressed = sum(bool(row.address) for row in rows)
        yield Finding(f"{len(rows)} branch offices, {addressed} of them with an address (`smsgw offices`)")
    except StartupError as error:
        for problem in error.problems:
            yield Finding("the branch offices cannot be loaded", problem)


CHECKS: tuple[Callable[[Settings], Iterable[Finding]], ...] = (
    check_python,
    check_files,
    check_data,
    check_queue,
    check_carrier,
    check_routes,
    check_provider,
    check_language,
    check_rules,
    check_offices,
)


_DATABASE_STEP = "Start it, or correct SMSGW_DATABASE_URL; the carrier is answered 503 and tries again meanwhile."


def _check_store(store: Store) -> Iterator[Finding]:
    current = migrations.is_current(store)
    yield Finding(f"the {store.engine.dialect.name} database answers")
    yield Finding(
        "its schema is " + ("new" if current else "old or missing"), "" if current else "Run `smsgw migrate`."
    )
    unsafe = durability.problems(store)
    yield from (Finding("the database may lose what was acknowledged", problem) for problem in unsafe)
    if not unsafe:
        yield Finding("what is acknowledged is on its disk")


def _check_fit(store: Store) -> Iterator[Finding]:
    if not migrations.is_current(store):
        return  # what has columns missing is read after its migration
    lost = datakey.problem(store)
    yield Finding("the data key does not fit the data" if lost else "the data key fits the data", lost)


def _check_day(store: Store, per_day: int) -> Iterator[Finding]:
    if not per_day or not migrations.is_current(store):
        return
    with store.read() as connection:
        sent = spending.sent_today(connection)
    step = "Nothing leaves until midnight in western Indonesia. See who sends so much, then raise SMSGW_SENDS_PER_DAY."
    yield Finding(f"{sent:,} of {per_day:,} messages of today have left", step if sent >= per_day else "")


def _paused(store: Store) -> Iterator[Finding]:
    if not migrations.is_current(store):
        return
    with store.read() as connection:
        standing = pauses.listed(connection)
    for one in standing:
        by_hand = "Resume it on the console's page Sending: replies expire after half an hour."
        refused = f"The carrier refuses our account ({one.reason}): see its credentials; it is tried again by itself."
        yield Finding(f"nothing is sent by {one.carrier}", by_hand if one.reason == pauses.BY_HAND else refused)


def _policy(client: Redis) -> Finding:
    policy = jobs.eviction(client)
    if policy is None:
        return Finding(f"Redis does not tell its eviction policy; it should be {jobs.NO_EVICTION}")
    return Finding(f"Redis evicts by {policy}", "" if policy == jobs.NO_EVICTION else jobs.EVICTION_STEP)


def _demo_in_public(settings: Settings) -> str:
    if settings.environment == "demo" and not is_loopback(settings.host):
        return "The testers' pages would be open to the network: set SMSGW_HOST=127.0.0.1 or environment production."
    return ""


def _public_url(settings: Settings) -> Finding:
    parts = urlsplit(settings.public_url)
    if settings.environment == "demo" or (parts.scheme == "https" and not is_loopback(parts.hostname)):
        return Finding(f"public URL {settings.public_url}")
    step = "Set SMSGW_PUBLIC_URL to the https address that the carrier posts to: messages would travel in the clear."
    return Finding(f"public URL {settings.public_url} is not a public https address", step)


def _api_url(settings: Settings) -> Finding:
    url, host = settings.twilio_api_url, host_of(settings.twilio_api_url)
    if settings.environment == "demo":
        step = (
            ""
            if is_loopback(host)
            else "A demo does not start with a real carrier: unset SMSGW_TWILIO_API_URL, run `smsgw up`."
        )
    else:
        step = "" if url.startswith("https://") else "Set SMSGW_TWILIO_API_URL to an https address, or unset it."
    return Finding(f"carrier's API {url}", step)
