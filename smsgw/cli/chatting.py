"""A phone in the terminal: lines are sent, replies and their states are shown as they come, /words are commands."""

import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import click
from pydantic import ValidationError

from smsgw.cli import telling
from smsgw.errors import SmsgwError
from smsgw.simulator import reset
from smsgw.simulator.control import problems_of
from smsgw.simulator.faults import Order
from smsgw.simulator.kinds import KINDS
from smsgw.simulator.mail import Letter, is_open, newest_id, received
from smsgw.simulator.script import Stage
from smsgw.simulator.stage import open_stage
from smsgw.simulator.talk import Line, bring, refusal_of
from smsgw.store import Store

POLL_S, SETTLE_S = 0.1, 15.0
HELP = """/fault KIND [NAME=VALUE …]  a fault for this phone, as /fault 429 odds=0.5 times=2; /fault alone lists all
/faults                     the faults that are on
/clear                      turn this phone's faults off
/advance SECONDS            move the gateway's clock on
/reset                      this phone begins anew
/quit                       or the end of input"""


def chat(line: Line, store: Store, phone: str) -> None:
    """Send each line that is typed from `phone` until the end of input, and print what comes."""
    click.echo(f"{phone} texts {line.number}. A line is a text; /help lists the commands, Ctrl-D ends.")
    orderly = not sys.stdin.isatty()  # a text is answered before the next one is read
    watch = Watch(store, phone, click.echo)
    talker = Talker(line, store, phone, open_stage(line, store), watch)
    with watch:
        for typed in sys.stdin:
            if typed.strip() == "/quit":
                break
            talker.take(typed.rstrip("\r\n"))
            if orderly:
                watch.settle()


class Watch:
    """Looks for messages to a phone on a thread of its own, from now on, and says each and every state it takes."""

    def __init__(self, store: Store, phone: str, say: Callable[[str], object]) -> None:
        self._store = store
        self._phone = phone
        self._say = say
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chat", daemon=True)
        self.anew()

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for what is under way, then stop."""
        self.settle()
        self._ended.set()
        self._thread.join()

    def anew(self) -> None:
        """Look from now on: ids may have begun anew."""
        with self._lock:
            self._after, self._states = newest_id(self._store), dict[int, str]()

    def settle(self, within_s: float = SETTLE_S) -> None:
        """Wait until all that was said is answered, every answer is at its end, and that has been shown."""
        for _ in range(round(within_s / POLL_S)):
            if not is_open(self._store, self._phone, self._after):
                break
            self._ended.wait(POLL_S)
        self._look()

    def _run(self) -> None:
        while not self._ended.wait(POLL_S):
            try:
                self._look()
            except SmsgwError as error:
                self._say(f"! {error}")

    def _look(self) -> None:
        with self._lock:
            for letter in received(self._store, self._phone, self._after):
                if self._states.get(letter.id) != letter.state:
                    self._tell(letter)
                    self._states[letter.id] = letter.state

    def _tell(self, letter: Letter) -> None:
        if letter.id not in self._states:
            self._say(f"< {letter.text}")
        code = f" ({letter.error_code})" if letter.error_code else ""
        self._say(f"  {letter.state}{code}")


@dataclass(frozen=True, slots=True)
class Talker:
    """Takes what is typed: a text, or a command."""

    line: Line
    store: Store
    phone: str
    stage: Stage
    watch: Watch

    def take(self, typed: str) -> None:
        """Do what a line says. What goes wrong is said, and the chat goes on."""
        word, *arguments = typed.split() or [""]
        try:
            if not word.startswith("/"):
                self._send(typed)
            elif word in self._commands:
                self._commands[word](arguments)
            else:
                click.echo(HELP)
        except ValidationError as error:
            click.echo(f"! {'; '.join(problems_of(error))}")
        except (SmsgwError, ValueError) as error:
            click.echo(f"! {error}")

    @property
    def _commands(self) -> Mapping[str, Callable[[list[str]], object]]:
        return {
            "/fault": self._fault,
            "/faults": lambda _: self._faults(),
            "/clear": lambda _: click.echo(f"({self.stage.clear(self.phone)} of this phone's faults turned off)"),
            "/advance": self._advance,
            "/reset": lambda _: self._reset(),
        }

    def _send(self, text: str) -> None:
        if text:
            refusal = refusal_of(bring(self.line, self.phone, text))
            if refusal:
                click.echo(f"! the gateway did not take it ({refusal})")

    def _fault(self, arguments: list[str]) -> None:
        if not arguments:
            click.echo("\n".join(f"{kind:24}{meaning}" for kind, meaning in KINDS.items()))
            return
        given = dict(part.split("=", 1) for part in arguments[1:])
        order = Order.model_validate({"phone": self.phone, **given, "kind": arguments[0]})
        click.echo(telling.fault(self.stage.switch(order)))

    def _faults(self) -> None:
        for shown in self.line.carrier.faults()["faults"]:
            click.echo(f"{shown['phone']} {telling.fault(shown)}")

    def _advance(self, arguments: list[str]) -> None:
        seconds = int(arguments[0]) if arguments else 0
        self.stage.advance(seconds)
        click.echo(f"(the clock moves on by {seconds} s)")

    def _reset(self) -> None:
        reset.begin_anew(self.line.carrier, self.store, self.phone)
        self.watch.anew()
        click.echo("(this phone begins anew)")
