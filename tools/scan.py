"""Looks through every tracked file for secrets and for calls that this project does without."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ALLOWED = ROOT / "tools" / "secrets-allowed.txt"
SECRETS = {
    "a carrier's account or key": re.compile(r"\b(?:AC|SK)[0-9a-f]{32}\b"),
    "a token of 32 hex digits": re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{32}(?![0-9a-zA-Z])"),
    "a data key": re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{128}(?![0-9a-zA-Z])"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a cloud key": re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    "a password in a URL": re.compile(r"(?:postgresql|redis|rediss|https?)://[^\s/:@\"'{}]*:[^\s/@\"'{}]{3,}@"),
}
# Patterns are put together from pieces so that this file does not find itself.
BANNED = {
    "text marked as safe HTML": re.compile(r"\|\s*" + r"safe\b|\bMark" + r"up\("),
    "a template from a string": re.compile(r"render_template_" + r"string"),
    "unpickling": re.compile(r"\bpickle" + r"\.loads?\b"),
    "a shell": re.compile(r"shell" + r"=True"),
}


def main() -> int:
    """Print every finding; the number of them, at most 1, is the exit code."""
    findings = list(scan())
    for finding in findings:
        print(finding)  # noqa: T201
    return min(1, len(findings))


def scan() -> Iterator[str]:
    """`path:line: what` of every finding that is not allowed. The secret itself is not repeated."""
    allowed = [re.compile(line) for line in ALLOWED.read_text().splitlines() if line and not line.startswith("#")]
    for path in tracked():
        for number, line in enumerate(_lines(ROOT / path), 1):
            if not any(rule.search(f"{path}:{number}:{line}") for rule in allowed):
                yield from (f"{path}:{number}: {what}" for what in found(path, line))


def found(path: str, line: str) -> Iterator[str]:
    """What one line holds that it must not."""
    rules = SECRETS | (BANNED if path.endswith((".py", ".html")) else {})
    return (what for what, rule in rules.items() if rule.search(line))


def tracked() -> list[str]:
    """Every file that git knows, or is about to be told of."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []


if __name__ == "__main__":
    sys.exit(main())
