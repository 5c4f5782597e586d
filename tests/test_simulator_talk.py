"""smsgw simulate against a small gateway of known conduct: what is printed, and with which exit code."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask import Flask, request

from smsgw.cli.simulate import command
from smsgw.errors import StartupError
from smsgw.messages.tables import inbound, outbound
from smsgw.simulator.serving import serving
from smsgw.store import Cipher, Store, metadata, open_store

ACCOUNT = "AC" + "0" * 32
PHONE = "+6281210000077"
KEYS = ["text", "from", "reply", "septets", "segments", "state", "inbound_state", "reason", "message_sid", "elapsed_ms"]
STAMPS = {"received_at": 1, "next_attempt_at": 1}
SENT_STAMPS = {"next_attempt_at": 1, "expires_at": 2, "created_at": 1, "updated_at": 1}


@dataclass(frozen=True)
class Conduct:
    """What the gateway does with a message: HTTP status, the row it writes, and the replies (kind, state, code)."""

    status: int = 200
    inbound_state: str | None = "answered"
    reason: str | None = None
    replies: Sequence[tuple[str, str, str | None]] = (("reply", "delivered", None),)


@contextmanager
def gateway(store: Store, conduct: Conduct) -> Iterator[str]:
    def take() -> tuple[str, int]:
        if conduct.inbound_state is not None and conduct.status == 200:
            record(store, dict(request.form.items()), conduct)
        return "", conduct.status

    app = Flask("gateway")
    app.add_url_rule("/webhooks/twilio/inbound", view_func=take, methods=["POST"])
    with serving(app) as url:
        yield url


def record(store: Store, form: dict[str, str], conduct: Conduct) -> None:
    came = {"carrier": "twilio", "carrier_id": form["MessageSid"], "source": "webhook", "body": form["Body"]}
    ends = {"from_phone": form["From"], "to_phone": form["To"]}
    went = {"inbound_id": 1, "carrier": "twilio", "from_phone": form["To"], "to_phone": form["From"], "septets": 4}
    with store.write() as connection:
        outcome = {"state": conduct.inbound_state, "reason": conduct.reason}
        connection.execute(inbound.insert().values(**came, **ends, **STAMPS, **outcome))
        for kind, state, code in conduct.replies:
            row = {"kind": kind, "state": state, "error_code": code, "body": "Halo", "callback_token": kind}
            connection.execute(outbound.insert().values(**went, **SENT_STAMPS, **row, language="id", priority=0))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'log.sqlite'}", Cipher(bytes(64)))
    metadata.create_all(opened.engine)
    yield opened
    opened.close()


def simulate(tmp_path: Path, url: str, *arguments: str, **changes: str) -> Result:
    env = {
        "SMSGW_HOME": str(tmp_path),
        "SMSGW_ENVIRONMENT": "demo",
        "SMSGW_DATABASE_URL": f"sqlite:///{tmp_path / 'log.sqlite'}",
        "SMSGW_DATA_KEY": bytes(64).hex(),
        "SMSGW_PUBLIC_URL": url,
        "SMSGW_TWILIO_ACCOUNT_SID": ACCOUNT,
        "SMSGW_TWILIO_AUTH_TOKEN": "talk token",
        "SMSGW_TWILIO_FROM": "2757",
    }
    given = ["JHT 99050012345", "--from", "081210000077", "--timeout", "0.3", *arguments]
    return CliRunner(env=env | changes).invoke(command, given)


OUTCOMES = [
    (Conduct(), 0, "Halo\n(4 septets, 1 segment, delivered,"),
    (Conduct(replies=[("reply", "undelivered", "30003")]), 1, "reply undelivered (30003)"),
    (Conduct(replies=[("reply", "expired", None), ("apology", "delivered", None)]), 0, "delivered"),
    (Conduct(replies=[("reply", "sent", None)]), 1, "still sent after 0.3 s"),
    (Conduct(inbound_state="suppressed", reason="opted_out", replies=()), 1, "suppressed (opted_out)"),
    (Conduct(inbound_state="failed", reason="handler", replies=()), 1, "is failed (handler)"),
    (Conduct(inbound_state="received", replies=()), 1, "Is a worker running?"),
    (Conduct(inbound_state=None), 1, "not in this database"),
    (Conduct(status=403), 1, "refused the signature (403)"),
    (Conduct(status=503), 1, "Run `smsgw doctor`"),
    (Conduct(status=418), 1, "HTTP status 418"),
]


@pytest.mark.parametrize(("conduct", "code", "words"), OUTCOMES)
def test_each_outcome_has_its_words_and_exit_code(
    tmp_path: Path, store: Store, conduct: Conduct, code: int, words: str
) -> None:
    with gateway(store, conduct) as url:
        result = simulate(tmp_path, url)
    assert (result.exit_code, words in result.output) == (code, True), result.output


def test_json_is_one_object_with_its_keys_in_order(tmp_path: Path, store: Store) -> None:
    with gateway(store, Conduct()) as url:
        result = simulate(tmp_path, url, "--json")
    printed = json.loads(result.stdout)
    assert (list(printed), result.stdout.count("\n")) == (KEYS, 1)
    assert (printed["from"], printed["reply"], printed["state"]) == (PHONE, "Halo", "delivered")


def test_json_is_printed_for_a_silent_gateway_too(tmp_path: Path, store: Store) -> None:
    result = simulate(tmp_path, "http://127.0.0.1:9", "--json")
    printed = json.loads(result.stdout)
    assert (result.exit_code, printed["reason"], printed["reply"]) == (1, "gateway_silent", None)
    assert "Is `make up` running" in result.stderr


def test_a_word_is_no_phone(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["JHT", "--from", "budi"])
    assert (result.exit_code, "not a phone number" in result.output) == (2, True)


def test_production_is_refused(tmp_path: Path) -> None:
    result = simulate(tmp_path, "http://127.0.0.1:9", SMSGW_ENVIRONMENT="production")
    assert isinstance(result.exception, StartupError)


def test_help_ends_with_an_example() -> None:
    assert "Example: smsgw simulate" in CliRunner().invoke(command, ["--help"]).output
