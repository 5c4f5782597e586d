"""Problems: what a carrier's code, or one of ours, means to an operator: cause, who acts, whether it is tried again."""

import re
from configparser import ConfigParser
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from smsgw.carriers import kannel

FILE: Final = files(__package__) / "problems.ini"
UNLISTED: Final = "unlisted"
WHO: Final = ("participant", "carrier", "us", "developer", "nobody")
RETRIED: Final = ("no", "yes", "looked")
# Without a connection nothing has left: http.py's NotSent, by the names that Python gives its reasons.
_UNREACHED: Final = ("gaierror", "ConnectionRefused", "SSL", "OSError")
_EXCEPTION: Final = re.compile(r"[A-Z]\w+|gaierror|herror|timeout|error")


@dataclass(frozen=True, slots=True)
class Problem:
    """A code explained. `who` is one of WHO, `retried` one of RETRIED; `is_known`: the code has an entry of its own."""

    code: str
    cause: str
    who: str
    retried: str
    next: str
    is_known: bool


def explain(code: str, carrier: str, language: str, *, is_open: bool = False) -> Problem:
    """What a code means, in a language. `is_open`: the message waits to be sent again, so the code is of a try."""
    key = _key(code, carrier, is_open=is_open)
    entry = _entries()[key]
    said = {name: entry[name].split(" | ")[language == "en"] for name in ("cause", "next")}
    return Problem(code, said["cause"], entry["who"], entry["retried"], said["next"], key != UNLISTED)


def _key(code: str, carrier: str, *, is_open: bool) -> str:
    if code in _entries():
        return code
    if code.isdecimal():
        if carrier == kannel.NAME and int(code) < 400:
            return "smsc"
        return "5xx" if len(code) == 3 and code.startswith("5") else UNLISTED
    if _EXCEPTION.fullmatch(code):  # its name, shortened
        return "unreached" if is_open or code.startswith(_UNREACHED) else "broken"
    return UNLISTED


@cache
def _entries() -> dict[str, dict[str, str]]:
    parser = ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#",), default_section="")
    parser.read_string(FILE.read_text(encoding="utf-8"))
    return {section: dict(parser.items(section)) for section in parser.sections()}
