#!/bin/sh
# Style, types, known vulnerabilities and secrets: runs every check, then fails if any failed.
set -u
cd "$(dirname "$0")/.."

failed=
check() {
    name=$1
    shift
    printf 'lint: %s\n' "$name"
    "$@" || failed="$failed $name,"
}

check "style" .venv/bin/ruff check --quiet .
check "format" .venv/bin/ruff format --quiet --check .
check "types" .venv/bin/mypy --no-error-summary
check "vulnerabilities" tools/audit.sh
check "secrets" .venv/bin/python tools/scan.py
[ -z "$failed" ] && echo "lint: all clean" && exit 0
echo "lint: failed:${failed%,}" >&2
exit 1
