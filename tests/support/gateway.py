"""A gateway in the test's own process: services over a database, its web application, its verbs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import update

from smsgw.config import Settings
from smsgw.gateway.work import Work
from smsgw.messages import twice
from smsgw.messages.tables import inbound
from smsgw.services import Services, open_services, open_work
from smsgw.store import Store
from smsgw.web.app import create_app
from tests.support import twilio


@dataclass(frozen=True)
class Gateway:
    """What a test drives: posts in, verbs by hand."""

    services: Services
    work: Work
    client: FlaskClient

    def post(self, target: str, fields: dict[str, str], **changes: Any) -> Any:
        """A genuine post of the carrier; `changes` to its headers."""
        headers = twilio.headers(target, fields) | changes
        return self.client.post(target, data=twilio.encode(fields), headers=headers)

    def receive(self, body: str, from_phone: str = "+6281200000001", **changes: str) -> str:
        """A participant's text goes in, longer after the last one than the network doubles a text; its message id."""
        pass_time(self.services.store, twice.WITHIN_MS + 1)
        fields = twilio.inbound_form(body, from_phone, **changes)
        answer = self.post(twilio.INBOUND, fields)
        assert (answer.status_code, answer.mimetype) == (200, "text/xml"), answer.data
        return fields["MessageSid"]


def pass_time(store: Store, ms: int) -> None:
    """Let time pass over all that came in."""
    with store.write() as connection:
        connection.execute(update(inbound).values(received_at=inbound.c.received_at - ms))


@contextmanager
def gateway(settings: Settings) -> Iterator[Gateway]:
    """A gateway on the settings' database and queue."""
    with open_services(settings) as services, open_work(services) as work:
        yield Gateway(services, work, create_app(services).test_client())
