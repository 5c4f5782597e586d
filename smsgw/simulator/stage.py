"""The stage of a script in a running demo: its line, its database, its clock and its carrier's switches."""

from typing import Any

from smsgw.clock import Clock
from smsgw.simulator import reset
from smsgw.simulator.faults import Order
from smsgw.simulator.script import Stage
from smsgw.simulator.talk import Line, talk
from smsgw.store import Store

MS = 1000


def open_stage(line: Line, store: Store) -> Stage:
    """The stage of the demo on this line. Setting a fault raises NoStandIn where its carrier is not our stand-in."""
    clock = Clock(store, movable=True)  # only a demo has a line to talk on

    def switch(order: Order) -> dict[str, Any]:
        return line.carrier.switch(order.model_dump(exclude_none=True))

    return Stage(
        talk=lambda text, phone, seconds: talk(line, store, text, phone, timeout_s=seconds),
        advance=lambda seconds: clock.move(seconds * MS),
        switch=switch,
        clear=lambda phone: line.carrier.clear(phone=phone),
        fresh=lambda phone: reset.begin_anew(line.carrier, store, phone),
    )
