#!/bin/sh
# need-packages.sh [--check]: the Debian packages that building, testing and `paw pull` need; installs those missing.
set -eu
packages="build-essential cmake ninja-build pkg-config libzip-dev libjansson-dev libsodium-dev libpcre2-dev
libcurl4-openssl-dev libyaml-dev libcmocka-dev libsimde-dev python3 python3-pip ca-certificates"

missing=""
for p in $packages; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if [ "${1:-}" = "--check" ]; then
    echo "paw: these packages are missing:$missing" >&2
    echo "paw: install them with: make deps" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then sudo=""; else sudo="sudo"; fi
echo "installing:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -q >&2
# shellcheck disable=SC2086
$sudo apt-get install -y -q --no-install-recommends $missing >&2
