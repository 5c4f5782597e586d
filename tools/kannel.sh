#!/bin/sh
# Sees to it that the tests find Kannel's programs: installs them where that is allowed, else says what is missing.
set -eu

found() {
    PATH="$PATH:/usr/sbin:/usr/local/sbin"
    command -v bearerbox >/dev/null 2>&1 && command -v smsbox >/dev/null 2>&1
}

found && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "test: Kannel is missing; installing Debian's kannel with apt-get"
    # RUNLEVEL: the package would start a service of its own, which the tests do not need.
    { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends kannel; } >/dev/null || true
    found && exit 0
fi
echo "test: Kannel's bearerbox and smsbox were not found on the PATH or in /usr/sbin."
echo "test: the tests that need them are skipped (with CI=true they fail). Debian: apt install kannel"
