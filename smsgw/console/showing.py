"""Showing: what templates may say: words, times, numbers, and personal data only as masked or visible text."""

import time
from datetime import datetime
from decimal import Decimal

from babel.numbers import format_currency, format_decimal, format_percent
from flask import g, render_template
from jinja2 import Environment
from markupsafe import Markup, escape

from smsgw.console.assets import address
from smsgw.console.look import ZONES
from smsgw.console.masking import mask
from smsgw.console.visible import visible
from smsgw.console.visit import Visit
from smsgw.console.words import say_or_same
from smsgw.operators import totp

_MONTHS = {
    "id": ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agt", "Sep", "Okt", "Nov", "Des"],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}
_UNITS = ((86_400_000, "days"), (3_600_000, "hours"), (60_000, "minutes"), (1_000, "seconds"))


def install(environment: Environment) -> None:
    """Give templates their words and filters."""
    environment.filters.update(visible=visible, moment=moment, ago=ago, passed=passed, number=number)
    environment.filters.update(percent=percent, rupiah=rupiah)
    environment.globals.update(t=t, said=said, masked=masked, is_revealed=is_revealed, asset=address)
    environment.globals.update(token=token, reveal=reveal, qr=qr)


def t(key: str, **fields: object) -> str:
    """A word of the catalogue."""
    return _visit().t(key, **fields)


def said(stem: str, word: str) -> str:
    """A word of an open list, as an act's name; itself where the catalogue has none."""
    return say_or_same(_visit().look.language, stem, word)


def masked(value: str | None, kind: str, about: str) -> Markup:
    """Personal data (a kind of smsgw.console.masking) of the row `about`, masked unless it is revealed now."""
    return visible(value if is_revealed(about) else mask(value, kind))


def is_revealed(about: str) -> bool:
    """Whether this session sees the row's data now."""
    return about in _visit().reveals


def token() -> Markup:
    """The hidden fields of each form: the session's token, and the page to go back to."""
    return _piece("token")


def reveal(about: str) -> Markup:
    """The form that asks to see the data of a row; nothing where they are seen already or may not be."""
    visit = _visit()
    return _piece("reveal", about=about) if visit.may("reveal") and about not in visit.reveals else Markup()


def qr(link: str) -> Markup:
    """A link as a picture for a phone's camera."""
    return Markup(totp.picture(link))  # noqa: S704 - segno's own drawing, in which no character of the link stands


def _piece(name: str, **values: str) -> Markup:
    html = render_template(f"console/{name}.html", visit=_visit(), **values)
    return Markup(html)  # noqa: S704 - a template of ours, which has escaped what it was given


def moment(ms: int | None) -> Markup:
    """A time in the zone of the visit, by the second."""
    if ms is None:
        return escape("–")
    visit = _visit()
    at = datetime.fromtimestamp(ms / 1000, ZONES[visit.look.zone])
    month = _MONTHS[visit.look.language][at.month - 1]
    clock = at.strftime("%H.%M.%S" if visit.look.language == "id" else "%H:%M:%S")
    iso, day = at.isoformat(timespec="milliseconds"), f"{at.day} {month} {at.year}"
    return Markup('<time datetime="{}">{} {} {}</time>').format(iso, day, clock, visit.look.zone)


def ago(ms: int | None) -> str:
    """How long ago a time by the database's clock was, in its largest unit."""
    return "–" if ms is None else passed(time.time_ns() // 1_000_000 - ms)


def passed(ms: int) -> str:
    """A length of time that has passed, in its largest unit."""
    unit, word = next((one for one in _UNITS if ms >= one[0]), _UNITS[-1])
    return t(f"ago.{word}", n=max(ms, 0) // unit)


def number(value: float) -> str:
    """A number with the separators of the language."""
    return str(format_decimal(value, locale=_visit().look.language))


def percent(part: float | None) -> str:
    """A part of 1 as a percentage with one decimal."""
    return "–" if part is None else str(format_percent(part, "#,##0.0%", locale=_visit().look.language))


def rupiah(amount: Decimal) -> str:
    """An amount of money, without cents."""
    return str(format_currency(amount, "IDR", "¤#,##0", locale=_visit().look.language, currency_digits=False))


def _visit() -> Visit:
    found: Visit = g.visit
    return found
