#!/bin/sh
# need-packages.sh [--check] [--arm]: the Debian packages that building, testing and `paw pull` need, with --arm those of the
# cross build too; installs those missing.
set -eu
packages="build-essential cmake ninja-build pkg-config libminizip-dev zlib1g-dev libzip-dev libjansson-dev libsodium-dev
libpcre2-dev libcurl4-openssl-dev libyaml-dev libcmocka-dev libsimde-dev python3 python3-pip ca-certificates"
check=""
for option in "$@"; do
    case $option in
    --check) check=1 ;;
    --arm) packages="$packages gcc-aarch64-linux-gnu qemu-user-static" ;;
    *) echo "need-packages.sh: unknown option $option" >&2; exit 2 ;;
    esac
done

missing=""
for p in $packages; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if [ -n "$check" ]; then
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
