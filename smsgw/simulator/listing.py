"""Pages of the message list, with the links that the SDK follows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from smsgw.simulator.ledger import Message

PAGE_SIZE = 50
PAGE_SIZE_MAX = 1000
_PAGING = ("Page", "PageToken")


def page_of(rows: Sequence[Message], path: str, args: Mapping[str, str]) -> dict[str, object]:
    """One page of `rows` (newest first) as JSON, for the query `args`: To, From, DateSent, PageSize, PageToken.

    The token names the last message of the page before, so that new messages do not shift what follows.
    """
    rows = [row for row in rows if _matches(row, args)]
    size = min(max(_number(args.get("PageSize"), PAGE_SIZE), 1), PAGE_SIZE_MAX)
    number = max(_number(args.get("Page"), 0), 0)
    start = _start(rows, args.get("PageToken", ""), number * size)
    shown = rows[start : start + size]
    more = bool(shown) and start + size < len(rows)
    return {
        "end": start + max(len(shown) - 1, 0),
        "first_page_uri": _link(path, args, size, 0),
        "messages": [row.resource() for row in shown],
        "next_page_uri": _link(path, args, size, number + 1, shown[-1].sid) if more else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": _link(path, args, size, number - 1) if number else None,
        "start": start,
        "uri": f"{path}?{urlencode(dict(args))}" if args else path,
    }


def _start(rows: Sequence[Message], token: str, default: int) -> int:
    if not token:
        return default
    after = next((index for index, row in enumerate(rows) if f"PA{row.sid}" == token), len(rows))
    return after + 1


def _link(path: str, args: Mapping[str, str], size: int, page: int, last_sid: str = "") -> str:
    query = {name: value for name, value in args.items() if name not in _PAGING}
    query |= {"PageSize": str(size), "Page": str(page)}
    if last_sid:
        query["PageToken"] = f"PA{last_sid}"
    return f"{path}?{urlencode(query)}"


_DATES: Mapping[str, Callable[[float, float], bool]] = {
    "DateSent": lambda sent, bound: int(sent // 86_400) == int(bound // 86_400),
    "DateSent<": lambda sent, bound: sent <= bound,
    "DateSent>": lambda sent, bound: sent >= bound,
}


def _matches(row: Message, args: Mapping[str, str]) -> bool:
    if args.get("To", row.to) != row.to or args.get("From", row.sender) != row.sender:
        return False
    return all(_dated(row.sent_at, args[name], holds) for name, holds in _DATES.items() if name in args)


def _dated(sent_at: float | None, text: str, holds: Callable[[float, float], bool]) -> bool:
    """A message that has not been sent has no date and matches no bound, as at Twilio."""
    bound = _epoch(text)
    return bound is None or (sent_at is not None and holds(sent_at, bound))


def _epoch(text: str) -> float | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else default
