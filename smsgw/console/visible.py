"""Visible: text from outside as it may be shown, with every character that hides or reorders others spelled out."""

import re
import unicodedata
from typing import Final

from markupsafe import Markup, escape

from smsgw.hidden import hides

_PLAIN: Final = re.compile(r"[ -~\u00a1-\u00ac\u00ae-\u02ff]*")  # nothing to look at, most of the time
_STACKED: Final = 3  # marks on one letter, beyond which they would climb over other rows


def visible(text: object) -> Markup:
    """Text as escaped HTML inside <bdi>; what cannot be seen becomes <U+202E> in a span of its own."""
    given = "" if text is None else str(text)
    shown = escape(given) if _PLAIN.fullmatch(given) else Markup().join(_shown(given))
    return Markup("<bdi>{}</bdi>").format(shown)


def plain_visible(text: object) -> str:
    """The same for a file or an attribute: text alone, with <U+202E> written into it."""
    given = "" if text is None else str(text)
    return "".join(_name(one) if hides(one) and one != "\n" else one for one in given)


def _shown(text: str) -> list[Markup]:
    parts: list[Markup] = []
    stacked = 0
    for one in text:
        stacked = stacked + 1 if unicodedata.category(one) in ("Mn", "Me") else 0
        if one == "\n":
            parts.append(Markup('<span class="hid">↵</span>\n'))
        elif hides(one) or stacked > _STACKED:
            parts.append(Markup('<span class="hid">{}</span>').format(_name(one)))
        else:
            parts.append(escape(one))
    return parts


def _name(one: str) -> str:
    return f"<U+{ord(one):04X}>"
