"""Assets: our own few files, and Bootstrap's as its package holds them; nothing from elsewhere, nothing copied."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from flask import Response, abort, url_for

_OURS: Final = files(__package__) / "static"
_BOOTSTRAP: Final = files("flask_bootstrap") / "static" / "bootstrap5"
FILES: Final[Mapping[str, tuple[Traversable, str]]] = {
    "bootstrap.css": (_BOOTSTRAP / "css" / "bootstrap.min.css", "text/css"),
    "console.css": (_OURS / "console.css", "text/css"),
    "console.js": (_OURS / "console.js", "text/javascript"),
    "icon.svg": (_OURS / "icon.svg", "image/svg+xml"),
}
_FOR_A_YEAR: Final = "public, max-age=31536000, immutable"  # another content has another address


@cache
def _content(name: str) -> bytes:
    return FILES[name][0].read_bytes()


@cache
def _mark(name: str) -> str:
    return hashlib.sha256(_content(name)).hexdigest()[:12]


def address(name: str) -> str:
    """Where a page takes a file from."""
    return url_for("console.asset", mark=_mark(name), name=name)


def serve(mark: str, name: str) -> Response:
    """A file of the list, under the mark of its content."""
    if name not in FILES or mark != _mark(name):
        abort(404)
    return Response(_content(name), headers={"Cache-Control": _FOR_A_YEAR}, mimetype=FILES[name][1])
