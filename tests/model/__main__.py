"""The model as a command: plays every group, or some, and writes the sums; ends with 1 where anything is wrong."""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from smsgw import logs, migrations
from smsgw.store import Cipher, Store, open_store
from tests.model.play import Played, added_up, folder, play
from tests.model.scenarios import Group, groups

KEY = bytes(range(64))
SHOWN = 5  # faults of a group


def main() -> int:
    """Play what the command line says."""
    wanted = _parser().parse_args()
    logs.configure("CRITICAL")
    chosen = [group for group in groups(wanted.part) if not wanted.point or str(group.point) in wanted.point]
    played = [_told(group, one) for group, one in zip(chosen, _play(chosen), strict=False)]
    text = json.dumps(added_up(one.figures() for one in played), indent=2)
    if wanted.json:
        wanted.json.parent.mkdir(parents=True, exist_ok=True)
        wanted.json.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")
    return int(any(one.faults for one in played))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.model", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the sums into this file too")
    parser.add_argument("--point", action="append", help="play where processes die here, as answer.3.begin; repeatable")
    parser.add_argument("--part", type=int, default=1, help="play every PARTth scenario of a group")
    return parser


def _play(chosen: Sequence[Group]) -> Iterator[Played]:
    with folder() as home:
        template = Path(home) / "template.sqlite"
        with closing(_open(template)) as store:
            migrations.upgrade(store)
        for number, group in enumerate(chosen):
            copy = Path(home) / f"{number}.sqlite"
            shutil.copy(template, copy)
            with closing(_open(copy)) as store:
                yield play(store, group)
            copy.unlink()


def _open(file: Path) -> Store:
    return open_store(f"sqlite:///{file}", Cipher(KEY))


def _told(group: Group, played: Played) -> Played:
    for fault in played.faults[:SHOWN]:
        sys.stderr.write(f"{group}: {fault.kind}: {fault.what}: {fault.scenario}\n")
    return played


if __name__ == "__main__":
    sys.exit(main())
