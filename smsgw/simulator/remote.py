"""The stand-in's control API as the pages, the JSON API and the command line call it: from another process."""

from dataclasses import dataclass
from typing import Any

from requests import RequestException, Session

from smsgw.errors import SmsgwError
from smsgw.loopback import host_of, is_loopback
from smsgw.simulator.control import PREFIX
from smsgw.simulator.webhook import Posted

TIMEOUT_S = 25.0  # longer than the carrier waits for a webhook


class NoStandIn(SmsgwError):
    """At SMSGW_TWILIO_API_URL there is no stand-in of this project that takes our credentials."""


class Refused(SmsgwError):
    """The stand-in does not do it: an HTTP status, and why in a sentence."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Remote:
    """The stand-in at `url`. Every method raises NoStandIn or Refused; objects are those of the control API."""

    url: str
    account_sid: str
    auth_token: str

    def faults(self) -> dict[str, Any]:
        """`kinds`: every fault there is; `faults`: the switches that are on."""
        return self._ask("GET", "/faults")

    def switch(self, order: dict[str, object]) -> dict[str, Any]:
        """Turn a switch on (smsgw.simulator.faults.Order as JSON); how it stands, with its seed."""
        return self._ask("POST", "/faults", order)

    def clear(self, phone: str | None = None, kind: str | None = None) -> int:
        """Turn switches off: those of a phone, of a kind, or all; how many were on."""
        return int(self._ask("POST", "/faults/clear", {"phone": phone, "kind": kind})["cleared"])

    def bring(self, sender: str, to: str, text: str) -> Posted:
        """A phone's text comes in by way of the carrier."""
        return Posted(**self._ask("POST", "/incoming", {"sender": sender, "to": to, "text": text}))

    def burst(self, texts: list[dict[str, str]], per_second: float) -> int:
        """Many texts (`sender`, `to`, `text`) come in, in the background; how many."""
        return int(self._ask("POST", "/burst", {"texts": texts, "per_second": per_second})["coming"])

    def traffic(self, after: int = 0, phone: str = "", limit: int = 100) -> list[dict[str, Any]]:
        """Requests and answers in both directions, newest first."""
        found: list[dict[str, Any]] = self._ask("POST", "/traffic", {"after": after, "phone": phone, "limit": limit})[
            "exchanges"
        ]
        return found

    def one(self, number: int) -> dict[str, Any]:
        """One request with its answer."""
        return self._ask("GET", f"/traffic/{number}")

    def replay(self, number: int, change: dict[str, object]) -> dict[str, Any]:
        """Send a request once more (smsgw.simulator.replay.Replay as JSON); the new one."""
        return self._ask("POST", f"/traffic/{number}/replay", change)

    def reset(self, phone: str | None = None) -> None:
        """Have the stand-in forget everything, or one phone's messages and switches."""
        self._ask("POST", "/reset", {"phone": phone})

    def _ask(self, method: str, path: str, asked: dict[str, Any] | None = None) -> dict[str, Any]:
        if not is_loopback(host_of(self.url)):
            raise NoStandIn("the carrier is not on this machine")
        with Session() as session:
            session.trust_env = False  # a proxy of the shell must not see what goes to loopback
            try:
                answer = session.request(
                    method,
                    self.url.rstrip("/") + PREFIX + path,
                    json=asked,
                    auth=(self.account_sid, self.auth_token),
                    timeout=TIMEOUT_S,
                    allow_redirects=False,
                )
                said = answer.json()
            except (RequestException, ValueError) as error:
                raise NoStandIn(type(error).__name__) from None
        if answer.status_code == 200 and isinstance(said, dict):
            return said
        if isinstance(said, dict) and "error" in said:
            raise Refused(answer.status_code, str(said["error"]))
        raise NoStandIn(f"HTTP {answer.status_code}")
