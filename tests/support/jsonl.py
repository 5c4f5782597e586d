"""Rows of a JSON-lines file that may hold U+2028 and U+0085 inside its strings: only a newline ends a row."""

import json
from typing import Any

import pytest

from tests.support.truth import FOLDER


def rows(name: str) -> list[Any]:
    """The rows of <name>.jsonl as parameters; one skipped row where the folder is absent."""
    file = FOLDER / f"{name}.jsonl"
    if not file.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"{file.name} is not beside the project"))]
    return [pytest.param(row, id=row["id"]) for row in plain(name)]


def plain(name: str) -> list[Any]:
    """The rows of <name>.jsonl; none where the folder is absent."""
    file = FOLDER / f"{name}.jsonl"
    lines = file.read_text(encoding="utf-8").split("\n") if file.exists() else []
    return [json.loads(line) for line in lines if line]
