"""Mutants: copies of the program with one named fault each, which a proof of delivery must find."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parents[2]
SHELVES = ("grammar", "handlers", "templates_sms")


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: in this file of the tree, this text, which stands there exactly once, becomes that one."""

    file: str
    old: str
    new: str


_CALL = """        if rows:
            self.hand_over(token, rows)
"""
_CALL_THEN_CLAIM = """        if rows:
            claims = [(row, self._now() + BEGIN_WITHIN_S) for row in rows]
            marks = [mark for ended in self._calling.ends(claims) for mark in ended]
            with self._store.write() as connection:
                outbox.claim(connection, token, limit)
            self._record(token, marks)
"""
_CLAIM = "            return outbox.claim(connection, token, limit, self._terms)\n"
_CLAIM_NOT = """            rows = outbox.claim(connection, token, limit, self._terms)
            connection.rollback()
            return rows
"""
_RAISED = "states.raised(self.state, delivery.state) if delivery.state else self.state"
MUTANTS: Final[Mapping[str, Sequence[Edit]]] = {
    "claim_after_call": (
        Edit("smsgw/gateway/work.py", "self.answering(BATCH, self.sending.hand_over)", "self.answering(BATCH)"),
        Edit("smsgw/gateway/send.py", _CALL, _CALL_THEN_CLAIM),
        Edit("smsgw/gateway/send.py", _CLAIM, _CLAIM_NOT),
    ),
    "no_unique_inbound": (
        Edit(
            "smsgw/migrations/versions/0001_lay_the_first_tables.py",
            '        sa.UniqueConstraint("carrier", "carrier_id", name=op.f("uq_inbound_carrier_carrier_id")),\n',
            "",
        ),
    ),
    "last_write_wins": (
        Edit("smsgw/messages/reports.py", _RAISED, "delivery.state or self.state"),
        Edit(
            "smsgw/messages/outbox.py",
            'state=case((_open, new["new_state"]), else_=outbound.c.state),',
            'state=new["new_state"],',
        ),
    ),
}


def mutated_tree(name: str, to: Path) -> Path:
    """The folder of a copy of the program with the fault `name`, laid out as it is installed.

    A Python whose working folder it is (`python -m smsgw`, `python -m tests.…`) runs the copy and no other; so does
    one that has `environment` of it. AssertionError where a text to change is not there exactly once.
    """
    tree = to / name
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "smsgw", tree / "smsgw", ignore=skipped)
    for shelf in SHELVES:
        shutil.copytree(ROOT / shelf, tree / "smsgw" / shelf, ignore=skipped)
    (tree / "tests").symlink_to(ROOT / "tests")
    for edit in MUTANTS[name]:
        _change(tree / edit.file, edit)
    return tree


def environment(tree: Path) -> dict[str, str]:
    """This process's environment, in which Python takes `smsgw` and `tests` from `tree`, whatever its folder."""
    return {**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _change(file: Path, edit: Edit) -> None:
    text = file.read_text(encoding="utf-8")
    found = text.count(edit.old)
    assert found == 1, f"{edit.file} has {found} times: {edit.old}"
    file.write_text(text.replace(edit.old, edit.new), encoding="utf-8")
