"""Logs: one JSON object a line, ASCII only, with ids and fixed words, never a person's data."""

import logging
import sys
import threading

import structlog

_QUIET = ("twilio", "urllib3", "rq", "rq.worker", "rq.cron", "werkzeug", "alembic", "uvicorn")


def configure(level: str) -> None:
    """Send all logs to standard error as JSON lines from `level` upwards."""
    libraries = _Libraries(sys.stderr)
    libraries.setFormatter(structlog.stdlib.ProcessorFormatter(processors=[_foreign, *_RENDER], foreign_pre_chain=[]))
    logging.basicConfig(handlers=[libraries], level=logging.WARNING, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"), *_RENDER],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=lambda *_: _Stderr(),
        cache_logger_on_first_use=True,
    )


class Lost:
    """Counts lines that could not be written, until somebody takes the number."""

    def __init__(self) -> None:
        self.lines = 0
        self._lock = threading.Lock()

    def add(self, lines: int = 1) -> None:
        """So many more were lost."""
        with self._lock:
            self.lines += lines

    def take(self) -> int:
        """How many were lost; from now they are somebody else's to tell."""
        with self._lock:
            lines, self.lines = self.lines, 0
            return lines


lost = Lost()
"""The lines that this process has lost."""


class _Libraries(logging.StreamHandler):  # type: ignore[type-arg]  # generic for type checkers alone
    """Prints what libraries say; a full disk under it must not stop a message."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Count it."""
        lost.add()


class _Stderr:
    """Prints a line onto standard error as it is now; a full disk or a closed pipe under it stops no message."""

    def msg(self, line: str) -> None:
        try:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            lost.add()

    debug = info = warning = error = critical = exception = msg


def _foreign(logger: object, name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    # A library's text may quote data: keep who spoke, how loud, and the kind of its exception.
    record: logging.LogRecord = event["_record"]
    kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
    return {"event": "library", "library": record.name, "level": record.levelname.lower(), "error": kind}


_RENDER: list[structlog.typing.Processor] = [structlog.processors.JSONRenderer(ensure_ascii=True)]

get = structlog.get_logger
