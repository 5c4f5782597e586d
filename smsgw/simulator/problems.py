"""What Twilio refuses: the checks of a create request and the documented error bodies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from smsgw.simulator.behaviour import Order
from smsgw.simulator.guard import host_of

BODY_LIMIT = 1600
_E164 = re.compile(r"\+[1-9]\d{7,14}", re.ASCII)
_LANDLINE = re.compile(r"\+62[^8]\d+", re.ASCII)  # Indonesian mobile numbers begin with +628
_SENDER = re.compile(r"\+[1-9]\d{7,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 +&_-]{1,11}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """An error of the API: HTTP status, Twilio's code and its sentence."""

    status: int
    code: int
    message: str

    def body(self) -> dict[str, object]:
        """The JSON that the SDK turns into a TwilioRestException."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": self.message, "more_info": more, "status": self.status}


UNAUTHENTICATED = Problem(401, 20003, "Authenticate")
NO_METHOD = Problem(405, 20004, "Method not allowed")
NOT_EMPTY = Problem(400, 30400, "Parameters are not valid")  # twilio.com/docs/errors/30400
NOT_YET = Problem(400, 20009, "Cannot update this resource before it is complete")


def not_found(path: str) -> Problem:
    """The path is unknown, or not this account's."""
    return Problem(404, 20404, f"The requested resource {path} was not found")


def read_order(form: Mapping[str, str]) -> Order | Problem:
    """What a create request asks for, or the first thing that is wrong with it.

    Codes: twilio.com/docs/api/errors; 21614 for an Indonesian landline: twilio.com/en/guidelines/id/sms.
    """
    order = Order(form.get("To", ""), form.get("From", ""), form.get("Body", ""), form.get("StatusCallback", ""))
    return _missing(order) or _wrong(order) or order


def _missing(order: Order) -> Problem | None:
    if not order.to:
        return Problem(400, 21604, "A 'To' phone number is required.")
    if not order.sender:
        return Problem(400, 21603, "A 'From' phone number is required.")
    if not order.body:
        return Problem(400, 21602, "Message body is required.")
    return None


def _wrong(order: Order) -> Problem | None:
    if not _E164.fullmatch(order.to):
        return Problem(400, 21211, f"Invalid 'To' Phone Number: {order.to}")
    if not _SENDER.fullmatch(order.sender):
        return Problem(400, 21212, f"Invalid From Number (caller ID): {order.sender}")
    if order.to == order.sender:
        return Problem(400, 21266, "'To' and 'From' number cannot be the same")
    if _LANDLINE.fullmatch(order.to):
        return Problem(400, 21614, f"'To' number is not a valid mobile number: {order.to}")
    if len(order.body) > BODY_LIMIT:
        return Problem(400, 21617, f"The concatenated message body exceeds the {BODY_LIMIT} character limit")
    if order.callback and not _callable(order.callback):
        return Problem(400, 21609, f"The 'StatusCallback' URL {order.callback} is not a valid URL.")
    return None


def _callable(url: str) -> bool:
    host = host_of(url)
    return url.startswith(("http://", "https://")) and bool(host) and "_" not in host
