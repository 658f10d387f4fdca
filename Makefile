# Everything sets itself up in .venv; nothing outside this directory is touched.
#
#   make demo         build, train a small model on real data, log every kind, show what to open
#   make gallery      log every kind, look at each tab in a headless Chromium; pictures in docs/gallery/
#   make test         native and Python tests
#   make test-frameworks  Lightning, transformers, MLflow, … with ringboard and without it, in .venv-frameworks
#   make bench        measure against torch and tensorboardX; tables and plots in benches/results/
#   make matrix       what goes wrong when, beside torch and tensorboardX; writes docs/reliability-matrix.md
#   make kill-storm   kill a process under full load, KILLS=1000 times, and look for every event
#   make instructions count the hot paths' instructions (valgrind), against benches/instructions.json
#   make lint         ruff, mypy, clang-format
#   make native-test  the native tests alone (no Python)
#   make sanitize     the native tests under AddressSanitizer + UBSan and under ThreadSanitizer,
#                     the Python tests of the core under AddressSanitizer
#   make fuzz         look for inputs that break a native room, FUZZ_SECONDS=60 a target; needs clang
#   make soak         log at full rate for SOAK_SECONDS=600: nothing lost, nothing grows
#   make clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
PYTEST_ARGS ?=
FUZZ_SECONDS ?= 60
SOAK_SECONDS ?= 600

# Where threads meet, and where instruction sets differ: the other rooms would only cost time there.
THREADED := test-sync test-io test-writer test-recovery
KERNEL_TESTS := $(addprefix tests/property/test_,crc32c.py histogram_bins.py histogram_counts.py png_pixels.py round_trip.py reading.py) \
  tests/parity/test_histogram.py tests/parity/test_image.py tests/test_large_events.py
WITH_KERNELS := test-cpu test-crc32c test-histogram test-png test-wire test-reader

LEVELS := portable sse42 avx2 avx512 avx512vbmi neon
ACTIVE_LEVEL := $(BIN)/python -c "from ringboard._native import cpu; print(cpu.active_level())"

.PHONY: demo gallery test test-frameworks matrix kill-storm bench instructions bench-smoke lint format native-test native-test-isa test-isa sanitize sanitize-native \
        sanitize-python fuzz soak dist clean
.DEFAULT_GOAL := test

# The stamp is newer than all that the build depends on, so a second `make` builds nothing.
NATIVE_SOURCES := $(shell find native -name '*.cc' -o -name '*.h' -o -name '*.inc' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi')
$(VENV)/tools: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --group dev
	@touch $@
$(VENV)/built: $(VENV)/tools setup.py $(NATIVE_SOURCES)
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

demo: $(VENV)/built
	$(BIN)/python examples/digits.py

# The run is left in runs/gallery, to be looked at.
gallery: $(VENV)/built
	rm -rf runs/gallery
	$(BIN)/python examples/gallery --log-dir runs/gallery
	RINGBOARD_GALLERY=runs/gallery RINGBOARD_SCREENSHOTS=docs/gallery RINGBOARD_REQUIRE_BROWSER=1 \
	  $(BIN)/python -m pytest tests/browser/test_gallery.py -q

test: native-test $(VENV)/built
	$(BIN)/python -m pytest tests $(PYTEST_ARGS)

# A venv of the frameworks alone, which sees the packages of .venv: torch is there once.
FRAMEWORKS := .venv-frameworks
SITE_PACKAGES := import sysconfig; print(sysconfig.get_path("purelib"))
$(FRAMEWORKS)/tools: pyproject.toml | $(VENV)/built
	$(PYTHON) -m venv --without-pip $(FRAMEWORKS)
	echo "import site; site.addsitedir('$$($(BIN)/python -c '$(SITE_PACKAGES)')')" \
	  >"$$($(FRAMEWORKS)/bin/python -c '$(SITE_PACKAGES)')/_packages_of_ringboard.pth"
	$(BIN)/python -m pip --python $(FRAMEWORKS)/bin/python install --quiet --group frameworks
	@touch $@
test-frameworks: $(VENV)/built $(FRAMEWORKS)/tools
	RINGBOARD_REQUIRE_FRAMEWORKS=1 $(FRAMEWORKS)/bin/python -m pytest tests/frameworks tests/tutorials tests/test_reading_page.py \
	  $(PYTEST_ARGS)

matrix: $(VENV)/built
	$(BIN)/python -m tests.faults.matrix
KILLS ?= 1000
kill-storm: $(VENV)/built
	$(BIN)/python -m tests.faults.kill_storm --kills $(KILLS)

bench: $(VENV)/built
	$(BIN)/python -m pip install --quiet --group bench
	$(BIN)/python -m benches.report --size full
instructions: $(VENV)/built
	$(BIN)/python -m benches.instructions
bench-smoke: $(VENV)/built
	@$(MAKE) --no-print-directory -C native -j$(JOBS) bench
	$(BIN)/python -m pytest benches --bench-size smoke -q
	$(BIN)/python -m benches.soak --seconds 10
soak: $(VENV)/built
	$(BIN)/python -m benches.soak --seconds $(SOAK_SECONDS)

native-test:
	@$(MAKE) --no-print-directory -C native -j$(JOBS) all
	@$(MAKE) --no-print-directory -C native test

# Every instruction set level that this processor has, forced in turn; but not the highest, which all other
# tests run at.
native-test-isa: native-test $(VENV)/built
	@highest=$$($(ACTIVE_LEVEL)) || exit 1; for isa in $(LEVELS); do \
	  test $$isa != "$$highest" || continue; \
	  RINGBOARD_ISA=$$isa build/native/release/test_cpu >/dev/null 2>&1 || continue; \
	  echo "== RINGBOARD_ISA=$$isa"; \
	  RINGBOARD_ISA=$$isa $(MAKE) --no-print-directory -C native $(WITH_KERNELS) || exit 1; \
	done

# The same for what Python sees of the kernels.
test-isa: $(VENV)/built
	@highest=$$($(ACTIVE_LEVEL)) || exit 1; for isa in $(LEVELS); do \
	  test $$isa != "$$highest" || continue; \
	  RINGBOARD_ISA=$$isa $(BIN)/python -c "import ringboard" >/dev/null 2>&1 || continue; \
	  echo "== RINGBOARD_ISA=$$isa"; \
	  RINGBOARD_ISA=$$isa $(BIN)/python -m pytest -q $(KERNEL_TESTS) || exit 1; \
	done

# Every target of tests/fuzz, under AddressSanitizer and UBSan; make native-test and make sanitize replay their seeds.
fuzz:
	@$(MAKE) --no-print-directory -C native FUZZ=1 -j$(JOBS) fuzzers
	@$(MAKE) --no-print-directory -C native FUZZ=1 -j$(JOBS) fuzz FUZZ_SECONDS=$(FUZZ_SECONDS)

sanitize: sanitize-native sanitize-python
sanitize-native:
	@$(MAKE) --no-print-directory -C native -j$(JOBS) all SANITIZE=address,undefined
	@ASAN_OPTIONS=detect_leaks=1 $(MAKE) --no-print-directory -C native test SANITIZE=address,undefined
	@TSAN_OPTIONS=die_after_fork=0 $(MAKE) --no-print-directory -C native -j$(JOBS) $(THREADED) SANITIZE=thread
# A build of its own, out of the tree; the interpreter needs the sanitizer's runtime first.
sanitize-python: $(VENV)/built
	RINGBOARD_SANITIZE=address,undefined $(BIN)/python -m pip install --quiet --no-build-isolation \
	  --no-deps --upgrade --target build/sanitized .
	LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libstdc++.so)" \
	  ASAN_OPTIONS=detect_leaks=0 PYTHONPATH=$(CURDIR)/build/sanitized PYTHONMALLOC=malloc \
	  $(BIN)/python -m pytest tests/property tests/test_bad_input.py tests/test_log.py tests/test_scalar_series.py \
	  -q -p no:cacheprovider

lint: $(VENV)/built
	$(BIN)/ruff check src tests benches examples setup.py
	$(BIN)/ruff format --check src tests benches examples setup.py
	$(BIN)/mypy
	$(BIN)/clang-format --dry-run --Werror $$(find native tests/native tests/fuzz tests/model benches/native -name '*.cc' -o -name '*.h' | grep -v tables)
format: $(VENV)/tools
	$(BIN)/ruff check --fix-only --quiet src tests benches examples setup.py
	$(BIN)/ruff format --quiet src tests benches examples setup.py
	$(BIN)/clang-format -i $$(find native tests/native tests/fuzz tests/model benches/native -name '*.cc' -o -name '*.h' | grep -v tables)

# sdist, wheel from the sdist, and the wheel tried where there is no compiler.
dist: $(VENV)/tools
	rm -rf dist
	$(BIN)/python -m build --quiet
	sh tests/check_wheel.sh dist/*.whl $(PYTHON)

clean:
	rm -rf build dist $(VENV) $(FRAMEWORKS) src/*.egg-info
	find src native -name '*.so' -delete
	rm -f native/bindings/*.cpp
