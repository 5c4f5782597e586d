"""JSON lines from standard input: only a newline ends one, and a bad one costs nobody else's answer."""

import json
from collections.abc import Iterator
from typing import IO, Any


def objects(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    """One object a line, as it arrives; a line that is none becomes {"error": why}. Empty lines are skipped."""
    for line in stream:
        if line.strip():
            yield _object(line)


def _object(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {"error": "no JSON"}
    return row if isinstance(row, dict) else {"error": "no object"}
