"""smsgw up: runs, answers a text, keeps its data, and leaves no process behind, however it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest
import requests

from tests.support.console import TOKEN

pytestmark = [pytest.mark.xdist_group("up"), pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]

SMSGW = [sys.executable, "-m", "smsgw"]
WITHIN = 60.0  # seconds for anything that is waited for
NAMES = ("simulator", "web", "worker", "scheduler")


@dataclass(frozen=True)
class Up:
    """A running `smsgw up`."""

    process: "subprocess.Popen[str]"
    out: Path
    env: dict[str, str]

    def said(self) -> str:
        return self.out.read_text()

    def wait_until_ready(self) -> "Up":
        until = monotonic() + WITHIN
        while "Everything runs" not in self.said():
            assert self.process.poll() is None, self.said()
            assert monotonic() < until, self.said()
            sleep(0.1)
        return self

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(WITHIN)

    def children(self) -> dict[str, int]:
        """Names and process ids of what it started."""
        return {name: pid for pid in children_of(self.process.pid) if (name := command_name(pid))}

    def everybody(self) -> list[int]:
        """Process ids of those and of what they started themselves."""
        return family(self.process.pid)


def family(pid: int) -> list[int]:
    """All that a process started, and what those started in turn."""
    found = children_of(pid)
    return [*found, *(grandchild for child in found for grandchild in family(child))]


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def command_name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    return next((word for word in words if word in NAMES), "valkey" if "valkey" in words[0] else "")


def gone(pid: int) -> bool:
    until = monotonic() + WITHIN
    stat = Path(f"/proc/{pid}/stat")
    while monotonic() < until:
        try:
            if stat.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        sleep(0.05)
    return False


def free_port() -> int:
    """A port that is free together with the next one, which is the stand-in carrier's."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port: int = first.getsockname()[1]
            try:
                socket.create_server(("127.0.0.1", port + 1)).close()
            except (OSError, OverflowError):
                continue
            return port


def environment(home: Path, port: int) -> dict[str, str]:
    return {**os.environ, "SMSGW_HOME": str(home), "SMSGW_PORT": str(port)}


@contextmanager
def up(home: Path, port: int, **extra: str) -> Iterator[Up]:
    out = home.with_suffix(".out")
    env = environment(home, port) | extra
    with out.open("w") as file:
        process = subprocess.Popen([*SMSGW, "up"], env=env, stdout=file, stderr=subprocess.STDOUT, text=True)
    try:
        yield Up(process, out, env)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def refused(home: Path, port: int) -> str:
    """What a start that must fail says."""
    done = subprocess.run(
        [*SMSGW, "up"], check=False, env=environment(home, port), capture_output=True, text=True, timeout=WITHIN
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


def first_try(said: str) -> list[str]:
    """The arguments of the command that it says to try."""
    found = re.search(r'simulate "(.+)" --from (\S+)$', said, re.MULTILINE)
    assert found, said
    return ["simulate", found[1], "--from", found[2]]


def console_of(said: str) -> str:
    """The console's first page, signed in to with the login that a start has told."""
    url = re.findall(r"http\S+/console", said)[0]
    name, password = re.findall(r"sign in as: +(\w+) .*password (\S+)", said)[0]
    with requests.Session() as browser:
        token = TOKEN.findall(browser.get(f"{url}/sign-in", timeout=WITHIN).text)[0]
        form = {"name": name, "password": password, "form_token": token}
        headers = {"Origin": url.removesuffix("/console")}
        return browser.post(f"{url}/sign-in", data=form, headers=headers, timeout=WITHIN).text


def test_from_an_empty_folder_to_a_delivered_reply_and_back(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    with up(home, port) as first:
        first.wait_until_ready()
        assert set(first.children()) == {"valkey", *NAMES}
        assert "already runs" in refused(home, port)

        # Another terminal knows nothing but the home folder.
        command = [*SMSGW, *first_try(first.said()), "--json"]
        reply = json.loads(subprocess.check_output(command, env={**os.environ, "SMSGW_HOME": str(home)}, text=True))
        assert (reply["state"], reply["segments"]) == ("delivered", 1)
        assert reply["septets"] <= 160
        assert "Log audit" in console_of(first.said())

        everybody = first.everybody()
        assert first.end(signal.SIGINT) == 0
    assert all(gone(pid) for pid in everybody)
    assert all(file.stat().st_mode & 0o077 == 0 for file in home.rglob("*") if file.suffix in (".key", ".env", ".log"))
    key = (home / "data.key").read_text()

    with up(home, port) as second:
        everybody = second.wait_until_ready().everybody()
        assert (home / "data.key").read_text() == key
        os.kill(second.children()["worker"], signal.SIGKILL)
        assert second.process.wait(WITHIN) == 1
    assert "worker ended by itself: killed by SIGKILL." in second.said()
    assert all(gone(pid) for pid in everybody)

    with up(home, port) as third:
        everybody = third.wait_until_ready().everybody()
        third.end(signal.SIGKILL)
    assert all(gone(pid) for pid in everybody)


def test_a_redis_of_ones_own_is_used_and_left_running(tmp_path: Path, redis_url: str) -> None:
    with up(tmp_path / "home", free_port(), SMSGW_REDIS_URL=redis_url) as gateway:
        gateway.wait_until_ready()
        assert "Queue: the Redis of SMSGW_REDIS_URL" in gateway.said()
        assert set(gateway.children()) == set(NAMES)
        assert gateway.end(signal.SIGTERM) == 0


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(tmp_path / "home", port)
    assert f"Port {port} on 127.0.0.1 cannot be used" in said
    assert "SMSGW_PORT=" in said


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written to" in refused(tmp_path / "file" / "home", free_port())


def test_a_lost_key_stops_the_start_and_is_explained(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    with up(home, port) as first:
        first.wait_until_ready().end(signal.SIGTERM)
    (home / "data.key").unlink()
    said = refused(home, port)
    assert "Look for it in a backup of data.key" in said
    assert not (home / "data.key").exists()
