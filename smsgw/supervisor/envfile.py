"""The demo's settings file, <home>/smsgw.env: what every other smsgw command on this machine reads."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

DEMO_NUMBER = "+15005550006"  # the number that Twilio reserves for tests; nobody owns it
# Whoever tries things out asks more than a participant does.
PATIENT = {
    "SMSGW_REPLIES_PER_HOUR": "1000",
    "SMSGW_REPLIES_PER_DAY": "5000",
    "SMSGW_REPEATS_PER_HOUR": "100",
    "SMSGW_QUIET_HOURS": "",
}
HEAD = "# Settings of this demo. Change or add lines here; they stay."
TAIL = "# Written by smsgw up at every start; a line of the same name above counts instead."


def demo_account() -> dict[str, str]:
    """Settings that a demo makes up once: an account that exists nowhere, its number, and patience."""
    return {
        "SMSGW_ENVIRONMENT": "demo",
        "SMSGW_TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "SMSGW_TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "SMSGW_TWILIO_FROM": DEMO_NUMBER,
        **PATIENT,
    }


def write(file: Path, once: Mapping[str, str], every_time: Mapping[str, str]) -> None:
    """Add what is missing of `once` to the lines that stay, and replace the tail by `every_time`.

    A name with a line of its own is never overruled. The file is replaced in one step, mode 0600.
    """
    kept = _kept(file)
    kept += [f"{name}={value}" for name, value in once.items() if name not in _names(kept)]
    tail = [f"{name}={value}" for name, value in every_time.items() if name not in _names(kept)]
    _replace(file, "\n".join([*kept, "", TAIL, *tail, ""]))


def _kept(file: Path) -> list[str]:
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else [HEAD]
    own = lines[: lines.index(TAIL)] if TAIL in lines else lines
    while own and not own[-1].strip():
        own.pop()
    return own


def _names(lines: list[str]) -> set[str]:
    return {line.partition("=")[0].removeprefix("export ").strip() for line in lines}


def _replace(file: Path, text: str) -> None:
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    beside.replace(file)
