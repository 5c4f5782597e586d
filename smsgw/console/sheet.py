"""Sheet: rows as a streamed CSV file in which no cell is a formula (reliability T18)."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from flask import Response

from smsgw.console.visible import plain_visible

_BEGINS = ("=", "+", "-", "@")
_BREAKS = ("\t", "\r", "\n", "\0")


def cell(value: object) -> str:
    """A value as a cell: with a quote before what a spreadsheet would run, and nothing hidden in it."""
    text = "" if value is None else str(value)
    first = unicodedata.normalize("NFKC", text.lstrip()[:1])
    risky = first.startswith(_BEGINS) or text.startswith(_BREAKS)
    return ("'" if risky else "") + plain_visible(text)


def lines(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The file, line by line, every cell quoted."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in chain([head], rows):
        writer.writerow([cell(value) for value in row])
        yield _taken(out)


def download(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A file to be saved under `name`, sent while `rows` are still read."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(lines(head, rows), headers=headers, mimetype="text/csv")


def _taken(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text
