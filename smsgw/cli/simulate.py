"""smsgw simulate: one text through the real webhook, queue, carrier and callbacks, and its reply."""

import json
from contextlib import closing
from pathlib import Path

import click

from smsgw.clock import Clock
from smsgw.config import load
from smsgw.messages.states import RECEIVED, SUPPRESSED
from smsgw.phones import to_e164
from smsgw.services import open_database
from smsgw.simulator.script import Played, Script, play, read
from smsgw.simulator.talk import REFUSED, SILENT, TIMED_OUT, Exchange, Line, open_line, talk
from smsgw.store import Store

_REFUSALS = {
    "http_400": "The gateway refused the form (400). Is the number one of its SMSGW_TWILIO_FROM?",
    "http_403": (
        "The gateway refused the signature (403). SMSGW_TWILIO_ACCOUNT_SID, SMSGW_TWILIO_AUTH_TOKEN and "
        "SMSGW_PUBLIC_URL must be the same here as where it runs."
    ),
    "http_404": "Nothing at SMSGW_PUBLIC_URL knows the webhook (404). Is it the gateway's address?",
    "http_503": "The gateway cannot use its database (503). Run `smsgw doctor`.",
}


@click.command("simulate", epilog='Example: smsgw simulate "JHT 18050012345" --from 081210000001')
@click.argument("text", required=False)
@click.option("--from", "sender", metavar="PHONE", help="Phone that texts, as +62… or 08….")
@click.option(
    "--script",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Hold the conversation in this YAML file and compare it; docs/scripts.md has the form.",
)
@click.option(
    "--to", default="", metavar="NUMBER", help="Number it texts; the first of SMSGW_TWILIO_FROM if not given."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of sentences.")
@click.option("--timeout", default=15.0, show_default=True, type=click.FloatRange(0.1, 600), help="Seconds to wait.")
@click.pass_context
def command(
    context: click.Context,
    text: str | None,
    sender: str | None,
    to: str,
    script: Path | None,
    as_json: bool,
    timeout: float,
) -> None:
    """Send TEXT from a phone and print the reply, or hold a whole conversation.

    Exit code 0 when it was answered and the reply delivered, or all of the script came as written; 1 otherwise.
    """
    phone = to_e164(sender or "")
    if script is None and (text is None or sender is None):
        raise click.UsageError("Give a TEXT and --from, or --script with a file.")
    if script is None and phone is None:
        raise click.BadParameter("is not a phone number", param_hint="--from")
    settings, held = load(), read(script) if script is not None else None
    line = open_line(settings)
    with closing(open_database(settings)) as store:
        if held is not None:
            context.exit(0 if _hold(line, store, held, as_json) else 1)
        exchange = talk(line, store, text or "", phone or "", to_e164(to) or to, timeout)
    click.echo(json.dumps(exchange.as_json(), ensure_ascii=False) if as_json else summary(exchange), nl=bool(as_json))
    click.echo(trouble(exchange, line, timeout), err=True, nl=False)
    context.exit(0 if exchange.good else 1)


def _hold(line: Line, store: Store, script: Script, as_json: bool) -> bool:
    """Hold a scripted conversation, printing each turn; whether all of it came as written."""
    clock = Clock(store, movable=True)  # only a demo has a line to talk on
    good = True
    for played in play(
        script,
        lambda text, phone, seconds: talk(line, store, text, phone, timeout_s=seconds),
        lambda seconds: clock.move(seconds * 1000),
    ):
        good = good and not played.differences
        click.echo(json.dumps(_object(played), ensure_ascii=False) if as_json else _told(played))
    return good


def _object(played: Played) -> dict[str, object]:
    heard = played.exchange.as_json() if played.exchange else {"advanced_s": played.turn.advance}
    return {"turn": played.number, **heard, "differences": played.differences}


def _told(played: Played) -> str:
    if played.exchange is None:
        return f"(the clock moves on by {played.turn.advance} s)"
    heard = summary(played.exchange).rstrip() or f"(no reply: {played.exchange.reason})"
    return "\n".join([f"> {played.turn.send}", heard, *(f"! {difference}" for difference in played.differences)])


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
