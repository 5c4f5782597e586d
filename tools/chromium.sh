#!/bin/sh
# Sees to it that the tests find a Chromium: installs it where that is allowed, else says what is missing.
set -eu

found() {
    command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1
}

found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "test: Chromium is missing; installing Debian's chromium with apt-get"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
        >/dev/null || true
    found && exit 0
fi
echo "test: chromium was not found on the PATH."
echo "test: the tests that need it are skipped (with CI=true they fail). Debian: apt install chromium"
