"""The cases from outside, read where they lie beside the project; absent, their tests skip and say so."""

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[3] / "shared" / "truth"


def rows(name: str) -> list[Any]:
    """The rows of <name>.jsonl; one skipped row where the folder is absent."""
    file = FOLDER / f"{name}.jsonl"
    if not file.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"{file} is absent"))]
    found = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]
    return [pytest.param(row, id=row["id"]) for row in found]
