#!/bin/sh
# arm-sysroot.sh FOLDER: the arm64 libraries that a cross build links, with all that they need, unpacked into FOLDER.
# They come from this machine's Debian sources into a package database of their own; the machine's packages stay as they are.
set -eu
packages="libc6-dev libminizip-dev zlib1g-dev libzip-dev libjansson-dev libsodium-dev libpcre2-dev libcurl4-openssl-dev libyaml-dev libcmocka-dev"

root=$1
[ "$(cat "$root/.packages" 2>/dev/null || true)" = "$packages" ] && exit 0

rm -rf "$root"
mkdir -p "$root/apt/lists/partial" "$root/apt/archives/partial"
root=$(cd "$root" && pwd)
: >"$root/apt/status"
apt() {
    apt-get -q -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User="$(id -un)" \
        -o Dir::State="$root/apt" -o Dir::State::status="$root/apt/status" -o Dir::Cache="$root/apt" \
        -o Debug::NoLocking=true "$@" >&2
}
apt update
# shellcheck disable=SC2086
apt install -y --download-only --no-install-recommends $packages
for p in "$root"/apt/archives/*.deb; do
    dpkg -x "$p" "$root"
done
# Links to /lib/... would lead out of the folder.
find "$root" -type l -lname '/*' | while read -r link; do
    ln -sfn "$root$(readlink "$link")" "$link"
done
rm -rf "$root/apt"
printf '%s' "$packages" >"$root/.packages"
