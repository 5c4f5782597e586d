"""Where scripts are found: files, and folders with files in them."""

from collections.abc import Iterable
from pathlib import Path

from smsgw.errors import StartupError


def scripts_in(paths: Iterable[Path]) -> list[Path]:
    """The files of these paths: a folder gives its *.yaml in the order of their names. StartupError without any."""
    found = [file for path in paths for file in (sorted(path.glob("*.yaml")) if path.is_dir() else [path])]
    if not found:
        raise StartupError(["There is no *.yaml in this folder: name one that has scripts, as docs/scripts."])
    return found


def shipped() -> list[Path]:
    """The scripts of this checkout's docs/scripts, in the order of their names; none beside a wheel."""
    folder = Path(__file__).parents[2] / "docs" / "scripts"
    return sorted(folder.glob("*.yaml"))
