"""Runs the commands that README.md shows and keeps what they print in docs/recorded."""

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "recorded"
SMSGW = ROOT / ".venv" / "bin" / "smsgw"
SCRIPT = "docs/scripts/daftar-sampai-berhenti.yaml"
STOPPED = "\nEverything has been stopped"
WITHIN = 120.0  # seconds


def record() -> None:
    """Record a start with its first conversation, then a run of the tests (minutes)."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        record_up(Path(folder))
    record_test()


def record_up(folder: Path) -> None:
    """`smsgw up` in an empty folder, the line that it says to try, and its orderly end."""
    out = folder / "up.out"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SMSGW_")}
    with out.open("wb") as file:
        gateway = subprocess.Popen([SMSGW, "up"], cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT)
    try:
        _wait(lambda: gateway.poll() is not None or "simulate" in out.read_text())
        line = _first_try(out.read_text())
        reply = subprocess.check_output([SMSGW, *shlex.split(line)[1:]], cwd=folder, env=environment, text=True)
        held: list[str | Path] = [SMSGW, "simulate", "--script", ROOT / SCRIPT]
        day = subprocess.check_output(held, cwd=folder, env=environment, text=True)
    finally:
        gateway.send_signal(signal.SIGINT)
        gateway.wait()
    start = _tidy(out.read_text()).replace(STOPPED, f"^C{STOPPED}")
    (FOLDER / "up.txt").write_text(f"$ make up\n{start}")
    (FOLDER / "day.txt").write_text(f"$ .venv/bin/smsgw simulate --script {SCRIPT}\n{day}")
    (FOLDER / "conversation.txt").write_text(f"$ {line}\n{_tidy(reply)}")


def record_test() -> None:
    """`make test`: its last line. A run that fails is not recorded: CalledProcessError."""
    done = subprocess.run(["make", "test"], cwd=ROOT, capture_output=True, text=True, check=True)
    (FOLDER / "test.txt").write_text(f"$ make test\n...\n{done.stdout.strip().splitlines()[-1]}\n")


def _first_try(text: str) -> str:
    found = re.search(r"^  (\S*smsgw) (simulate .*)$", text, re.MULTILINE)
    assert found, text
    return f".venv/bin/smsgw {found[2]}"


def _tidy(text: str) -> str:
    text = re.sub(r"password [a-z0-9-]{19}$", "password " + "-".join(["····"] * 4), text, flags=re.MULTILINE)
    return re.sub(r"^  \S*smsgw simulate", "  .venv/bin/smsgw simulate", text, flags=re.MULTILINE)


def _wait(true: Callable[[], bool]) -> None:
    until = monotonic() + WITHIN
    while not true() and monotonic() < until:
        sleep(0.1)
