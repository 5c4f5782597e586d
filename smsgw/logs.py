"""Logs: one JSON object a line, ASCII only, with ids and fixed words, never a person's data."""

import logging
import sys
from contextlib import suppress

import structlog

_QUIET = ("twilio", "urllib3", "rq", "rq.worker", "rq.cron", "werkzeug", "alembic", "uvicorn")


def configure(level: str) -> None:
    """Send all logs to standard error as JSON lines from `level` upwards."""
    logging.raiseExceptions = False  # a full disk under the log must not stop a message
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s", force=True)
    logging.getLogger().handlers[0].setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=[_foreign, *_RENDER], foreign_pre_chain=[])
    )
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"), *_RENDER],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=lambda *_: _Stderr(),
        cache_logger_on_first_use=True,
    )


class _Stderr:
    """Prints a line onto standard error as it is now; a full disk or a closed pipe under it stops no message."""

    def msg(self, line: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    debug = info = warning = error = critical = exception = msg


def _foreign(logger: object, name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    # A library's text may quote data: keep who spoke, how loud, and the kind of its exception.
    record: logging.LogRecord = event["_record"]
    kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else None
    return {"event": "library", "library": record.name, "level": record.levelname.lower(), "error": kind}


_RENDER: list[structlog.typing.Processor] = [structlog.processors.JSONRenderer(ensure_ascii=True)]

get = structlog.get_logger
