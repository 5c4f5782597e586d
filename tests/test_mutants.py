"""Mutants: each is the program with one fault, whole enough to run, and found by every proof of delivery."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.mutants import MUTANTS, environment, mutated_tree

SAYS = "import smsgw.services, smsgw.handlers, tests; print(smsgw.services.__file__)"


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_read_from_its_own_tree(name: str, tmp_path: Path) -> None:
    tree = mutated_tree(name, tmp_path)
    command = [sys.executable, "-c", SAYS]
    said = subprocess.check_output(command, cwd=tmp_path, env=environment(tree), text=True)
    assert said.strip() == str(tree / "smsgw" / "services.py")
