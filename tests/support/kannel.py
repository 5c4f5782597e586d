"""Kannel's own programs, run with the lines of docs/kannel.md on free ports of loopback."""

import re
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from smsgw.supervisor import dying_with_owner

DOCUMENT = Path(__file__).parents[2] / "docs" / "kannel.md"
BLOCK = re.compile(r"^```ini\n(.*?)^```$", re.DOTALL | re.MULTILINE)
WITHIN_S = 30.0
TOKEN = "not-a-real-token-of-kannel"
PASSWORD = "not-a-real-password"


@dataclass(frozen=True)
class Ports:
    """Where Kannel listens."""

    admin: int
    boxes: int
    sendsms: int


def programs() -> tuple[str, str] | None:
    """bearerbox and smsbox, where they are installed."""
    found = [shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/bin") for name in ("bearerbox", "smsbox")]
    return (found[0], found[1]) if found[0] and found[1] else None


def configuration(folder: Path, ports: Ports, smsc_port: int, web_port: int) -> str:
    """The kannel.conf of the document, with the ports, folders and secrets of a test."""
    text = "\n".join(BLOCK.findall(DOCUMENT.read_text(encoding="utf-8")))
    for old, new in _changes(folder, ports, smsc_port, web_port).items():
        assert old in text, f"docs/kannel.md no longer says {old}"
        text = text.replace(old, new)
    return text


def _changes(folder: Path, ports: Ports, smsc_port: int, web_port: int) -> Mapping[str, str]:
    return {
        "admin-port = 13000": f"admin-port = {ports.admin}",
        "smsbox-port = 13001": f"smsbox-port = {ports.boxes}",
        "sendsms-port = 13013": f"sendsms-port = {ports.sendsms}",
        "port = 2775": f"port = {smsc_port}",
        "http://127.0.0.1:8000": f"http://127.0.0.1:{web_port}",
        "SMSC-HOST": "127.0.0.1",
        "/var/spool/kannel": str(folder),
        "/var/log/kannel": str(folder),
        "ADMIN-PASSWORD": PASSWORD,
        "SENDSMS-PASSWORD": PASSWORD,
        "SECRET-IN-ADDRESSES": TOKEN,
    }


def settings(origin: str) -> dict[str, object]:
    """Settings of smsgw with Kannel's sendsms at `origin`."""
    return {
        "kannel_url": f"{origin}/cgi-bin/sendsms",
        "kannel_user": "smsgw",
        "kannel_password": PASSWORD,
        "kannel_token": TOKEN,
        "kannel_from": "2757",
    }


def settings_for(ports: Ports, web_port: int) -> dict[str, object]:
    """Settings of smsgw that fit."""
    return settings(f"http://127.0.0.1:{ports.sendsms}") | {"kannel_callback_url": f"http://127.0.0.1:{web_port}"}


def message_id() -> str:
    """A new id of a message."""
    return str(uuid.uuid4())


@contextmanager
def running(folder: Path, ports: Ports, smsc_port: int, web_port: int) -> Iterator[None]:
    """Both programs, until the end of the block."""
    found = programs()
    assert found is not None
    for name in ("store", "dlr"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    file = folder / "kannel.conf"
    file.write_text(configuration(folder, ports, smsc_port, web_port), encoding="utf-8")
    with _program(found[0], file, ports.boxes), _program(found[1], file, ports.sendsms):
        yield


@contextmanager
def _program(program: str, file: Path, port: int) -> Iterator[None]:
    process = subprocess.Popen(
        [program, "-v", "4", str(file)],
        cwd=file.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=dying_with_owner(),  # noqa: PLW1509 - it calls nothing that another thread could hold
    )
    try:
        _wait(process, port)
        yield
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(3)
        process.kill()
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + WITHIN_S
    while process.poll() is None and time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"{process.args!r} does not listen on {port}; see the logs beside its kannel.conf")
