# Makefile: the few commands a person types; CMake does the building (see CMakeLists.txt).
#   make          builds build/paw, build/libpaw.so and build/libpaw.a
#   make demo     installs what is needed, fetches the base model, compiles three specs and runs them
#   make check    installs what is needed, builds with warnings as errors and runs every test
#   make sanitize the same tests but the three slowest under the address and undefined-behaviour sanitizers
BUILD ?= build
JOBS ?= $(shell nproc)

.PHONY: all deps model demo check sanitize install format clean

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
	@cd build-sanitize && ctest --output-on-failure -E 'logits|peer|compiler_golden'

install: all
	@cmake --install $(BUILD)

format:
	@clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	@rm -rf build build-sanitize
