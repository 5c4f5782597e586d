"""The simulator is harmless: absent in production, on loopback alone, and a demo reaches no real carrier."""

from collections.abc import Callable

import pytest
from flask import Flask

from smsgw.config import Settings
from smsgw.errors import StartupError
from smsgw.services import open_services
from smsgw.simulator.guard import doorkeeper
from smsgw.simulator.standin import StandIn
from smsgw.simulator.talk import open_line
from smsgw.web.app import create_app
from tests.support import twilio

Make = Callable[..., Settings]
NETWORK = "192.0.2.7"

DOORS = [
    ("127.0.0.1:8000", "127.0.0.1", (), 200),
    ("localhost", "::1", (), 200),
    ("[::1]:8000", "::1", (), 200),
    ("evil.example", "127.0.0.1", (), 403),
    ("127.0.0.1.evil.example", "127.0.0.1", (), 403),
    ("localhost", NETWORK, (), 403),
    ("demo.example", NETWORK, ("demo.example",), 200),
    ("DEMO.example:8000", "127.0.0.1", ("demo.example",), 200),
    ("other.example", NETWORK, ("demo.example",), 403),
    ("localhost", NETWORK, ("demo.example",), 403),
]


@pytest.mark.parametrize(("host", "peer", "named", "status"), DOORS)
def test_who_is_let_in(settings: Make, host: str, peer: str, named: tuple[str, ...], status: int) -> None:
    app = Flask("door")
    app.before_request(doorkeeper(settings(simulator_hosts=",".join(named))))
    app.add_url_rule("/simulator", view_func=lambda: "in", endpoint="in")
    told = app.test_client().get("/simulator", headers={"Host": host}, environ_base={"REMOTE_ADDR": peer})
    assert told.status_code == status


REAL = [
    {"twilio_api_url": "https://api.twilio.com"},
    {"twilio_api_url": "http://127.0.0.1.example.com"},
    {"kannel_url": "http://192.0.2.1:13013/cgi-bin/sendsms"},
]


@pytest.mark.parametrize("changes", REAL)
def test_a_demo_with_a_real_carrier_does_not_start(sqlite_url: str, changes: dict[str, str]) -> None:
    made = twilio.settings(database_url=sqlite_url, **changes)
    with pytest.raises(StartupError, match="must not send real messages"), open_services(made):
        pass


def test_production_has_no_simulator(sqlite_url: str) -> None:
    made = twilio.settings(environment="production", database_url=sqlite_url)
    with open_services(made) as services:
        app = create_app(services)
    assert [rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/simulator")] == []
    assert app.test_client().get("/simulator").status_code == 404
    with pytest.raises(StartupError, match="production"):
        open_line(made)


@pytest.mark.parametrize("path", ["/control/faults", "/control/traffic/1"])
def test_the_control_of_the_stand_in_asks_for_the_account(path: str) -> None:
    with StandIn(twilio.ACCOUNT, twilio.TOKEN) as standin:
        client = standin.app.test_client()
        assert client.get(path).status_code == 401
        assert client.get(path, auth=(twilio.ACCOUNT, "wrong")).status_code == 401
        assert client.get(path, auth=(twilio.ACCOUNT, twilio.TOKEN)).status_code in (200, 404)
