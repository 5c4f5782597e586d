"""The filters of the message log as an address: what may stand there does; what is a person's travels sealed.

Phone, membership number and text make one parameter, `p`: JSON under AES-SIV, with a label of its own, so that it opens
nothing else. It needs no row in the database, can be kept as a bookmark or a saved filter, and is of no use to whoever
reads it in a log or over a shoulder. The same filter is always the same address.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta, tzinfo
from typing import Final

from smsgw.errors import KeyLost
from smsgw.messages.log import STATES, Filters
from smsgw.phones import to_e164
from smsgw.store import Cipher

LABEL: Final = b"console filter"
SEALED: Final = "p"
PRIVATE: Final = ("phone", "number", "text")
TIMES: Final = ("since", "until")
PLAIN: Final = ("state", "keyword", "carrier", "error_code", "why")
NAMES: Final = (*TIMES, *PLAIN, *PRIVATE)
LIMIT: Final = 80
_WORD: Final = re.compile(r"[A-Za-z0-9_. -]{1,40}", re.ASCII)


def read_query(query: Mapping[str, str], cipher: Cipher) -> Filters:
    """The filters of an address. What cannot be read there is left out: an address is anybody's to type."""
    plain = {name: query[name] for name in PLAIN if _WORD.fullmatch(query.get(name, ""))}
    if plain.get("state", STATES[0]) not in STATES:
        del plain["state"]
    return Filters(
        since_ms=_read_ms(query.get("since", "")),
        until_ms=_read_ms(query.get("until", "")),
        **plain,
        **_unsealed(query.get(SEALED, ""), cipher),
    )


def write_query(filters: Filters, cipher: Cipher, zone: tzinfo) -> dict[str, str]:
    """The address of filters, in the order of NAMES. Times with their zone, so that it means the same everywhere."""
    given = asdict(filters)
    times = {name: _written(given[f"{name}_ms"], zone) for name in TIMES if given[f"{name}_ms"] is not None}
    plain = {name: given[name] for name in PLAIN if given[name] is not None}
    private = {name: given[name] for name in PRIVATE if given[name] is not None}
    sealed = {SEALED: _sealed(private, cipher)} if private else {}
    return {**times, **plain, **sealed}


def read_form(form: Mapping[str, str], kept: Filters, zone: tzinfo) -> Filters:
    """The filters of the form. What is a person's is not written into it again: left empty, it stays as `kept` has it.

    Times are of the zone in which the page is shown; `until` names a minute that counts as well.
    """
    given = {name: " ".join(form.get(name, "").split())[:LIMIT] for name in NAMES}
    private = {name: given[name] or getattr(kept, name) for name in ("phone", "number", "text")}
    until = _local_ms(given["until"], zone)
    return Filters(
        since_ms=_local_ms(given["since"], zone),
        until_ms=None if until is None else until + 60_000,
        phone=_phone(private["phone"]),
        number=private["number"].replace(" ", "").upper() if private["number"] else None,
        text=private["text"] or None,
        **{name: given[name] or None for name in PLAIN},
    )


def without(filters: Filters, name: str) -> Filters:
    """The filters but one of NAMES."""
    return replace(filters, **{f"{name}_ms" if name in TIMES else name: None})


def local(ms: int | None, zone: tzinfo, *, is_end: bool = False) -> str:
    """A time as an <input type="datetime-local"> has it."""
    if ms is None:
        return ""
    shown = datetime.fromtimestamp(ms / 1000, zone) - timedelta(minutes=1 if is_end else 0)
    return shown.strftime("%Y-%m-%dT%H:%M")


def _phone(text: str | None) -> str | None:
    return None if not text else to_e164(text) or text


def _sealed(private: Mapping[str, str], cipher: Cipher) -> str:
    plain = json.dumps(private, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return urlsafe_b64encode(cipher.seal(plain, LABEL)).decode().rstrip("=")


def _unsealed(token: str, cipher: Cipher) -> dict[str, str]:
    try:
        found = json.loads(cipher.unseal(urlsafe_b64decode(token + "=" * (-len(token) % 4)), LABEL)) if token else {}
    except (KeyLost, ValueError):
        return {}
    return {name: str(found[name]) for name in PRIVATE if name in found}


def _read_ms(text: str) -> int | None:
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return int(at.timestamp() * 1000) if at.tzinfo is not None else None


def _local_ms(text: str, zone: tzinfo) -> int | None:
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)
    except ValueError:
        return None


def _written(ms: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(ms / 1000, zone).isoformat(timespec="minutes")
