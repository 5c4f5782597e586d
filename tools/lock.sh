#!/bin/sh
# Locks the newest versions that pyproject.toml allows: uv.lock, and from it the two lists that pip reads.
set -eu
cd "$(dirname "$0")/.."

uv=$(command -v uv || true)
if [ -z "$uv" ]; then
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    .venv/bin/python -m venv "$scratch"
    "$scratch/bin/pip" --quiet --disable-pip-version-check install uv
    uv=$scratch/bin/uv
fi

export_to() {
    file=$1
    shift
    "$uv" export --quiet --no-config --locked --format requirements.txt --no-emit-project --no-header --no-annotate \
        --output-file "$file" "$@" >/dev/null
}

"$uv" lock --quiet --no-config --upgrade
export_to requirements.lock --extra build
export_to requirements-dev.lock --extra build --extra dev
echo "lock: uv.lock, requirements.lock and requirements-dev.lock are written; run make test before committing them"
