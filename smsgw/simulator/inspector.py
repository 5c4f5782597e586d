"""The inspector's memory: the last requests and answers in both directions, without their secrets."""

import itertools
import shlex
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

KEEP = 500
TEXT_LIMIT = 16 * 1024
MASK = "•••"
TOKEN = "SMSGW_TWILIO_AUTH_TOKEN"  # noqa: S105 - the name of the setting
SECRETS = frozenset({"authorization", "cookie", "proxy-authorization", "x-twilio-signature"})
API, WEBHOOK, CALLBACK = "api", "webhook", "callback"

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One request with its answer. `way`: the gateway's call to the carrier's API, or the carrier's webhook or
    callback to the gateway. `at`: epoch seconds; `status` None: no answer, for the reason `trouble`. `fault`: the
    switch that struck. `fields`: the form of the request, or the query of one without a body."""

    way: str
    at: float
    took_ms: int
    method: str
    url: str
    fields: Pairs
    headers: Pairs = ()
    status: int | None = None
    answer: str = ""
    answer_headers: Pairs = ()
    trouble: str = ""
    fault: str = ""
    replay_of: int | None = None
    id: int = 0

    @property
    def phones(self) -> frozenset[str]:
        """The numbers at both ends, ours among them."""
        return frozenset(value for name, value in self.fields if name in ("To", "From"))

    def as_json(self, account_sid: str) -> dict[str, object]:
        """The object that the pages and the API show, with the request as a curl command."""
        return {
            "id": self.id,
            "way": self.way,
            "at": self.at,
            "took_ms": self.took_ms,
            "method": self.method,
            "url": self.url,
            "headers": dict(self.headers),
            "fields": dict(self.fields),
            "status": self.status,
            "answer_headers": dict(self.answer_headers),
            "answer": self.answer,
            "trouble": self.trouble,
            "fault": self.fault,
            "replay_of": self.replay_of,
            "curl": as_curl(self, account_sid),
        }


class Ring:
    """The last `keep` entries, the oldest of which give way. Safe for several threads."""

    def __init__(self, keep: int = KEEP) -> None:
        self._lock = threading.Lock()
        self._rows: deque[Entry] = deque(maxlen=keep)
        self._numbers = itertools.count(1)

    def add(self, entry: Entry) -> Entry:
        """Keep an entry, masked and shortened; it is given its number."""
        with self._lock:
            kept = replace(
                entry,
                id=next(self._numbers),
                headers=masked(entry.headers),
                answer_headers=masked(entry.answer_headers),
                answer=entry.answer[:TEXT_LIMIT],
                fields=tuple((name, value[:TEXT_LIMIT]) for name, value in entry.fields),
            )
            self._rows.append(kept)
            return kept

    def get(self, number: int) -> Entry | None:
        """The entry of this number; None where it is gone."""
        with self._lock:
            return next((row for row in self._rows if row.id == number), None)

    def newest(self, after: int = 0, phone: str = "", limit: int = KEEP) -> list[Entry]:
        """Entries above `after`, those of one phone where one is named, newest first."""
        with self._lock:
            rows = list(self._rows)
        found = (row for row in reversed(rows) if row.id > after and (not phone or phone in row.phones))
        return list(itertools.islice(found, limit))

    def clear(self) -> None:
        """Forget all; numbers go on, so that nobody takes a new entry for an old one."""
        with self._lock:
            self._rows.clear()


def masked(headers: Iterable[tuple[str, str]]) -> Pairs:
    """The headers with a mask in place of each secret."""
    return tuple((name, MASK if name.lower() in SECRETS else value) for name, value in headers)


def as_curl(entry: Entry, account_sid: str) -> str:
    """The request as a line for a shell that has the token in $SMSGW_TWILIO_AUTH_TOKEN.

    A webhook's signature is worked out by the line itself, from the token.
    """
    parts = _api_curl(entry, account_sid) if entry.way == API else _signed_curl(entry)
    return " \\\n  ".join(parts)


def _api_curl(entry: Entry, account_sid: str) -> list[str]:
    who = f'-u {account_sid}:"${TOKEN}"'
    if entry.method == "GET":
        query = f"?{urlencode(entry.fields)}" if entry.fields else ""
        return [f"curl -sS {who}", shlex.quote(entry.url + query)]
    return [f"curl -sS -X {entry.method} {who}", *_data(entry.fields), shlex.quote(entry.url)]


def _signed_curl(entry: Entry) -> list[str]:
    signed = shlex.quote(entry.url + "".join(name + value for name, value in sorted(entry.fields)))
    made = f'$(printf %s {signed} | openssl dgst -sha1 -hmac "${TOKEN}" -binary | openssl base64)'
    return [f'curl -sS -X POST -H "X-Twilio-Signature: {made}"', *_data(entry.fields), shlex.quote(entry.url)]


def _data(fields: Pairs) -> list[str]:
    return [f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in fields]


def form_pairs(body: str) -> Pairs:
    """The fields of a form or a query, empty ones too."""
    return tuple(parse_qsl(body, keep_blank_values=True))


def edited(entry: Entry, changes: Mapping[str, str | None]) -> Pairs:
    """The fields of an entry with some changed, added, or (None) left out."""
    kept = [(name, changes.get(name, value)) for name, value in entry.fields]
    added = [(name, value) for name, value in changes.items() if name not in dict(entry.fields)]
    return tuple((name, value) for name, value in (*kept, *added) if value is not None)


Recorder = Callable[[Entry], Entry]
