"""What the JSON API may be asked for: the objects of its requests, checked."""

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from smsgw.phones import to_e164
from smsgw.simulator.inbound import BURST, BURST_PER_S
from smsgw.simulator.script import TEXT_LIMIT

FAR_S = 10 * 366 * 86_400


def _phone(value: str) -> str:
    phone = to_e164(value)
    if phone is None:
        raise ValueError("is not a phone number")
    return phone


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Send(_Asked):
    """A text from a phone; `wait`: seconds to wait for the end of its answer."""

    sender: str = Field(alias="from")
    text: str = Field(max_length=1600)
    to: str = Field(default="", max_length=16)
    wait: float = Field(default=0.0, ge=0)

    _sender = field_validator("sender")(_phone)


class Burst(_Asked):
    """The same text many times, from these phones in turn; {n} in it is the number of the text."""

    senders: tuple[str, ...] = Field(alias="from", min_length=1, max_length=BURST)
    text: str = Field(max_length=1600)
    count: int = Field(default=10, ge=1, le=BURST)
    per_second: float = Field(default=10.0, gt=0, le=BURST_PER_S)

    _senders = field_validator("senders")(lambda values: tuple(map(_phone, values)))


class Advance(_Asked):
    """Seconds by which the gateway's clock is moved, back where they are negative."""

    advance: int = Field(ge=-FAR_S, le=FAR_S)


class Clear(_Asked):
    """Which faults go: those of a phone, of a kind, or all."""

    phone: str | None = None
    kind: str | None = None

    _one = field_validator("phone")(lambda value: value if value in (None, "*") else _phone(value))


class Anew(_Asked):
    """Who begins anew: one phone, or everything."""

    phone: str | None = None

    _one = field_validator("phone")(lambda value: value if value is None else _phone(value))


class ScriptText(_Asked):
    """A script as YAML."""

    script: str = Field(max_length=TEXT_LIMIT)
    name: str = Field(default="script", max_length=80)


class Mailbox(_Asked):
    """Which messages are wanted: to a phone or from one, with an id above `after`, perhaps in one state."""

    to: str | None = None
    sender: str | None = Field(default=None, alias="from")
    after: int = 0
    state: str | None = None
    wait: float = Field(default=0.0, ge=0)

    _to = field_validator("to", "sender")(lambda value: value if value is None else _phone(value))

    @model_validator(mode="after")
    def _either(self) -> "Mailbox":
        if (self.to is None) == (self.sender is None):
            raise ValueError("give either `to` or `from`")
        return self


class Traffic(_Asked):
    """Which requests of the inspector are wanted, newest first."""

    after: int = 0
    phone: str | None = None
    limit: int = Field(default=100, ge=1, le=500)

    _one = field_validator("phone")(lambda value: value if value is None else _phone(value))
