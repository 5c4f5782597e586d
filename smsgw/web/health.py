"""Health: /healthz asks the process alone, /readyz its database, migrations and queue, /metrics counts."""

from typing import Final

from flask import Blueprint, Response, jsonify
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from redis.exceptions import RedisError

from smsgw import logs
from smsgw.console.kept import Kept
from smsgw.errors import StoreUnavailable
from smsgw.gateway import jobs
from smsgw.messages import queries
from smsgw.migrations import is_current
from smsgw.services import Services

FREE_S: Final = 0.02  # anybody may ask, as often as they like


def blueprint(services: Services, kept: Kept | None = None) -> Blueprint:
    """The three routes. `kept` holds what /metrics counts, which takes the longer the more messages there are."""
    figures = kept or Kept(free_s=FREE_S)
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @health.get("/readyz")
    def readyz() -> tuple[Response, int]:
        checks = {"database": _database(services), "queue": _queue(services)}
        ready = all(word == "ok" for word in checks.values())
        return jsonify(status="ok" if ready else "not ready", **checks), 200 if ready else 503

    @health.get("/metrics")
    def metrics() -> Response:
        return Response(_exposition(services, figures), mimetype=CONTENT_TYPE_LATEST.partition(";")[0])

    return health


def _database(services: Services) -> str:
    try:
        return "ok" if is_current(services.store) else "migrations missing: run `smsgw migrate`"
    except StoreUnavailable:
        return "unreachable: see SMSGW_DATABASE_URL and `smsgw doctor`"


def _queue(services: Services) -> str:
    if services.redis is None:
        return "not set: SMSGW_REDIS_URL"
    try:
        services.redis.ping()
    except RedisError:
        return "unreachable: messages still leave, through the scheduler; see SMSGW_REDIS_URL"
    return "ok"


def _exposition(services: Services, kept: Kept) -> bytes:
    registry = CollectorRegistry()
    lost = jobs.tell_lost(services.redis) if services.redis is not None else logs.lost.lines
    Gauge("smsgw_log_lines_lost", "lines of all logs that could not be written", registry=registry).set(lost)
    up = Gauge("smsgw_database_up", "1 when the message log can be read", registry=registry)
    try:
        figures: queries.Figures = kept.get("figures", lambda: queries.figures(services.store))
    except StoreUnavailable:
        up.set(0)
        return generate_latest(registry)
    up.set(1)
    for name, counts in (("inbound", figures.inbound), ("outbound", figures.outbound)):
        gauge = Gauge(f"smsgw_{name}_messages", f"{name} messages by state", ["state"], registry=registry)
        for state, count in counts.items():
            gauge.labels(state).set(count)
    Gauge("smsgw_oldest_waiting_seconds", "age of the oldest message still waiting", registry=registry).set(
        figures.oldest_waiting_s
    )
    silent = "messages accepted or sent of which no last report came"
    Gauge("smsgw_outbound_without_report", silent, registry=registry).set(figures.unreported)
    if services.settings.sends_per_day:
        Gauge("smsgw_sends_today", "messages counted today", registry=registry).set(figures.sent_today)
        per_day = Gauge("smsgw_sends_per_day", "messages that may leave in a day", registry=registry)
        per_day.set(services.settings.sends_per_day)
    paused = Gauge("smsgw_carrier_paused", "1 while a carrier refuses the account", ["carrier"], registry=registry)
    for name in services.carriers:
        paused.labels(name).set(name in figures.paused)
    Gauge("smsgw_new_senders", "phones that wrote for the first time within the last hour", registry=registry).set(
        figures.new_senders
    )
    if figures.sweep_age_s is not None:
        Gauge("smsgw_sweep_age_seconds", "time since the last sweep", registry=registry).set(figures.sweep_age_s)
    return generate_latest(registry)
