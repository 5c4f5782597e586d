"""The demo's settings file, <home>/smsgw.env: made once, kept, and read by every other smsgw command."""

import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

DEMO_NUMBER = "+15005550006"  # the number that Twilio reserves for tests; nobody owns it
_HEAD = "# Settings of the demo. Values that you change here stay, except the last ones, written at every start."


def demo_account() -> dict[str, str]:
    """Settings that a demo makes up once: an account that exists nowhere, and its number."""
    return {
        "SMSGW_ENVIRONMENT": "demo",
        "SMSGW_TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "SMSGW_TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "SMSGW_TWILIO_FROM": DEMO_NUMBER,
    }


def update(file: Path, once: Mapping[str, str], always: Mapping[str, str]) -> None:
    """Write `once` where a name has no line yet, and `always` over what was there; mode 0600, in one step.

    Other lines stay as they are. An empty value of `always` takes its line away.
    """
    lines = file.read_text().splitlines() if file.exists() else [_HEAD]
    kept = [line for line in lines if _name(line) not in always]
    there = {_name(line) for line in kept}
    new = {name: value for name, value in once.items() if name not in there} | {k: v for k, v in always.items() if v}
    _replace(file, "\n".join([*kept, *_lines(new)]) + "\n")


def _name(line: str) -> str:
    return line.partition("=")[0].strip()


def _lines(values: Mapping[str, str]) -> Iterator[str]:
    return (f"{name}={value}" for name, value in values.items())


def _replace(file: Path, text: str) -> None:
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
    beside.replace(file)
