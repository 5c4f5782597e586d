"""Strict reading of a carrier's form: each field once, each checked by its pattern.

A signature over the fields of a form is ambiguous where a field may repeat or names and values may
run into each other; single-valued fields with narrow patterns close that (reliability, T12).
"""

import re
from collections.abc import Mapping
from urllib.parse import unquote_plus

from smsgw.errors import HookRefused

FORM_TYPE = "application/x-www-form-urlencoded"
MAX_FIELDS = 200


def read_form(content_type: str, body: bytes) -> dict[str, str]:
    """The fields of a form, values unstripped. HookRefused(400) for another type, a repeated field,
    undecodable text or too many fields."""
    if content_type.partition(";")[0].strip().lower() != FORM_TYPE:
        raise HookRefused(400, "content_type")
    return _once(_pairs(body.decode("ascii", "replace")))


def read_query(query: str, encoding: str = "utf-8") -> dict[str, str]:
    """The fields of a query string; HookRefused(400) as in `read_form`."""
    return _once(_pairs(query, encoding))


def check(fields: Mapping[str, str], patterns: Mapping[str, re.Pattern[str]]) -> None:
    """HookRefused(400) unless each field named in `patterns` matches wholly; a missing one is ''."""
    for name, pattern in patterns.items():
        if not pattern.fullmatch(fields.get(name, "")):
            raise HookRefused(400, f"field_{name}")


def _pairs(text: str, encoding: str = "utf-8") -> list[tuple[str, str]]:
    # urllib's parse_qsl at half its cost: most names and values have nothing to decode.
    if text.count("&") >= MAX_FIELDS:
        raise HookRefused(400, "undecodable")
    try:
        parts = [part.partition("=") for part in text.split("&") if part]
        return [(_decoded(name, encoding), _decoded(value, encoding)) for name, _, value in parts]
    except (UnicodeDecodeError, LookupError):  # a charset that nobody knows is no better
        raise HookRefused(400, "undecodable") from None


def _decoded(text: str, encoding: str) -> str:
    return unquote_plus(text, encoding, errors="strict") if "%" in text or "+" in text else text


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise HookRefused(400, "repeated_field")
    return fields
