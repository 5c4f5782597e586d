"""The command group, and how an error of ours is told: every problem in a sentence, exit code 1."""

import sys
from importlib import import_module

import click

from smsgw import __version__
from smsgw.errors import SmsgwError, StartupError

COMMANDS = {
    "up": "Set up and run everything on this machine, with demo people.",
    "web": "Run the web process: webhooks, health, metrics.",
    "worker": "Run a worker: answers and sends.",
    "scheduler": "Run the scheduler: has the sweep run every two seconds.",
    "simulator": "Run the stand-in carrier.",
    "simulate": "Send one SMS through the whole gateway and print the reply.",
    "parse": "Show how a text is read.",
    "measure": "Count septets and segments of a text.",
    "members": "Bring membership data in.",
    "claims": "Bring claims in, and tell members how far theirs has come.",
    "announce": "Tell members what they are owed to know: the yearly balance.",
    "offices": "Show the branch offices that replies tell.",
    "rules": "Show the rates, amounts and times that replies tell.",
    "operator": "Make and change the accounts of the operators' console.",
    "templates": "Check what participants can receive.",
    "purge": "Erase messages whose days are over.",
    "migrate": "Bring the database to the newest schema.",
    "doctor": "Say what is missing or unsafe, and what to do.",
}


class Lazy(click.Group):
    """A group that imports a command's module when it is called: `smsgw parse` needs no web server."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """The object `command` of smsgw.cli.<name>."""
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"smsgw.cli.{name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, epilog='Example: smsgw simulate "JHT 18050012345" --from +6281218050012')
@click.version_option(__version__, prog_name="smsgw")
def group() -> None:
    """The SMS gateway of BPJS Ketenagakerjaan's participants."""


def main() -> None:
    """Run the command line."""
    try:
        group()
    except StartupError as error:
        click.echo("Cannot start:", err=True)
        click.echo(str(error), err=True)
        sys.exit(1)
    except SmsgwError as error:
        click.echo(f"{error} (`smsgw doctor` tells more)", err=True)
        sys.exit(1)
