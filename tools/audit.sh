#!/bin/sh
# Known vulnerabilities of the locked libraries. Skipped, with the reason, only when the index cannot be reached.
set -eu
cd "$(dirname "$0")/.."

index=https://pypi.org/pypi/pip/json
if ! .venv/bin/python -c "import requests; requests.get('$index', timeout=15).raise_for_status()" 2>/dev/null; then
    echo "lint: vulnerabilities skipped: $index cannot be reached from here"
    exit 0
fi
.venv/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements-dev.lock
