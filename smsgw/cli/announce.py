"""smsgw announce: what members are owed to be told without asking."""

import click
from rich.progress import MofNCompleteColumn

from smsgw.cli.importing import bar
from smsgw.config import load
from smsgw.gateway.announce import Announced, Call, balances
from smsgw.messages.notices import Notice
from smsgw.services import open_services, sender_of

LIMIT = 5_000  # what waits is looked over by every claim: a fifth of a millisecond a thousand


@click.group("announce", epilog="Example: smsgw announce balances --dry-run")
def command() -> None:
    """Tell members what they are owed to know."""


@command.command("balances", epilog="Example: smsgw announce balances --limit 5000 --per-minute 60")
@click.option("--limit", type=click.IntRange(1), help=f"How many at most [{LIMIT}]; the next call goes on from there.")
@click.option("--per-minute", default=60, show_default=True, type=click.IntRange(1, 6_000), help="How fast.")
@click.option("--on-record", is_flag=True, help="Also phones on record that nobody bound, where they are one person's.")
@click.option("--dry-run", is_flag=True, help="Queue nothing: print how many, what they cost, and one of them.")
def balances_(limit: int | None, per_minute: int, on_record: bool, dry_run: bool) -> None:
    """Tell every participant the JHT balance, once a year.

    Goes to phones that are bound and did not opt out, one SMS a membership and year. Can be called again at any time:
    whoever was told this year is not told again. Run it with --dry-run first, which looks at all of them.
    """
    with open_services(load()) as services:
        now_ms = services.clock.now_ms()
        call = Call(per_minute, limit or (0 if dry_run else LIMIT), dry_run, on_record)
        with bar("Balances", None, MofNCompleteColumn()) as progress:
            done = balances(services.store, sender_of(services, now_ms), call, now_ms, progress.advance)
    _print(done, dry=dry_run)


def _print(done: Announced, *, dry: bool) -> None:
    if done.sample:
        click.echo(f"{_masked(done.sample)}: {done.sample.body}")
    verb = "would be told" if dry else "are told"
    click.echo(
        f"{done.queued:,} members {verb} in {done.segments:,} segments over {done.minutes:,} minutes; "
        f"{done.told_before:,} were told this year already, {done.opted_out:,} opted out."
    )


def _masked(notice: Notice) -> str:
    return f"{notice.to_phone[:6]}*****{notice.to_phone[-3:]}"
