#!/bin/sh
# all.sh [OPTIONS of all.py]: measures everything that docs/performance.md shows, on this machine, and writes it there: under 12
# minutes on an idle machine, once build/venv-peers is built (bench/peers.sh, about 20 minutes) and the models are made.
# VENV and BUILD name other folders than build/venv-peers and build.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
venv=${VENV:-$build/venv-peers}
[ -f "$build/CMakeCache.txt" ] || cmake -S . -B "$build" -G Ninja >/dev/null
cmake --build "$build" --target paw peer_paw roofline >/dev/null
bench/peers.sh "$venv"
exec "$venv/bin/python" bench/all.py --build "$build" "$@"
