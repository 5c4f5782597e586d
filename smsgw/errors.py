"""The errors of the gateway, told apart by who must act.

SmsgwError
├── StartupError         the operator: settings or packs are wrong; the program refuses to run
├── StoreUnavailable     the operator: the database cannot be reached, is locked or is full
├── HookRefused          the sender of a web request: it is not, or does not look like, the carrier's
├── NotPossible          the operator: what an act of the console is about does not allow it, or not any more
└── KeyLost              the operator: stored personal data cannot be read with this key

A participant never meets an exception: what is wrong with a message is an ordinary reply.
What a carrier answers to a send is a value (smsgw.carriers.Outcome), not an exception.
"""

from collections.abc import Sequence


class SmsgwError(Exception):
    """Root of all errors that the gateway raises on purpose."""


class StartupError(SmsgwError):
    """The program refuses to start. Lists every problem at once, each saying what to do."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(f"- {problem}" for problem in self.problems))


class StoreUnavailable(SmsgwError):
    """The database did not take or give the data; nothing was stored. Try again later."""


class KeyLost(SmsgwError):
    """A stored personal value cannot be opened with the data key in use."""


class HookRefused(SmsgwError):
    """A request to a webhook is refused; `status` is 400 or 403 and `reason` a fixed word."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(reason)


class NotPossible(SmsgwError):
    """An act changes nothing: what it is about does not allow it. `why` is a fixed word."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)
