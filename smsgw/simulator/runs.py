"""Scripts that run in the background of the web process, so that a page can look how far they are."""

import itertools
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from smsgw.errors import SmsgwError
from smsgw.simulator.script import Played, Script, Stage, play

AT_ONCE, KEEP = 2, 20
RUNNING, GREEN, RED, BROKEN = "running", "green", "red", "broken"


class Busy(SmsgwError):
    """As many scripts run as may at once: wait for one to end."""


@dataclass(frozen=True, slots=True)
class Run:
    """A script and what has been played of it. `state`: running, green, red or broken, for the reason `trouble`."""

    id: int
    name: str
    turns: int
    state: str = RUNNING
    trouble: str = ""
    played: tuple[Played, ...] = field(default=())

    def as_json(self) -> dict[str, object]:
        """The object that the page and the API show."""
        played = [one.as_json() for one in self.played]
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "trouble": self.trouble,
            "turns": self.turns,
            "played": played,
        }


class Runs:
    """The last runs. At most two are under way, each on a thread of its own: no request waits for one."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._runs: OrderedDict[int, Run] = OrderedDict()

    def start(self, script: Script, name: str) -> Run:
        """Begin to play a script; Busy where two are under way."""
        with self._lock:
            if sum(run.state == RUNNING for run in self._runs.values()) >= AT_ONCE:
                raise Busy(f"{AT_ONCE} scripts run already: wait for one to end")
            number = next(self._numbers)
            run = self._runs[number] = Run(number, name, len(script.turns))
            while len(self._runs) > KEEP:
                self._runs.popitem(last=False)
        threading.Thread(target=self._play, args=(number, script), name="script", daemon=True).start()
        return run

    def get(self, number: int) -> Run | None:
        """A run as it stands; None where it never was or is forgotten."""
        with self._lock:
            return self._runs.get(number)

    def _play(self, number: int, script: Script) -> None:
        try:
            for one in play(script, self._stage):
                self._change(number, one)
        except Exception as error:  # noqa: BLE001 - the edge of a run: what broke is shown, and the next may begin
            self._end(number, BROKEN, str(error) if isinstance(error, SmsgwError) else type(error).__name__)
        else:
            run = self.get(number)
            self._end(number, RED if run and any(one.differences for one in run.played) else GREEN)

    def _change(self, number: int, one: Played) -> None:
        with self._lock:
            if number in self._runs:
                run = self._runs[number]
                self._runs[number] = replace(run, played=(*run.played, one))

    def _end(self, number: int, state: str, trouble: str = "") -> None:
        with self._lock:
            if number in self._runs:
                self._runs[number] = replace(self._runs[number], state=state, trouble=trouble)
