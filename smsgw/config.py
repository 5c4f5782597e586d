"""The settings of the gateway: read from the environment, checked once, printed without secrets."""

import os
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from smsgw.errors import StartupError
from smsgw.loopback import is_loopback

PREFIX = "SMSGW_"
HOME_ENV = f"{PREFIX}HOME"
HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
REDACTED_DAYS = 7  # texts are redacted after four days, the oldest first: a few more for a carrier that was away
MIN_PACE, MAX_PACE = 0.01, 10_000  # messages a second


class Settings(BaseSettings):
    """Every setting with its default. The environment name is the field's, upper case, after SMSGW_."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    environment: Literal["demo", "production"] = Field(
        "production", description="`demo` allows the simulator and loopback addresses; `production` refuses both"
    )
    home: Path = Field(Path("var"), description="folder for the SQLite file, the data key and the demo's settings")
    host: str = Field("127.0.0.1", description="address the web process listens on")
    port: int = Field(8000, ge=1, le=65535, description="port the web process listens on")
    trusted_proxies: int = Field(
        0,
        ge=0,
        le=8,
        description="proxies in a row before the web process, whose X-Forwarded-For tells an operator's address "
        "(docs/console.md); 0: it is told by the connection alone",
    )
    database_url: SecretStr = Field(
        SecretStr(""),
        description="database; empty: SQLite in the home folder. PostgreSQL: postgresql://user:pw@host/db",
    )
    redis_url: SecretStr = Field(SecretStr(""), description="Redis of the queue; empty: `smsgw up` starts a Valkey")
    public_url: str = Field(
        "http://127.0.0.1:8000", description="address under which the carrier reaches us; signatures are checked for it"
    )
    twilio_account_sid: str = Field("", description="account that may post to us and that we send with")
    twilio_auth_token: SecretStr = Field(SecretStr(""), description="token that signs the carrier's requests")
    twilio_auth_token_previous: SecretStr = Field(
        SecretStr(""), description="the token before, still accepted while it is being rotated"
    )
    twilio_api_url: str = Field("https://api.twilio.com", description="the carrier's REST API")
    twilio_redact: Literal["off", "on"] = Field(
        "off",
        description="`on`: texts are emptied at Twilio too, four days after they came or left",
    )
    twilio_from: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="our numbers, comma-separated; the first one sends what has no inbound number"
    )
    kannel_url: str = Field(
        "", description="Kannel's `sendsms`, as http://127.0.0.1:13013/cgi-bin/sendsms; empty: no Kannel"
    )
    kannel_user: str = Field("", description="`username` of Kannel's group `sendsms-user`")
    kannel_password: SecretStr = Field(SecretStr(""), description="its `password`")
    kannel_smsc: str = Field("", description="`smsc-id` of the connection to send through; empty: Kannel chooses")
    kannel_token: SecretStr = Field(
        SecretStr(""), description="secret in the addresses that Kannel calls: 16 or more of A-Z, a-z, 0-9, _ and -"
    )
    kannel_peers: Annotated[tuple[str, ...], NoDecode] = Field(
        ("127.0.0.1", "::1"), description="addresses and networks that Kannel may call from, comma-separated"
    )
    kannel_from: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="our numbers at Kannel, short codes too, comma-separated"
    )
    kannel_callback_url: str = Field(
        "http://127.0.0.1:8000", description="address under which Kannel reaches us, with no proxy in between"
    )
    pace: Annotated[Mapping[str, float], NoDecode] = Field(
        {}, description="messages a second that a number may send, as 2757=30,+622150000000=10; others send unpaced"
    )
    sends_per_day: int = Field(
        0, ge=0, description="messages that may leave in a day, the last fifth for who asked; 0: any number"
    )
    oidc_issuer: str = Field(
        "",
        description="identity provider of the console (docs/console.md), as https://id.example.id/realms/staff; "
        "empty: none",
    )
    oidc_client_id: str = Field("", description="our name at the identity provider")
    oidc_client_secret: SecretStr = Field(SecretStr(""), description="its secret")
    oidc_claim: Literal["preferred_username", "email", "sub"] = Field(
        "preferred_username", description="what of an ID token names an operator; `email`: only a verified one"
    )
    segment_price: Decimal = Field(
        Decimal(0),
        ge=0,
        max_digits=12,
        description="rupiah that a segment costs, for the console's dashboard; 0: not shown",
    )
    quiet_hours: str = Field(
        "21:00-07:00", description="in western Indonesia, when no notice or announcement leaves; empty: they always do"
    )
    routes: Annotated[Mapping[str, tuple[str, ...]], NoDecode] = Field(
        {}, description="carriers that share a number, as 2757=kannel,twilio; semicolons between numbers"
    )
    data_key: SecretStr = Field(
        SecretStr(""), description="64 bytes in hex that encrypt personal data; empty: the file"
    )
    data_key_file: Path | None = Field(None, description="file with the data key; empty: `data.key` in the home folder")
    rules_file: Path | None = Field(
        None, description="CSV of rates, amounts and times in place of the shipped one; `smsgw rules export` prints it"
    )
    offices_file: Path | None = Field(
        None, description="CSV of branch offices in place of the shipped one; `smsgw offices export` prints it"
    )
    replies_per_hour: int = Field(10, ge=1, description="replies that a phone gets within an hour, then one last word")
    replies_per_day: int = Field(20, ge=2, description="replies that a phone gets within a day, the last word included")
    repeats_per_hour: int = Field(3, ge=1, description="times an hour that a phone is told the same general text")
    answer_to: Annotated[tuple[str, ...], NoDecode] = Field(
        ("+62",), description="what numbers begin with that are answered, comma-separated; +62: only mobile numbers"
    )
    new_senders_per_hour: int = Field(
        1000, ge=1, description="phones that write for the first time within an hour, above which there is an alarm"
    )
    binding: Literal["record", "claim"] = Field(
        "record",
        description="who may bind by DAFTAR: `record`, the phone on record; `claim`, any phone where none is on record",
    )
    pin: Literal["off", "on"] = Field(
        "off", description="`on`: a participant may have personal answers ask for a PIN (docs/pin.md)"
    )
    keep_bodies_days: int = Field(
        30, ge=2, description="days after which the texts of messages are erased (docs/retention.md)"
    )
    keep_rows_days: int = Field(
        365, ge=2, description="days after which the rows of messages are erased; not fewer than the texts'"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least level that is logged")
    simulator_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="names, comma-separated, under which the demo's simulator answers besides this machine's own"
    )
    send_threads: int = Field(16, ge=1, le=64, description="calls to the carrier under way at once in a worker")

    @field_validator("twilio_from", "kannel_from", "kannel_peers", "answer_to", "simulator_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("pace", mode="before")
    @classmethod
    def _pace(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return dict([part.strip() for part in pace.split("=")] for pace in value.split(",") if pace.strip())

    @field_validator("pace")
    @classmethod
    def _moves(cls, value: Mapping[str, float]) -> Mapping[str, float]:
        if not all(number and MIN_PACE <= per_second <= MAX_PACE for number, per_second in value.items()):
            raise ValueError("must be as 2757=30: a number and its messages a second, 0.01 to 10000")
        return value

    @field_validator("routes", mode="before")
    @classmethod
    def _routes(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        routes = [[part.strip() for part in re.split("[=,]", route)] for route in value.split(";") if route.strip()]
        if not all(len(route) > 2 and all(route) for route in routes):
            raise ValueError("must be as 2757=kannel,twilio: a number and its carriers, the first choice first")
        return {number: tuple(carriers) for number, *carriers in routes}

    @field_validator("answer_to")
    @classmethod
    def _prefixes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not all(re.fullmatch(r"\+[1-9][0-9]{0,14}", prefix, re.ASCII) for prefix in value):
            raise ValueError("must be beginnings of international numbers, as +62")
        return value

    @field_validator("kannel_peers")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for peer in value:
            ip_network(peer, strict=False)
        return value

    @field_validator("keep_rows_days")
    @classmethod
    def _not_before_bodies(cls, value: int, info: ValidationInfo) -> int:
        if value < info.data.get("keep_bodies_days", 0):
            raise ValueError("must not be fewer than SMSGW_KEEP_BODIES_DAYS")
        if value < REDACTED_DAYS and info.data.get("twilio_redact") == "on":
            raise ValueError(
                f"must be at least {REDACTED_DAYS} while SMSGW_TWILIO_REDACT is on: a row is needed for it"
            )
        return value

    @field_validator("kannel_token")
    @classmethod
    def _in_addresses(cls, value: SecretStr) -> SecretStr:
        # Kannel reads a per cent sign in an address as one of its own codes, so nothing may need to be quoted.
        if not re.fullmatch(r"|[A-Za-z0-9_-]{16,}", value.get_secret_value(), re.ASCII):
            raise ValueError("must be 16 or more of A-Z, a-z, 0-9, _ and -")
        return value

    @field_validator("kannel_url", "kannel_callback_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)  # whose port raises ValueError where it is none
        well = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and "%" not in value
        if value and not well:
            raise ValueError("must be an address that begins with http:// or https://, without %")
        return value.rstrip("/")

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, value: str) -> str:
        # Compared letter for letter with what the provider says: a slash at its end counts.
        parts = urlsplit(value)
        safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
        if value and not (safe and parts.hostname and parts.port != 0 and not (parts.query or parts.fragment)):
            raise ValueError("must be an address that begins with https://, or with http:// on this machine")
        return value

    @field_validator("data_key_file", "rules_file", "offices_file", mode="before")
    @classmethod
    def _empty(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("quiet_hours")
    @classmethod
    def _hours(cls, value: str) -> str:
        if value and not HOURS.fullmatch(value):
            raise ValueError("must be as 21:00-07:00")
        return value

    @property
    def quiet(self) -> tuple[int, int] | None:
        """The quiet hours as minutes of the day."""
        found = HOURS.fullmatch(self.quiet_hours)
        return (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else None

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url.get_secret_value() or f"sqlite:///{self.home.resolve() / 'smsgw.sqlite'}"

    @property
    def key_file(self) -> Path:
        """The file that holds the data key when the key itself is not a setting."""
        return self.data_key_file or self.home / "data.key"

    @property
    def kannel_missing(self) -> tuple[str, ...]:
        """The settings that Kannel still lacks; all of them where there is no Kannel."""
        needed = ("kannel_url", "kannel_user", "kannel_password", "kannel_token", "kannel_from", "kannel_peers")
        return tuple(PREFIX + name.upper() for name in needed if not _is_set(getattr(self, name)))

    @property
    def tokens(self) -> tuple[str, ...]:
        """The auth tokens that a signature may be made with, the current one first."""
        both = (self.twilio_auth_token, self.twilio_auth_token_previous)
        return tuple(token.get_secret_value() for token in both if token.get_secret_value())


def _is_set(value: object) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def env_file(home: str | Path | None = None) -> Path:
    """The file of settings beside the data, which `make up` writes: <home>/smsgw.env."""
    return Path(home or os.environ.get(HOME_ENV) or "var") / "smsgw.env"


def load(**overrides: object) -> Settings:
    """Settings from the environment, then from <home>/smsgw.env; StartupError names every bad one."""
    try:
        return Settings(_env_file=env_file(), **overrides)  # type: ignore[call-arg, arg-type]
    except ValidationError as error:
        raise StartupError(list(_explain(error))) from None


def _explain(error: ValidationError) -> Iterable[str]:
    for problem in error.errors(include_input=False, include_url=False):
        name = PREFIX + "_".join(str(part) for part in problem["loc"]).upper()
        yield f"{name}: {problem['msg']}. Correct it and start again."
