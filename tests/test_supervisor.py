"""The owner of child processes: nobody is left behind, whoever ends first and however."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest
from redis import Redis

from smsgw.errors import StartupError
from smsgw.supervisor import Crew, Died, envfile, exclusive, make_home, require_free_port, spawn, valkey

PYTHON = sys.executable
SLEEPS = [PYTHON, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    PYTHON,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
]
PARENT = [
    PYTHON,
    "-c",
    "import subprocess, sys; p = subprocess.Popen(['sleep', '600']); print(p.pid, flush=True); p.wait()",
]


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    with Crew(tmp_path, os.environ, grace=1.0).listening() as crew:
        yield crew


def exists(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not yet reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def eventually(true: Callable[[], object]) -> bool:
    until = monotonic() + 20
    while not true() and monotonic() < until:
        sleep(0.02)
    return bool(true())


def test_stopping_leaves_no_child_and_no_grandchild(crew: Crew, tmp_path: Path) -> None:
    children = [crew.start("first", SLEEPS), crew.start("deaf", STUBBORN), crew.start("parent", PARENT)]
    log = tmp_path / "parent.log"
    assert eventually(lambda: log.read_text().strip() and (tmp_path / "deaf.log").read_text())
    pids = [*(child.process.pid for child in children), int(log.read_text())]
    crew.stop_all()
    assert eventually(lambda: not any(exists(pid) for pid in pids))


@pytest.mark.parametrize(
    ("program", "cause"),
    [
        ("print('no luck today'); raise SystemExit(3)", "exit code 3"),
        ("import os; print('no luck today', flush=True); os.kill(os.getpid(), 9)", "killed by SIGKILL"),
        ("print('no luck today')", "exit code 0"),
    ],
)
def test_a_dead_child_is_named_with_cause_and_last_words(crew: Crew, program: str, cause: str) -> None:
    crew.start("well", SLEEPS)
    crew.start("unlucky", [PYTHON, "-c", program])
    with pytest.raises(Died) as death:
        crew.watch()
    assert f"unlucky ended by itself: {cause}." in str(death.value)
    assert "  no luck today" in str(death.value)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_watch_in_order(crew: Crew, number: signal.Signals) -> None:
    crew.start("well", SLEEPS)
    os.kill(os.getpid(), number)
    crew.watch()


OWNERS = {
    "spawn": f"pids = [spawn('child', {SLEEPS!r}, folder / 'child.log', os.environ).process.pid]",
    "crew": (
        f"Crew(folder, os.environ).start('parent', {PARENT!r}); log = folder / 'parent.log'\n"
        "while not log.read_text().strip(): time.sleep(0.05)\n"
        "pids = [int(log.read_text())]"
    ),
}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills a child with its owner")
@pytest.mark.parametrize("way", OWNERS)
def test_all_die_with_an_owner_that_is_killed(tmp_path: Path, way: str) -> None:
    program = (
        "import os, sys, time; from pathlib import Path; from smsgw.supervisor import Crew, spawn;"
        f"folder = Path({str(tmp_path)!r})\n{OWNERS[way]}\nprint(*pids, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([PYTHON, "-c", program], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        pids = [int(word) for word in owner.stdout.readline().split()]
        assert pids
        assert all(exists(pid) for pid in pids)
        owner.kill()
    assert eventually(lambda: not any(exists(pid) for pid in pids))


def test_a_log_is_private_and_set_aside_when_it_is_long(tmp_path: Path) -> None:
    log = tmp_path / "child.log"
    log.write_bytes(b"x" * 5_000_001)
    spawn("child", [PYTHON, "-c", "print('new')"], log, os.environ).process.wait()
    assert (log.read_text(), log.stat().st_mode & 0o777) == ("new\n", 0o600)
    assert (tmp_path / "child.old.log").stat().st_size == 5_000_001


@pytest.mark.parametrize("name", ["short", "long" * 30])
def test_valkey_keeps_its_data_and_refuses_to_evict(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    for expected in (None, b"kept"):
        with running(folder, tmp_path / "valkey.log", os.environ) as client:
            assert client.get("word") == expected
            client.set("word", "kept")
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("port") == {"port": "0"}
    assert folder.stat().st_mode & 0o777 == 0o700


@contextmanager
def running(folder: Path, log: Path, env: Mapping[str, str]) -> Iterator[Redis]:
    child, url = valkey.start_valkey(folder, log, env)
    try:
        assert eventually(lambda: valkey.answers(url)), log.read_text()
        with Redis.from_url(url) as client:
            yield client
    finally:
        child.stop(10)
    assert not valkey.answers(url)


def test_a_home_is_private_and_held_once(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    assert home.stat().st_mode & 0o777 == 0o700
    with (
        exclusive(home),
        pytest.raises(StartupError, match=f"already runs in .*process {os.getpid()}"),
        exclusive(home),
    ):
        pass
    with exclusive(home):
        pass


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartupError, match=r"cannot be written to .* Choose another folder with SMSGW_HOME"):
        make_home(tmp_path / "file" / "home")


def test_a_taken_port_is_named_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartupError, match=f"Port {port} on 127.0.0.1 .* SMSGW_PORT="):
            require_free_port("127.0.0.1", port, "SMSGW_PORT")
    require_free_port("127.0.0.1", port, "SMSGW_PORT")


def test_the_settings_file_keeps_what_people_wrote(tmp_path: Path) -> None:
    file = tmp_path / "smsgw.env"
    envfile.write(file, {"SMSGW_A": "made", "SMSGW_B": "made"}, {"SMSGW_URL": "first"})
    file.write_text("SMSGW_C=mine\n" + file.read_text().replace("SMSGW_B=made", "SMSGW_B=mine"))
    envfile.write(file, {"SMSGW_A": "again", "SMSGW_B": "again"}, {"SMSGW_URL": "second", "SMSGW_C": "never"})
    values = [line for line in file.read_text().splitlines() if line.startswith("SMSGW")]
    assert values == ["SMSGW_C=mine", "SMSGW_A=made", "SMSGW_B=mine", "SMSGW_URL=second"]
    assert file.stat().st_mode & 0o777 == 0o600
    assert os.listdir(tmp_path) == ["smsgw.env"]
