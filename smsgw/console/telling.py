"""Telling: the events of a message as lines that an operator reads: when, how much later, who, what, and why."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Literal

from smsgw.console.look import ZONES
from smsgw.console.visit import Visit
from smsgw.console.words import say_or_same
from smsgw.messages import states
from smsgw.messages.log.timeline import Event, Thread

Tone = Literal["good", "bad", "idle"]
BAD: Final = frozenset(
    {states.UNDELIVERED, states.FAILED, states.EXPIRED, states.FAILED_UNKNOWN, states.UNKNOWN, states.CANCELED}
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline. `day` is empty where it is that of the line before, `after` how long after that one.

    `repeats` and `last_at`: it came again.
    """

    at: int
    day: str
    clock: str
    after: str
    actor: str
    title: str
    tone: Tone
    note: str = ""
    error_code: str | None = None
    repeats: int = 0
    last_at: int | None = None


def told(visit: Visit, thread: Thread) -> Iterator[Line]:
    """The lines of a thread, oldest first."""
    before, day = thread.events[0].at if thread.events else 0, ""
    for event in thread.events:
        line = _line(visit, event, event.at - before)
        yield line if line.day != day else replace(line, day="")
        before, day = event.at, line.day


def span(visit: Visit, ms: int) -> str:
    """A length of time, as exactly as it matters: 312 ms, 4.2 s, 3 min 5 s, 2 h 10 min."""
    if ms < 1_000:
        return f"{ms} ms"
    seconds, minutes, hours = visit.t("span.s"), visit.t("span.min"), visit.t("span.h")
    if ms < 60_000:
        return f"{ms / 1000:.1f}".replace(".", visit.t("span.point")) + f" {seconds}"
    whole = ms // 1000
    if whole < 3600:
        return f"{whole // 60} {minutes} {whole % 60} {seconds}"
    return f"{whole // 3600} {hours} {whole // 60 % 60} {minutes}"


def _line(visit: Visit, event: Event, after_ms: int) -> Line:
    title, note = _SAYING.get(event.what, _other)(visit, event)
    fields, at = event.fields, datetime.fromtimestamp(event.at / 1000, ZONES[visit.look.zone])
    return Line(
        at=event.at,
        day=f"{at.day} {visit.t(f'month.{at.month}')} {at.year} {visit.look.zone}",
        clock=_clock(visit, at),
        after=span(visit, after_ms),
        actor=_said(visit, f"actor.{event.actor}"),
        title=title,
        tone=_tone(fields.get("after", event.what)),
        note=note,
        error_code=fields.get("error_code"),
        repeats=fields.get("repeats", 0),
        last_at=fields.get("last_at"),
    )


def _clock(visit: Visit, at: datetime) -> str:
    shown = f"{at:%H:%M:%S}{visit.t('span.point')}{at.microsecond // 1000:03}"
    return shown.replace(":", ".") if visit.look.language == "id" else shown


def _tone(state: str) -> Tone:
    return "good" if state == states.DELIVERED else "bad" if state in BAD else "idle"


Said = tuple[str, str]


def _received(visit: Visit, event: Event) -> Said:
    return visit.t("event.received", **event.fields), str(event.fields["carrier_id"])


def _settled(visit: Visit, event: Event) -> Said:
    reason = event.fields.get("reason")
    why = _said(visit, f"suppression.{reason}") if reason else ""
    return visit.t(f"event.{event.what}"), why


def _queued(visit: Visit, event: Event) -> Said:
    fields = event.fields
    kind = _said(visit, f"kind.{fields['kind']}")
    again = visit.t("event.resend", n=fields["resend"]) if fields["resend"] else ""
    facts = visit.t(
        "event.facts", template=fields["template"] or "–", septets=fields["septets"], lang=fields["language"]
    )
    return visit.t("event.queued", kind=kind), " ".join(part for part in (again, facts) if part)


def _claim(visit: Visit, event: Event) -> Said:
    return visit.t("event.claim", n=event.fields["attempt"]), ""


def _call(visit: Visit, event: Event) -> Said:
    after = event.fields["after"]
    title = visit.t("event.call", n=event.fields["attempt"], state=_state(visit, after))
    return title, visit.t(f"event.call_{after}") if after in ("queued", "unknown", "failed") else ""


def _list(visit: Visit, event: Event) -> Said:
    return visit.t(f"event.list_{event.fields['key']}"), ""


def _reroute(visit: Visit, event: Event) -> Said:
    why, _, rest = str(event.fields["key"]).partition(":")
    return visit.t("event.reroute", carrier=rest.partition(":")[0]), _said(visit, f"reroute.{why}")


def _report(visit: Visit, event: Event) -> Said:
    fields = event.fields
    before, after = _state(visit, fields["before"]), _state(visit, fields["after"])
    title = visit.t("event.report", word=fields["word"])
    return title, visit.t(f"verdict.{fields['verdict']}", before=before, after=after)


def _orphan(visit: Visit, event: Event) -> Said:
    return visit.t("event.report", word=event.fields["word"]), visit.t("verdict.orphan")


def _plain(visit: Visit, event: Event) -> Said:
    return visit.t(f"event.{event.what}"), ""


def _other(visit: Visit, event: Event) -> Said:
    fields: Mapping[str, Any] = event.fields
    change = f"{_state(visit, fields['before'])} → {_state(visit, fields['after'])}" if "after" in fields else ""
    return _said(visit, f"event.{event.what}"), change


def _state(visit: Visit, state: str) -> str:
    return _said(visit, f"state.{state}")


def _said(visit: Visit, key: str) -> str:
    """A word of an open list; itself where the catalogue has none."""
    stem, _, word = key.partition(".")
    return say_or_same(visit.look.language, stem, word)


_SAYING: Final[Mapping[str, Callable[[Visit, Event], Said]]] = {
    "received": _received,
    "answered": _settled,
    "suppressed": _settled,
    "failed": _settled,
    "queued": _queued,
    "claim": _claim,
    "call": _call,
    "list": _list,
    "report": _report,
    "orphan": _orphan,
    "reroute": _reroute,
    "no_report": _plain,
    "lease": _plain,
    "expire": _plain,
    "exhaust": _plain,
    "withdraw": _plain,
    "unbound": _plain,
    "resent": _plain,
    "given_up": _plain,
    "blocked": _plain,
}
