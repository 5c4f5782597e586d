"""smsgw simulate: one text through the real webhook, queue, carrier and callbacks; a script of them; or a chat."""

import json
from contextlib import closing
from pathlib import Path

import click

from smsgw.cli.chatting import chat
from smsgw.cli.holding import hold
from smsgw.cli.telling import summary, trouble
from smsgw.config import load
from smsgw.phones import to_e164
from smsgw.services import open_database
from smsgw.simulator.script import read
from smsgw.simulator.shipped import scripts_in
from smsgw.simulator.talk import open_line, talk

CHAT = "chat"


@click.command("simulate", epilog='Example: smsgw simulate "JHT 18050012345" --from 081210000001')
@click.argument("text", required=False)
@click.argument("more", nargs=-1, type=click.Path(path_type=Path))
@click.option("--from", "sender", metavar="PHONE", help="Phone that texts, as +62… or 08….")
@click.option(
    "--script",
    type=click.Path(path_type=Path),
    help="Hold the conversation in this YAML file, all in this folder, or in several files, and compare them; "
    "docs/scripts.md has the form.",
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
    more: tuple[Path, ...],
    sender: str | None,
    to: str,
    script: Path | None,
    as_json: bool,
    timeout: float,
) -> None:
    """Send TEXT from a phone and print the reply, or hold whole conversations.

    `smsgw simulate chat --from PHONE` is a phone in this terminal: the word chat alone is not sent as a text.

    Exit code 0 when it was answered and the reply delivered, or all of every script came as written; 1 otherwise.
    """
    phone = to_e164(sender or "")
    if script is None and (text is None or sender is None):
        raise click.UsageError("Give a TEXT and --from, or --script with a file.")
    if script is None and phone is None:
        raise click.BadParameter("is not a phone number", param_hint="--from")
    if script is None and more:
        raise click.UsageError("Put the TEXT into quotation marks.")
    if script is not None:
        context.exit(_scripts([script, *([Path(text)] if text else []), *more], as_json))
    settings = load()
    line = open_line(settings)
    with closing(open_database(settings)) as store:
        if text == CHAT:
            chat(line, store, phone or "")
            return
        exchange = talk(line, store, text or "", phone or "", to_e164(to) or to, timeout)
    click.echo(json.dumps(exchange.as_json(), ensure_ascii=False) if as_json else summary(exchange), nl=bool(as_json))
    click.echo(trouble(exchange, line, timeout), err=True, nl=False)
    context.exit(0 if exchange.good else 1)


def _scripts(paths: list[Path], as_json: bool) -> int:
    files = scripts_in(paths)
    scripts, settings = [read(file) for file in files], load()
    line = open_line(settings)
    with closing(open_database(settings)) as store:
        return 0 if hold(line, store, list(zip(files, scripts, strict=True)), as_json) else 1
