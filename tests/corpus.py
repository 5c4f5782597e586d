"""How the outside cases are read: `python -m tests.corpus` prints it, `python -m tests.corpus write` writes it down.

It stands in docs/language.md between `<!-- begin:cases -->` and `<!-- end:cases -->`, and a test compares.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.support.corpus import Case, cases, reason, report

PAGE: Final = Path(__file__).parents[1] / "docs" / "language.md"
BLOCK: Final = re.compile(r"(?P<begin><!-- begin:cases -->\n).*?(?P<end><!-- end:cases -->)", re.DOTALL)


def written(found: list[Case]) -> str:
    """Both tables: the classes, and the rows that are read as none of their labels."""
    rows = report(found)
    total = [sum(numbers) for numbers in zip(*(row[1:] for row in rows), strict=True)]
    classes: list[Iterable[object]] = [*rows, ("**all**", *total)]
    others = [(f"`{case.row['text']}`", case.reading.keyword, reason(case)) for case in found if not case.accepted]
    return "\n".join(
        [
            *_table(("class", "rows", "exact", "exact or accepted"), classes),
            "",
            *_table(("read as none of its labels", "read as", "why"), others),
            "",
        ]
    )


def current(text: str) -> str:
    """`text` with the tables as they are now."""
    return BLOCK.sub(lambda block: f"{block['begin']}{written(cases())}{block['end']}", text)


def _table(head: tuple[str, ...], rows: Iterable[Iterable[object]]) -> list[str]:
    lines: list[Iterable[object]] = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(str(cell) for cell in line) + " |" for line in lines]


def main(arguments: list[str]) -> int:
    """Print the tables, or `write` them into the page."""
    if arguments == ["write"]:
        PAGE.write_text(current(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    elif arguments:
        print("usage: python -m tests.corpus [write]")  # noqa: T201
        return 2
    else:
        print(written(cases()))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
