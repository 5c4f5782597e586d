"""Set-up on machines that are not fit for it: one clear sentence, exit code not 0."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOO_OLD = 'case "$2" in *version_info\\ \\<*) exit 1;; *print*) echo 3.9;; esac'
NO_VENV = 'case "$2" in *ensurepip*) exit 1;; esac'
FITS = "exit 0"
BROKEN = "exit 127"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A clone with nothing but what set-up reads, which any user may look into."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "tools").mkdir()
        shutil.copy(ROOT / "tools" / "setup.sh", folder / "tools")
        for file in ("pyproject.toml", "requirements.lock", "requirements-dev.lock"):
            shutil.copy(ROOT / file, folder)
        yield folder


def setup(folder: Path, python: str, user: str | None = None) -> tuple[int, str]:
    """Exit code and last words of set-up where `python` is the whole of Python."""
    stand_in = folder / "tools" / "python"
    stand_in.write_text(f"#!/bin/sh\n{python}\n")
    stand_in.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "PYTHON": str(stand_in)}
    command = [folder / "tools" / "setup.sh"]
    done = subprocess.run(command, check=False, env=environment, user=user, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("python", "words"),
    [
        (TOO_OLD, "Python 3.11 or newer is needed; {python} is 3.9."),
        (NO_VENV, "{python} cannot make virtual environments (its module venv or ensurepip is missing)."),
        (BROKEN, "Python 3.11 or newer is needed and none was found as {python}."),
    ],
)
def test_a_python_that_does_not_fit_is_named(folder: Path, python: str, words: str) -> None:
    code, said = setup(folder, python)
    assert code == 1
    assert said.startswith("setup: " + words.format(python=folder / "tools" / "python"))
    assert "make setup PYTHON=" in said


def test_a_folder_that_cannot_be_written_is_named(folder: Path) -> None:
    user = next((entry.pw_name for entry in pwd.getpwall() if entry.pw_name in ("nobody", "daemon")), None)
    if os.getuid() != 0:
        folder.chmod(0o555)
        user = None
    code, said = setup(folder, FITS, user)
    folder.chmod(0o755)
    assert (code, said) == (1, f"setup: the folder {folder} cannot be written to. {ADVICE}\n")


ADVICE = "Clone it where you may write, or change its owner."
