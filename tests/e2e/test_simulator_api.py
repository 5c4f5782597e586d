"""docs/simulator.md tells the truth: its lines are run as they stand, against real processes."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import KEY
from tests.e2e.test_conversation import with_people
from tests.support.processes import running

DOCUMENT = Path(__file__).parents[2] / "docs" / "simulator.md"
BLOCK = re.compile(r"<!-- begin-run -->\n```console\n(.*?)```\n<!-- end-run -->", re.DOTALL)


def commands() -> Iterator[tuple[str, str]]:
    """Each command of the document with what it prints; `…` stands for anything."""
    (block,) = BLOCK.findall(DOCUMENT.read_text(encoding="utf-8"))
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        yield line, output.strip()


def pattern(output: str) -> str:
    return ".*".join(map(re.escape, output.split("…")))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_lines_of_the_document(tmp_path: Path, sqlite_url: str, redis_url: str) -> None:
    (setting, _), *lines = commands()
    url = with_people(sqlite_url)
    with running(tmp_path, url, redis_url, KEY.hex(), delays=(0.02, 0.05)) as gateway:
        where = setting.replace("http://127.0.0.1:8000", gateway.settings.public_url)
        for line, output in lines:
            told = subprocess.run(["sh", "-c", f"{where}; {line}"], capture_output=True, text=True, check=True).stdout
            assert re.match(pattern(output), told.strip(), re.DOTALL), f"{line}\n{told}"
    assert len(lines) > 10
