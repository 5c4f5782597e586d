"""The arrows of the house: a part imports only from parts that stand lower, and nothing inside a function."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# From the ground up; parts of one line do not know each other.
LAYERS = (
    ("errors", "loopback"),
    ("config", "hidden", "logs", "phones", "traces"),
    ("rulebook", "store"),
    ("clock",),
    ("carriers", "keywords", "members", "messages", "operators"),
    ("offices",),
    ("gateway",),
    ("services", "migrations", "supervisor"),
    ("console", "simulator"),
    ("web",),
    ("cli",),
    ("__main__", "wsgi"),
)
HEIGHT = {part: height for height, parts in enumerate(LAYERS) for part in parts}
OURS = [ROOT / "wsgi.py", *sorted((ROOT / "smsgw").rglob("*.py"))]
HANDLERS = sorted((ROOT / "handlers").glob("*.py"))


def part_of(file: Path) -> str:
    inside = file.relative_to(ROOT / "smsgw" if file != ROOT / "wsgi.py" else ROOT)
    return inside.parts[0].removesuffix(".py")


def imports(file: Path) -> Iterator[tuple[ast.stmt, str]]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node, name.name) for name in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: imports are absolute"
            # `from smsgw import logs` names a part as well as `from smsgw.logs import get` does.
            whole = node.module == "smsgw"
            yield from ((node, f"smsgw.{name.name}" if whole else str(node.module)) for name in node.names)


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", OURS, ids=name)
def test_a_module_imports_only_from_lower_parts(file: Path) -> None:
    own = part_of(file)
    if file == ROOT / "smsgw" / "__init__.py":
        return
    assert own in HEIGHT, f"{name(file)} has no line in LAYERS: give {own} its place"
    for node, imported in imports(file):
        top, _, rest = imported.partition(".")
        part = rest.partition(".")[0]
        if top == "smsgw" and part not in ("", own, "__version__"):
            assert HEIGHT[part] < HEIGHT[own], f"{name(file)}:{node.lineno} imports {imported}, which is not lower"


@pytest.mark.parametrize("file", HANDLERS, ids=name)
def test_a_handler_knows_only_the_plug_in_surface(file: Path) -> None:
    for node, imported in imports(file):
        known = imported.partition(".")[0] in sys.stdlib_module_names or imported == "smsgw.keywords"
        assert known, f"{name(file)}:{node.lineno} imports {imported}"


@pytest.mark.parametrize("file", [*OURS, *HANDLERS], ids=name)
def test_nothing_is_imported_inside_a_function(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inside = [part.lineno for part in ast.walk(node) if isinstance(part, (ast.Import, ast.ImportFrom))]
            assert not inside, f"{name(file)}:{inside[0]} imports inside {node.name}"
