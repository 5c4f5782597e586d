"""README.md says what the program does: commands, settings, keywords, routes and recorded outputs are compared."""

import re
from importlib import import_module
from pathlib import Path

import click
import pytest

from smsgw.cli.main import COMMANDS, group
from tests import docs

ROOT = Path(__file__).parents[1]
TEXT = "".join(file.read_text(encoding="utf-8") for file in docs.FILES)


@pytest.mark.parametrize("name", docs.PARTS)
def test_a_part_of_the_documents_is_as_the_program_says(name: str) -> None:
    (block,) = [block for block in docs.BLOCK.finditer(TEXT) if block["name"] == name]
    assert block[0] == docs.current(block[0]), "a document is behind the program: run `make docs`"


def test_every_module_of_a_command_is_in_the_table() -> None:
    modules = [file.stem for file in (ROOT / "smsgw" / "cli").glob("*.py")]
    commands = {name for name in modules if hasattr(import_module(f"smsgw.cli.{name}"), "command")}
    assert commands == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_an_example_that_exists(name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    members = command.commands.values() if isinstance(command, click.Group) else [command]
    for member in members:
        assert (member.epilog or "").startswith("Example: "), f"{name} {member.name} has no example"
        assert f"smsgw {name}" in (member.epilog or "")
        assert member.help, f"{name} {member.name} does not say what it does"


def test_every_target_of_make_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for file in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"`make ([a-z-]+)", (ROOT / file).read_text(encoding="utf-8")))
        assert named <= targets, f"{file} names {named - targets}"


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md"])
def test_every_file_that_is_named_exists(file: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / file).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_a_keyword_is_fifteen_lines() -> None:
    lines = [line for _, file in docs.sample_files() for line in file.read_text(encoding="utf-8").splitlines()]
    assert len([line for line in lines if line.strip()]) == 15


def test_what_the_guide_says_word_for_word_is_the_sample() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for path, file in docs.sample_files():
        assert file.read_text(encoding="utf-8").rstrip() in guide, f"CONTRIBUTING.md shows another {path}"


def test_the_pictures_are_there_and_light_and_shown() -> None:
    shown = {
        (ROOT / file).parent / picture
        for file in ("README.md", "docs/console.md")
        for picture in re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (ROOT / file).read_text(encoding="utf-8"))
    }
    assert shown == set((ROOT / "docs" / "shots").glob("*.png"))
    assert [picture.name for picture in shown if not 10_000 < picture.stat().st_size < 200_000] == []
