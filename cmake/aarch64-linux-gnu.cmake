# A build for aarch64 Linux on another machine, with the libraries that scripts/arm-sysroot.sh has put into PAW_SYSROOT; what is
# built runs under qemu, which has every extension of the instruction set ("max"):
#   scripts/arm-sysroot.sh build-arm/sysroot
#   cmake -S . -B build-arm -G Ninja --toolchain cmake/aarch64-linux-gnu.cmake
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)

get_filename_component(PAW_SYSROOT ${CMAKE_CURRENT_LIST_DIR}/../build-arm/sysroot ABSOLUTE)
set(CMAKE_SYSROOT ${PAW_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${PAW_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${PAW_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${PAW_SYSROOT}/usr/share/pkgconfig)

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -L ${PAW_SYSROOT} -cpu max)
