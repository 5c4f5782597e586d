"""Webhooks: the one file that turns HTTP into a verb."""

from flask import Blueprint, Response, request

from smsgw import logs
from smsgw.carriers import Carrier, Hook
from smsgw.messages.reports import Delivery
from smsgw.messages.rows import Arrival
from smsgw.services import Services

EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

log = logs.get()


def blueprint(services: Services) -> Blueprint:
    """The routes of every carrier: /webhooks/<carrier>/inbound and /status."""
    hooks = Blueprint("hooks", __name__, url_prefix="/webhooks")

    def carrier_named(name: str) -> Carrier | None:
        return services.carriers.get(name)

    @hooks.post("/<name>/inbound")
    def inbound(name: str) -> Response:
        carrier = carrier_named(name)
        if carrier is None:
            return Response("no such carrier\n", 404, mimetype="text/plain")
        message = carrier.read_inbound(_hook())
        arrival = Arrival(
            carrier=name,
            carrier_id=message.carrier_id,
            from_phone=message.from_phone,
            to_phone=message.to_phone,
            body=message.body,
            num_media=message.num_media,
            opt_out_type=message.opt_out_type,
        )
        fresh = services.receive(arrival)
        log.debug("received", carrier=name, carrier_id=message.carrier_id, fresh=fresh)
        return Response(EMPTY, 200, mimetype="text/xml")

    @hooks.post("/<name>/status")
    def status(name: str) -> Response:
        carrier = carrier_named(name)
        if carrier is None:
            return Response("no such carrier\n", 404, mimetype="text/plain")
        report = carrier.read_report(_hook())
        known = services.settle(
            Delivery(name, report.token, report.carrier_id, report.status, report.state, report.error_code)
        )
        log.debug("reported", carrier=name, carrier_id=report.carrier_id, status=report.status, known=known)
        return Response(status=200, mimetype="text/plain")

    return hooks


def _hook() -> Hook:
    query = request.query_string.decode("ascii", "replace")
    target = f"{request.path}?{query}" if query else request.path
    return Hook(target, request.headers, request.get_data(cache=False))
