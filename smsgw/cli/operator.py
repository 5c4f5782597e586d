"""smsgw operator: the accounts of the operators' console."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import click
import segno
from rich.console import Console
from rich.table import Table

from smsgw.clock import Clock
from smsgw.config import load
from smsgw.console.words import say
from smsgw.operators import accounts, manage, passwords, totp
from smsgw.operators.audit import Actor
from smsgw.operators.manage import By, New, NotDone
from smsgw.operators.rights import ROLES, role_of
from smsgw.services import open_database
from smsgw.store import Store

CLI = Actor("cli")
generate = click.option("--generate", is_flag=True, help="Make a password and print it once; else it is asked for.")


@click.group("operator", epilog="Example: smsgw operator add rina --role operator")
def command() -> None:
    """Make and change the accounts of the operators' console. Each change is in its audit log, as done by "cli"."""


@command.command("add", epilog="Example: smsgw operator add rina --role branch --generate")
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What the account may do.")
@click.option("--oidc", metavar="WHO", default="", help="Whom the identity provider must name; then no password is.")
@generate
def add(name: str, role: str, oidc: str, generate: bool) -> None:
    """Make an account."""
    if oidc and generate:
        raise click.UsageError("--oidc and --generate: an account is opened by the identity provider or by a password.")
    password = "" if oidc else _password(generate=generate)
    with _opened() as desk:
        manage.add(desk.store, desk.by, New(name, role_of(role) or "viewer", password, oidc))
    _told(f"{name} may sign in as {role}.", password if generate else "")


@command.command("list", epilog="Example: smsgw operator list")
def list_() -> None:
    """List every account."""
    with _opened() as desk, desk.store.read() as connection:
        found = accounts.listed(connection)
    table = Table("name", "role", "signs in by", "second factor", "state")
    for one in found:
        way, factor = "password" if one.provider_name is None else "provider", "yes" if one.second_factor else "no"
        table.add_row(one.name, one.role, way, factor, "closed" if one.disabled else "open")
    Console().print(table if found else "There is no account yet: smsgw operator add NAME --role admin")


@command.command("disable", epilog="Example: smsgw operator disable rina")
@click.argument("name")
@click.option("--undo", is_flag=True, help="Open the account again.")
def disable(name: str, undo: bool) -> None:
    """Close an account and end its sessions. It stays in the list, since the audit log names it."""
    with _opened() as desk:
        manage.set_disabled(desk.store, desk.by, manage.named(desk.store, name), disabled=not undo)
    _told(f"{name} is {'open again' if undo else 'closed'}.")


@command.command("password", epilog="Example: smsgw operator password rina --generate")
@click.argument("name")
@generate
def password_(name: str, generate: bool) -> None:
    """Give an account another password and end its sessions; the identity provider does not open it any more."""
    password = _password(generate=generate)
    with _opened() as desk:
        manage.set_password(desk.store, desk.by, manage.named(desk.store, name), password)
    _told(f"{name} has another password.", password if generate else "")


@command.command("oidc", epilog="Example: smsgw operator oidc rina rina@example.id")
@click.argument("name")
@click.argument("who")
def oidc(name: str, who: str) -> None:
    """Have an account opened by the identity provider for WHO, as it calls them; its password and sessions end."""
    with _opened() as desk:
        manage.set_provider_name(desk.store, desk.by, manage.named(desk.store, name), who)
    _told(f"{name} signs in at the identity provider.")


@command.command("totp", epilog="Example: smsgw operator totp rina")
@click.argument("name")
@click.option("--off", is_flag=True, help="Ask for no code any more.")
def totp_(name: str, off: bool) -> None:
    """Ask an account for a code besides the password from now on, and show once what its authenticator needs."""
    secret = None if off else totp.new_secret()
    with _opened() as desk:
        manage.set_second_factor(desk.store, desk.by, manage.named(desk.store, name), secret)
    _told(f"{name} is asked for {'a code' if secret else 'no code any more'}.")
    if secret:
        click.echo(f"Secret: {secret}\n{totp.link(secret, name)}")
        segno.make(totp.link(secret, name), error="m").terminal(compact=True)


@dataclass(frozen=True)
class _Desk:
    store: Store
    by: By


@contextmanager
def _opened() -> Iterator[_Desk]:
    settings = load()
    with closing(open_database(settings)) as store:
        now_ms = Clock(store, movable=settings.environment == "demo").now_ms()
        try:
            yield _Desk(store, By(CLI, "", now_ms))
        except NotDone as refused:
            raise click.ClickException(say("en", f"not_done.{refused.why}")) from None


def _password(*, generate: bool) -> str:
    if generate:
        return passwords.generated()
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))


def _told(line: str, password: str = "") -> None:
    click.echo(line)
    if password:
        click.echo(f"Password, shown this once: {password}")
