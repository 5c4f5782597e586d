#!/bin/sh
# Sees to it that the tests find PostgreSQL's programs: installs them where that is allowed, else says what is missing.
set -eu

found() {
    command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "test: PostgreSQL is missing; installing Debian's postgresql with apt-get"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; } \
        >/dev/null || true
    found && exit 0
fi
echo "test: PostgreSQL's initdb was not found on the PATH or in /usr/lib/postgresql/*/bin."
echo "test: the tests that need it are skipped (with CI=true they fail). Debian: apt install postgresql"
