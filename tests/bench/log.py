"""The command `python -m tests.bench.log`: how long the log and the dashboard take over a million messages."""

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table
from sqlalchemy import func, select, text

from smsgw import migrations
from smsgw.console.dashboard import gather
from smsgw.console.spans import SPANS, Span
from smsgw.messages.log import STATES, Filters, page
from smsgw.messages.tables import inbound
from smsgw.services import Services, open_services
from smsgw.store import Cipher, Store, open_store
from tests.bench.postgresql import postgresql
from tests.support import past, twilio

KEY: Final = bytes(range(64))
CEILING_MS: Final = 500  # of a page of the log, at the middle; whoever comes first finds nothing in memory
WORST_MS: Final = 1_000  # of a page of the log; and of a dashboard at the middle, which is kept for the next one
TIMES: Final = 7
MEMBERS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Figure:
    """A filter's first page: how long it took at the middle and at worst, rows, and whether all was looked through.

    A dashboard's stands beside them: its `rows` are the messages that came in its span.
    """

    database: str
    filter: str
    p50_ms: float
    max_ms: float
    rows: int
    complete: bool


def cases(count: int) -> Mapping[str, Filters]:
    """Each filter by itself, common, rare and without a hit, then the worst that two or three of them can be."""
    oldest = past.LAST_MS - count * 8_000
    early: dict[str, Any] = {"since_ms": oldest + 4_000_000, "until_ms": oldest + count * 400}
    middle: dict[str, Any] = {"since_ms": oldest + count * 4_000, "until_ms": oldest + count * 4_000 + 86_400_000}
    one = {
        "no filter": Filters(),
        "a day": Filters(**middle),
        "before the first message": Filters(until_ms=5),
        "phone": Filters(phone=past.phone(7)),
        "phone, no hit": Filters(phone="+6281100000000"),
        "membership number": Filters(number=past.member(7)),
        "membership number, no hit": Filters(number="99999999999"),
        **{f"state {state}": Filters(state=state) for state in STATES},
        "keyword, common": Filters(keyword="JHT"),
        "keyword, old": Filters(keyword=past.OLD_KEYWORD),
        "keyword, no hit": Filters(keyword="HILANG"),
        "not understood": Filters(keyword="-"),
        "carrier, common": Filters(carrier="twilio"),
        "carrier, old": Filters(carrier="kannel"),
        "carrier, no hit": Filters(carrier="other"),
        "error code": Filters(error_code="30003"),
        "error code, old": Filters(error_code="30034"),
        "error code, no hit": Filters(error_code="99999"),
        "reason": Filters(why="limit"),
        "reason, one old row": Filters(why=past.OLD_REASON),
        "text, common": Filters(text="jht"),
        "text, one old row": Filters(text=past.NEEDLE),
    }
    both = {
        "state expired, early": Filters(state="expired", **early),
        "state sent, a day": Filters(state="sent", **middle),
        "state delivered, keyword old": Filters(state="delivered", keyword=past.OLD_KEYWORD),
        "state delivered, carrier old": Filters(state="delivered", carrier="kannel"),
        "error code, keyword that never fails": Filters(error_code="30003", keyword=past.NEVER_FAILS),
        "error code, other carrier": Filters(error_code="30003", carrier="other"),
        "error code, carrier old": Filters(error_code="30003", carrier="kannel"),
        "error code, a state of another": Filters(error_code="30003", state="failed"),
        "error code, a day": Filters(error_code="30005", **middle),
        "keyword, state suppressed": Filters(keyword="JHT", state="suppressed"),
        "keyword, carrier old, early": Filters(keyword="JHT", carrier="kannel", **early),
        "carrier old, a later day": Filters(carrier="kannel", **middle),
        "phone, error code": Filters(phone=past.phone(7), error_code="30003"),
        "number, text": Filters(number=past.member(7), text="per 5"),
        "text, early": Filters(text=past.NEEDLE, **early),
        "text, phone": Filters(text=past.NEEDLE, phone=past.phone(7)),
    }
    return one | both


def dashboards(count: int) -> Mapping[str, tuple[Span, Sequence[int]]]:
    """The spans of the dashboard whose last slot has the newest message, and one over all messages in thirty slots."""
    end = past.LAST_MS + 1
    step = -(-(count * 8_000) // 30)
    found = {f"dashboard, {name}": (span, span.times(past.LAST_MS, UTC)) for name, span in SPANS.items()}
    whole = Span("month", 30, step), [end - step * (30 - n) for n in range(31)]
    return found | {"dashboard, all messages": whole}


def measure(services: Services, name: str, count: int) -> Iterator[Figure]:
    """The figure of each filter and of each dashboard."""
    for title, filters in cases(count).items():
        took, found = _timed(partial(page, services.store, filters))
        whole = found.searched_to_ms is None
        yield Figure(name, title, round(median(took), 1), round(max(took), 1), len(found.entries), whole)
    for title, (span, times) in dashboards(count).items():
        took, board = _timed(partial(gather, services, span, times))
        yield Figure(name, title, round(median(took), 1), round(max(took), 1), board.came, complete=True)


def _timed(do: Callable[[], Any]) -> tuple[list[float], Any]:
    """What several turns took, ms each, and what the last one gave."""
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        found = do()
        took.append((time.perf_counter() - began) * 1000)
    return took, found


def fill(store: Store, count: int, console: Console) -> None:
    """A past of `count` messages, unless it is there already."""
    migrations.upgrade(store)
    with store.read() as connection:
        if connection.scalar(select(func.max(inbound.c.id))) == count:
            return
    one = past.Past(store.cipher, count, phones=MEMBERS)
    steps = past.write(store, one)
    for _ in track(steps, f"{count:,} messages", total=-(-count // past.BATCH), console=console):
        pass
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if store.engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM ANALYZE inbound, outbound"))  # as it does by itself before long
        else:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Store]:
    """The store of a database that is kept in `folder`."""
    if kind == "sqlite":
        folder.mkdir(parents=True, exist_ok=True)
        with closing(open_store(f"sqlite:///{folder / 'log.sqlite'}", Cipher(KEY))) as store:
            yield store
        return
    with postgresql(folder / "postgresql") as server:
        if not server.has("log"):
            server.do("CREATE DATABASE log")
        with closing(open_store(server.url("log"), Cipher(KEY))) as store:
            yield store


def show(figures: list[Figure], console: Console) -> None:
    """Print the table."""
    table = Table(title="first page of 50 rows, and dashboards, ms")
    for name in ("filter", "database", "p50", "max", "rows", ""):
        table.add_column(name, justify="left" if name in ("filter", "database", "") else "right")
    order = [*cases(1), *dashboards(1)]
    for one in sorted(figures, key=lambda one: order.index(one.filter)):
        rest = "" if one.complete else "searched as far as time allows"
        table.add_row(one.filter, one.database, str(one.p50_ms), str(one.max_ms), str(one.rows), rest)
    console.print(table)


def _measured(store: Store, kind: str, messages: int) -> list[Figure]:
    url = store.engine.url.render_as_string(hide_password=False)
    with open_services(twilio.settings(database_url=url, data_key=KEY.hex())) as services:
        return [*measure(services, kind, messages)]


def _is_slow(one: Figure) -> bool:
    if one.filter in dashboards(1):
        return one.p50_ms > WORST_MS
    return one.p50_ms > CEILING_MS or one.max_ms > WORST_MS


@click.command()
@click.option("--messages", default=1_000_000, show_default=True, help="messages in the log")
@click.option("--db", "kinds", default="sqlite,postgresql", show_default=True, help="databases")
@click.option("--folder", default="build/log", show_default=True, type=click.Path(path_type=Path), help="kept data")
@click.option("--json", "path", default="build/log.json", show_default=True, type=click.Path(path_type=Path))
@click.option("--fill-only", is_flag=True, help="write the messages and stop")
def main(messages: int, kinds: str, folder: Path, path: Path, **options: Any) -> None:
    """Measure, print, write JSON; fail where a page takes half a second, at worst a whole one, or a dashboard that."""
    console = Console(width=120 if not sys.stdout.isatty() else None)
    figures: list[Figure] = []
    for kind in kinds.split(","):
        with opened(kind, folder / str(messages)) as store:
            fill(store, messages, console)
            figures += [] if options["fill_only"] else _measured(store, kind, messages)
    if options["fill_only"]:
        return
    show(figures, console)
    path.parent.mkdir(parents=True, exist_ok=True)
    machine = {"processors": os.cpu_count(), "python": platform.python_version()}
    found = {"machine": machine, "messages": messages, "figures": [asdict(one) for one in figures]}
    path.write_text(json.dumps(found, indent=1) + "\n")
    slow = [one for one in figures if _is_slow(one)]
    for one in slow:
        console.print(f"[red]{one.filter} on {one.database} took {one.p50_ms} ms, at worst {one.max_ms} ms: too long")
    if slow:
        sys.exit(1)


if __name__ == "__main__":
    main()
