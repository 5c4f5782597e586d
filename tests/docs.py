"""The parts of README.md and of the documents in docs that the program writes: `python -m tests.docs write`.

A part stands between `<!-- begin:name -->` and `<!-- end:name -->`. Tables come from the program; outputs and figures
come from files in docs/recorded, which `python -m tests.docs record` and the benchmarks write.
`python -m tests.docs shots` takes the pictures in docs/shots.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from smsgw.cli.main import COMMANDS
from smsgw.config import PREFIX, Settings
from smsgw.keywords import load_registry
from smsgw.services import open_services
from smsgw.simulator.codes import FAILURES, REFUSALS
from smsgw.simulator.kinds import KINDS, place_of
from smsgw.web.app import create_app
from tests import record, shots
from tests.faults import table

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
FILES = (README, *(ROOT / "docs" / name for name in ("console.md", "faults.md", "kannel.md", "simulator.md")))
BLOCK = re.compile(r"(?P<begin><!-- begin:(?P<name>[\w-]+) -->\n).*?(?P<end><!-- end:(?P=name) -->)", re.DOTALL)


def commands() -> str:
    """Every command of `smsgw`, as its own help describes it."""
    return _table(("command", "what it does"), ((f"`smsgw {name}`", text) for name, text in COMMANDS.items()))


def settings() -> str:
    """Every setting, its default and its meaning."""
    return _settings("")


def kannel_settings() -> str:
    """The settings of Kannel."""
    return _settings("kannel_")


def oidc_settings() -> str:
    """The settings of the identity provider."""
    return _settings("oidc_")


def _settings(begin: str) -> str:
    found = ((name, field) for name, field in _fields() if name.startswith(begin))
    rows = ((f"`{PREFIX}{name.upper()}`", _default(field), field.description) for name, field in found)
    return _table(("setting", "default", "meaning"), rows)


def keywords() -> str:
    """Every keyword and the phrases that it owns."""
    found = load_registry().keywords
    rows = ((f"**{name}**", ", ".join(_others(name, word.phrases)), word.who) for name, word in sorted(found.items()))
    return _table(("keyword", "also", "who may ask"), rows)


_ACCOUNT = {
    "twilio_account_sid": "AC" + "0" * 32,
    "twilio_auth_token": "not-a-real-token",
    "twilio_from": "+15005550006",
    "twilio_api_url": "http://127.0.0.1:9",
}


def routes() -> str:
    """Every address that the web process answers."""
    with TemporaryDirectory() as home:
        values = {"environment": "demo", "home": home, "data_key": "0f" * 64}
        with open_services(Settings.model_validate(values | _ACCOUNT)) as services:
            rules = sorted(create_app(services).url_map.iter_rules(), key=lambda rule: rule.rule)
    rows = ((f"`{rule.rule}`", ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))) for rule in rules)
    return _table(("route", "methods"), rows)


def faults() -> str:
    """Every fault that can be switched on."""
    rows = ((f"`{kind}`", place_of(kind), text) for kind, text in KINDS.items())
    return _table(("kind", "where", "what happens"), rows)


def codes() -> str:
    """Every error code that can be had."""
    refused = ((code, "`refused`", f"{text} (HTTP {status})") for code, (status, text) in REFUSALS.items())
    failed = ((code, "`undelivered`", f"{text} ({status})") for code, (status, text) in FAILURES.items())
    return _table(("code", "fault", "meaning"), (*refused, *failed))


def new_keyword() -> str:
    """The files of the sample pack's keyword, one after the other."""
    return "\n\n".join(f"`{path}`\n\n```{_LOOKS[file.suffix]}\n{_lines(file)}\n```" for path, file in sample_files())


def sample_files() -> Iterator[tuple[str, Path]]:
    """The files of the sample pack's keyword, and their paths inside a pack."""
    for path in ("grammar/jam.lark", "handlers/jam.py", "templates_sms/jam.id.txt", "templates_sms/jam.en.txt"):
        yield path, ROOT / "tests" / "sample_pack" / "smsgw_jam" / path


_LOOKS = {".lark": "lark", ".py": "python", ".txt": "ini"}


def _lines(file: Path) -> str:
    return file.read_text(encoding="utf-8").rstrip()


_SYSTEMS = {
    "inline": "Flask alone: answers in the request, stores nothing",
    "baseline": "the usual way: Flask, Celery, Redis, the SDK; stores nothing",
    "ours-sqlite": "smsgw on SQLite",
    "ours-postgresql": "smsgw on PostgreSQL",
}


def bench() -> str:
    """The bench's last whole run, with most conversations open at once."""
    found = json.loads((record.FOLDER / "bench.json").read_text(encoding="utf-8"))
    most = max(row["in_flight"] for row in found["rows"])
    rows = {row["system"]: row for row in found["rows"] if row["in_flight"] == most}
    lines = [
        (text, round(row["per_second"]), f"{row['cpu']:.2f}", round(row["reply_p50"]), row["lost"], row["doubled"])
        for name, text in _SYSTEMS.items()
        if (row := rows.get(name))
    ]
    head = ("system", "replies/s", "CPU-s per 1000", "p50 ms", "lost", "doubled")
    machine, options = found["machine"], found["options"]
    said = (
        f"{options['members']:,} members, {most} conversations open at once, {machine['processors']} processors, "
        f"Python {machine['python']}, the middle of {options['rounds']} rounds side by side:"
    )
    return f"{said}\n\n{_table(head, lines)}"


def log() -> str:
    """The last measurement of the log's filters and of the dashboard."""
    file = record.FOLDER / "log.json"
    if not file.exists():
        return f"Not measured yet: `python -m tests.bench.log --json docs/recorded/{file.name}` does it."
    found = json.loads(file.read_text(encoding="utf-8"))
    times = {(one["filter"], one["database"]): f"{one['p50_ms']} / {one['max_ms']}" for one in found["figures"]}
    kinds = [kind for kind in ("sqlite", "postgresql") if any(kind == database for _, database in times)]
    names = [*dict.fromkeys(name for name, _ in times)]
    head = ("filter", *(f"{_DATABASES[kind]}, p50 / max ms" for kind in kinds))
    machine = found["machine"]
    said = (
        f"{found['messages']:,} messages, {machine['processors']} processors, Python {machine['python']}. How long the "
        "program takes to find and open the first fifty rows of each filter, and to gather a dashboard, at the middle "
        "and at worst:"
    )
    return f"{said}\n\n{_table(head, [(name, *(times.get((name, kind), '') for kind in kinds)) for name in names])}"


_DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def faults_survived() -> str:
    """What `make faults` has written last."""
    parts = table.shown(record.FOLDER / "faults.json")
    return "\n\n".join(f"{said}\n\n{_table(head, lines)}" for said, head, lines in parts if lines)


PARTS: dict[str, Callable[[], str]] = {
    "commands": commands,
    "settings": settings,
    "kannel-settings": kannel_settings,
    "oidc-settings": oidc_settings,
    "keywords": keywords,
    "routes": routes,
    "faults": faults,
    "codes": codes,
    "new-keyword": new_keyword,
    "up": lambda: _recorded("up.txt"),
    "test": lambda: _recorded("test.txt"),
    "conversation": lambda: _recorded("conversation.txt"),
    "bench": bench,
    "log": log,
    "faults-survived": faults_survived,
    "day": lambda: _recorded("day.txt"),
}


def current(text: str) -> str:
    """`text` with every part as the program would write it now."""
    return BLOCK.sub(lambda block: f"{block['begin']}{PARTS[block['name']]()}\n{block['end']}", text)


def parts_of(text: str) -> Iterator[str]:
    """The names of the parts in `text`."""
    return (block["name"] for block in BLOCK.finditer(text))


def _fields() -> Iterable[tuple[str, FieldInfo]]:
    return Settings.model_fields.items()


def _default(field: FieldInfo) -> str:
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    return "" if value in ("", None, (), {}) else f"`{','.join(value) if isinstance(value, tuple) else value}`"


def _others(name: str, phrases: Iterable[str]) -> list[str]:
    return [phrase for phrase in phrases if phrase != name]


def _recorded(name: str) -> str:
    return f"```console\n{(record.FOLDER / name).read_text(encoding='utf-8').rstrip()}\n```"


def _table(head: tuple[str, ...], rows: Iterable[Iterable[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def main(arguments: list[str]) -> int:
    """`write` the parts anew, or `record` the outputs or take the `shots` first."""
    if arguments == ["record"]:
        record.record()
    elif arguments == ["shots"]:
        shots.shoot()
    elif arguments != ["write"]:
        print("usage: python -m tests.docs write|record|shots")  # noqa: T201
        return 2
    for file in FILES:
        file.write_text(current(file.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
