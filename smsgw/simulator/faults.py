"""Faults by switch: what goes wrong for which phone, how often, until when, and by which dice."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from smsgw.errors import SmsgwError
from smsgw.phones import to_e164
from smsgw.simulator.kinds import CODES, KINDS, SECONDS

__all__ = ["CODES", "EVERYBODY", "KINDS", "SWITCHES", "Fault", "Order", "Switchboard", "TooManySwitches"]

EVERYBODY = "*"
SWITCHES = 200
LASTS_S, LONGEST_S = 600.0, 86_400.0


class TooManySwitches(SmsgwError):
    """No further switch can be set: clear some."""


class Order(BaseModel):
    """A switch as it is asked for. Strings become what they name, so that a form, JSON and YAML say the same.

    `odds`: of one strike; `times`: strikes at most; `lasts`: seconds until it is off; `seconds`: of a delay.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    kind: str
    phone: str = EVERYBODY
    odds: float = Field(default=1.0, gt=0, le=1)
    seed: int | None = Field(default=None, ge=0, lt=2**32)
    lasts: float = Field(default=LASTS_S, gt=0, le=LONGEST_S)
    times: int | None = Field(default=None, ge=1)
    code: int | None = None
    seconds: float | None = Field(default=None, gt=0, le=120)

    @field_validator("kind")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in KINDS:
            raise ValueError(f"is none of {', '.join(KINDS)}")
        return value

    @field_validator("phone")
    @classmethod
    def _phone(cls, value: str) -> str:
        phone = value if value == EVERYBODY else to_e164(value)
        if phone is None:
            raise ValueError("is neither a phone number nor *")
        return phone

    @model_validator(mode="after")
    def _fitting(self) -> "Order":
        if self.code is not None and self.code not in CODES.get(self.kind, (0, frozenset()))[1]:
            raise ValueError(f"{self.kind} cannot have the code {self.code}")
        return self


@dataclass(frozen=True, slots=True)
class Fault:
    """A switch that is on. `expires_at`: epoch seconds; `looked`, `struck`: how often it was asked, and said yes."""

    kind: str
    phone: str
    odds: float
    seed: int
    expires_at: float
    times: int | None
    code: int | None
    seconds: float
    looked: int
    struck: int

    def as_json(self, now: float) -> dict[str, object]:
        """The object that the pages and the API show."""
        return {
            "kind": self.kind,
            "meaning": KINDS[self.kind],
            "phone": self.phone,
            "odds": self.odds,
            "seed": self.seed,
            "expires_in": max(0, round(self.expires_at - now)),
            "times": self.times,
            "code": self.code,
            "seconds": self.seconds or None,
            "looked": self.looked,
            "struck": self.struck,
        }


class _Switch:
    """A switch and its dice: the n-th look of a phone falls the same way for the same seed, whatever others do."""

    def __init__(self, order: Order, now: float) -> None:
        self.order = order
        self.seed = secrets.randbelow(1_000_000) if order.seed is None else order.seed
        self.expires_at = now + order.lasts
        self.looks: dict[str, int] = {}
        self.struck = 0

    def strikes(self, phone: str) -> bool:
        if self.order.times is not None and self.struck >= self.order.times:
            return False
        look = self.looks[phone] = self.looks.get(phone, 0) + 1
        dice = Random(f"{self.seed}/{self.order.kind}/{phone}/{look}")  # noqa: S311 - repeatable, not secret
        hit = dice.random() < self.order.odds
        self.struck += hit
        return hit

    def shown(self) -> Fault:
        order = self.order
        code = CODES[order.kind][0] if order.code is None and order.kind in CODES else order.code
        seconds = order.seconds or SECONDS.get(order.kind, 0.0)
        looked = sum(self.looks.values())
        return Fault(
            order.kind,
            order.phone,
            order.odds,
            self.seed,
            self.expires_at,
            order.times,
            code,
            seconds,
            looked,
            self.struck,
        )


class Switchboard:
    """All switches. Safe for several threads. `clock` gives epoch seconds."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._switches: dict[tuple[str, str], _Switch] = {}

    def set(self, order: Order) -> Fault:
        """Turn a switch on; one of the same kind and phone begins anew. TooManySwitches where there are many."""
        with self._lock:
            self._sweep()
            key = order.phone, order.kind
            if key not in self._switches and len(self._switches) >= SWITCHES:
                raise TooManySwitches(f"{SWITCHES} faults are on: clear some first")
            made = self._switches[key] = _Switch(order, self._clock())
            return made.shown()

    def clear(self, phone: str | None = None, kind: str | None = None) -> int:
        """Turn off those of a phone, of a kind, or all; how many were on."""
        with self._lock:
            gone = [key for key in self._switches if phone in (None, key[0]) and kind in (None, key[1])]
            for key in gone:
                del self._switches[key]
            return len(gone)

    def shown(self) -> list[Fault]:
        """The switches that are on, in the order in which they were set."""
        with self._lock:
            self._sweep()
            return [switch.shown() for switch in self._switches.values()]

    def strikes(self, phone: str, *kinds: str) -> Fault | None:
        """The first of these faults that strikes this phone now. Each that is on is asked, in this order."""
        with self._lock:
            self._sweep()
            for kind in kinds:
                for whose in (phone, EVERYBODY):
                    switch = self._switches.get((whose, kind))
                    if switch is not None and switch.strikes(phone):
                        return switch.shown()
        return None

    def _sweep(self) -> None:
        now = self._clock()
        for key in [key for key, switch in self._switches.items() if switch.expires_at <= now]:
            del self._switches[key]
