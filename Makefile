# Makefile: the few commands a person types; CMake does the building (see CMakeLists.txt).
#   make          builds build/paw, build/libpaw.so and build/libpaw.a
#   make demo     installs what is needed, fetches the base model, compiles three specs and runs them
#   make check    installs what is needed, builds with warnings as errors and runs every test
#   make sanitize the same tests but the three slowest under the address and undefined-behaviour sanitizers
#   make check-arm builds for aarch64 and runs the tests that need no base model under qemu
BUILD ?= build
JOBS ?= $(shell nproc)

.PHONY: all deps model demo check sanitize check-arm install format clean

all: $(BUILD)/build.ninja
	@cmake --build $(BUILD) -j $(JOBS)

$(BUILD)/build.ninja: CMakeLists.txt tests/CMakeLists.txt
	@scripts/need-packages.sh --check
	@cmake -S . -B $(BUILD) -G Ninja >/dev/null

deps:
	@scripts/need-packages.sh

model: deps
	@$(MAKE) --no-print-directory all
	@$(BUILD)/paw pull

demo: model
	@scripts/demo.sh $(BUILD)/paw

check: model
	@cd $(BUILD) && ctest --output-on-failure

sanitize: deps
	@cmake -S . -B build-sanitize -G Ninja -DPAW_SANITIZE=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
	@cmake --build build-sanitize -j $(JOBS)
	@cd build-sanitize && ctest --output-on-failure -E 'logits|peer|compiler_golden|shipped'

# Left out under qemu: tests of the real base model, and those that run the command.
ARM_LEFT_OUT = logits|peer|compiler_golden|shipped|cli

check-arm:
	@scripts/need-packages.sh --arm
	@scripts/arm-sysroot.sh build-arm/sysroot
	@[ -e build-arm/build.ninja ] || cmake -S . -B build-arm -G Ninja --toolchain cmake/aarch64-linux-gnu.cmake >/dev/null
	@cmake --build build-arm -j $(JOBS)
	@cd build-arm && ctest --output-on-failure -j $(JOBS) -E '$(ARM_LEFT_OUT)'

install: all
	@cmake --install $(BUILD)

format:
	@clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	@rm -rf build build-sanitize build-arm
