"""Look: language, time zone and colours of a browser, kept in a cookie that says nothing of a person."""

from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Final

from flask import Request

COOKIE: Final = "smsgw_console_look"
LANGUAGES: Final = ("id", "en")
ZONES: Final = {name: timezone(timedelta(hours=hours), name) for name, hours in (("WIB", 7), ("WITA", 8), ("WIT", 9))}
THEMES: Final = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Look:
    """How pages are shown. `theme` auto: as the device prefers."""

    language: str = "id"
    zone: str = "WIB"
    theme: str = "auto"

    @property
    def value(self) -> str:
        """What the cookie holds."""
        return f"{self.language}.{self.zone}.{self.theme}"


def look_of(language: str, zone: str, theme: str) -> Look:
    """A look of these words; the usual one in place of each that is none."""
    usual = Look()
    return Look(
        language if language in LANGUAGES else usual.language,
        zone if zone in ZONES else usual.zone,
        theme if theme in THEMES else usual.theme,
    )


def read_look(incoming: Request) -> Look:
    """The look of a browser; the usual one where it has chosen none."""
    parts = incoming.cookies.get(COOKIE, "").split(".")
    return look_of(*parts) if len(parts) == 3 else Look()
