"""Twilio's error codes that a tester can have: by the carrier's own magic numbers, by a suffix, or by a switch."""

from collections.abc import Mapping

# twilio.com/docs/iam/test-credentials: numbers that the carrier itself keeps for trying errors out.
MAGIC_TO: Mapping[str, int] = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
MAGIC_FROM: Mapping[str, int] = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}

# A phone that begins so and ends in one of the codes below has that error. No demo person has such a number.
MAGIC_PREFIX = "+62812999"

# What a create request is refused with: HTTP status and Twilio's sentence (twilio.com/docs/api/errors).
REFUSALS: Mapping[int, tuple[int, str]] = {
    20003: (401, "Authenticate"),
    20429: (429, "Too Many Requests"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid From Number (caller ID)"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"),
    21606: (400, "The 'From' phone number provided is not a valid message-capable Twilio phone number"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "Message cannot be sent with the current combination of 'To' and/or 'From' parameters"),
    21614: (400, "'To' number is not a valid mobile number"),
}

# What becomes of a message that was taken: its last status and the meaning of the code.
FAILURES: Mapping[int, tuple[str, str]] = {
    30001: ("failed", "Queue overflow"),
    30002: ("failed", "Account suspended"),
    30003: ("undelivered", "Unreachable destination handset"),
    30004: ("undelivered", "Message blocked"),
    30005: ("undelivered", "Unknown destination handset"),
    30006: ("undelivered", "Landline or unreachable carrier"),
    30007: ("undelivered", "Message filtered"),
    30008: ("undelivered", "Unknown error"),
}


def magic_code(to: str, sender: str) -> int | None:
    """The error that these numbers stand for, None for ordinary ones."""
    code = MAGIC_FROM.get(sender) or MAGIC_TO.get(to)
    if code is None and to.startswith(MAGIC_PREFIX):
        suffix = to.removeprefix(MAGIC_PREFIX)
        code = int(suffix) if suffix.isascii() and suffix.isdigit() else None
    return code if code is not None and (code in REFUSALS or code in FAILURES) else None
