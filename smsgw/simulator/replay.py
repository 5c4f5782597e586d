"""Replay: a request of the inspector once more, signed anew, as it was or edited."""

from pydantic import BaseModel, ConfigDict, Field

from smsgw.errors import SmsgwError
from smsgw.simulator.inspector import Entry, edited
from smsgw.simulator.wire import Parcel, Wire


class Gone(SmsgwError):
    """The request is no longer remembered."""


class Replay(BaseModel):
    """What is changed before it is sent once more. A field of None is left out; a new one is added.

    `forged`: it is signed with a wrong token.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: dict[str, str | None] = Field(default_factory=dict, max_length=50)
    forged: bool = False


def replay_post(wire: Wire, entry: Entry, change: Replay, auth_token: str) -> Entry:
    """Post a webhook or a callback once more, signed over its fields as they are now."""
    secret = f"not {auth_token}" if change.forged else auth_token
    fields = dict(edited(entry, change.fields))
    return wire.post(Parcel(entry.way, entry.url, fields, secret, replay_of=entry.id))
