"""The carrier's line to the gateway: every signed post goes through here and is written down."""

import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urldefrag

from requests import RequestException, Session

from smsgw.simulator.guard import host_of, is_loopback
from smsgw.simulator.inspector import Entry, Recorder
from smsgw.simulator.signed import TIMEOUT_S, make_session, signed_headers


@dataclass(frozen=True, slots=True)
class Parcel:
    """One form on its way. `secret`: the token that signs it; another one than the account's is a forgery."""

    way: str
    url: str
    fields: Mapping[str, str]
    secret: str
    fault: str = ""
    replay_of: int | None = None


class Wire:
    """Posts to loopback and to `hosts`, nowhere else. `record` is given each post with its answer."""

    def __init__(self, hosts: Collection[str], record: Recorder) -> None:
        self._hosts = frozenset(host.lower() for host in hosts)
        self._record = record
        self._local = threading.local()

    def may_call(self, url: str) -> bool:
        """Whether the host of a URL is this machine or one of the allowed hosts."""
        host = host_of(url)
        return is_loopback(host) or host in self._hosts

    def post(self, parcel: Parcel, timeout_s: float = TIMEOUT_S) -> Entry:
        """Sign and post a form. Never raises: what went wrong stands in the entry."""
        url = urldefrag(parcel.url).url
        if not self.may_call(url):
            return self._kept(parcel, url, time.monotonic(), trouble="host_not_allowed")
        headers, begun = signed_headers(url, parcel.fields, parcel.secret), time.monotonic()
        sent = tuple(headers.items())
        try:
            answer = self._session().post(
                url, data=dict(parcel.fields), headers=headers, timeout=timeout_s, allow_redirects=False
            )
        except RequestException as error:
            return self._kept(parcel, url, begun, headers=sent, trouble=type(error).__name__)
        told = tuple(answer.headers.items())
        return self._kept(
            parcel, url, begun, headers=sent, status=answer.status_code, answer=answer.text, answer_headers=told
        )

    def _kept(self, parcel: Parcel, url: str, begun: float, **more: object) -> Entry:
        took = time.monotonic() - begun
        return self._record(
            Entry(
                way=parcel.way,
                at=time.time() - took,
                took_ms=round(took * 1000),
                method="POST",
                url=url,
                fields=tuple(parcel.fields.items()),
                fault=parcel.fault,
                replay_of=parcel.replay_of,
                **more,  # type: ignore[arg-type]  # fields of Entry
            )
        )

    def _session(self) -> Session:
        if not hasattr(self._local, "session"):
            self._local.session = make_session()
        session: Session = self._local.session
        return session
