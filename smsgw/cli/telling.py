"""What became of a text, in the words of the terminal."""

from typing import Any

from smsgw.messages.states import RECEIVED, SUPPRESSED
from smsgw.simulator.talk import REFUSED, SILENT, TIMED_OUT, Exchange, Line

_REFUSALS = {
    "http_400": "The gateway refused the form (400). Is the number one of its SMSGW_TWILIO_FROM?",
    "http_403": (
        "The gateway refused the signature (403). SMSGW_TWILIO_ACCOUNT_SID, SMSGW_TWILIO_AUTH_TOKEN and "
        "SMSGW_PUBLIC_URL must be the same here as where it runs."
    ),
    "http_404": "Nothing at SMSGW_PUBLIC_URL knows the webhook (404). Is it the gateway's address?",
    "http_503": "The gateway cannot use its database (503). Run `smsgw doctor`.",
}


def fault(shown: dict[str, Any]) -> str:
    """A switch that is on, with its seed."""
    code = f" {shown['code']}" if shown["code"] else ""
    times = f", at most {shown['times']}" if shown["times"] else ""
    return f"(fault {shown['kind']}{code}: odds {shown['odds']:g}, seed {shown['seed']}{times})"


def summary(exchange: Exchange) -> str:
    """The reply and its figures, in two lines; nothing where there is no reply."""
    if exchange.reply is None:
        return ""
    plural = "" if exchange.segments == 1 else "s"
    figures = f"{exchange.septets} septets, {exchange.segments} segment{plural}, {exchange.state}"
    return f"{exchange.reply}\n({figures}, {exchange.elapsed_ms} ms)\n"


def trouble(exchange: Exchange, line: Line, timeout_s: float) -> str:
    """What is wrong and what to do about it, as one line; nothing where all is well."""
    if exchange.good:
        return ""
    return _trouble(exchange, line, timeout_s) + "\n"


def _trouble(exchange: Exchange, line: Line, timeout_s: float) -> str:
    reason = exchange.reason or "no reason given"
    if reason == SILENT:
        return f"No answer from {line.public_url}. Is `make up` running, and is SMSGW_PUBLIC_URL its address?"
    if reason.startswith(REFUSED):
        return _REFUSALS.get(reason, f"The gateway answered with HTTP status {reason.removeprefix(REFUSED)}.")
    if reason == TIMED_OUT:
        return _late(exchange, timeout_s)
    if exchange.inbound_state == SUPPRESSED and exchange.reply is None:
        return f"No reply: the message was suppressed ({reason})."
    if exchange.reply is None:
        return f"No reply: the message is {exchange.inbound_state} ({reason})."
    return f"The message is {exchange.inbound_state}, its reply {exchange.state} ({reason})."


def _late(exchange: Exchange, timeout_s: float) -> str:
    after = f"after {timeout_s:g} s"
    if exchange.inbound_state is None:
        return f"The gateway took the message, but it is not in this database {after}. Check SMSGW_DATABASE_URL."
    if exchange.inbound_state == RECEIVED:
        return f"The message still waits for its answer {after}. Is a worker running?"
    return f"The reply is still {exchange.state} {after}. Are a worker and the carrier (`smsgw simulator`) running?"
