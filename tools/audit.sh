#!/bin/sh
# Known vulnerabilities of the locked libraries. Skipped, with the reason, only when the index cannot be asked for them.
set -eu
cd "$(dirname "$0")/.."

# A release that will always be there: mirrors without this page know no vulnerabilities either.
page=https://pypi.org/pypi/pip/24.0/json
probe="import requests, sys; sys.exit(not requests.get('$page', timeout=15).ok)"
if ! .venv/bin/python -c "$probe" 2>/dev/null; then
    echo "lint: vulnerabilities skipped: $page does not answer from here"
    exit 0
fi
.venv/bin/pip-audit --strict --require-hashes --disable-pip --progress-spinner off -r requirements-dev.lock
