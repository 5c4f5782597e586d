"""The page /simulator/faults: what shall go wrong, on which phone, how often and for how long."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from smsgw.simulator.codes import FAILURES, MAGIC_PREFIX, REFUSALS
from smsgw.simulator.faults import CODES, EVERYBODY
from smsgw.simulator.frame import Frame
from smsgw.simulator.people import BY_PHONE, READY
from smsgw.simulator.remote import NoStandIn, Refused
from smsgw.simulator.talk import Line
from smsgw.simulator.visit import Visit
from smsgw.simulator.words import words

MINUTE_S = 60
PERCENT = 100
# What the form asks for, what the order calls it, and how many of the one are one of the other.
_NUMBERS = (
    ("odds", "odds", 1 / PERCENT),
    ("minutes", "lasts", MINUTE_S),
    ("seed", "seed", 1),
    ("times", "times", 1),
    ("code", "code", 1),
    ("seconds", "seconds", 1),
)
_WHOLE = frozenset({"seed", "times", "code"})


class NotANumber(ValueError):
    """A field of the form that should hold a number; its name."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A phone that a fault may be set on, and what the page calls it."""

    phone: str
    label: str


class Switches:
    """The switches of the stand-in carrier."""

    def __init__(self, frame: Frame, line: Line) -> None:
        self._frame = frame
        self._line = line

    def faults(self) -> AnyResponse:
        """Every fault there is, and those that are on."""
        return self._shown(self._frame.visit())

    def switch(self) -> AnyResponse:
        """Turn a fault on."""
        visit = self._frame.visit()
        try:
            self._line.carrier.switch(order_of(request.form))
        except NotANumber as error:
            return self._shown(visit, words(visit.language)["not_a_number"].format(field=error), 422)
        except Refused as error:
            return self._shown(visit, str(error), 422)
        return self._frame.back(visit, request.path)

    def switch_off(self) -> AnyResponse:
        """Turn a fault off: of a phone and a kind, or all of them."""
        phone, kind = request.form.get("phone") or None, request.form.get("kind") or None
        self._line.carrier.clear(phone, kind)
        return self._frame.back(self._frame.visit(), request.form.get("back", ""))

    def _shown(self, visit: Visit, problem: str = "", status: int = 200) -> AnyResponse:
        told = self._line.carrier.faults()
        return self._frame.page(
            "faults.html",
            visit,
            status,
            kinds=_grouped(told["kinds"]),
            switches=told["faults"],
            choices=_choices(visit),
            name_of=lambda phone: name_of(phone, visit.language),
            codes={kind: sorted(codes) for kind, (_, codes) in CODES.items()},
            everybody=EVERYBODY,
            magic=[f"{MAGIC_PREFIX}{code}" for code in sorted({*FAILURES, 21610})],
            meanings={code: text for code, (_, text) in {**REFUSALS, **FAILURES}.items()},
            problem=problem,
            form=request.form,
        )


def order_of(form: Mapping[str, str]) -> dict[str, object]:
    """A form as an order of the control API: per cent and minutes become odds and seconds. NotANumber."""
    return {"kind": form.get("kind", ""), "phone": form.get("phone") or EVERYBODY, **dict(_numbers(form))}


def _numbers(form: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    for field, name, factor in _NUMBERS:
        given = form.get(field, "").strip().replace(",", ".")
        if not given:
            continue
        try:
            yield name, int(given) if field in _WHOLE else float(given) * factor
        except ValueError:
            raise NotANumber(field) from None


def faults_of(line: Line) -> dict[str, list[str]]:
    """The kinds of fault that are on, by phone; nothing where there is no stand-in to ask."""
    found: dict[str, list[str]] = {}
    try:
        switches: list[dict[str, Any]] = line.carrier.faults()["faults"]
    except (NoStandIn, Refused):
        return found
    for one in switches:
        found.setdefault(one["phone"], []).append(one["kind"])
    return found


def name_of(phone: str, language: str) -> str:
    """What a phone is called on the pages."""
    ready, said = BY_PHONE.get(phone), words(language)
    if phone == EVERYBODY:
        return said["everybody"]
    return f"{ready.name.title()}, {phone}" if ready else phone


def _choices(visit: Visit) -> list[Choice]:
    phones = dict.fromkeys((*visit.phones, *(one.phone for one in READY)))
    return [Choice(phone, name_of(phone, visit.language)) for phone in (EVERYBODY, *phones)]


def _grouped(kinds: list[dict[str, str]]) -> dict[str, list[str]]:
    """The kinds by the place where they strike, in the order of the carrier's list."""
    groups: dict[str, list[str]] = {}
    for one in kinds:
        groups.setdefault(one["place"], []).append(one["kind"])
    return groups
