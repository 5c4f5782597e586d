#!/bin/sh
# Makes .venv from a lock file with hashes: `tools/setup.sh` for running, `tools/setup.sh dev` for developing.
# Does nothing when nothing has changed since the last time. Needs Python >= 3.11 and nothing else.
set -eu
cd "$(dirname "$0")/.."

kind=${1:-run}
lock=requirements.lock
[ "$kind" = dev ] && lock=requirements-dev.lock

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

# What the environment is made of: another folder, lock or pyproject.toml makes it anew.
want="$PWD $(cksum <"$lock") $(cksum <pyproject.toml)"

fits() {
    # The environment for developing also serves for running.
    [ -x .venv/bin/smsgw ] && { [ "$(cat ".venv/.ready-$kind" 2>/dev/null)" = "$want" ] || dev_serves; }
}

dev_serves() {
    [ "$kind" = run ] || return 1
    [ "$(cat .venv/.ready-dev 2>/dev/null)" = "$PWD $(cksum <requirements-dev.lock) $(cksum <pyproject.toml)" ]
}

runs() {
    # Names on the PATH can be broken stand-ins: a Python counts only if it runs.
    command -v "$1" >/dev/null 2>&1 && "$1" -c "$2" >/dev/null 2>&1
}

find_python() {
    for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
        if runs "$name" 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'; then
            echo "$name"
            return
        fi
    done
}

explain_no_python() {
    for name in ${PYTHON:-python3 python}; do
        if runs "$name" 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            fail "$name cannot make virtual environments (its module venv or ensurepip is missing)." \
                "On Debian and Ubuntu: apt install python3-venv. Or name another Python: make setup PYTHON=/path/to/python3."
        fi
        if runs "$name" ''; then
            fail "Python 3.11 or newer is needed; $name is $("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])')." \
                "Install a newer one and name it: make setup PYTHON=/path/to/python3."
        fi
    done
    fail "Python 3.11 or newer is needed and none was found${PYTHON:+ as $PYTHON}." \
        "Install it, or name it: make setup PYTHON=/path/to/python3."
}

fits && exit 0

python=$(find_python)
[ -n "$python" ] || explain_no_python
mkdir -p .venv 2>/dev/null && touch .venv/.write 2>/dev/null && rm -f .venv/.write ||
    fail "the folder $PWD cannot be written to. Clone it where you may write, or change its owner."
rm -f .venv/.ready-run .venv/.ready-dev

echo "setup: making .venv with $("$python" --version), from $lock (half a minute the first time)"
if [ "$(cat .venv/.made-in 2>/dev/null)" != "$PWD" ] || ! runs .venv/bin/python 'import pip'; then
    "$python" -m venv --clear .venv || fail "the virtual environment could not be made: see the lines above."
    echo "$PWD" >.venv/.made-in
fi
pip() {
    .venv/bin/python -m pip -qq --disable-pip-version-check "$@"
}
pip install --require-hashes -r "$lock" ||
    fail "the libraries of $lock could not be installed: see the lines above." \
        "If the package index cannot be reached from here, set PIP_INDEX_URL to one that can, and try again."
pip install --no-deps --no-build-isolation --editable . || fail "the project itself could not be installed: see above."
# What the build leaves here would be read before the installed one, and stay as it is when entry points change.
rm -rf ./*.egg-info
echo "$want" >".venv/.ready-$kind"
echo "setup: done"
