"""What a demo needs before it runs: a data key, a schema, people, and something to try first."""

import os
import shlex
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from smsgw import migrations
from smsgw.cli import datakey, demo_login
from smsgw.cli.demo_login import Login
from smsgw.config import HOME_ENV, Settings
from smsgw.errors import StartupError
from smsgw.members.demo import DEMO_PEOPLE, populate
from smsgw.members.tables import memberships
from smsgw.services import open_database
from smsgw.store import Store

COUNT, SEED = 1_000, 1  # as `smsgw members demo` by itself, which extends them


@dataclass(frozen=True)
class Hint:
    """The first thing to try: a text and the phone it comes from."""

    text: str
    phone: str

    def command(self) -> str:
        """The command line that sends it, as typed in this folder."""
        home = Path(os.environ[HOME_ENV])
        elsewhere = "" if home == Path("var").resolve() else f"{HOME_ENV}={shlex.quote(str(home))} "
        return f'{elsewhere}{shown(Path(sys.executable).with_name("smsgw"))} simulate "{self.text}" --from {self.phone}'


def shown(path: Path) -> str:
    """A path as a person in this folder would type it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


@dataclass(frozen=True)
class Ready:
    """What a prepared demo tells: the first thing to try, and how to sign in to the console."""

    hint: Hint
    login: Login


def prepare(settings: Settings, say: Callable[[str], None]) -> Ready:
    """Make the data key, migrate, load demo people where nobody is yet. StartupError where data would be lost."""
    if datakey.make(settings):
        say(f"Data key: made {shown(settings.key_file)}; without it the stored personal data cannot be read")
    with closing(open_database(settings)) as store:
        migrations.upgrade(store)
        lost = datakey.problem(store)
        if lost:
            raise StartupError([lost])
        return Ready(_people(store, say), demo_login.prepare(store))


def _people(store: Store, say: Callable[[str], None]) -> Hint:
    first = DEMO_PEOPLE[0]
    with store.read() as connection:
        someone = connection.scalar(select(memberships.c.id).limit(1))
        known = connection.scalar(select(memberships.c.id).where(memberships.c.number == first.number))
    if someone is None:
        say(f"Demo people: writing {COUNT:,} of them")
        populate(store, COUNT, SEED)
    elif known is None:  # one's own data: any phone may ask for the menu
        return Hint("BANTUAN", first.phone)
    return Hint(f"JHT {first.number}", first.phone)
