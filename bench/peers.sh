#!/bin/sh
# peers.sh [VENV]: makes a virtual environment (default: build/venv-peers) with the two engines that bench/compare.py measures paw
# against, each built for this machine's processor, and with what the other scripts of bench/ import (gguf, matplotlib). About
# 20 minutes on two cores. Needs python3 with venv, a C++17 compiler and CMake. What is already there is not built again.
set -eu

venv=${1:-build/venv-peers}
llama_cpp=0.3.36
ik_llama=0.1.5
jobs=${JOBS:-$(nproc)}

[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
venv=$(cd "$venv" && pwd)
pip="$venv/bin/pip"
export CMAKE_BUILD_PARALLEL_LEVEL="$jobs"

has() { # PACKAGE VERSION
    "$pip" show "$1" 2>/dev/null | grep -qx "Version: $2"
}

"$pip" install -q 'scikit-build-core>=0.9' wheel numpy gguf matplotlib

# This version of llama.cpp crashes in its first product on a processor with AMX, so it is built without.
if ! has llama-cpp-python $llama_cpp; then
    flags=
    if grep -qw amx_tile /proc/cpuinfo; then
        flags='-mno-amx-tile -mno-amx-int8 -mno-amx-bf16'
    fi
    CMAKE_ARGS='-DGGML_NATIVE=ON -DLLAVA_BUILD=OFF' CFLAGS="$flags" CXXFLAGS="$flags" \
        nice -n 5 "$pip" install -q --no-binary llama-cpp-python "llama-cpp-python==$llama_cpp"
fi

# Only the library is wanted of this one: its other parts need a file that the source distribution lacks.
if ! has ik-llama-cpp-python $ik_llama; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    "$pip" download -q --no-deps --no-binary :all: --no-build-isolation -d "$work" "ik-llama-cpp-python==$ik_llama"
    tar -xf "$work/ik_llama_cpp_python-$ik_llama.tar.gz" -C "$work"
    source=$work/ik_llama_cpp_python-$ik_llama
    cat > "$source/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.21)
project(ik_llama_cpp_python LANGUAGES C CXX)
add_subdirectory(vendor/ik_llama.cpp EXCLUDE_FROM_ALL)
add_custom_target(library ALL DEPENDS llama)
install(TARGETS llama ggml LIBRARY DESTINATION ik_llama_cpp/lib)
CMAKE
    CMAKE_ARGS=-DGGML_NATIVE=ON nice -n 5 "$pip" install -q --no-build-isolation "$source"
fi

"$venv/bin/python" -c 'import llama_cpp; print("llama-cpp-python", llama_cpp.__version__)'
"$pip" show ik-llama-cpp-python | sed -n 's/^Version:/ik-llama-cpp-python/p'
