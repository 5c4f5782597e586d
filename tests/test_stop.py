"""Stopping: nothing more is claimed, what is being sent is finished, and what never ends is left to the sweep."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from smsgw.carriers import Outcome, Parcel
from smsgw.config import Settings
from smsgw.gateway import jobs
from smsgw.gateway.send import SendVerb
from smsgw.messages import outbox
from smsgw.messages.rows import Draft, Kind
from smsgw.messages.tables import inbound, outbound
from smsgw.store import Store
from smsgw.supervisor import Child, Crew
from tests.conftest import KEY
from tests.support import twilio
from tests.support.processes import SMSGW, answers, environment, free_port, wait_until
from tests.support.scripted import Scripted, accept
from tests.support.wire import server

ONE_AT_A_TIME = 1


def queue(store: Store, n: int, carrier: str = "scripted") -> None:
    drafts = [Draft(Kind.NOTICE, carrier, twilio.NUMBER, f"+62812{i:08}", "Halo", 4, "id", "t") for i in range(n)]
    with store.write() as connection:
        outbox.queue(connection, drafts)


def stand(store: Store) -> list[str]:
    with store.read() as connection:
        return list(connection.scalars(select(outbound.c.state).order_by(outbound.c.id)))


def test_what_has_not_begun_goes_back_and_nothing_more_is_claimed(store: Store) -> None:
    queue(store, 5)
    stopping = threading.Event()

    def asked_to_stop(parcel: Parcel) -> Outcome:
        stopping.set()
        return accept(parcel)

    with ThreadPoolExecutor(1) as pool:
        verb = SendVerb(store, {"scripted": Scripted(asked_to_stop)}, pool, stopping=stopping)
        assert (verb(3), verb(3)) == (3, 0)
    assert stand(store) == ["accepted"] + ["queued"] * 4


class Slow:
    """A carrier's API that lets a call wait until it is told to answer."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.answer = threading.Event()

    def talk(self, connection: socket.socket, number: int) -> None:
        connection.recv(65536)
        self.asked.set()
        self.answer.wait(30)
        body = f'{{"sid": "SM{number:032x}", "status": "queued"}}'
        head = f"HTTP/1.1 201 Created\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(f"{head}{body}".encode())


@contextmanager
def program(name: str, settings: Settings, logs: Path) -> Iterator[Child]:
    """One of the programs as a process of its own, ended with the block."""
    crew = Crew(logs, environment(settings))
    try:
        yield crew.start(name, [*SMSGW, name])
    finally:
        crew.stop_all()


@pytest.mark.parametrize("url", ["sqlite_url", "postgresql_url"])
@pytest.mark.parametrize("name", ["worker", "scheduler"])
def test_a_program_that_is_told_to_stop_finishes_its_call(
    request: pytest.FixtureRequest, url: str, name: str, redis_url: str, tmp_path: Path
) -> None:
    """The scheduler is alone: it has no queue, and sends itself."""
    redis = redis_url if name == "worker" else "redis://127.0.0.1:1/0"
    slow = Slow()
    with server(slow.talk) as api:
        settings = twilio.settings(
            home=tmp_path,
            database_url=request.getfixturevalue(url),
            redis_url=redis,
            data_key=KEY.hex(),
            twilio_api_url=api,
            send_threads=ONE_AT_A_TIME,
        )
        store: Store = request.getfixturevalue(url.replace("url", "store"))
        queue(store, 6, "twilio")
        jobs.bell(jobs.connect(redis_url)).ring("send")
        with program(name, settings, tmp_path) as child:
            wait_until(slow.asked.is_set)
            child.ask()
            assert stand(store).count("sending") == ONE_AT_A_TIME  # no more is claimed than is called for at once
            slow.answer.set()
            wait_until(lambda: not child.alive)
    assert child.process.returncode == 0
    found = stand(store)
    assert found.count("sending") + found.count("unknown") == 0
    assert 1 <= found.count("accepted") < 6
    assert found.count("accepted") + found.count("queued") == 6


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Nobody else can write messages down."""
    with store.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE inbound IN EXCLUSIVE MODE"))
        yield


def post(settings: Settings) -> socket.socket:
    """A message on its way: all of it has been read by the web process, which has taken a later request since."""
    fields = twilio.inbound_form("SALDO")
    body, headers = twilio.encode(fields), twilio.headers(twilio.INBOUND, fields, base=settings.public_url)
    head = [f"POST {twilio.INBOUND} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}"]
    lines = [*head, *(f"{name}: {value}" for name, value in headers.items())]
    connection = socket.create_connection((settings.host, settings.port), timeout=30)
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    assert answers(settings.public_url)
    return connection


def at_a_port(home: Path, database: str, redis: str) -> Settings:
    """A web process's settings."""
    port = free_port()
    address = {"port": port, "public_url": f"http://127.0.0.1:{port}"}
    return twilio.settings(home=home, database_url=database, redis_url=redis, data_key=KEY.hex(), **address)


@pytest.mark.parametrize("url", ["sqlite_url", "postgresql_url"])
def test_a_web_process_that_is_told_to_stop_answers_what_it_has_taken(
    request: pytest.FixtureRequest, url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = at_a_port(tmp_path, request.getfixturevalue(url), redis_url)
    store: Store = request.getfixturevalue(url.replace("url", "store"))
    with program("web", settings, tmp_path) as child:
        wait_until(lambda: answers(settings.public_url))
        with locked(store):
            line = post(settings)
            child.ask()
            wait_until(lambda: not answers(settings.public_url))
            assert child.alive
        with line:
            assert line.recv(65536).startswith(b"HTTP/1.1 200 ")
        wait_until(lambda: not child.alive)
    assert (child.process.returncode, came(store)) == (0, 1)


ENDING = """
from smsgw.config import load
from smsgw.services import open_services
from smsgw.web.serve import run
with open_services(load()) as services:
    run(services, ends_s=0.2)
"""


@pytest.mark.parametrize("url", ["sqlite_url", "postgresql_url"])
def test_one_whose_database_hangs_ends_when_its_time_is_over_and_has_acknowledged_nothing(
    request: pytest.FixtureRequest, url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = at_a_port(tmp_path, request.getfixturevalue(url), redis_url)
    store: Store = request.getfixturevalue(url.replace("url", "store"))
    crew = Crew(tmp_path, environment(settings))
    try:
        child = crew.start("ending", [SMSGW[0], "-c", ENDING])
        wait_until(lambda: answers(settings.public_url))
        with locked(store), post(settings) as line:
            child.ask()
            wait_until(lambda: not child.alive)
            assert line.recv(65536) == b""
    finally:
        crew.stop_all()
    assert child.process.returncode == 0
    assert "stopped_at_once" in child.log.read_text()


def came(store: Store) -> int:
    """How many messages stand in the log."""
    with store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(inbound)) or 0)


STUCK = """
import os, signal, threading
from types import SimpleNamespace
from smsgw.gateway import jobs
told = []
def alone():
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(120)
work = SimpleNamespace(all_of_it=alone, stop=lambda: told.append(print("told", flush=True)))
jobs.run_scheduler('redis://127.0.0.1:1/0', work, grace_s=0.2)
"""


def test_a_call_that_does_not_end_is_left_when_the_grace_is_over(tmp_path: Path) -> None:
    crew = Crew(tmp_path, environment(twilio.settings(home=tmp_path)))
    try:
        child = crew.start("stuck", [SMSGW[0], "-c", STUCK])
        wait_until(lambda: not child.alive)
    finally:
        crew.stop_all()
    assert child.process.returncode == 0
    words = child.log.read_text()
    assert "told\n" in words
    assert "stopped_at_once" in words
